"""`qchat backends`: which ways to a model there are, and whether one works."""

import argparse
import asyncio
import getpass
import sys

from qchat.admin.actions import Actions, Common, action
from qchat.admin.egress_notes import note, note_asking
from qchat.backends.catalog import open_backend
from qchat.backends.connection_test import trial
from qchat.config import credentials as keys
from qchat.config import settings
from qchat.config.settings import BackendSettings, Settings
from qchat.local.model_folders import find
from qchat.protocol.errors import QchatError, UsageError
from qchat.protocol.events import Sent
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat_assets import demo_model_path


def add(commands: Actions, common: Common, about: str) -> None:
    backends = commands.add_parser("backends", help=about, description=about)
    actions = backends.add_subparsers(title="actions", metavar="ACTION", required=True)
    action(actions, "list", common, _list, "list all of them; * marks the default")
    test = action(actions, "test", common, _test, "ask one question, and say what works")
    test.add_argument(
        "name", nargs="?", default="", metavar="NAME", help="which one (default: the one in use)"
    )
    key = action(
        actions, "key", common, _key, "enter a key, which is tried and kept in the system's keyring"
    )
    key.add_argument("name", metavar="NAME", help="whose key, like cloud")
    key.add_argument("--forget", action="store_true", help="delete the key that is kept")
    key.add_argument("--unchecked", action="store_true", help="keep it without trying it")


def _list(options: argparse.Namespace, paths: Paths) -> int:
    holds = settings.load(*paths.settings_files(options.user))
    wide = max([10, *map(len, holds.backends)])
    for name, backend in sorted(holds.backends.items()):
        mark = "*" if name == holds.backend else " "
        model = backend.model or tr("the built-in demo model")
        line = f"{mark} {name:{wide}} {backend.kind:10} {model}  {backend.base_url}".rstrip()
        sys.stdout.write(f"{sanitize_for_terminal(line)}  ({_state(name, backend, paths)})\n")
    return 0


def _state(name: str, backend: BackendSettings, paths: Paths) -> str:
    """What can be said without asking anyone."""
    try:
        if backend.kind == "llama.cpp":
            file = find(backend.model) if backend.model else demo_model_path()
            return (
                tr("on this machine")
                if file.is_file()
                else tr("there is no file {file}", file=file)
            )
        found = keys.resolve_credential(name, backend, paths.keys_file)
    except QchatError as error:
        return str(error)
    if found.key:
        return tr("key from {source}", source=found.source)
    return tr("no key") if keys.expected(backend) else tr("no key needed")


def _key(options: argparse.Namespace, paths: Paths) -> int:
    """Take a key from the terminal unseen, or from a pipe: never from the command line."""
    name, file = options.name, paths.keys_file
    backend = settings.load(*paths.settings_files(options.user)).named(name)
    if options.forget:
        removed = keys.forget(name, backend, file)
        sys.stdout.write(f"{tr('removed') if removed else tr('no key was kept for')} {name}\n")
        return 0
    if backend.kind == "llama.cpp":
        raise UsageError(tr("{name} is a model on this machine. It needs no key.", name=name))
    asked = sys.stdin.isatty()
    key = (
        getpass.getpass(tr("Key for {name}: ", name=name)) if asked else keys.read_piped(sys.stdin)
    )
    keys.checked(name, key.strip())
    if not options.unchecked:
        from qchat.backends import models  # noqa: PLC0415  httpx is slow to load

        note_asking(paths, options.user, name, backend)
        sys.stdout.write(f"{asyncio.run(models.check_key(name, backend, key))}\n")
    sys.stdout.write(f"kept in {keys.keep(name, backend, key, file)}\n")
    return 0


def _test(options: argparse.Namespace, paths: Paths) -> int:
    holds = settings.load(*paths.settings_files(options.user))
    sent: list[Sent] = []
    try:
        return asyncio.run(_ask_once(options.name, holds, sent))
    finally:
        note(paths, options.user, sent)


async def _ask_once(name: str, holds: Settings, sent: list[Sent]) -> int:
    backend = open_backend(name or holds.backend, holds)
    try:
        report = await trial(backend, sent.append)
    finally:
        await backend.aclose()
    sys.stdout.write(f"{backend.name}: {sanitize_for_terminal(backend.model)}\n")
    if report.text.strip():
        sys.stdout.write(
            tr("  answer:    {strip}\n", strip=sanitize_for_terminal(report.text.strip()))
        )
    for line in report.lines():
        sys.stdout.write(f"  {sanitize_for_terminal(line)}\n")
    return 0
