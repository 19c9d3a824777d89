"""Whose words a request holds, added up message by message; the text itself is never looked at."""

from collections.abc import Iterable
from typing import assert_never

from qchat.protocol.messages import Assistant, Message, ToolResult, User
from qchat_memory.origin import Origin, untrusted
from qchat_tools.provenance import Provenance


class ProvenanceMeter:
    """The provenance of a request that grows: a message costs the same however many there are."""

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self._user_text: list[str] = []
        self._untrusted: dict[Origin, None] = {}
        self._seen = 0
        self.add(messages)

    def add(self, messages: Iterable[Message]) -> None:
        """Note messages that are sent from here on."""
        for message in messages:
            match message:
                case User():
                    self._user_text += _typed(message)
                case Assistant() | ToolResult():
                    pass
                case _:
                    assert_never(message)
            self._untrusted |= dict.fromkeys(untrusted(message.origins))

    def add_text_of_service(self) -> None:
        """The model's own service may have read the web for the reply that is under way."""
        self._untrusted |= {Origin("web"): None}

    @property
    def provenance(self) -> Provenance:
        """What a call is judged by that is made now."""
        return Provenance(tuple(self._user_text), tuple(self._untrusted))


def provenance(messages: Iterable[Message]) -> Provenance:
    """Whose words a request holds that is looked at once."""
    return ProvenanceMeter(messages).provenance


def _typed(message: User) -> list[str]:
    """What the user typed: the prompt, and what a tool was asked that the user used.

    Nothing of a prompt that somebody else wrote: a file may say anything of what was typed.
    """
    if message.written_by:
        return []
    asked = (
        value
        for report in message.tool_reports
        for value in report.arguments.values()
        if isinstance(value, str)
    )
    return [text for text in (message.text, *asked) if text]
