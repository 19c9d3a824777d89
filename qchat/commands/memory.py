"""What is remembered about the user."""

from qchat.commands.base import Command, CommandContext, Outcome, ShowMessage
from qchat.commands.memory_suggestions import suggest
from qchat.memory.memories import (
    Memories,
    about,
    changed_line,
    listed_line,
    memory_line,
    receipt,
)
from qchat.memory.project import without_option
from qchat.protocol.errors import UsageError
from qchat.runtime.language import Said, tr, verbatim
from qchat_memory.language.invisible import with_invisible_shown
from qchat_memory.language.secret import secret_in

OFF = "Memory is off in this conversation: nothing is recalled, nothing is kept."


async def _remember(context: CommandContext, argument: str) -> Outcome:
    text, of_project = without_option(argument)
    if not text:
        raise UsageError(tr("Say what to remember: /remember TEXT."))
    return await _keep(context, text, of_project=of_project)


async def _pin(context: CommandContext, argument: str) -> Outcome:
    text, of_project = without_option(argument)
    if not text:
        raise UsageError(
            tr("Say what to keep always before the model: /pin TEXT, or /pin ID for a memory.")
        )
    memories = _memories(context)
    if of_project or not any(m.id == text.strip("[]") for m in await memories.all()):
        return await _keep(context, text, pinned=True, of_project=of_project)
    memory = await memories.pin(text)
    return ShowMessage(
        tr("Pinned [{id}]: {text}{it}", id=memory.id, text=memory.text, it=await _room(memories))
    )


async def _unpin(context: CommandContext, argument: str) -> Outcome:
    if not argument:
        raise UsageError(tr("Say which memory: /unpin ID. /memory lists them with their ids."))
    memory = await _memories(context).unpin(argument)
    return ShowMessage(tr("No longer pinned [{id}]: {text}", id=memory.id, text=memory.text))


async def _forget(context: CommandContext, argument: str) -> Outcome:
    if not argument:
        raise UsageError(tr("Say which memory: /forget ID. /memory lists them with their ids."))
    memory = await _memories(context).forget(argument)
    return ShowMessage(tr("Forgot [{id}]: {text}", id=memory.id, text=memory.text))


async def _memory(context: CommandContext, argument: str) -> Outcome:
    word, _, rest = argument.partition(" ")
    match word:
        case "on" | "off" if not rest:
            context.workspace.use_memory(context.session, word == "on")
            return ShowMessage(
                tr("Memory is on in this conversation.") if word == "on" else tr(OFF)
            )
        case "all" if not rest:
            return ShowMessage(await _listed(_memories(context), everywhere=True))
        case "suggest" if not rest:
            return await suggest(context)
        case "undo" if not rest:
            done = await _memories(context).undo_last()
            return ShowMessage(verbatim("\n".join(map(changed_line, done))))
        case "undo":
            left = await _memories(context).undo(rest)
            return ShowMessage(
                tr("It says again: {text}", text=left.text)
                if left
                else tr("Taken back: {rest}", rest=rest)
            )
        case "edit" if " " in rest.strip():
            id_, _, text = rest.strip().partition(" ")
            if reason := await refused(context, text):
                return ShowMessage(reason)
            return ShowMessage(
                verbatim(memory_line((await _memories(context).edit(id_, text)).memory))
            )
        case _:
            return ShowMessage(await _shown(context, argument))


async def _shown(context: CommandContext, query: str) -> Said:
    memories = _memories(context)
    if not memories.on:
        return tr(OFF)
    if query:
        hits = await memories.search(query)
        lines = [f"{hit.score:.2f} {listed_line(hit.memory)}" for hit in hits]
        return verbatim("\n".join(lines)) or tr("No memory fits.")
    return await _listed(memories)


async def _listed(memories: Memories, *, everywhere: bool = False) -> Said:
    """Those that hold here, or all; how many are about other projects is said."""
    every = await memories.all()
    shown = [m for m in every if everywhere or m.holds_in(memories.project)]
    said = "\n".join(map(listed_line, shown)) or tr("Nothing is remembered.")
    if others := len(every) - len(shown):
        said += tr("\n{n} more about other projects: /memory all lists them.", n=others)
    return verbatim(said + await _room(memories))


async def _keep(
    context: CommandContext, text: str, *, pinned: bool = False, of_project: bool = False
) -> ShowMessage:
    memories = _memories(context)
    if reason := await refused(context, text):
        return ShowMessage(reason)
    kept = await memories.keep(text, pinned=pinned, of_project=of_project)
    memory, past = kept.memory, kept.replaced
    said = tr("Pinned") if memory.pinned else tr("Updated") if past else tr("Remembered")
    before = tr(" (before, {date}: {text})", date=past.date, text=past.text) if past else ""
    room = await _room(memories) if memory.pinned else ""
    project = f" ({about(memory.project)})" if memory.project else ""
    return ShowMessage(
        verbatim(f"{said} [{memory.id}]{project}: {memory.text}{before}{room}"), receipt(memory)
    )


async def refused(context: CommandContext, text: str) -> Said:
    """Why a text is not kept: it looks like a secret, and nobody said yes. Empty where it may."""
    secret = secret_in(text)
    if not secret:
        return verbatim("")
    answer = await context.session.ask(
        tr("Keep this memory? It looks like {secret}.", secret=tr(secret))
        + f"\n{with_invisible_shown(text)}"
    )
    allowed = answer in ("once", "session")
    if allowed:
        return verbatim("")
    return tr("Not kept: it looks like {secret}, and nobody said yes.", secret=tr(secret))


async def _room(memories: Memories) -> str:
    size, limit = await memories.pinned_size()
    if not size:
        return ""
    over = tr("; the newest that do not fit are left out") if size > limit else ""
    return tr(
        "\nPinned memories take about {size} of {limit} tokens of every turn{over}.",
        size=size,
        limit=limit,
        over=over,
    )


def _memories(context: CommandContext) -> Memories:
    return context.session.toolbox.memories


COMMANDS = (
    Command(
        "remember",
        "TEXT",
        "keep something about you; --project TEXT: for this project alone",
        _remember,
    ),
    Command("pin", "TEXT|ID", "keep a memory always in front of the model", _pin),
    Command("unpin", "ID", "no longer do so", _unpin),
    Command(
        "memory",
        "[WORDS|all|on|off|suggest|edit ID TEXT|undo [ID]]",
        "list, search, correct or take back what is remembered, have some suggested, or go without",
        _memory,
        lambda _place: ["all", "on", "off", "suggest", "edit ", "undo "],
    ),
    Command("forget", "ID", "remove a memory", _forget),
)
