"""`qchat connect`: choose who answers, from the command line."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from qchat.commands.connecting import METHODS, Given, connect, method_named
from qchat.commands.dialogue import Dialogue
from qchat.config import credentials, settings
from qchat.config.regions import REGIONS
from qchat.console.dialogue import ConsoleDialogue, Silent
from qchat.conversation.workspace import Workspace
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.runtime.suggested_argument import SuggestedArgument

DETAILS = "Whoever is to answer is tried with one question before that is kept."
EXAMPLES = """\
examples:
  qchat connect                                     choose step by step
  qchat connect server 127.0.0.1:8000 --model qwen3-32b --default
  qchat connect file ~/models/Qwen3-8B-Q4_K_M.gguf
  qchat connect cloud Singapore --model qwen3.7-plus < key.txt
"""


WAYS = tuple(method.name for method in METHODS)


class _Way(SuggestedArgument):
    """One of the ways; of another word the flow says which is meant."""

    @property
    def suggested(self) -> Sequence[str]:
        return WAYS


def add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    common: argparse.ArgumentParser,
    about: str,
) -> None:
    parser = commands.add_parser(
        "connect",
        parents=[common],
        help=about,
        description=DETAILS,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "way",
        action=_Way,
        nargs="?",
        metavar="{" + ",".join(WAYS) + "}",
        help="what to use; asked if left out",
    )
    regions = ", ".join(known.name for known in REGIONS)
    parser.add_argument(
        "where",
        nargs="?",
        default="",
        metavar="WHERE",
        help=tr(
            "path of a GGUF file or a folder; address of a server; region of the cloud "
            "({regions}) or its address",
            regions=regions,
        ),
    )
    parser.add_argument(
        "--workspace",
        default="",
        metavar="ID",
        help="ID of a workspace of the cloud, whose own address is used then, like llm-abc123",
    )
    parser.add_argument(
        "--model",
        default="",
        metavar="NAME",
        help="which model of it; chosen from a list if left out",
    )
    lasting = parser.add_mutually_exclusive_group()
    lasting.add_argument(
        "--default", action="store_true", default=None, help="use it for new conversations too"
    )
    lasting.add_argument(
        "--no-default",
        dest="default",
        action="store_false",
        default=None,
        help="only add it to the backends, for --backend NAME",
    )
    parser.set_defaults(run=_connect)


def _connect(options: argparse.Namespace, paths: Paths) -> int:
    return asyncio.run(_led(options, paths))


async def _led(options: argparse.Namespace, paths: Paths) -> int:
    """Lead through the steps; where nobody is there, what is missing is said."""
    person = sys.stdin.isatty() and sys.stdout.isatty()
    piped = "" if person or sys.stdin.isatty() else credentials.read_piped(sys.stdin)
    dialogue: Dialogue = ConsoleDialogue() if person else Silent(piped)
    way = options.way or await _way(dialogue)
    given = Given(options.where, options.workspace, options.model, piped, options.default)
    workspace = Workspace(settings.load(*paths.settings_files(options.user)), paths, options.user)
    try:
        said = await connect(method_named(way), workspace, None, dialogue, given)
    finally:
        await workspace.aclose()
    sys.stdout.write(f"{sanitize_for_terminal(said)}\n")
    return 0


async def _way(dialogue: Dialogue) -> str:
    lines = [f"{method.name:8} {method.about}" for method in METHODS]
    return METHODS[await dialogue.choose(tr("Who is to answer?"), lines)].name
