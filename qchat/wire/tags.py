"""Raw Qwen text in, events out: `<think>` and `<tool_call>`, for servers that do not parse them.

A reply is a row of modes: text, thinking, call. A tag switches only where it stands as one: an
answer that shows a tag, in a fence, in backticks or in quotes, is text. What could be the start of
a tag is held back until more is known, so every way of cutting the stream gives the same events.
"""

import re
from collections.abc import Callable
from enum import Enum, auto

from qchat.protocol.call_ids import new_id
from qchat.protocol.events import Text, Thinking, ToolDraft
from qchat.wire.arguments import bare_argument, read_arguments
from qchat.wire.call_text import (
    CALL,
    END_CALL,
    END_FUNCTION,
    FUNCTION,
    CallText,
    Region,
    Schemas,
    begins_call,
    read_region,
)
from qchat.wire.foreign_calls import MISTRAL, OPENERS, begins_other, is_other, read_other
from qchat.wire.markdown_position import MarkdownPosition, Spot

THINK = "<think>"
END_THINK = "</think>"
STOP_TAGS = ("<|im_end|>", "<|endoftext|>")
"""What ends a reply in the model's own text: a server that shows it forgot to take it out."""

START_TAG = "<|im_start|>assistant"
"""What begins a reply in the model's own text, likewise."""

Delta = Thinking | Text | ToolDraft

MAX_TAG = 32
"""Characters, of the longest tag and more."""
_TAG_START = re.compile(r"[<\[]")
_MANY_BREAKS = re.compile(r"\n\s*\n\s*\Z")


class _Mode(Enum):
    TEXT = auto()
    THINKING = auto()
    CALL = auto()


