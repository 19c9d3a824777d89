"""The interface in Chinese: every text of it, under its English one.

A module for each wing that says it, so that a table stands beside no other wing's; a test says
which entry is missing, and where. Loaded only for those who read Chinese.
"""

from collections.abc import Mapping

from qchat.runtime.chinese import (
    admin,
    backends,
    bench,
    cli,
    command_help,
    command_line,
    commands,
    config,
    console,
    conversation,
    depth,
    egress,
    evaluation,
    export,
    importing,
    knowledge,
    labels,
    local,
    memories,
    runs,
    runtime,
    shared,
    store,
    tools,
    tui,
    wire,
)

WINGS: Mapping[str, Mapping[str, str]] = {
    "admin": admin.TEXTS,
    "backends": backends.TEXTS,
    "bench": bench.TEXTS,
    "cli": cli.TEXTS,
    "commands": commands.TEXTS,
    "config": config.TEXTS,
    "console": console.TEXTS,
    "conversation": conversation.TEXTS,
    "depth": depth.TEXTS,
    "egress": egress.TEXTS,
    "evaluation": evaluation.TEXTS,
    "export": export.TEXTS,
    "importing": importing.TEXTS,
    "knowledge": knowledge.TEXTS,
    "labels": labels.TEXTS,
    "local": local.TEXTS,
    "memories": memories.TEXTS,
    "runs": runs.TEXTS,
    "runtime": runtime.TEXTS,
    "shared": shared.TEXTS,
    "store": store.TEXTS,
    "tools": tools.TEXTS,
    "tui": tui.TEXTS,
    "wire": wire.TEXTS,
}

CATALOGUE: Mapping[str, str] = {
    **command_help.COMMAND_HELP,
    **command_help.KEY_HELP,
    **command_line.COMMAND_LINE,
    **command_line.ARGPARSE,
    **{text: said for texts in WINGS.values() for text, said in texts.items()},
}
