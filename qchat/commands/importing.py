"""Conversations of other programs, taken in while a chat is open."""

import asyncio

from qchat.commands.base import Command, CommandContext, Outcome, ShowMessage
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr, verbatim
from qchat.store import Store
from qchat_tools.typed_path import typed_path


async def _import(context: CommandContext, argument: str) -> Outcome:
    if not argument:
        raise UsageError(tr("Say where the export is: /import PATH, a zip, a folder or a file."))
    workspace = context.workspace

    def work() -> str:
        from qchat.importing.importer import import_export  # noqa: PLC0415  rarely needed
        from qchat.importing.wording import NOTHING_FOUND, left_out, told  # noqa: PLC0415

        path = typed_path(argument.strip('"'))
        store = Store(workspace.paths.sessions_db)  # of its own: it is used in another thread
        try:
            report = import_export(path, store, workspace.user, workspace.paths.files_dir)
        finally:
            store.close()
        lines = [*told(report, path), *left_out(report)]
        return "\n".join(lines if report.programs else [*lines, NOTHING_FOUND])

    return ShowMessage(verbatim(await asyncio.to_thread(work)))


COMMANDS = (
    Command(
        "import",
        "PATH",
        "take in conversations of ChatGPT, Claude and other programs",
        _import,
    ),
)
