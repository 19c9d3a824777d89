"""`qchat restore`: bring back what `qchat backup` wrote."""

import argparse
import sys
from pathlib import Path

from qchat.admin import archive
from qchat.admin.actions import Actions, Common, action
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths


def add(commands: Actions, common: Common, about: str) -> None:
    parser = action(commands, "restore", common, _restore, about)
    parser.description = (
        "Unpack a backup, check it, and put it in place. What is here is set aside, not deleted. "
        "Close other qchat programs first."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that qchat backup wrote")
    parser.add_argument("--list", action="store_true", help="only say what it is")
    parser.add_argument(
        "--force", action="store_true", help="also where something is here, which is set aside"
    )


def _restore(options: argparse.Namespace, paths: Paths) -> int:
    manifest = archive.read_manifest(options.file)
    if options.list:
        sys.stdout.write(f"{options.file}: {archive.described(manifest)}\n")
        return 0
    if archive.holds_something(paths) and not options.force:
        raise UsageError(
            tr(
                "There are conversations or settings in {data_dir} already. --force sets "
                "them aside and restores the backup.",
                data_dir=paths.data_dir,
            )
        )
    aside = archive.restore(paths, options.file)
    sys.stdout.write(tr("restored the backup {manifest}\n", manifest=archive.described(manifest)))
    if aside is not None:
        sys.stdout.write(tr("what was here before is in {aside}\n", aside=aside))
    return 0
