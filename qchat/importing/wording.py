"""What is said of an import, the same in every interface."""

from pathlib import Path

from qchat.importing.importer import Report
from qchat.importing.programs import READERS
from qchat.protocol.wording import counted
from qchat.runtime.language import tr

MAX_NAMED = 20
"""Broken entries that are named; of more there is a count."""
KNOWN = ", ".join([*(reader.name for reader in READERS), "qchat's own JSON lines"])
NOTHING_FOUND = "No conversations were found. Known are exports of {known}."


def told(report: Report, path: Path) -> list[str]:
    """What came of an import, in words."""
    lines: list[str] = []
    if report.programs:
        of = ", ".join(report.programs)
        count = counted(report.outcomes["new"], "conversation")
        lines.append(tr("Imported {count} of {of} from {path}.", count=count, of=of, path=path))
    if grown := report.outcomes["grown"]:
        lines.append(
            tr("{grown} had grown: what is new was added.", grown=counted(grown, "conversation"))
        )
    if same := report.outcomes["same"]:
        lines.append(
            tr("Here already: {conversations}.", conversations=counted(same, "conversation"))
        )
    if deleted := report.outcomes["deleted"]:
        lines.append(
            tr(
                "Deleted here, and not brought back: {conversations}. --again brings back such.",
                conversations=counted(deleted, "conversation"),
            )
        )
    return lines


def left_out(report: Report) -> list[str]:
    """What was broken, by name."""
    lines: list[str] = [
        tr("Left out: {broken}.", broken=broken) for broken in report.broken[:MAX_NAMED]
    ]
    if (more := len(report.broken) - MAX_NAMED) > 0:
        lines.append(tr("Left out: {more} more.", more=more))
    if not report.programs:
        lines += [
            tr("Not an export that is known: {name}.", name=name)
            for name in report.unknown[:MAX_NAMED]
        ]
    return lines
