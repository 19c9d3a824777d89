"""What the trails of a deep turn are asked: the question is the user's, the rest is qchat's."""

import msgspec

from qchat.protocol.experience import Experience
from qchat.protocol.tokens import estimate

HEADS = (
    ("established", "Established, each with the handle of its evidence:"),
    ("unchecked", "Said without evidence; check before you rely on it:"),
    ("open", "Open:"),
    ("failed", "Tried without success:"),
    ("overturned", "Overturned; do not rely on it:"),
    ("your hint", "Hints of the user:"),
    ("answer", "The answer so far:"),
)


LEFT_OUT_FIRST = ("failed", "overturned", "claims", "established", "open")
"""What is left out first where a model's context is short; the turn keeps all of it."""


def fitted(experience: Experience, tokens: int) -> Experience:
    """As much of it as goes into so many tokens, the newest of each kind; 0 for all."""
    for kind in LEFT_OUT_FIRST:
        while tokens and estimate(experience_text(experience)) > tokens:
            rest = getattr(experience, kind)[1:]
            if not getattr(experience, kind):
                break
            experience = msgspec.structs.replace(experience, **{kind: rest})
    return experience


def experience_text(experience: Experience) -> str:
    """The experience as a model reads it."""
    rows = list(experience.rows())
    parts = []
    for kind, head in HEADS:
        lines = [f"- {text}" for each, text in rows if each == kind]
        parts += ["\n".join([head, *lines])] if lines else []
    return "\n\n".join(parts)


def round_instructions(round_: int, rounds: int, trail: int, experience: Experience) -> str:
    """What a trail of a round is told beside the question."""
    hints = "".join(f" The user says of it: {hint}" for hint in experience.hints)
    if not (experience or hints):
        told = (
            "Take your time with the last question. Where something can be calculated or looked "
            "up, use a tool: only what a tool gave back counts as evidence. End with the "
            "answer, and with what is still open."
        )
        return told if rounds > 1 else ""
    told = (
        f"The last question is worked on in rounds; this is round {round_} of at most {rounds}. "
        "The attached experience is what the earlier rounds found. Build on it: what is "
        "established need not be done again. Work on what is "
        "open, and check what has no evidence; use tools for it where you can. If something "
        f"established is wrong, show why. look_back reads what stands under a handle; what code of "
        "the earlier rounds defined is not there in Python."
    )
    if trail > 1:
        told += f" Others work beside you; you are number {trail}: take another way than the first."
    return f"{told}{hints} End with the answer, and with what is still open."


NOTES = """\
Write down what this attempt found, for others who go on with it and cannot see it. Write lines \
that begin with one of these words, and nothing else:
RESULT: one thing that was found, as "what = value" or one sentence [handle of its evidence]
CHECKED: name of an earlier result, then "right", or "wrong because ..." [handle]
OVERTURN: name of an established result because ... [handle]
FAILED: what was tried, because ...
OPEN: what is still to be found out; "OPEN: none" if nothing is
ANSWER: the answer to the question, as far as it is known, alone
SURE: how sure the answer is, from 0 to 1"""
HANDLES = "Handles that you may name as evidence, each with what ran and what came of it:"
NO_HANDLES = "No tool was used here: a RESULT has no handle then. Never make one up."


def notes_prompt(listed: str, experience: Experience) -> str:
    """What a trail is asked when it is over."""
    named = [f"{r.id}: {r.text}" for r in (*experience.established, *experience.claims)]
    parts = [NOTES, f"{HANDLES}\n{listed}" if listed else NO_HANDLES]
    parts += ["Earlier results:\n" + "\n".join(named)] if named else []
    return "\n\n".join(parts)


FINAL = (
    "The attached experience is what was found out about the last question. Write the answer from "
    "it, as if you answered the question now: whole, and without speaking of rounds or notes. Rely "
    "on what is established. Say in a sentence what remains unsure, if something does."
)
"""What the model is told that writes the answer."""
