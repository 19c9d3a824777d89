"""What is said of the end of a reply: where it broke off, was cut, or could not be read in part."""

from collections.abc import Iterator, Mapping
from typing import Any

from qchat.backends import failures
from qchat.backends.endpoint import Endpoint
from qchat.backends.truncation import was_cut
from qchat.protocol.errors import BackendError, EmptyReply, ProtocolError
from qchat.protocol.event_values import Usage
from qchat.protocol.events import Notice
from qchat.runtime.language import Said, tr
from qchat.wire.reading import Reader


class Endings:
    """Of the replies of one backend, by the name that its settings have."""

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        self._name = name
        self._endpoint = endpoint
        self._warned_of_cut = False

    def check(self, reader: Reader, *, streamed: bool) -> None:
        """Raise for a reply that stopped in the middle, and for one that says nothing."""
        host = self._endpoint.host
        if not (streamed or reader.pieces_read or reader.finished) and reader.first:
            quote = self._endpoint.hidden(reader.unread[0] if reader.unread else reader.first)
            raise ProtocolError(
                tr(
                    "{host} sent something that is not a piece of a reply: {quote!r}",
                    host=host,
                    quote=quote,
                )
            )
        if not reader.finished:
            odd = f" ({self._odd(reader)})" if reader.unread else ""
            raise failures.broke(
                tr(
                    "the connection to {host} ended in mid-reply; what came is kept{odd}",
                    host=host,
                    odd=odd,
                )
            )
        said_end = reader.ending in ("", "end") and not reader.lacks_calls
        if not streamed and reader.reason == "stop" and said_end:
            odd = f": {self._odd(reader)}" if reader.unread else ""
            raise EmptyReply(tr("{host} sent an empty reply{odd}; try again", host=host, odd=odd))

    def remarks(self, reader: Reader, body: Mapping[str, Any], usage: Usage) -> Iterator[Notice]:
        """What a reader should know about a reply that looks whole."""
        if reader.unread:
            yield Notice(
                tr("{reader}; the rest of the reply is here", reader=self._odd(reader)), "warning"
            )
        least = was_cut(body["messages"], usage.prompt)
        if least and not self._warned_of_cut:
            self._warned_of_cut = True
            yield Notice(
                tr(
                    "{host} counted {prompt:,} tokens in a prompt of at least {least:,}: it "
                    "has cut the beginning without a word. Let it load the model with a longer "
                    "context (Ollama: num_ctx), or set context = {prompt} under [backends.{name}]",
                    host=self._endpoint.host,
                    prompt=usage.prompt,
                    least=least,
                    name=self._name,
                ),
                "warning",
            )
        if reader.ending == "unknown":
            yield Notice(
                tr(
                    "{host} ended the reply with {said_reason!r}, a word that qchat does not "
                    "know: it may be incomplete",
                    host=self._endpoint.host,
                    said_reason=reader.said_reason,
                ),
                "warning",
            )

    def broken(self, reader: Reader) -> BackendError | None:
        """What is raised for a reply that looks whole and is not: a script sees it too."""
        host = self._endpoint.host
        match reader.ending:
            case "withheld":
                why = tr(
                    "ended the reply by its content filter ({said_reason})",
                    said_reason=reader.said_reason,
                )
                return lasting(tr("{host} {why}; what came is kept", host=host, why=why))
            case "paused":
                why = tr(
                    'paused the reply ({said_reason}): send "go on"', said_reason=reader.said_reason
                )
                return lasting(tr("{host} {why}; what came is kept", host=host, why=why))
            case "broken":
                why = tr("broke the reply off ({said_reason})", said_reason=reader.said_reason)
            case "end" if reader.lacks_calls:
                why = tr(
                    "ended the reply with calls ({said_reason}), and sent none",
                    said_reason=reader.said_reason,
                )
                return lasting(tr("{host} {why}; what came is kept", host=host, why=why))
            case "" | "end" | "length" | "unknown":
                return None
        return ProtocolError(tr("{host} {why}; what came is kept", host=host, why=why))

    def _odd(self, reader: Reader) -> str:
        """How much of a reply could not be read, and the first of it."""
        many = len(reader.unread)
        quote = self._endpoint.hidden(reader.unread[0])
        if many == 1:
            return tr("1 piece could not be read, like {quote!r}", quote=quote)
        return tr("{many} pieces could not be read, like {quote!r}", many=many, quote=quote)


def lasting(message: Said) -> ProtocolError:
    """What asking again would bring again."""
    failure = ProtocolError(message)
    failure.final = True
    return failure
