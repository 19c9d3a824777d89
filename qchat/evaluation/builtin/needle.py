"""Whether a model finds one sentence in a long text, at every length up to its context."""

import random
from collections.abc import Sequence

from qchat.conversation.session import Session
from qchat.evaluation.builtin import words
from qchat.evaluation.builtin.case import BuiltIn, Case
from qchat.evaluation.question import Verdict
from qchat.evaluation.reply import say
from qchat.protocol.events import Attached
from qchat.protocol.tokens import estimate
from qchat_tools.kernel.kernel import Kernel

MIN_TOKENS = 500
"""Tokens of the shortest text; each length is twice the one before."""
FULL = 0.85
"""How much of the context the longest text takes: question and answer need some too."""
REPLY_TOKENS = 512
AROUND = 300
"""Tokens of qchat's own words, the question, and what the template adds."""
UNKNOWN_CONTEXT = 32_768
DEPTHS = (0.1, 0.5, 0.9)
"""Where in the text the sentence stands, as a share of it."""


def lengths(context: int) -> list[int]:
    """The lengths that are tried, in tokens."""
    context = context or UNKNOWN_CONTEXT
    longest = min(int(context * FULL), context - REPLY_TOKENS - AROUND)
    longest = max(longest, context // 4)  # of a tiny one: it is to be tried all the same
    found = [min(MIN_TOKENS, longest)]
    while found[-1] * 2 < longest:
        found.append(found[-1] * 2)
    return [*found, longest] if longest > found[-1] * 1.2 else found


def draw(seed: int, count: int, context: int) -> Sequence[Case]:
    sizes = lengths(context)
    cases = []
    for n in range(count):
        size, depth = sizes[n % len(sizes)], DEPTHS[n // len(sizes) % len(DEPTHS)]
        cases.append(_case(random.Random(f"needle {seed} {n}"), size, depth))
    return cases


def haystack(draw: random.Random, tokens: int, needle: str, depth: float) -> str:
    """A text of about so many tokens, with the needle at that depth."""
    sentences: list[str] = []
    size = estimate(needle)
    while size < tokens:
        sentences.append(words.sentence(draw))
        size += estimate(sentences[-1]) + 1
    sentences.insert(int(len(sentences) * depth), needle)
    paragraphs = (sentences[at : at + 8] for at in range(0, len(sentences), 8))
    return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)


def _case(draw: random.Random, tokens: int, depth: float) -> Case:
    place, code = words.name(draw), draw.randint(10_000, 99_999)
    seed = draw.random()

    async def play(session: Session, _kernel: Kernel) -> Verdict:
        session.toolbox.only = {}
        needle = f"The code of the gate of {place} is {code}."
        text = haystack(random.Random(seed), tokens, needle, depth)
        question = f"What is the code of the gate of {place}? Give the number."
        reply = await say(session, question, [Attached("notes.txt", text)])
        if reply.failure:
            return Verdict(False, "", reply.failure)
        return Verdict(str(code) in reply.answer.replace(",", ""), reply.answer.strip()[:100])

    return Case(f"{tokens:>7,} tokens", f"{place} {code} {tokens} {depth} {seed}", play)


NEEDLE = BuiltIn(
    "needle",
    "one sentence to be found in texts up to the whole context",
    "finding something in a text as long as its context",
    0.8,
    36,
    draw,
    reply_tokens=REPLY_TOKENS,
)
