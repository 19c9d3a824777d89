"""Whether a model thinks when it is told to, and does not when it is told not to.

As the Qwen3 report measures its mode switches (ThinkFollow): conversations of several turns in
which thinking is switched, for the conversation and for single messages; the newest word counts.
"""

import random
from collections.abc import Sequence

import msgspec

from qchat.conversation.session import Session
from qchat.evaluation.builtin import words
from qchat.evaluation.builtin.case import BuiltIn, Case
from qchat.evaluation.question import Verdict
from qchat.evaluation.reply import Reply, say
from qchat_tools.kernel.kernel import Kernel


class Said(msgspec.Struct, frozen=True):
    """One message: its words, whether the conversation is switched before it, and what must be."""

    text: str
    switch: bool
    thinks: bool


def draw(seed: int, count: int, _context: int) -> Sequence[Case]:
    return [_case(random.Random(f"thinkfollow {seed} {n}")) for n in range(count)]


def _case(draw: random.Random) -> Case:
    said, switch = [], draw.random() < 0.5
    for _ in range(draw.randint(2, 4)):
        if draw.random() < 0.3:
            switch = not switch
        word = draw.choice(["", "", "/think", "/no_think"])
        text = f"{_question(draw)} {word}".strip()
        said.append(Said(text, switch, word == "/think" if word else switch))
    told = " | ".join(f"{'on' if one.switch else 'off'}: {one.text}" for one in said)

    async def play(session: Session, _kernel: Kernel) -> Verdict:
        session.toolbox.only = {}
        for one in said:
            session.think = one.switch
            reply = await say(session, one.text)
            if reply.failure:
                return Verdict(False, "", reply.failure)
            if wrong := disobeyed(reply, thinks=one.thinks):
                return Verdict(False, one.text, wrong)
        return Verdict(True, f"{len(said)} messages")

    return Case(f"{len(said)} messages", told, play)


def disobeyed(reply: Reply, *, thinks: bool) -> str:
    """What was not as it was told; empty where all was."""
    thought = bool(reply.thinking.strip()) or "<think>" in reply.answer
    if thought == thinks:
        return ""
    return "it thought, and was told not to" if thought else "it did not think, and was told to"


def _question(draw: random.Random) -> str:
    a, b = draw.randint(2, 99), draw.randint(2, 99)
    pet, name = draw.choice(words.PETS), words.name(draw)
    return draw.choice(
        [
            f"What is {a} + {b}?",
            f"What is {a} * {b}?",
            f"I have {a} books and buy {b} more. How many books do I have?",
            f"{name} has {a} apples and gets {b} more. How many are that?",
            f"Remember that my {pet} is called {name}.",
            "Tell me a joke.",
            "Write a poem about the sea.",
            f"Calculate {a} - {b}.",
        ]
    )


THINKFOLLOW = BuiltIn(
    "thinkfollow",
    "conversations in which thinking is switched on and off",
    "switching thinking on and off",
    0.95,
    80,
    draw,
)
