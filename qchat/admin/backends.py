"""`qchat backends`: which ways to a model there are, and whether one works."""

import argparse
import asyncio
import sys
from contextlib import aclosing

from qchat import settings
from qchat.admin.actions import Actions, Common, action
from qchat.backends.base import Request
from qchat.backends.catalog import open_backend
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


def _list(_options: argparse.Namespace, paths: Paths) -> int:
    holds = settings.load(paths.config_file)
    for name, backend in sorted(holds.backends.items()):
        mark = "*" if name == holds.backend else " "
        model = backend.model or "the built-in demo model"
        key = "" if backend.kind == "llama.cpp" or backend.key() else "  (no key)"
        line = f"{mark} {name:10} {backend.kind:10} {model}  {backend.base_url}".rstrip()
        sys.stdout.write(f"{line}{key}\n")
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