class TagReader:
    """Feed it text as it comes, then `close` it.

    `schemas` are the parameters of the offered tools by name: without any, `<tool_call>` is plain
    text. `opened`: the prompt already ends in `<think>`. `calls_end_thinking`: generations with
    XML calls may leave out `</think>` before one; for others a call in the thinking is a thought.
    `all_thinking`: the text is a field for thinking, to which it returns behind a call.
    """

    def __init__(
        self,
        schemas: Schemas,
        *,
        opened: bool = False,
        calls_end_thinking: bool = False,
        all_thinking: bool = False,
        make_id: Callable[[], str] = new_id,
    ) -> None:
        self.strict = False
        """Set where the server parses calls itself: then only what can be a leak counts as one."""
        self.written: dict[str, str] = {}
        """The text of each call that was read, by its id."""
        self.field_thinking = False
        """Set where thinking comes in a field of its own: then tags within the text are text."""
        self._schemas = schemas
        self._calls_end_thinking = calls_end_thinking
        self._all_thinking = all_thinking
        self._make_id = make_id
        self._mode = _Mode.THINKING if opened or all_thinking else _Mode.TEXT
        self._held = ""
        self._part_is_new = True
        self._verbatim = all_thinking
        """Whether white space is kept as it stands: a field's text goes back as it came."""
        self._may_think = True
        self._place = MarkdownPosition()
        self._caller = self._mode
        """The mode in which the running call began."""
        self._line = ""
        """The line before it."""
        self._blank = ""
        """White space before it, which belongs to the text if it is no call."""
        self._gap: str | None = None
        """White space that stood before a call, for where the text goes on; None: no call."""
        self._left = ""
        """What was left of the text when it was closed."""
        self._spoke = False
        self._examples = 0
        """Tags of calls that the part has shown as text, and not closed."""
        self._searched = self._tried = 0

    @property
    def thinking(self) -> bool:
        """Whether thinking is open."""
        return self._mode is _Mode.THINKING

    @property
    def spoke(self) -> bool:
        """Whether any text of an answer has been given out."""
        return self._spoke

    @property
    def calling(self) -> bool:
        """Whether a call has begun that has no end yet."""
        return self._mode is _Mode.CALL

    def feed(self, text: str) -> list[Delta]:
        """Give back what is certain by now."""
        if not (self._held or self._part_is_new or self._gap or self.calling) and self._is_plain(
            text
        ):
            self._place.add(text)
            return [Thinking(text) if self._mode is _Mode.THINKING else Text(text)]
        self._held += text
        return self._drain(final=False)

    def _is_plain(self, text: str) -> bool:
        """Whether nothing in a piece can be a tag, or white space before one: most are so."""
        if not text or "<" in text or not (self._verbatim or not text[-1].isspace()):
            return False
        return "[" not in text or not ("[T" in text or text[-1] == "[")

    def close(self) -> list[Delta]:
        """End of the reply: unclosed thinking is shown, an unclosed call counts if it is whole."""
        out = self._drain(final=True)
        if self._left and self._mode is _Mode.TEXT:
            self._gap = (self._gap or "") + self._left
        self._left = ""
        return out

    def _drain(self, *, final: bool) -> list[Delta]:
        out: list[Delta] = []
        while self._held:
            read = self._read_call if self._mode is _Mode.CALL else self._read_prose
            deltas = read(final=final)
            if deltas is None:
                break
            out += deltas
        return out

    # Text and thinking

    def _read_prose(self, *, final: bool) -> list[Delta] | None:
        """Read up to the next tag that means something here; None when more text is needed."""
        at, tag = self._next_tag(final=final)
        if tag == END_THINK and self._mode is _Mode.TEXT:  # its opening was lost
            self._may_think = False
            return self._without(at, tag)
        if tag in (*STOP_TAGS, START_TAG, END_CALL) or (
            tag == CALL and (self._is_twice(at) or (final and self._is_last(at, tag)))
        ):
            return self._without(at, tag)  # a stray one
        if tag:
            before = self._held[:at]
            if tag in (CALL, FUNCTION):
                self._line = self._place.behind(before).line
            solid = self._solid(before)
            out = self._prose(solid)
            self._blank = before[len(solid) :]
            self._held = self._held[at + len(tag) :]
            self._enter(tag)
            return out
        solid = self._solid(self._held[:at])
        self._left = self._held[len(solid) :] if final else ""
        self._held = "" if final else self._held[len(solid) :]
        return self._prose(solid) or None

    def _without(self, at: int, tag: str) -> list[Delta]:
        """Take out a tag. What stands before it was judged with it, and is not judged anew."""
        solid = self._solid(self._held[:at])
        self._held = self._held[len(solid) : at] + self._held[at + len(tag) :]
        return self._prose(solid)

    def _is_twice(self, at: int) -> bool:
        return _is_twice(self._held[at + len(CALL) :]) is True

    def _is_last(self, at: int, tag: str) -> bool:
        return not self._held[at + len(tag) :].strip()

    def _next_tag(self, *, final: bool) -> tuple[int, str]:
        """The next tag that counts and its place; or no tag, and where the text gets doubtful."""
        if "<" not in self._held and "[" not in self._held:
            return len(self._held), ""
        tags = self._tags()
        for start in _TAG_START.finditer(self._held):
            at = start.start()
            rest = self._held[at : at + MAX_TAG]
            for tag in tags:
                if not rest.startswith(tag) and (final or not tag.startswith(rest)):
                    continue
                counts = self._counts(tag, at, final=final)
                if counts is not False:
                    return at, tag if counts else ""
        return len(self._held), ""

    def _tags(self) -> tuple[str, ...]:
        """The tags that can mean something in this mode."""
        tools = bool(self._schemas)
        if self._mode is _Mode.THINKING:
            ends = (CALL,) if tools and self._calls_end_thinking else ()
            return (END_THINK, THINK, *ends, *STOP_TAGS, START_TAG)
        thinking = (THINK, END_THINK) if self._may_think or self._part_is_new else ()
        calls = (CALL, END_CALL, FUNCTION, *OPENERS) if tools else ()
        return (*thinking, *calls, *STOP_TAGS, START_TAG)

    def _counts(self, tag: str, at: int, *, final: bool) -> bool | None:
        """Prose may speak about tags: tell a tag from its mention; None when it is too early.

        Thinking opens only where a part begins. In text, a lone end tag (its opening was lost) and
        a function without `<tool_call>` count only where a line begins.
        """
        before, after = self._held[:at], self._held[at + len(tag) :]
        here = self._held.startswith(tag, at)
        begins_part = self._part_is_new and not before.strip()
        if tag in (THINK, START_TAG):
            return (True if here else None) if begins_part else False
        if tag == END_CALL and self._gap is not None and begins_part:
            return True if here else None  # once more, directly behind a call
        if tag in (*STOP_TAGS, END_CALL):
            return self._is_stray(tag, before, after, final=final)
        if tag == END_THINK and self._mode is _Mode.TEXT:
            if begins_part:
                return True if here else None
            spot = self._place.behind(before)
            lost = self._may_think and not (self.field_thinking or spot.line or spot.fence)
            return (True if here else None) if lost else False
        spot = self._place.behind(before)
        within = spot.line.strip() and tag != MISTRAL  # which is one token, and behind any text
        if tag in OPENERS and (spot.shown or within):
            return False
        if not here:
            return None
        if tag == END_THINK:
            return _ends_thinking(spot, after, final=final)
        if spot.shown or (spot.line.strip() and (self.strict or tag == FUNCTION)):
            return False
        if tag == CALL and (twice := _is_twice(after)) is not False:
            return twice if twice is not None or not final else False
        begins = _begins(tag, after)
        if (
            final and begins is None and tag == CALL
        ):  # the rest of it was parsed: only its tag is left here
            return self.strict and not after.strip()
        return begins if begins is not None or not final else False

    def _is_stray(self, tag: str, before: str, after: str, *, final: bool) -> bool | None:
        """Whether a tag was left over at the very end of a reply, where it says nothing."""
        rest = after.strip()
        while one := next((tag for tag in STOP_TAGS if rest.startswith(tag)), ""):
            rest = rest[len(one) :].lstrip()
        if rest and not any(tag.startswith(rest) for tag in STOP_TAGS):
            return False
        if not final:
            return None
        if tag == END_CALL and self._examples + _unclosed(before) > 0:
            return False
        spot = self._place.behind(before)
        alone = tag in STOP_TAGS or (self.strict and not spot.line.strip())
        return not rest and alone and not spot.quoted

    def _enter(self, tag: str) -> None:
        match tag:
            case "<think>":
                self._switch(_Mode.THINKING)
            case "</think>":
                self._switch(_Mode.TEXT)
                self._may_think = False
            case _:
                self._caller, self._mode = self._mode, _Mode.CALL
                self._searched = self._tried = 0
                self._held = tag + self._held

    def _switch(self, mode: _Mode) -> None:
        self._mode = mode
        self._verbatim = False
        self._part_is_new = True
        self._gap = None
        self._place = MarkdownPosition()
        self._examples = 0

    def _solid(self, text: str) -> str:
        """What does not depend on whether a tag follows."""
        return text if self._verbatim else text.rstrip()

    def _prose(self, text: str) -> list[Delta]:
        """Wrap text in its event; line breaks around a part belong to the template."""
        before = self._gap or ""
        if self._part_is_new and not self._verbatim:
            told = text.lstrip("\r\n")
            before += text[: len(text) - len(told)] if self._gap is not None else ""
            text = told
        if not text:
            return []
        if self._mode is _Mode.TEXT:
            if before and self._spoke:
                text = _MANY_BREAKS.sub("\n\n", before) + text
            self._spoke = True
        self._part_is_new = not text.strip()
        self._gap = None
        self._place.add(text)
        self._examples += _unclosed(text)
        return [Thinking(text) if self._mode is _Mode.THINKING else Text(text)]

    # Calls

    def _read_call(self, *, final: bool) -> list[Delta] | None:
        """Read the calls that stand here when they are whole; None when more text is needed."""
        if not (final or self._may_end()):
            return None
        if other := is_other(self._held):
            region = read_other(self._held, self._schemas, final=final)
        else:
            region = read_region(self._held, self._schemas, self._searched, final=final)
        meant = None if region is None else self._meant(region, other=other, final=final)
        if region is None or meant is None:
            # The last tag may have been too early to judge; those before it stand in strings.
            last = max(self._held.rfind(CALL, 1), self._held.rfind(END_CALL))
            self._searched = last if last > 0 else max(0, len(self._held) - len(END_CALL))
            return None
        written, self._held = self._held[: region.end], self._held[region.end :]
        self._mode = self._caller
        if not meant:
            solid = written.rstrip()
            self._held = written[len(solid) :] + self._held
            return self._prose(self._blank + solid)
        gap = (self._gap or "") + self._blank
        self._switch(_Mode.THINKING if self._all_thinking else _Mode.TEXT)
        self._gap = gap
        self._may_think = True
        drafts: list[Delta] = []
        for call in region.calls:
            id_ = self._make_id()
            self.written[id_] = "" if drafts else self._blank + written
            drafts.append(ToolDraft(id_, call.name, self._arguments(call)))
        return drafts

    def _arguments(self, call: CallText) -> str:
        """The arguments of a call; a text that stands bare is the one argument of its tool."""
        if not call.whole or read_arguments(call.arguments, call.name) is not None:
            return call.arguments
        return bare_argument(call.arguments, self._schemas.get(call.name, {})) or call.arguments

    def _may_end(self) -> bool:
        """Whether what is new can have ended the calls: they are read anew each time."""
        new = self._held[max(self._tried - len(END_CALL), 0) :]
        if self._held.startswith(MISTRAL):
            return "}" in new or "]" in new
        ended = self._held[: self._tried].rstrip().endswith((END_FUNCTION, END_CALL))
        self._tried = len(self._held)
        return ">" in new or ended

    def _meant(self, region: Region, *, other: bool, final: bool) -> bool | None:
        """Whether calls that were read are meant to be run; None when more text is needed.

        One behind words that go on behind it is quoted. One that was cut off, or that asks for
        a tool that there is not, is told to the model only where nobody but us reads its calls.
        """
        if self._line.strip() and (last := self._is_end(region.end, final=final)) is not True:
            return last
        known = [call.name in self._schemas for call in region.calls]
        if other:
            return bool(known) and all(known) and all(call.whole for call in region.calls)
        if self.strict or self._caller is _Mode.THINKING:
            return bool(known) and all(known) and region.calls[0].whole
        return any(call.whole for call in region.calls) or any(known)

    def _is_end(self, end: int, *, final: bool) -> bool | None:
        """Whether nothing but more calls, and marks of the end, stands behind a place."""
        rest = self._held[end:].strip()
        behind = (CALL, END_CALL, MISTRAL, *STOP_TAGS)
        if any(tag.startswith(rest) for tag in behind):
            return True if final else None
        return rest.startswith(behind)


