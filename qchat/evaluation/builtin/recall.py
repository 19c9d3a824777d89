"""Whether what the user told in earlier conversations comes back in answers: model and memory both.

The memory is real, and the evaluator's own. Some facts change after they were told: the newer one
counts. Some were never told: then nothing may be made up.
"""

import random
from collections.abc import Sequence

from qchat.conversation.session import Session
from qchat.evaluation.builtin import words
from qchat.evaluation.builtin.case import BuiltIn, Case
from qchat.evaluation.question import Verdict
from qchat.evaluation.reply import say
from qchat_tools.kernel.kernel import Kernel


def draw(seed: int, count: int, _context: int) -> Sequence[Case]:
    chance = random.Random(f"recall {seed}")
    subjects = words.subjects(chance)[:count]
    untold = len(subjects) // 5
    names = [words.name(chance) for _ in subjects]
    told = names[untold:]
    cases = [_never(what, told) for what in subjects[:untold]]
    for n, what in enumerate(subjects[untold:]):
        before = words.name(chance, 4) if n % 4 == 0 else ""
        cases.append(_told(what, told[n], before))
    return cases


def _told(what: str, name: str, before: str) -> Case:
    """A fact that was told, perhaps after another one that it replaces."""

    async def play(session: Session, _kernel: Kernel) -> Verdict:
        for said in (before, name) if before else (name,):
            await session.toolbox.memories.keep(f"My {what} is called {said}.")
        reply = await say(session, f"What is my {what} called?")
        if reply.failure:
            return Verdict(False, "", reply.failure)
        right = name.lower() in reply.answer.lower()
        return Verdict(right, reply.answer.strip()[:100], "" if right else f"it is {name}")

    topic = "told, and changed" if before else "told once"
    return Case(topic, f"{what} {before} {name}", play)


def _never(what: str, names: Sequence[str]) -> Case:
    """Something that was never told."""

    async def play(session: Session, _kernel: Kernel) -> Verdict:
        reply = await say(session, f"What is my {what} called?")
        if reply.failure:
            return Verdict(False, "", reply.failure)
        made_up = next((name for name in names if name.lower() in reply.answer.lower()), "")
        why = "it gives another fact's name" if made_up else ""
        return Verdict(not made_up, reply.answer.strip()[:100], why)

    return Case("never told", f"{what} never", play)


RECALL = BuiltIn(
    "recall",
    "facts that were told in earlier conversations",
    "answering from what it was told before",
    0.8,
    30,
    draw,
    tools=frozenset({"memory_search"}),
    memory=True,
    think=True,
)
