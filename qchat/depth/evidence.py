"""Whether what a model names as evidence is there: a handle must lead to a result of a trail.

Models name handles that do not exist, or that lead to something else. A calculation must have
worked, and where a result ends in a number, that number must stand in what ran or came of it.
"""

import re
from collections.abc import Iterable, Mapping

from qchat.depth.trail import Trail
from qchat.protocol.experience import Evidence, EvidenceKind
from qchat.protocol.messages import Assistant, ToolResult

_NUMBERS = re.compile(r"\d+(?:\.\d+)?")
_VALUE = re.compile(r"(?:=|≈|\bis\b|是|为)\s*[-+*_`$]*(\d[\d,]*(?:\.\d+)?)[\s.。*_`$%]*$")
HEAD = 160
"""Characters of what ran and of what came of it, where handles are listed."""


class EvidenceBook:
    """What the trails of a turn have done, by handle."""

    def __init__(self) -> None:
        self._results: dict[str, ToolResult] = {}
        self._code: dict[str, str] = {}
        """What was called, as text."""

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
            self._code[handle] = " ".join(str(value) for value in values)

    def evidence(self, text: str, handles: Iterable[str]) -> tuple[Evidence, ...]:
        """The handles that are evidence of a text; none where a model only says so."""
        return tuple(
            Evidence(_kind(self._results[handle]), handle)
            for handle in dict.fromkeys(handles)
            if handle in self._results and self._supports(handle, text)
        )

    def ran(self, trail: Trail, text: str) -> tuple[str, ...]:
        """The handles of a trail under which the value stands with which a text ends."""
        if _VALUE.search(text) is None:
            return ()
        return tuple(handle for handle in trail.results if self._supports(handle, text))

    def listed(self, trail: Trail) -> str:
        """The handles of a trail, for whoever is to name them: one line each."""
        lines = []
        for handle, result in trail.results.items():
            failed = "" if result.ok else " FAILED"
            ran, came = _short(self._code[handle]), _short(result.sent)
            lines.append(f"[{handle}] {result.name}{failed}: {ran} → {came}")
        return "\n".join(lines)

    def _supports(self, handle: str, text: str) -> bool:
        result = self._results[handle]
        if not result.ok:
            return False
        value = _VALUE.search(text)
        if value is None:
            return True
        there = f"{self._code[handle]} {result.sent}".replace(",", "")
        return _plain(value[1].replace(",", "")) in map(_plain, _NUMBERS.findall(there))


def _plain(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _kind(result: ToolResult) -> EvidenceKind:
    kinds: Mapping[str, EvidenceKind] = {"web_search": "source", "web_read": "source"}
    return kinds.get(result.name, "calculation")


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return f"{plain[:HEAD]}…" if len(plain) > HEAD else plain
