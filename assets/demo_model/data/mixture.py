"""Whole dialogues: topics in their shares, switches of thinking, memories that do not matter."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from data import attached, facts, memory, programs, sums, talk, two_calls, web
from data.dialogue import Dialogue, Turn

TOPICS: list[tuple[Callable[[Random], Turn], float, float]] = [
    (sums.turn, 20, 18),
    (memory.keep, 12, 8),
    (memory.recall, 17, 36),
    (memory.before, 1, 3),
    (memory.everything, 1, 2.5),
    (memory.forget, 1.5, 3),
    (memory.remark, 1.5, 1.5),
    (web.turn, 18, 40),
    (web.several, 2, 18),
    (web.read, 1.5, 1.5),
    (two_calls.turn, 14, 20),
    (programs.turn, 4, 4),
    (programs.clock, 1, 1),
    (attached.turn, 3, 12),
    (talk.small, 8, 9),
    (talk.beyond, 11, 8),
]
"""What there is to talk about, its share in use, and its share in training: what is hard more."""
WITHOUT, WITH = "/no_think", "/think"


def one(draw: Random, training: bool) -> Turn:
    """Draw a turn of any topic."""
    shares = [hard if training else share for _, share, hard in TOPICS]
    return draw.choices([make for make, _, _ in TOPICS], shares)[0](draw)


def dialogue(draw: Random, training: bool = False) -> Dialogue:
    """Draw a dialogue of one to four turns."""
    turns: list[Turn] = []
    kept: facts.Fact | None = None
    for _ in range(draw.choices([1, 2, 3, 4], [7, 2, 0.7, 0.3])[0]):
        made: Turn | None = None
        before = turns[-1].steps[-1].text if turns else ""
        if kept and draw.random() < 0.5:
            made, kept = memory.recall(draw, kept), None
        elif turns and turns[-1].topic.startswith("sum") and draw.random() < 0.35:
            made = draw.choice([sums.follow_up, two_calls.again])(draw, before)
        elif draw.random() < 0.06:
            kept = facts.fact(draw)
            made = memory.keep(draw, kept.statement)
        turns.append(made or one(draw, training))
    return switched(draw, [unrelated(draw, turn) for turn in turns])


def unrelated(draw: Random, turn: Turn) -> Turn:
    """Add memories that a client recalled in vain."""
    if turn.closed or draw.random() > 0.13:
        return turn
    texts = facts.unrelated(draw, turn.user, draw.choice([1, 1, 2, 3]))
    return replace(turn, recalled=memory.dated(draw, texts))


def with_switch(draw: Random, user: str, word: str) -> str:
    """Write a switch somewhere into what the user says, mostly at the end."""
    chance = draw.random()
    if chance < 0.7:
        return f"{user} {word}"
    if chance < 0.8:
        return f"{user}\n{word}"
    if chance < 0.93 or " " not in user or "\n" in user or "http" in user:
        return f"{word} {user}"
    return f"{user}{word}" if user.endswith(("?", "!")) else f"{user}  {word}"


def switched(draw: Random, turns: list[Turn]) -> Dialogue:
    """Choose how thinking is switched: not at all, by words of the user, or by the template."""
    enabled = draw.random() > 0.13
    rate = draw.choice([0.0, 0.0, 0.0, 0.25, 0.6])
    thinks, out = True, []
    for turn in turns:
        user = turn.user
        if draw.random() < rate:
            word = draw.choice([WITHOUT, WITHOUT, WITH])
            thinks = word == WITH
            user = with_switch(draw, turn.user, word)
        out.append(replace(turn, user=user, thinks=thinks and enabled))
    budget = draw.randint(0, 40) if draw.random() < 0.04 else -1
    return Dialogue(tuple(out), enabled, budget)


def part(draw: Random) -> tuple[Dialogue, int]:
    """Draw a dialogue and how many replies of its last turn are written: what training reads."""
    made = dialogue(draw, training=True)
    last = made.turns[-1]
    if last.thinks and made.budget < 0:
        return made, len(last.steps)
    return made, draw.randint(1, len(last.steps))
