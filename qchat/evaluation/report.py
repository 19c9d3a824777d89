"""The report of an evaluation as Markdown: the conclusions first, then the figures."""

import unicodedata
from collections.abc import Iterable, Sequence

from qchat.evaluation.chart import bars, scatter
from qchat.evaluation.findings import (
    Comparison,
    Findings,
    ModeResult,
    Preference,
    chance,
    conclusion,
    points,
    preferred,
    remarks,
    trusted,
)
from qchat.evaluation.plan import EVALUATOR
from qchat.evaluation.results_log import Answered
from qchat.protocol.wording import in_english

MAX_CELL = 90
"""Characters of a cell."""
SHOWN = 10
"""Wrong answers that are listed for a mode, to be looked into."""


def markdown(found: Findings, answers: Sequence[Sequence[Answered]] = ()) -> str:
    """The whole report."""
    plan = found.plan
    shape = "" if plan.form in ("qchat", "built-in") else f" ({plan.form})"
    asked = in_english(found.asked, "conversation" if plan.trust else "question")
    asked += "" if plan.trust else f", at most {plan.tokens:,} tokens a question"
    compared = found.comparisons or found.preferences
    lines = [
        f"# {plan.name}{shape}: {plan.model}",
        "",
        f"{asked}, backend {plan.backend}, seed {plan.seed}.",
        "",
        "## What may be concluded",
        "",
        *(f"- {conclusion(one)}" for one in found.comparisons),
        *(f"- {preferred(one)}" for one in found.preferences),
        *(f"- {_of_one(found, mode)}" for mode in found.modes[:1] if not compared),
        *(f"- {remark}" for remark in remarks(found)),
        "",
        "## Right answers",
        "",
        *mode_table(found.modes),
        "",
        "```",
        *bars(found.modes),
        *(["", *scatter(found.modes)] if len(found.modes) > 1 else []),
        "```",
        "",
    ]
    if found.comparisons:
        lines += ["## On the same questions", "", *_pair_table(found.comparisons), ""]
    if found.preferences:
        lines += ["## Which answers are better", "", *_preference_table(found.preferences), ""]
    if found.topics:
        lines += ["## By topic", "", *_topic_table(found), ""]
    lines += _wrong(answers)
    return "\n".join(lines).rstrip() + "\n"


def _of_one(found: Findings, mode: ModeResult) -> str:
    trust = found.plan.trust
    return alone(mode) if trust is None else trusted(found.plan.model, mode, trust)


def alone(mode: ModeResult) -> str:
    """What one mode by itself tells."""
    if not mode.total:
        return f"No answer of {mode.mode} was judged: nothing can be concluded."
    low, high = mode.interval.low, mode.interval.high
    return (
        f"**{mode.mode} gets {100 * mode.share:.1f} % right**; of other questions like these "
        f"between {100 * low:.1f} and {100 * high:.1f} % (95 %)."
    )


def mode_table(modes: Sequence[ModeResult]) -> list[str]:
    """A row for each mode."""
    money = any(mode.money is not None for mode in modes)
    unjudged = any(mode.unjudged for mode in modes)
    head = ["mode", "right", "of", "share", "95 %", "tokens each", "seconds each"]
    head += ["not judged"] if unjudged else []
    rows = [
        [
            mode.mode,
            str(mode.right),
            str(mode.total),
            f"{100 * mode.share:.1f} %" if mode.total else "–",
            f"{100 * mode.interval.low:.1f}–{100 * mode.interval.high:.1f} %",
            f"{mode.tokens:,.0f}",
            f"{mode.seconds:.2f}",
            *([str(mode.unjudged)] if unjudged else []),
            *([f"{mode.money or 0:.4f}"] if money else []),
        ]
        for mode in modes
    ]
    return table([*head, *(["money each"] if money else [])], rows)


def _pair_table(comparisons: Iterable[Comparison]) -> list[str]:
    head = ["", "difference", "95 %", "p (McNemar, Holm)", "only the first", "only the second"]
    rows = [
        [
            f"{one.second} against {one.first}",
            f"{points(one.counted.difference)} points",
            f"{points(one.interval.low)} to {points(one.interval.high)}",
            chance(one.chance).removeprefix("= "),
            str(one.counted.first_only),
            str(one.counted.second_only),
        ]
        for one in comparisons
    ]
    return table(head, rows)


def _preference_table(preferences: Iterable[Preference]) -> list[str]:
    head = ["first", "second", "first better", "second better", "alike", "not judged"]
    rows = [
        [
            one.comparison.first,
            one.comparison.second,
            str(one.comparison.counted.first_only),
            str(one.comparison.counted.second_only),
            str(one.comparison.counted.both),
            str(one.unjudged),
            f"{points(one.comparison.counted.difference)} points",
            f"{points(one.comparison.interval.low)} to {points(one.comparison.interval.high)}",
            chance(one.comparison.chance).removeprefix("= "),
        ]
        for one in preferences
    ]
    return table([*head, "difference", "95 %", "p (sign test, Holm)"], rows)


def _topic_table(found: Findings) -> list[str]:
    rows = [
        [topic, str(results[0].total), *(f"{100 * one.share:.0f} %" for one in results)]
        for topic, results in found.topics.items()
    ]
    return table(["topic", "questions", *(mode.mode for mode in found.modes)], rows)


def _wrong(answers: Sequence[Sequence[Answered]]) -> list[str]:
    """Some that went wrong in each mode, by the conversation in which one can look."""
    rows = [
        [one.mode, one.question, _why(one), one.read, one.session]
        for given in answers
        for one in [answered for answered in given if not answered.right and _tells(answered)][
            :SHOWN
        ]
    ]
    if not rows:
        return []
    how = f"A conversation opens with `qchat --user {EVALUATOR} --resume ID`."
    return [
        "## Wrong answers",
        "",
        how,
        "",
        *table(["mode", "question", "why", "read", "ID"], rows),
    ]


def _tells(answered: Answered) -> bool:
    """Whether it is worth a look: answers that are only compared are neither right nor wrong."""
    return answered.judged or bool(answered.why)


def _why(answered: Answered) -> str:
    why = answered.failure or answered.why or "another answer"
    return why if answered.judged else f"not judged: {why}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of Markdown whose columns are aligned in plain text too."""
    cells = [[_cell(text) for text in row] for row in (head, *rows)]
    widths = [max(map(cells_of, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(_padded(cell, w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return [lines[0], rule, *lines[1:]]


def cells_of(text: str) -> int:
    """How wide a text is in a terminal: Chinese takes two cells a character."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells_of(text))


def _cell(text: str) -> str:
    short = " ".join(text.split())
    return (short if len(short) <= MAX_CELL else f"{short[: MAX_CELL - 1]}…").replace("|", "\\|")
