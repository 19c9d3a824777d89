"""`qchat backup` and `qchat restore`."""

import argparse
import sys
import time
from pathlib import Path

from qchat.admin import archive
from qchat.admin.actions import Actions, Common, action
from qchat.local.hardware import size
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths

DETAILS = (
    "Conversations, memories, settings, themes and files of all users of this installation go into "
    "one gzipped tar, readable by you alone. A chat may go on meanwhile. Keys and models stay out "
    "unless you ask for them: keys can be entered again, models fetched again."
)


def add(commands: Actions, common: Common, about: str) -> None:
    parser = action(commands, "backup", common, _backup, about)
    parser.description = DETAILS
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="where to write it; a folder gets qchat-DATE.tar.gz (default: this folder)",
    )
    parser.add_argument("--keys", action="store_true", help="keys.json too: keep the file safe")
    parser.add_argument("--models", action="store_true", help="pulled models too: many gigabytes")


def _backup(options: argparse.Namespace, paths: Paths) -> int:
    target: Path = options.file or Path()
    if target.is_dir():
        target /= time.strftime("qchat-%Y%m%d-%H%M%S.tar.gz")
    if not archive.holds_something(paths):
        raise UsageError(tr("There is nothing to back up yet."))
    weight = archive.write(paths, target.absolute(), keys=options.keys, models=options.models)
    sys.stdout.write(f"{target} ({size(weight)})\n")
    if not options.keys and paths.keys_file.exists():
        sys.stderr.write(tr("Keys were left out; --keys includes those of keys.json.\n"))
    return 0
