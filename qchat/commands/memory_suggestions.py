"""`/memory suggest`: the model reads what the user wrote, and proposes what to keep of it.

It never keeps anything by itself: the user is asked once for all of it, and may change or leave out
each. Only the user's own words are read, so nobody else's get into a memory this way.
"""

import re
from collections.abc import Sequence

from qchat.commands.base import CommandContext, Converse, Outcome, ShowMessage
from qchat.commands.dialogue import Dialogue
from qchat.conversation.session import Session
from qchat.memory.memories import Memories
from qchat.memory.project import name_of
from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr, verbatim
from qchat_memory.language.invisible import with_invisible_shown
from qchat_memory.language.secret import secret_in
from qchat_memory.language.words import sameness, terms

MAX_READ = 12_000
"""In characters: the newest of what the user wrote."""
MAX_TOKENS = 500
MAX_SUGGESTED = 8
MAX_LENGTH = 300
SAID = 0.5
"""So much of a suggestion's words must be the user's own: what the model made up is not kept."""
SYSTEM = (
    "You read what a user wrote in a chat and list what is worth remembering about them in later"
    " chats: lasting facts, preferences, plans, people. Not questions, not tasks of the moment. One"
    ' short sentence a line, each after "- ", in the user\'s language, as the user would say it'
    ' ("I ..."), with the user\'s own words. Write only "none" where there is nothing.'
)
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+(.+?)\s*$", re.MULTILINE)
NOTHING = "The model found nothing in this conversation that is worth keeping."


async def suggest(context: CommandContext) -> Outcome:
    """Ask the model, then the user. Raises QchatError."""
    memories = context.session.toolbox.memories
    if not memories.on:
        raise QchatError(tr("Memory is off in this conversation: /memory on turns it on."))
    wrote = _written(context.session)
    if not wrote:
        raise QchatError(tr("There is nothing to suggest from: you have written nothing here yet."))

    async def run(dialogue: Dialogue) -> Outcome:
        """The model is asked in here: a dialogue that opens later would take what is typed by then.

        Its first question, whose Enter keeps something, comes to a user who sees that it will.
        """
        dialogue.say(tr("Asking the model …"))
        reply = await context.session.ask_aside(SYSTEM, wrote, MAX_TOKENS)
        found = await _new(proposed(reply, wrote), memories)
        if not found:
            return ShowMessage(tr(NOTHING))
        return await _ask(dialogue, found, memories)

    return Converse(tr("What to keep of this conversation"), run)


def proposed(reply: str, wrote: str) -> list[str]:
    """The lines of a reply that say what the user said; no secrets, none twice."""
    known, found = set(terms(wrote)), dict[str, str]()
    for text in _ITEM.findall(reply):
        said = [term in known for term in terms(text)]
        if said and sum(said) >= SAID * len(said) and len(text) <= MAX_LENGTH:
            found.setdefault(sameness(text), text)
    return [text for text in found.values() if not secret_in(text)][:MAX_SUGGESTED]


async def _new(texts: Sequence[str], memories: Memories) -> list[str]:
    """Those that are not remembered already."""
    kept = {sameness(memory.text) for memory in await memories.list()}
    return [text for text in texts if sameness(text) not in kept]


async def _ask(dialogue: Dialogue, texts: list[str], memories: Memories) -> Outcome:
    """One question for all; choosing one of them changes it, or leaves it out."""
    while texts:
        change = [tr("Change: {text}", text=with_invisible_shown(text)) for text in texts]
        here = [_keep_here(len(texts), memories.project)] if memories.project else []
        options = [_keep(len(texts)), *change, *here, tr("Keep nothing")]
        chosen = await dialogue.choose(tr("Keep these memories?"), options)
        if chosen == len(options) - 1:
            return ShowMessage(tr("Nothing was kept."))
        if chosen == 0 or chosen > len(texts):
            kept = [await memories.keep(text, of_project=chosen > 0) for text in texts]
            lines = [
                tr("Remembered [{id}]: {text}", id=k.memory.id, text=k.memory.text) for k in kept
            ]
            return ShowMessage(verbatim("\n".join(lines)))
        entered = (await dialogue.enter(tr("Its text (empty leaves it out):"))).strip()
        if secret := secret_in(entered):
            dialogue.say(
                tr("Not taken: it looks like {secret}. /remember asks for such.", secret=secret)
            )
        else:
            texts = [*texts[: chosen - 1], *filter(None, [entered]), *texts[chosen:]]
    return ShowMessage(tr("Nothing was kept."))


def _keep(count: int) -> str:
    return tr("Keep it") if count == 1 else tr("Keep all {n}", n=count)


def _keep_here(count: int, project: str) -> str:
    name = with_invisible_shown(name_of(project))
    if count == 1:
        return tr("Keep it for the project {name} alone", name=name)
    return tr("Keep all {n} for the project {name} alone", n=count, name=name)


def _written(session: Session) -> str:
    """What the user wrote, the oldest first, as much of the newest as is read."""
    prompts = [turn.prompt.strip() for turn in session.turns.heads if turn.kind == "chat"]
    return "\n\n".join(filter(None, prompts))[-MAX_READ:]
