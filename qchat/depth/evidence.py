"""Whether what a model names as evidence is there: a handle must lead to a result of a trail.

Models name handles that do not exist, or that lead to something else. A call must have worked, and
what is said must stand in what came of it: `shown.py` says when it does.
"""

import re
from collections.abc import Iterable, Mapping

from qchat.depth.shown import Shown, shown
from qchat.depth.trail import Trail
from qchat.protocol.experience import Evidence, EvidenceKind
from qchat.protocol.messages import Assistant, ToolResult
from qchat_tools.parts import Part, RunPart, TextPart, as_text

_VALUE = re.compile(r"(?:=|≈|\bis\b|是|为)\s*[-+*_`$]*(\d[\d,]*(?:\.\d+)?)[\s.。*_`$%]*$")
KINDS: Mapping[str, EvidenceKind] = {
    "python": "calculation",
    "web_search": "source",
    "web_read": "source",
}
"""The tools whose results are evidence: what looks back reads also what models wrote."""
MAX_LISTED = 40
"""Handles that are listed of one trail, the newest."""
HEAD = 160
"""Characters of what ran and of what came of it, where handles are listed."""


class EvidenceBook:
    """What the trails of a turn have done, by handle."""

    def __init__(self) -> None:
        self._results: dict[str, ToolResult] = {}
        self._shown: dict[str, Shown] = {}

    def add(self, trail: Trail) -> None:
        """Note what the tools of a trail gave back."""
        self._results |= trail.results
        calls = {
            call.id: call
            for message in trail.messages
            if isinstance(message, Assistant)
            for call in message.calls
        }
        for handle, result in trail.results.items():
            call = calls.get(result.call_id)
            values = call.arguments.values() if call is not None else ()
            self._shown[handle] = shown(result.name, values, as_text(filter(_came, result.parts)))

    def evidence(self, text: str, handles: Iterable[str]) -> tuple[Evidence, ...]:
        """The handles that are evidence of a text; none where a model only says so."""
        return tuple(
            Evidence(KINDS[self._results[handle].name], handle)
            for handle in dict.fromkeys(handles)
            if self._supports(handle, text)
        )

    def ran(self, trail: Trail, text: str) -> tuple[str, ...]:
        """The handles of a trail under which the value stands with which a text ends."""
        if _VALUE.search(text) is None:
            return ()
        return tuple(handle for handle in trail.results if self._supports(handle, text))

    def listed(self, trail: Trail) -> str:
        """The handles of a trail, for whoever is to name them: one line each."""
        lines = []
        for handle, result in list(trail.results.items())[-MAX_LISTED:]:
            failed = "" if result.ok else " FAILED"
            ran, came = _short(self._shown[handle].ran), _short(result.sent)
            lines.append(f"[{handle}] {result.name}{failed}: {ran} → {came}")
        return "\n".join(lines)

    def _supports(self, handle: str, text: str) -> bool:
        result = self._results.get(handle)
        if result is None or not result.ok or result.name not in KINDS:
            return False
        return self._shown[handle].supports(text)


def _came(part: Part) -> bool:
    """Whether a part is what came of a call, and not what was told beside it."""
    beside = isinstance(part, TextPart) and part.stream in ("note", "told", "error", "traceback")
    return not (beside or isinstance(part, RunPart))


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return f"{plain[:HEAD]}…" if len(plain) > HEAD else plain
