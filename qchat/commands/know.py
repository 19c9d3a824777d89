"""The user's own folders as knowledge."""

import asyncio
from pathlib import Path

from qchat.commands.base import Command, CommandContext, LongWork, Outcome, ShowMessage
from qchat.knowledge.library import Library
from qchat.knowledge.wording import changes_line, folder_line, passage_lines
from qchat.protocol.errors import UsageError
from qchat.runtime.language import Said, tr, verbatim

NONE_YET = "No folder is known yet. /know add PATH reads one."


async def _know(context: CommandContext, argument: str) -> Outcome:
    word, _, rest = argument.partition(" ")
    library, rest = context.workspace.library, rest.strip()
    match word:
        case "" | "list":
            return ShowMessage(await asyncio.to_thread(_listed, library))
        case "add" if rest:
            path, _, name = rest.partition(" --name ")
            folder = await asyncio.to_thread(library.add, Path(path.strip().strip('"')), name)
            context.workspace.reading.begin()
            return ShowMessage(
                tr(
                    "Reading {path} in the background. Ask about it with @know:{name} in a prompt.",
                    path=folder.path,
                    name=folder.name,
                )
            )
        case "sync":

            async def run() -> Outcome:
                return ShowMessage(await asyncio.to_thread(_synced, library, rest))

            return LongWork(run)
        case "remove" if rest:
            folder = await asyncio.to_thread(library.remove, rest)
            return ShowMessage(
                tr(
                    "Forgot {name}. The files in {path} are as they were.",
                    name=folder.name,
                    path=folder.path,
                )
            )
        case "search" if rest:
            return ShowMessage(await asyncio.to_thread(_found, library, rest))
        case _:
            raise UsageError(
                tr("/know takes list, add PATH, sync [NAME], remove NAME, search WORDS.")
            )


def _listed(library: Library) -> Said:
    return verbatim("\n".join(map(folder_line, library.folders()))) or tr(NONE_YET)


def _synced(library: Library, name: str) -> Said:
    names = [name] if name else [folder.name for folder in library.folders()]
    lines = [changes_line(one, changes) for one in names for changes in library.sync(one)]
    return verbatim("\n".join(lines)) or tr(NONE_YET)


def _found(library: Library, words: str) -> Said:
    found = library.search(words, library.scope(""))
    lines = [line for passage in found for line in passage_lines(passage)]
    return verbatim("\n".join(lines)) or tr("Nothing in these files fits.")


def _names(context: CommandContext) -> list[str]:
    names = [folder.name for folder in context.workspace.library.folders()]
    return ["add ", "list", "search ", "sync", *(f"sync {name}" for name in names),
            *(f"remove {name}" for name in names)]  # fmt: skip


COMMANDS = (
    Command(
        "know",
        "[list|add PATH|sync [NAME]|remove NAME|search WORDS]",
        "your own folders, which questions can be about: @know:NAME in a prompt",
        _know,
        _names,
    ),
)
