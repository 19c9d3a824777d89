"""What the sub-commands have in common: how an action is described."""

import argparse
from collections.abc import Callable
from typing import TypeAlias

from qchat.runtime.paths import Paths

Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Common: TypeAlias = argparse.ArgumentParser
Run: TypeAlias = Callable[[argparse.Namespace, Paths], int]

EXAMPLES = {
    "sessions list": ("qchat sessions list", "qchat sessions list --user ada"),
    "sessions show": ("qchat sessions show 1a2b | less",),
    "sessions search": ("qchat sessions search gradient descent",),
    "sessions export": (
        "qchat sessions export 1a2b > talk.md",
        "qchat sessions export 1a2b --format ipynb > talk.ipynb",
    ),
    "sessions delete": ("qchat sessions delete 1a2b",),
    "import": (
        "qchat import ~/Downloads/chatgpt-export.zip",
        "qchat import ~/.lmstudio/conversations ~/.qwen/projects",
        "qchat sessions export 1a2b --format jsonl > talk.jsonl",
        "qchat import talk.jsonl",
    ),
    "know add": ("qchat know add ~/notes", "qchat know add ~/work/thesis --name thesis"),
    "know list": ("qchat know list",),
    "know sync": ("qchat know sync", "qchat know sync notes"),
    "know remove": ("qchat know remove notes",),
    "know search": (
        "qchat know search when does the lease end",
        "qchat know search --in notes/2025 holiday plans",
    ),
    "memory list": ("qchat memory list",),
    "memory add": ('qchat memory add "I live in Lisbon"',),
    "memory search": ("qchat memory search where do I live",),
    "memory pin": ("qchat memory pin 1a2b3c4d",),
    "memory unpin": ("qchat memory unpin 1a2b3c4d",),
    "memory edit": ('qchat memory edit 1a2b3c4d "I live in Porto"',),
    "memory undo": ("qchat memory undo 1a2b3c4d",),
    "memory forget": ("qchat memory forget 1a2b3c4d", "qchat memory forget --all"),
    "memory export": ("qchat memory export > memories.jsonl",),
    "memory import": ("qchat memory import < memories.jsonl",),
    "memory reembed": ("qchat memory reembed",),
    "memory identity": ("qchat memory identity",),
    "memory serve": ("qchat memory serve /srv/chroma --port 8001",),
    "backends list": ("qchat backends list",),
    "backends test": ("qchat backends test", "qchat backends test cloud"),
    "backends key": (
        "qchat backends key cloud",
        "qchat backends key cloud < key.txt",
        "qchat backends key cloud --forget",
    ),
    "models list": ("qchat models list", "qchat models list --all"),
    "models pull": (
        "qchat models pull qwen3-8b",
        "qchat models pull hf:Qwen/Qwen3-8B-GGUF:Q4_K_M",
        "qchat models pull qwen3-8b --from ms",
    ),
    "models info": ("qchat models info", "qchat models info ~/models/Qwen3-8B-Q4_K_M.gguf"),
    "models compare": (
        "qchat models compare local cloud",
        "qchat models compare Qwen3-4B-Q4_K_M cloud:qwen3.7-plus --only tooluse",
    ),
    "models remove": ("qchat models remove Qwen3-8B-Q4_K_M",),
    "config path": ('"$EDITOR" "$(qchat config path)"',),
    "config set": (
        "qchat config set theme paper",
        "qchat config set python.timeout_s 600",
        "qchat config set backends.big.model ~/models/big.gguf",
    ),
    "config show": ("qchat config show | grep python",),
    "doctor": ("qchat doctor", "qchat doctor --user ada"),
    "backup": ("qchat backup", "qchat backup ~/safe/ --keys"),
    "restore": (
        "qchat restore qchat-20261126-120000.tar.gz",
        "qchat restore --list qchat-20261126-120000.tar.gz",
    ),
    "eval": (
        "qchat eval questions.jsonl",
        "qchat eval gpqa_diamond.csv --modes no-think,vote:5,deep:3x2 --tokens 8000",
    ),
    "bench": ("qchat bench", "qchat bench kernel web"),
}
"""What one types for each action."""


def action(
    actions: Actions, name: str, common: Common, run: Run, about: str
) -> argparse.ArgumentParser:
    """Add one action and give back its parser, for the arguments of its own."""
    parser = actions.add_parser(
        name,
        parents=[common],
        help=about,
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if lines := EXAMPLES.get(parser.prog.removeprefix("qchat ")):
        parser.epilog = "\n".join(["examples:", *(f"  {line}" for line in lines)])
    parser.set_defaults(run=run)
    return parser
