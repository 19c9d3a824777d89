"""A dialogue as values, and how it is written for the model: the twin of chat_template.jinja."""

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "memory"))
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))

from qchat_tools import parts, wording

USER, HEAD, ASSISTANT, CITED = 0.1, 0.0, 1.0, 4.0
"""How much a token counts in the loss: others', given ones, the model's own, its citations."""
EMPTY_THINKING = "<think>\n\n</think>\n\n"
BUDGET_SPENT = (
    "Considering the limited time by the user, I have to give the solution based on the thinking"
    " directly now.\n"
)


@dataclass(frozen=True)
class Step:
    """One reply of the model: a thought, then a call with its result, or the answer."""

    thinking: str
    text: str = ""
    tool: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    result: str = ""

    @property
    def arguments_json(self) -> str:
        """The arguments as they stand in a call."""
        return json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True)
class Turn:
    """What a user says and the replies it leads to; the last step is the answer."""

    topic: str
    user: str
    steps: tuple[Step, ...]
    recalled: tuple[wording.Known, ...] = ()
    closed: bool = False
    """True when what was recalled matters, so that nothing may be added to it."""
    thinks: bool = True

    @property
    def content(self) -> str:
        """The user's message as a client sends it."""
        return self.user + wording.recalled(list(self.recalled))


@dataclass(frozen=True)
class Dialogue:
    """Several turns under one setting of `enable_thinking`."""

    turns: tuple[Turn, ...]
    enable_thinking: bool = True
    budget: int = -1
    """Characters after which the last thought was cut and closed for the model; -1: never."""


Segment = tuple[str, float]


def output(*items: parts.Part) -> str:
    """Render a tool's parts as the model reads them, by the tools' own code."""
    return parts.as_text(items)


def call_text(step: Step) -> str:
    """Write a call as the model must write it."""
    return (
        f'<tool_call>\n{{"name": "{step.tool}", "arguments": {step.arguments_json}}}\n</tool_call>'
    )


def segments(dialogue: Dialogue, steps: int) -> list[Segment]:
    """Write a dialogue whose last turn has come to `steps` replies; each part with its weight."""
    out: list[Segment] = []
    for turn in dialogue.turns[:-1]:
        out.append((f"<|im_start|>user\n{turn.content}<|im_end|>\n", USER))
        for step in turn.steps:
            out += _past(step)
    turn = dialogue.turns[-1]
    out.append((f"<|im_start|>user\n{turn.content}<|im_end|>\n", USER))
    for number, step in enumerate(turn.steps[:steps], start=1):
        if not turn.thinks and number < steps:
            out += _past(step)
        else:
            out += _present(step, turn.thinks, dialogue, last=number == steps)
            out += _result(step) if number < steps else []
    return out


def _present(step: Step, thinks: bool, dialogue: Dialogue, last: bool) -> list[Segment]:
    head = "<|im_start|>assistant\n"
    body = f"{call_text(step) if step.tool else step.text}<|im_end|>"
    said = [(body, ASSISTANT)] if step.tool else cited(body)
    if not dialogue.enable_thinking:
        return [(head + EMPTY_THINKING, HEAD), *said, ("\n", HEAD)]
    if thinks and last and dialogue.budget >= 0:
        cut = f"<think>\n{step.thinking[: dialogue.budget]}{BUDGET_SPENT}</think>"
        return [(head + cut, HEAD), ("\n\n" + body, ASSISTANT), ("\n", HEAD)]
    thought = f"<think>\n{step.thinking}\n</think>\n\n" if thinks else EMPTY_THINKING
    return [(head, HEAD), *cited(thought), *said, ("\n", HEAD)]


def cited(body: str) -> list[Segment]:
    """Weigh the numbers of sources more: they are few, and hard to find."""
    pieces = re.split(r"( \[\d+\])", body)
    return [
        (piece, CITED if place % 2 else ASSISTANT) for place, piece in enumerate(pieces) if piece
    ]


def _past(step: Step) -> list[Segment]:
    """Earlier replies stand without thoughts; that they begin so is not to be learnt."""
    body = call_text(step) if step.tool else step.text
    out: list[Segment] = [
        ("<|im_start|>assistant\n", HEAD),
        (f"{body}<|im_end|>", -ASSISTANT),
        ("\n", HEAD),
    ]
    return out + _result(step)


def _result(step: Step) -> list[Segment]:
    if not step.tool:
        return []
    return [
        (f"<|im_start|>user\n<tool_response>\n{step.result}\n</tool_response><|im_end|>\n", USER)
    ]


def text(dialogue: Dialogue, steps: int) -> str:
    """Write a dialogue as one string."""
    return "".join(part for part, _ in segments(dialogue, steps))
