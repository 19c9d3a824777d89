"""`qchat import`: conversations of other programs, and of qchat elsewhere, become sessions here."""

import argparse
import sys
from pathlib import Path

from qchat.admin.actions import Actions, Common, action
from qchat.admin.progress import progress
from qchat.importing.importer import Report, import_export
from qchat.importing.programs import READERS
from qchat.protocol.errors import QchatError
from qchat.runtime.paths import Paths
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.store import Store

MAX_NAMED = 20
"""Broken entries that are named; of more there is a count."""
KNOWN = ", ".join([*(reader.name for reader in READERS), "qchat's own JSON lines"])


def add(commands: Actions, common: Common, about: str) -> None:
    parser = action(commands, "import", common, _import, about)
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help=f"an export as it was downloaded: zip, folder or file of {KNOWN}",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="bring back conversations too that were imported before and deleted here",
    )


def _import(options: argparse.Namespace, paths: Paths) -> int:
    store = Store(paths.sessions_db)
    found = False
    try:
        for written in options.paths:
            path = Path(written).expanduser()
            with progress(sys.stderr, "bytes") as show:
                report = import_export(
                    path, store, options.user, paths.files_dir, show, again=options.again
                )
            for line in told(report, path):
                sys.stdout.write(f"{sanitize_for_terminal(line)}\n")
            for line in left_out(report):
                sys.stderr.write(f"{sanitize_for_terminal(line)}\n")
            found = found or bool(report.programs)
    finally:
        store.close()
    if not found:
        raise QchatError(f"No conversations were found. Known are exports of {KNOWN}.")
    return 0


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
