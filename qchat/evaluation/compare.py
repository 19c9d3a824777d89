"""Two models side by side in the built-in evaluations: which can be trusted with what."""

from collections.abc import Callable, Sequence

import msgspec

from qchat.config import settings as settings_files
from qchat.evaluation.builtin.case import BuiltIn
from qchat.evaluation.evaluate import Outcome, evaluate_built_in
from qchat.evaluation.findings import Comparison, ModeResult, chance, points
from qchat.evaluation.plan import Trust
from qchat.evaluation.report import table
from qchat.evaluation.results_log import Answered
from qchat.evaluation.run import Progress
from qchat.evaluation.setup import Wanted
from qchat.evaluation.statistics import holm, mcnemar, paired_bootstrap, pairs
from qchat.local import model_folders
from qchat.protocol.errors import ModelFileError, UsageError
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths


class Named(msgspec.Struct, frozen=True):
    """A model as the user named it, and by which backend it is reached."""

    name: str
    backend: str
    model: str = ""


class Row(msgspec.Struct, frozen=True):
    """One evaluation: how each model did."""

    built: BuiltIn
    results: tuple[ModeResult, ...]
    comparison: Comparison


def named(text: str, wanted: Wanted, paths: Paths) -> Named:
    """Find out what is meant: a backend, `BACKEND:MODEL`, or a model on this machine.

    Raises UsageError where it is none of them.
    """
    holds = settings_files.load(*paths.settings_files(wanted.user))
    if text in holds.backends:
        return Named(text, text)
    backend, _, model = text.partition(":")
    if model and backend in holds.backends:
        return Named(text, backend, model)
    try:
        model_folders.find(text, paths.models_dir)
    except ModelFileError:
        known = ", ".join(sorted(holds.backends))
        raise UsageError(
            tr(
                "{text!r} is not a backend ({known}), nor BACKEND:MODEL, nor a model on "
                "this machine. `qchat models list` shows those that are here.",
                text=text,
                known=known,
            )
        ) from None
    return Named(text, "local", text)


async def compare(
    models: Sequence[Named],
    evaluations: Sequence[BuiltIn],
    wanted: Wanted,
    count: int,
    paths: Paths,
    progress: Callable[[str], Progress],
) -> str:
    """Play every evaluation with both, on the same cases, and report as Markdown."""
    played: list[tuple[BuiltIn, list[Outcome]]] = []
    for built in evaluations:
        outcomes = []
        for model in models:
            asked = msgspec.structs.replace(wanted, backend=model.backend, model=model.model)
            show = progress(f"{built.name} · {model.name}")
            outcomes.append(await evaluate_built_in(built, asked, count, paths, show))
        played.append((built, outcomes))
    return report(models, rows(models, played))


def rows(models: Sequence[Named], played: Sequence[tuple[BuiltIn, Sequence[Outcome]]]) -> list[Row]:
    """How the models did on the cases that both have answered."""
    counted = []
    for _, outcomes in played:
        first, second = (_by_case(outcome.answers[0]) for outcome in outcomes)
        both = [case for case in first if case in second]
        counted.append(pairs([first[c].right for c in both], [second[c].right for c in both]))
    chances = holm([mcnemar(one.first_only, one.second_only) for one in counted])
    return [
        Row(
            built,
            tuple(outcome.findings.modes[0] for outcome in outcomes),
            Comparison(models[0].name, models[1].name, one, paired_bootstrap(one), p),
        )
        for (built, outcomes), one, p in zip(played, counted, chances, strict=True)
    ]


def _by_case(answers: Sequence[Answered]) -> dict[str, Answered]:
    return {answered.digest: answered for answered in answers}


def report(models: Sequence[Named], found: Sequence[Row]) -> str:
    """What each can be trusted with, then where they differ."""
    head = ["evaluation", "what it shows", *(model.name for model in models), "difference", "p"]
    cells = [
        [
            row.built.name,
            row.built.trusted,
            *(_cell(one, Trust(row.built.trusted, row.built.bar)) for one in row.results),
            f"{points(row.comparison.counted.difference)} points",
            chance(row.comparison.chance).removeprefix("= "),
        ]
        for row in found
    ]
    lines = [f"# {models[0].name} and {models[1].name}", ""]
    lines += [f"- {_sentence(model.name, at, found)}" for at, model in enumerate(models)]
    lines += [f"- {_difference(models, found)}", "", *table(head, cells), ""]
    lines.append(
        "✓ can be trusted with it, ✗ cannot, ? is not certain from so few conversations; in "
        "brackets between which shares the truth lies (95 %)."
    )
    return "\n".join(lines) + "\n"


def _mark(result: ModeResult, bar: float) -> str:
    if result.total and result.interval.low >= bar:
        return "✓"
    return "✗" if result.interval.high < bar else "?"


def _cell(result: ModeResult, trust: Trust) -> str:
    low, high = 100 * result.interval.low, 100 * result.interval.high
    return f"{_mark(result, trust.bar)} {100 * result.share:.0f} % ({low:.0f}–{high:.0f})"


def _sentence(name: str, at: int, found: Sequence[Row]) -> str:
    by_mark: dict[str, list[str]] = {"✓": [], "✗": [], "?": []}
    for row in found:
        by_mark[_mark(row.results[at], row.built.bar)].append(row.built.trusted)
    parts = []
    if by_mark["✓"]:
        parts.append(f"can be trusted with {_listed(by_mark['✓'])}")
    if by_mark["✗"]:
        parts.append(f"cannot be trusted with {_listed(by_mark['✗'])}")
    if by_mark["?"]:
        parts.append(f"is not certain for {_listed(by_mark['?'])}")
    return f"**{name}** {'; it '.join(parts)}."


def _difference(models: Sequence[Named], found: Sequence[Row]) -> str:
    better = [row for row in found if row.comparison.significant]
    if not better:
        return "On the same conversations no difference between them is certain."
    said = [
        f"{models[1 if row.comparison.counted.difference > 0 else 0].name} is better at "
        f"{row.built.trusted}"
        for row in better
    ]
    return f"On the same conversations, {'; '.join(said)}."


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts)
