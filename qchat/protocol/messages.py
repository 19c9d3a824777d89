"""What a conversation is to a model: messages of ordered parts, each with where it came from.

Folded from events. They are facts; the wire asks each for its text (`sent`) when it is sent.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec

from qchat.protocol.event_values import RecalledMemory, ThinkingField, ToolCall
from qchat.protocol.events import Attached, Text, Thinking, Told
from qchat.protocol.legacy import origin_of_tool
from qchat_memory.origin import QCHAT, Origin
from qchat_tools.parts import ImagePart, Part, as_text, origin_of
from qchat_tools.parts import joined as joined_parts
from qchat_tools.wording import Known, Past, attached, error, recalled, told, used_by_user

INTERRUPTED = msgspec.structs.replace(error("interrupted before it finished"), origin=QCHAT)


class ToolReport(msgspec.Struct, frozen=True):
    """A tool that the user used, and what came of it: told to the model with the next prompt."""

    name: str
    arguments: dict[str, Any]
    parts: tuple[Part, ...]
    origin: Origin | None = None

    @property
    def origins(self) -> tuple[Origin, ...]:
        return _origins(self.parts, self.origin or origin_of_tool(self.name))


class User(msgspec.Struct, frozen=True, dict=True):
    """What the user said, and what stands beside it; only `text` is the user's own words.

    And that only where nobody else wrote it: see `written_by`.
    """

    text: str
    recalled: tuple[RecalledMemory, ...] = ()
    attachments: tuple[Attached, ...] = ()
    tool_reports: tuple[ToolReport, ...] = ()
    written_by: tuple[Origin, ...] = ()
    """Whose words `text` is where the user did not type it: those of the file that the turn was
    imported from, or of a model that handed a question over, with whom it had read."""
    told: tuple[Told, ...] = ()
    """What qchat tells the model with it, or instead of the user in the middle of a turn."""

    @property
    def pictures(self) -> tuple[ImagePart, ...]:
        """What the tools drew that the user used; the text tells of them too."""
        return tuple(p for report in self.tool_reports for p in _pictures(report.parts))

    @cached_property
    def origins(self) -> tuple[Origin, ...]:
        """Where what stands beside the user's own words came from."""
        return (
            *self.written_by,
            *(file.origin for file in self.attachments),
            *(memory.origin for memory in self.recalled),
            *(o for report in self.tool_reports for o in report.origins),
            *(word.origin for word in self.told),
        )

    @cached_property
    def sent(self) -> str:
        """As a model reads it: files behind the prompt, and the memories at its end."""
        used = (used_by_user(r.name, r.arguments, as_text(r.parts)) for r in self.tool_reports)
        by_qchat = (told(word.text) for word in self.told)
        said = "\n\n".join(text for text in (self.text, *used, *by_qchat) if text)
        said += "".join(attached(file.name, file.text) for file in self.attachments)
        return said + recalled(_known(memory) for memory in self.recalled)


def _known(memory: RecalledMemory) -> Known:
    past = Past(memory.past.date, memory.past.text) if memory.past is not None else None
    return Known(memory.date, memory.text, past)


class Assistant(msgspec.Struct, frozen=True, dict=True):
    """One reply of the model: thinking, text and calls in the order in which they came."""

    parts: tuple[Thinking | Text | ToolCall, ...]
    origins: tuple[Origin, ...] = ()
    """Who else had a hand in it: the web, where the model's service searched for it."""
    thinking_field: ThinkingField | None = None
    """Where its thinking came, which tells where that server reads it; without any thinking, where
    an answer came that was taken for it at first."""

    @cached_property
    def thinking(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Thinking))

    @cached_property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @cached_property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


class ToolResult(msgspec.Struct, frozen=True, dict=True):
    """What a call gave back; `name` is the tool's."""

    call_id: str
    name: str
    parts: tuple[Part, ...]
    ok: bool = True
    origin: Origin | None = None
    """Where the parts come from that do not say it themselves; None where nobody noted it."""

    @cached_property
    def pictures(self) -> tuple[ImagePart, ...]:
        return _pictures(self.parts)

    @cached_property
    def origins(self) -> tuple[Origin, ...]:
        """Where its parts came from, each once."""
        return _origins(self.parts, self.origin or origin_of_tool(self.name))

    @cached_property
    def sent(self) -> str:
        """As a model reads it; rendered once, however often it is sent."""
        return as_text(self.parts)


Message = User | Assistant | ToolResult


def _pictures(parts: Iterable[Part]) -> tuple[ImagePart, ...]:
    return tuple(part for part in joined_parts(parts) if isinstance(part, ImagePart))


def _origins(parts: Iterable[Part], origin: Origin) -> tuple[Origin, ...]:
    return tuple(dict.fromkeys(origin_of(part, origin) for part in parts))
