"""One reply put together: thinking, text and calls, whichever of a server's ways they come by.

A call can come parsed, in the text, or at the end of the thinking; the same call by two ways is
one. Thinking can come in its field or in the text. So text runs through the tag reader in any
case, and calls that were found in it wait until the reply is over.
"""

from collections.abc import Callable

from qchat.protocol.events import Text, Thinking, ToolDraft
from qchat.wire.arguments import read_arguments
from qchat.wire.call_text import Schemas
from qchat.wire.calls import CallReader, Fragment, same_call
from qchat.wire.restarted_reply import Echo, Repeated
from qchat.wire.surrogates import Mender
from qchat.wire.tags import Delta, TagReader

APART = "\n\n"
"""What stands between two replies that came as one."""


class Answer:
    """Takes what the protocol's reader found; gives what is certain. See `Reader` for options."""

    def __init__(
        self,
        schemas: Schemas,
        *,
        calls_end_thinking: bool,
        opened: bool,
        make_id: Callable[[], str],
    ) -> None:
        self.misjudged = False
        """Whether `opened` was wrong: the answer came without any thinking before it."""
        self.confirmed = False
        """Whether `opened` was right: the thinking was ended in the text."""
        self._schemas = schemas
        self._calls_end_thinking = calls_end_thinking
        self._calls = CallReader(make_id, schemas)
        self._thoughts = self._reader(all_thinking=True)
        self._tags = self._reader(opened=opened)
        self._unsure: list[str] | None = [] if opened else None
        """The text so far, while nothing shows whether it is thinking or the answer."""
        self._opened = opened
        self._thought_halves, self._text_halves = Mender(), Mender()
        self._thoughts_again, self._text_again = Repeated(), Repeated()
        self._began_again = False
        self._thought = False
        self._thoughts_in_text = Echo()
        self._in_text: list[ToolDraft] = []
        self._in_thoughts: list[ToolDraft] = []
        """Calls at the end of the thinking: they count if nothing follows them."""

    def think(self, text: str) -> list[Delta]:
        """Thinking in its own field."""
        before: list[Delta] = []
        if not self._thought:
            if self._unsure is not None:  # what came before it is no thinking of its own
                before = self._from_text(self._tags.close())
                self._tags = self._reader()
            self._thought = self._tags.strict = self._tags.field_thinking = True
            self._unsure = None
        text = self._thought_halves.feed(text)
        if not self._began_again:
            self._thoughts_again.said.append(text)
        else:
            text, departs = self._thoughts_again.feed(text)
            if departs:
                before += [*self._from_thoughts(self._thoughts.close()), Thinking(APART)]
                self._thoughts = self._reader(all_thinking=True)
        self._thoughts_in_text.say(text)
        return before + self._from_thoughts(self._thoughts.feed(text))

    def say(self, text: str) -> list[Delta]:
        """Text of the answer, which may hold thinking and calls."""
        text = self._text_halves.feed(text)
        before: list[Delta] = []
        if not self._began_again:
            self._text_again.said.append(text)
        else:
            text, departs = self._text_again.feed(text)
            before = self._apart() if departs else []
        if self._unsure is not None:
            self._unsure.append(text)
        out = self._end_of_thoughts() if self._thought and text.strip() else []
        deltas = self._tags.feed(text)
        if self._unsure is not None and not self._tags.thinking:
            self._unsure = None
            self.confirmed = True
        return before + out + self._from_text(deltas)

    def begin_again(self) -> None:
        """A second reply follows, in place of the first: what it says again is said once."""
        self._began_again = True
        self._thought_halves, self._text_halves = Mender(), Mender()
        self._thoughts_again.begin_again()
        self._text_again.begin_again()
        self._calls.begin_again()

    def _apart(self) -> list[Delta]:
        """The end of a text behind which another one begins; a call that was cut there is none."""
        whole = len(self._in_text)
        out = self._from_text(self._tags.close())
        self._in_text[whole:] = [
            one for one in self._in_text[whole:] if read_arguments(one.text, one.name) is not None
        ]
        thinking = self._tags.thinking
        if thinking or self._tags.spoke:
            out.append(Thinking(APART) if thinking else Text(APART))
        strict, in_field = self._tags.strict, self._tags.field_thinking
        self._tags = self._reader(opened=self._opened and not in_field)
        self._tags.strict, self._tags.field_thinking = strict, in_field
        return out

    def call(self, fragments: list[Fragment]) -> list[Delta]:
        """Fragments of calls that the server has parsed."""
        out = self._end_of_thoughts()
        self._tags.strict = True
        if not self._tags.calling:  # the same call may be on its way in the text
            out += self._from_text(self._tags.close())
        self._unsure = None
        return [*out, *self._calls.feed(fragments)]

    @property
    def whole(self) -> bool:
        """Whether no parsed call lacks its end."""
        return self._calls.whole

    def has(self, call: Fragment) -> bool:
        """Whether a whole call has come before."""
        return any(same_call((call.name, call.arguments), known) for known in self._calls.calls)

    def close(self, *, ended: bool, calls: bool) -> list[Delta]:
        """The reply is over; `ended` by the model, with `calls` by the server's word."""
        out = self._from_thoughts(self._thoughts.feed(self._thought_halves.close()))
        out += self._from_thoughts(self._thoughts.close())
        out += self._from_text(self._tags.feed(self._text_halves.close()))
        out += self._from_text(self._tags.close())
        if self._unsure is not None and ended and self._tags.thinking:
            out += self._reread("".join(self._unsure))
        out += self._calls.close(finished=calls)
        return out + self._rest()

    def _reader(self, *, opened: bool = False, all_thinking: bool = False) -> TagReader:
        return TagReader(
            self._schemas,
            opened=opened,
            calls_end_thinking=self._calls_end_thinking or all_thinking,
            all_thinking=all_thinking,
            make_id=self._calls.own_id,
        )

    def _end_of_thoughts(self) -> list[Delta]:
        return self._from_thoughts(self._thoughts.close()) if self._thought else []

    def _from_thoughts(self, deltas: list[Delta]) -> list[Delta]:
        return self._without_calls(deltas, self._in_thoughts)

    def _from_text(self, deltas: list[Delta]) -> list[Delta]:
        if self._thought and Thinking in map(type, deltas):
            deltas = [new for delta in deltas if (new := self._not_thought(delta)) is not None]
        return self._without_calls(deltas, self._in_text)

    def _not_thought(self, delta: Delta) -> Delta | None:
        """Thinking between tags where it also came in its field: what of it is new."""
        if not isinstance(delta, Thinking):
            return delta
        new = self._thoughts_in_text.feed(delta.text)
        return Thinking(new) if new else None

    def _without_calls(self, deltas: list[Delta], waiting: list[ToolDraft]) -> list[Delta]:
        """What is certain; calls in text wait until the reply is over."""
        if not self._in_thoughts and ToolDraft not in map(type, deltas):
            return deltas
        out: list[Delta] = []
        for delta in deltas:
            if isinstance(delta, ToolDraft):
                waiting.append(delta)
            else:
                out += [*self._were_thoughts(), delta]
        return out

    def _were_thoughts(self) -> list[Delta]:
        """Something follows: what looked like calls was thought about."""
        drafts = tuple(self._in_thoughts)
        self._in_thoughts.clear()
        written = [self._thoughts.written[draft.call_id] for draft in drafts]
        return [Thinking(text) for text in written if text]

    def _reread(self, text: str) -> list[Delta]:
        """The thinking was never closed and the reply has ended: it was the answer."""
        self.misjudged = True
        self._tags = self._reader()
        return self._from_text([*self._tags.feed(text), *self._tags.close()])

    def _rest(self) -> list[Delta]:
        """The calls that stood in text, each that has not come parsed as well."""
        parsed = self._calls.calls
        again: list[tuple[str, str]] = []
        out: list[Delta] = []
        if parsed and self._in_thoughts:
            alike = all(_among(draft, parsed) for draft in self._in_thoughts)
            out += [] if alike else self._were_thoughts()
            self._in_thoughts.clear()
        for draft in (*self._in_thoughts, *self._in_text):
            broken = read_arguments(draft.text, draft.name) is None
            if parsed and broken and all(draft.name != name for name, _ in parsed):
                out.append(Text(self._tags.written.get(draft.call_id, draft.text)))
            elif not (_among(draft, parsed + again) or (parsed and broken)):
                out.append(draft)
                again += [(draft.name, draft.text)] if self._began_again else []
        return out


def _among(draft: ToolDraft, calls: list[tuple[str, str]]) -> bool:
    return any(same_call((draft.name, draft.text), call) for call in calls)
