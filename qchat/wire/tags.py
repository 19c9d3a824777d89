"""Raw Qwen text in, events out: `<think>` and `<tool_call>`, for servers that do not parse them.

A reply is a row of modes: text, thinking, call. What could be the start of a tag is held back
until more is known, so every way of cutting the stream gives the same events.
"""

from collections.abc import Callable
from enum import Enum, auto

from qchat.protocol.events import Text, Thinking, ToolDraft
from qchat.wire.calls import new_id
from qchat.wire.calltext import (
    CALL,
    END_CALL,
    FUNCTION,
    Schemas,
    begins_call,
    end_of_call,
    end_of_cut_call,
)
from qchat.wire.calltext import read_call as read_call_text

THINK = "<think>"
END_THINK = "</think>"

Delta = Thinking | Text | ToolDraft


class _Mode(Enum):
    TEXT = auto()
    THINKING = auto()
    CALL = auto()


class TagReader:
    """Feed it text as it comes, then `close` it.

    `schemas` are the parameters of the offered tools by name: without any, `<tool_call>` is plain
    text. `opened`: the prompt already ends in `<think>`. `calls_end_thinking`: generations with
    XML calls may leave out `</think>` before one; for others a call in the thinking is a thought.
    """

    def __init__(
        self,
        schemas: Schemas,
        *,
        opened: bool = False,
        calls_end_thinking: bool = False,
        make_id: Callable[[], str] = new_id,
    ) -> None:
        self._schemas = schemas
        self._calls_end_thinking = calls_end_thinking
        self._make_id = make_id
        self._mode = _Mode.THINKING if opened else _Mode.TEXT
        self._held = ""
        self._searched = 0
        self._part_is_new = True
        self._may_think = True

    def feed(self, text: str) -> list[Delta]:
        """Give back what is certain by now."""
        self._held += text
        return self._drain(final=False)

    def close(self) -> list[Delta]:
        """End of the reply: unclosed thinking is shown, an unclosed call is taken as it stands."""
        return self._drain(final=True)

    def _drain(self, *, final: bool) -> list[Delta]:
        out: list[Delta] = []
        while self._held:
            read = self._read_call if self._mode is _Mode.CALL else self._read_prose
            deltas = read(final=final)
            if deltas is None:
                break
            out += deltas
        return out

    def _read_prose(self, *, final: bool) -> list[Delta] | None:
        """Read up to the next tag that means something here; None when more text is needed."""
        at, tag = self._next_tag(final=final)
        if tag == END_THINK and self._mode is _Mode.TEXT:  # its opening was lost
            self._held = self._held[:at] + self._held[at + len(tag) :]
            self._may_think = False
            return []
        if tag:
            out = self._prose(self._held[:at].rstrip())
            self._held = self._held[at + len(tag) :]
            self._enter(tag)
            return out
        solid = self._held[:at].rstrip()
        self._held = "" if final else self._held[len(solid) :]
        return self._prose(solid) or None

    def _next_tag(self, *, final: bool) -> tuple[int, str]:
        """The next tag that counts and its place; or no tag, and where the text gets doubtful."""
        at = self._held.find("<")
        while at >= 0:
            rest = self._held[at:]
            for tag in self._tags():
                if not rest.startswith(tag) and (final or not tag.startswith(rest)):
                    continue
                counts = self._counts(tag, at, final=final)
                if counts is not False:
                    return at, tag if counts else ""
            at = self._held.find("<", at + 1)
        return len(self._held), ""

    def _tags(self) -> tuple[str, ...]:
        """The tags that can mean something in this mode."""
        tools = bool(self._schemas)
        if self._mode is _Mode.THINKING:
            return (END_THINK, THINK, *((CALL,) if tools and self._calls_end_thinking else ()))
        thinking = (THINK, END_THINK) if self._may_think else ()
        return (*thinking, *((CALL, FUNCTION) if tools else ()))

    def _counts(self, tag: str, at: int, *, final: bool) -> bool | None:
        """Prose may speak about tags: tell a tag from its mention; None when it is too early.

        Thinking opens only where a part begins. In text, a lone end tag (its opening was lost) and
        a function without `<tool_call>` count only where a line begins.
        """
        before, after = self._held[:at], self._held[at + len(tag) :]
        if tag == THINK and not (self._part_is_new and not before.strip()):
            return False
        starts_line = before.endswith("\n") or (self._part_is_new and not before)
        if tag in (END_THINK, FUNCTION) and self._mode is _Mode.TEXT and not starts_line:
            return False
        if not self._held.startswith(tag, at):
            return None
        if tag != CALL:
            return True
        begins = begins_call(after)
        return False if final and begins is None else begins

    def _enter(self, tag: str) -> None:
        self._part_is_new = True
        match tag:
            case "<think>":
                self._mode = _Mode.THINKING
            case "</think>":
                self._mode, self._may_think = _Mode.TEXT, False
            case _:
                self._mode, self._searched = _Mode.CALL, 0
                if tag == FUNCTION:
                    self._held = tag + self._held

    def _prose(self, text: str) -> list[Delta]:
        """Wrap text in its event; line breaks around a part belong to the template."""
        if self._part_is_new:
            text = text.lstrip("\r\n")
        if not text:
            return []
        self._part_is_new = False
        return [Thinking(text) if self._mode is _Mode.THINKING else Text(text)]

    def _read_call(self, *, final: bool) -> list[Delta] | None:
        """Read one call when it is whole; None when more text is needed."""
        end, after = end_of_call(self._held, self._searched)
        if end < 0 and not final:
            self._searched = max(0, len(self._held) - len(END_CALL))
            return None
        if end < 0:
            end, after = end_of_cut_call(self._held)
        body, self._held = self._held[:end], self._held[after:]
        self._mode = _Mode.TEXT
        self._part_is_new = self._may_think = True
        name, arguments = read_call_text(body, self._schemas)
        return [ToolDraft(self._make_id(), name, arguments)]
