"""The end of a run, for a person: reached or not by what evidence, its cost, what was tried."""

from collections.abc import Sequence
from pathlib import Path

from qchat.protocol.wording import counted
from qchat.runs.goal import Goal, span
from qchat.runs.metric import best, sparkline
from qchat.runs.progress import Progress

MAX_TRIED, MAX_FILES, MAX_EVIDENCE = 20, 12, 600


def report(
    goal: Goal, progress: Progress, outcome: str, work_dir: Path, waiting: Sequence[str]
) -> str:
    """All of it as plain text."""
    lines = [outcome, f"Goal: {goal.text}"]
    if (checked := progress.checked) is not None:
        evidence = checked.evidence.strip()[-MAX_EVIDENCE:]
        lines.append(f"Checked by {checked.by}: {evidence}")
    else:
        lines.append("It was not checked.")
    if (top := best(progress.points)) is not None:
        when = f"at step {top.step}, after {span(top.after_s)}"
        lines.append(f"Best {top.name}: {top.value:g} ({top.better} is better) {when}")
        lines.append(f"  {sparkline(progress.points, 60)}")
    reused = f", {progress.cached:,} of them reused" if progress.cached else ""
    lines.append(
        f"{counted(progress.steps, 'step')}, {counted(progress.calls, 'call')}"
        f" ({progress.failed:,} failed), "
        f"{counted(progress.tokens, 'token')}{reused}, {span(progress.worked_s)}"
    )
    lines += _files(progress, work_dir)
    lines += _tried(progress)
    lines += [f"Waits for your approval: {question.splitlines()[0]}" for question in waiting]
    return "\n".join(lines)


def _files(progress: Progress, work_dir: Path) -> list[str]:
    if not progress.files:
        return []
    names = list(progress.files)
    more = f" and {len(names) - MAX_FILES} more" if len(names) > MAX_FILES else ""
    return [f"Files in {work_dir}: {', '.join(names[:MAX_FILES])}{more}"]


def _tried(progress: Progress) -> list[str]:
    notebook = progress.notebook
    decided = [f"  {number}. {text}" for number, text in notebook.decided.items()]
    found = [f"  {number}. {text}" for number, text in notebook.findings.items()]
    lines = ["Decided:", *decided] if decided else []
    if len(found) > MAX_TRIED:
        missing = len(found) - MAX_TRIED
        found = [f"  … {counted(missing, 'earlier one')} in the conversation", *found[-MAX_TRIED:]]
    return [*lines, *(["What was tried:", *found] if found else [])]
