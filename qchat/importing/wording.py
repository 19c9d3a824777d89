"""What is said of an import, the same in every interface."""

from pathlib import Path

from qchat.importing.importer import Report
from qchat.importing.programs import READERS

MAX_NAMED = 20
"""Broken entries that are named; of more there is a count."""
KNOWN = ", ".join([*(reader.name for reader in READERS), "qchat's own JSON lines"])
NOTHING_FOUND = f"No conversations were found. Known are exports of {KNOWN}."


def told(report: Report, path: Path) -> list[str]:
    """What came of an import, in words."""
    lines = []
    if report.programs:
        of = ", ".join(report.programs)
        count = _count(report.outcomes["new"], "conversation")
        lines.append(f"Imported {count} of {of} from {path}.")
    if grown := report.outcomes["grown"]:
        lines.append(f"{_count(grown, 'conversation')} had grown: what is new was added.")
    if same := report.outcomes["same"]:
        lines.append(f"{_were(same)} here already.")
    if deleted := report.outcomes["deleted"]:
        lines.append(f"{_were(deleted)} deleted here and stay so; --again brings back such.")
    return lines


def left_out(report: Report) -> list[str]:
    """What was broken, by name."""
    lines = [f"Left out: {broken}." for broken in report.broken[:MAX_NAMED]]
    if (more := len(report.broken) - MAX_NAMED) > 0:
        lines.append(f"Left out: {more} more.")
    if not report.programs:
        lines += [f"Not an export that is known: {name}." for name in report.unknown[:MAX_NAMED]]
    return lines


def _were(number: int) -> str:
    return f"{_count(number, 'conversation')} {'was' if number == 1 else 'were'}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
