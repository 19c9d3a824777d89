"""One evaluation from its set to its report: what `qchat eval` does, for whoever calls it."""

import shutil
from contextlib import suppress
from pathlib import Path

import msgspec

from qchat.backends.identity import target
from qchat.config import settings as settings_files
from qchat.config.settings import Settings
from qchat.conversation.choices import Overrides
from qchat.conversation.workspace import Workspace
from qchat.evaluation import page
from qchat.evaluation.chart import chart
from qchat.evaluation.examiner import Examiner
from qchat.evaluation.findings import Findings, findings
from qchat.evaluation.kept import KeptAnswers, folder_name
from qchat.evaluation.pacing import PacedBackend
from qchat.evaluation.plan import EVALUATOR, Plan
from qchat.evaluation.report import markdown
from qchat.evaluation.run import Answer, Progress, Stopped, answered_in_all, missing, run
from qchat.evaluation.sets import QuestionSet
from qchat.protocol.errors import QchatError
from qchat.runtime.paths import Paths

PARALLEL = 4
"""Requests at a time: as many as an engine of ours has slots."""


class Wanted(msgspec.Struct, frozen=True):
    """What the user wants evaluated, as the command line says it."""

    backend: str = ""
    model: str = ""
    modes: tuple[str, ...] = ("no-think", "think")
    """By their full names, as `qchat.depth.modes` gives them."""
    tokens: int = 4096
    seed: int = 0
    parallel: int = 0
    tools: frozenset[str] = frozenset()
    judge: str = ""
    price: tuple[float, float] | None = None
    again: bool = False
    user: str = "default"
    """Whose settings hold; the conversations are the evaluator's."""


class Outcome(msgspec.Struct, frozen=True):
    """What an evaluation has come to."""

    findings: Findings
    report: str
    folder: Path
    stopped: str = ""
    """Why it could not go on, where it could not."""

    @property
    def title(self) -> str:
        return f"{self.findings.plan.name}: {self.findings.plan.model}"

    def html(self) -> bytes:
        """The report as a page that needs nothing else."""
        drawing = chart(self.title, self.findings.modes)
        return page.page(self.title, self.report, drawing.svg()).encode()

    def png(self) -> bytes:
        """The chart as a picture."""
        return chart(self.title, self.findings.modes).png()


async def evaluate(
    questions: QuestionSet, wanted: Wanted, paths: Paths, progress: Progress
) -> Outcome:
    """Answer what is not answered yet, and report. Raises UsageError, SettingsError, StoreError."""
    settings = _settings(wanted, paths)
    name = wanted.backend or settings.backend
    workspace, paced = open_workspace(settings, paths, name, wanted)
    plan = Plan(
        questions.name,
        questions.form,
        questions.questions,
        wanted.modes,
        name,
        wanted.model or paced.model,
        wanted.tokens,
        wanted.seed,
        wanted.parallel or PARALLEL,
        wanted.judge,
    )
    named = settings.named(name)
    who = target(msgspec.structs.replace(named, model=wanted.model or named.model))
    folder = paths.evaluations_dir / folder_name(
        plan.name, who, plan.model, plan.tokens, plan.seed, sorted(wanted.tools), plan.judge
    )
    if wanted.again:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        with KeptAnswers(folder) as kept:
            if missing(plan, kept):
                await paced.start()
            price = wanted.price or known_price(paced.model)
            plan = msgspec.structs.replace(plan, model=paced.model, price=price)
            examiner = Examiner(plan, workspace, settings)
            return await _to_its_report(plan, examiner.answer, kept, progress)
    finally:
        await workspace.aclose()


async def _to_its_report(
    plan: Plan, answer: Answer, kept: KeptAnswers, progress: Progress
) -> Outcome:
    stopped = ""
    try:
        await run(plan, answer, kept, progress)
    except Stopped as error:
        stopped = str(error)
    found = findings(plan, kept)
    report = markdown(found, answered_in_all(plan, kept))
    with suppress(OSError):  # it is shown all the same
        (kept.folder / "report.md").write_text(report, encoding="utf-8")
    return Outcome(found, report, kept.folder, stopped)


def open_workspace(
    settings: Settings, paths: Paths, name: str, wanted: Wanted
) -> tuple[Workspace, PacedBackend]:
    """The evaluator's workspace, with the backend of that name paced.

    Raises UsageError for an unknown backend, SettingsError, StoreError.
    """
    overrides = Overrides(name, wanted.model)
    first = Workspace(settings, paths, EVALUATOR, tools=wanted.tools, overrides=overrides)
    try:
        inner = first.backend(name, wanted.model)
    except QchatError:
        first.store.close()
        raise
    paced = PacedBackend(inner, wanted.parallel or PARALLEL, wanted.seed)
    first.pool.give(name, paced)
    return first, paced


def _settings(wanted: Wanted, paths: Paths) -> Settings:
    """The user's settings, without the user's memory."""
    holds = settings_files.load(*paths.settings_files(wanted.user))
    memory = msgspec.structs.replace(holds.memory, enabled=False)
    return msgspec.structs.replace(holds, memory=memory)


def known_price(model: str) -> tuple[float, float] | None:
    """What a million tokens cost, in and out, where the vendor's page says so."""
    from qchat.backends.offers import PRICES  # noqa: PLC0415

    return PRICES.get(model.rpartition("/")[2].lower())
