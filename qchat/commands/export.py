"""The conversation as a file."""

import asyncio
import re
from pathlib import Path

from qchat.commands.base import Command, CommandContext, Outcome, ShowMessage
from qchat.export.formats import FORMATS, write
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr
from qchat_tools.typed_path import typed_path


async def _export(context: CommandContext, argument: str) -> Outcome:
    words = argument.split(maxsplit=1)
    form = words.pop(0) if words and words[0] in FORMATS else "md"
    typed = " ".join(words)
    session = context.session
    if not session.turns:
        raise UsageError(tr("There is nothing to export yet."))
    info = context.workspace.store.session(context.workspace.user, session.id)
    conversation = context.workspace.store.with_all(info, list(session.turns))
    name = re.sub(r"\W+", "-", session.title.lower()).strip("-")[:40] or session.id
    path = await asyncio.to_thread(_place, typed, f"{name}.{form}")
    files = context.workspace.paths.files_dir
    await asyncio.to_thread(write, path, form, conversation, files)
    return ShowMessage(tr("Exported to {path}", path=path))


def _place(typed: str, name: str) -> Path:
    path = typed_path(typed) if typed else Path(name)
    return (path / name if path.is_dir() else path).absolute()


COMMANDS = (
    Command(
        "export",
        f"[{'|'.join(FORMATS)}] [PATH]",
        "write this conversation to a file",
        _export,
        lambda _place: [*FORMATS],
    ),
)
