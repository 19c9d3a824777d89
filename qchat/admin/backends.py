"""`qchat backends`: which ways to a model there are, and whether one works."""

import argparse
import asyncio
import getpass
import sys
from contextlib import aclosing

from qchat import keys, settings
from qchat.admin.actions import Actions, Common, action
from qchat.backends.base import Request
from qchat.backends.catalog import open_backend
from qchat.errors import UsageError
from qchat.events import Notice, StepFinished, Text, Thinking
from qchat.messages import User
from qchat.paths import Paths
from qchat.visible import visible


def add(commands: Actions, common: Common) -> None:
    backends = commands.add_parser("backends", help="the ways to a model")
    actions = backends.add_subparsers(title="actions", metavar="ACTION", required=True)
    action(actions, "list", common, _list, "all that are known; * marks the one in use")
    test = action(actions, "test", common, _test, "ask one question and say what came")
    test.add_argument("name", nargs="?", default="")
    key = action(actions, "key", common, _key, "enter a backend's key, to be kept in the keyring")
    key.add_argument("name")
    key.add_argument("--forget", action="store_true", help="remove the key that is kept")
    key.add_argument("--unchecked", action="store_true", help="keep it without asking the service")


def _list(_options: argparse.Namespace, paths: Paths) -> int:
    holds = settings.load(paths.config_file)
    for name, backend in sorted(holds.backends.items()):
        mark = "*" if name == holds.backend else " "
        model = backend.model or "the built-in demo model"
        key = "" if keys.find(name, backend) or not keys.expected(backend) else "  (no key)"
        line = f"{mark} {name:10} {backend.kind:10} {model}  {backend.base_url}".rstrip()
        sys.stdout.write(f"{line}{key}\n")
    return 0


def _key(options: argparse.Namespace, paths: Paths) -> int:
    """Take a key from the terminal unseen, or from a pipe: never from the command line."""
    name, file = options.name, paths.keys_file
    backend = settings.load(paths.config_file).named(name)
    if options.forget:
        removed = keys.forget(name, file)
        sys.stdout.write(f"{'removed' if removed else 'no key was kept for'} {name}\n")
        return 0
    if backend.kind == "llama.cpp":
        raise UsageError(f"{name} is a model on this machine: it needs no key")
    key = getpass.getpass(f"Key for {name}: ") if sys.stdin.isatty() else sys.stdin.readline()
    keys.checked(name, key.strip())
    if not options.unchecked:
        from qchat.backends import models  # noqa: PLC0415  httpx is slow to load

        sys.stdout.write(f"{asyncio.run(models.check_key(name, backend, key))}\n")
    sys.stdout.write(f"kept in {keys.keep(name, key, file)}\n")
    return 0


def _test(options: argparse.Namespace, paths: Paths) -> int:
    return asyncio.run(_ask_once(options.name, paths))


async def _ask_once(name: str, paths: Paths) -> int:
    holds = settings.load(paths.config_file)
    backend = open_backend(name or holds.backend, holds)
    thinking = text = ""
    finished: StepFinished | None = None
    request = Request(messages=(User("Hello! Who are you?"),), think=True)
    try:
        async with aclosing(backend.stream(request)) as events:
            async for event in events:
                match event:
                    case Thinking():
                        thinking += event.text
                    case Text():
                        text += event.text
                    case Notice():
                        sys.stdout.write(f"{visible(event.text)}\n")
                    case StepFinished():
                        finished = event
                    case _:
                        pass
    finally:
        await backend.aclose()
    sys.stdout.write(f"{backend.name}: {backend.model}\n  answer: {visible(text.strip())}\n")
    sys.stdout.write(f"  thinking: {'yes' if thinking else 'no'}\n")
    if finished is not None:
        usage, timings = finished.usage, finished.timings
        sys.stdout.write(f"  tokens: {usage.prompt} in, {usage.completion} out\n")
        sys.stdout.write(
            f"  first token after {timings.first_token_s:.2f} s,"
            f" {timings.tokens_per_s:.0f} tokens/s\n"
        )
    return 0
