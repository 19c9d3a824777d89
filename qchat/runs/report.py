"""The end of a run, for the user: reached or not by what evidence, its cost, what was tried."""

from collections.abc import Sequence
from pathlib import Path

from qchat.protocol.wording import counted
from qchat.runs.goal import Goal, span
from qchat.runs.metric import best, sparkline
from qchat.runs.progress import Progress
from qchat.runtime.language import tr

MAX_TRIED, MAX_FILES, MAX_EVIDENCE = 20, 12, 600


def report(
    goal: Goal, progress: Progress, outcome: str, work_dir: Path, waiting: Sequence[str]
) -> str:
    """All of it as plain text."""
    lines = [outcome, tr("Goal: {text}", text=goal.text)]
    if (checked := progress.checked) is not None:
        evidence = checked.evidence.strip()[-MAX_EVIDENCE:]
        lines.append(tr("Checked by {by}: {evidence}", by=checked.by, evidence=evidence))
    else:
        lines.append(tr("It was not checked."))
    if (top := best(progress.points)) is not None:
        when = tr("at step {step}, after {after_s}", step=top.step, after_s=span(top.after_s))
        lines.append(
            tr(
                "Best {name}: {value:g} ({better} is better) {when}",
                name=top.name,
                value=top.value,
                better=top.better,
                when=when,
            )
        )
        lines.append(f"  {sparkline(progress.points, 60)}")
    reused = tr(", {cached:,} of them reused", cached=progress.cached) if progress.cached else ""
    lines.append(
        tr(
            "{steps}, {calls} ({failed:,} failed), {tokens}{reused}, {worked_s}",
            steps=counted(progress.steps, "step"),
            calls=counted(progress.calls, "call"),
            failed=progress.failed,
            tokens=counted(progress.tokens, "token"),
            reused=reused,
            worked_s=span(progress.worked_s),
        )
    )
    lines += _files(progress, work_dir)
    lines += _tried(progress)
    lines += [
        tr("Waits for your approval: {question}", question=question.splitlines()[0])
        for question in waiting
    ]
    return "\n".join(lines)


def _files(progress: Progress, work_dir: Path) -> list[str]:
    if not progress.files:
        return []
    names = list(progress.files)
    more = tr(" and {n} more", n=len(names) - MAX_FILES) if len(names) > MAX_FILES else ""
    return [
        tr(
            "Files in {work_dir}: {names}{more}",
            work_dir=work_dir,
            names=", ".join(names[:MAX_FILES]),
            more=more,
        )
    ]


def _tried(progress: Progress) -> list[str]:
    notebook = progress.notebook
    decided = [f"  {number}. {text}" for number, text in notebook.decided.items()]
    found = [f"  {number}. {text}" for number, text in notebook.findings.items()]
    lines = ["Decided:", *decided] if decided else []
    if len(found) > MAX_TRIED:
        missing = len(found) - MAX_TRIED
        found = [
            tr("  … {missing} in the conversation", missing=counted(missing, "earlier one")),
            *found[-MAX_TRIED:],
        ]
    return [*lines, *([tr("What was tried:"), *found] if found else [])]
