"""`qchat models`: the GGUF files that are here."""

import argparse
import sys
from pathlib import Path

from qchat.admin.actions import Actions, Common, action
from qchat.errors import QchatError
from qchat.local.gguf import read_head
from qchat.paths import Paths
from qchat_assets import demo_model_path


def add(commands: Actions, common: Common) -> None:
    models = commands.add_parser("models", help="the model files on this machine")
    actions = models.add_subparsers(title="actions", metavar="ACTION", required=True)
    action(actions, "list", common, _list, "the demo model and what lies in the models folder")
    info = action(actions, "info", common, _info, "what a GGUF file holds")
    info.add_argument("file", nargs="?")


def _list(_options: argparse.Namespace, paths: Paths) -> int:
    for file in [demo_model_path(), *sorted(paths.models_dir.rglob("*.gguf"))]:
        try:
            what = read_head(file)
            line = f"{what.name or file.stem}  {what.architecture}  context {what.context}"
        except QchatError as error:
            line = str(error)
        sys.stdout.write(f"{_size(file):>8}  {line}\n          {file}\n")
    return 0


def _info(options: argparse.Namespace, _paths: Paths) -> int:
    file = Path(options.file).expanduser() if options.file else demo_model_path()
    what = read_head(file)
    sys.stdout.write(f"file: {file}\nsize: {_size(file)}\n")
    sys.stdout.write(f"name: {what.name}\narchitecture: {what.architecture}\n")
    sys.stdout.write(f"context: {what.context} tokens\n")
    return 0


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f} MB"