def _is_twice(after: str) -> bool | None:
    """Whether the tag of a call is followed by another one: the first says nothing; None: not yet.

    Models that guess ahead write it so.
    """
    rest = after.lstrip()
    if rest.startswith(CALL):
        return True
    return None if len(rest) > 1 and CALL.startswith(rest) else False


def _unclosed(text: str) -> int:
    """How many tags of calls a text opens more than it closes."""
    return text.count(CALL) - text.count(END_CALL)


def _begins(tag: str, after: str) -> bool | None:
    """Whether what follows a tag shows that it begins a call; None: not yet."""
    if tag == FUNCTION:
        return True
    own = begins_call(after) if tag == CALL else False
    other = begins_other(tag, after)
    return True if own or other else None if own is None or other is None else False


def _ends_thinking(spot: Spot, after: str, *, final: bool) -> bool | None:
    """Whether `</think>` ends the thinking: not where it is quoted, or closes an example."""
    if spot.fence and spot.fenced.count(THINK) > spot.fenced.count(END_THINK):
        return False
    if spot.in_backticks:
        rest, newline, _ = after.partition("\n")
        if "`" in rest:
            return False
        return True if newline or final else None
    if spot.line[-1:] in ("'", '"'):
        return after[:1] != spot.line[-1:] if after or final else None
    return True
