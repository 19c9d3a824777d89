"""What the first wave said in sentences and is a field today; read from its databases alone."""

import re
from collections.abc import Sequence

from qchat_memory.origin import CODE, QCHAT, Origin
from qchat_tools.parts import Part, SavedMemory, TextPart

_SAVED = re.compile(
    r"(?:Saved|Updated) \[([0-9a-f]{8})\]: (.*?)(?: \(before, [-\d]*: .*\))?", re.DOTALL
)


def memory_saved(parts: Sequence[Part]) -> SavedMemory | None:
    """The memory that the report of a save or an update names, where nothing else does."""
    match parts:
        case [TextPart() as report] if (found := _SAVED.fullmatch(report.text)) is not None:
            return SavedMemory(found[1], found[2])
    return None


def origin_of_tool(name: str) -> Origin:
    """Where the output of a tool came from that was kept without saying it."""
    match name:
        case "python":
            return CODE
        case "web_search" | "web_read":
            return Origin("web")
        case "memory_save" | "memory_update" | "memory_forget":
            return QCHAT
        case _:
            return Origin("tool", name)
