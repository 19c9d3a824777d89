"""`qchat import`: conversations of other programs, and of qchat elsewhere, become sessions here."""

import argparse
import sys

from qchat.admin.actions import Actions, Common, action
from qchat.admin.progress import progress
from qchat.importing.importer import import_export
from qchat.importing.wording import KNOWN, NOTHING_FOUND, left_out, told
from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.store import Store
from qchat_tools.typed_path import typed_path


def add(commands: Actions, common: Common, about: str) -> None:
    parser = action(commands, "import", common, _import, about)
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help=tr("an export as it was downloaded: zip, folder or file of {known}", known=KNOWN),
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
            path = typed_path(written)
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
        raise QchatError(tr(NOTHING_FOUND, known=KNOWN))
    return 0
