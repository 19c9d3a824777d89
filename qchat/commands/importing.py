"""Conversations of other programs, taken in while a chat is open."""

import asyncio
import threading

from qchat.commands.base import Command, CommandContext, LongWork, Outcome, ShowMessage
from qchat.protocol.errors import QchatError, UsageError
from qchat.runtime.language import tr, verbatim
from qchat.store import Store
from qchat_tools.typed_path import typed_path


async def _import(context: CommandContext, argument: str) -> Outcome:
    if not argument:
        raise UsageError(tr("Say where the export is: /import PATH, a zip, a folder or a file."))
    workspace = context.workspace
    stop = threading.Event()

    def show(done: int, total: int) -> None:
        workspace.import_progress = (done, total)
        if stop.is_set():  # between two transactions: what is in is whole, and the rest can follow
            workspace.import_progress = None
            raise QchatError(tr("The import was stopped. Importing again goes on."))

    def work() -> str:
        from qchat.importing.importer import import_export  # noqa: PLC0415  rarely needed
        from qchat.importing.wording import KNOWN, NOTHING_FOUND, left_out, told  # noqa: PLC0415

        path = typed_path(argument.strip('"'))
        store = Store(workspace.paths.sessions_db)  # of its own: it is used in another thread
        try:
            report = import_export(path, store, workspace.user, workspace.paths.files_dir, show)
        finally:
            store.close()
        lines = [*told(report, path), *left_out(report)]
        return "\n".join(lines if report.programs else [*lines, tr(NOTHING_FOUND, known=KNOWN)])

    async def run() -> Outcome:
        try:
            return ShowMessage(verbatim(await asyncio.to_thread(work)))
        finally:
            stop.set()
            workspace.import_progress = None

    return LongWork(run)


COMMANDS = (
    Command(
        "import",
        "PATH",
        "take in conversations of ChatGPT, Claude and other programs",
        _import,
    ),
)
