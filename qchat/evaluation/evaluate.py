"""One evaluation from its set to its report: what `qchat eval` does, for whoever calls it."""

import random
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec

from qchat.depth.mode import enough
from qchat.depth.modes import parse_modes
from qchat.evaluation import html_report
from qchat.evaluation.builtin import words
from qchat.evaluation.builtin.case import BuiltIn, Case
from qchat.evaluation.chart import chart
from qchat.evaluation.code_tests import open_kernel
from qchat.evaluation.examiner import Examiner, answered_by
from qchat.evaluation.findings import Findings, findings
from qchat.evaluation.multi_turn import must_be_playable
from qchat.evaluation.pairwise import Prefer, prefer_all
from qchat.evaluation.plan import Plan, Trust
from qchat.evaluation.question import Exact, Pairwise, Question, States
from qchat.evaluation.rate_limited import PacedBackend, spent
from qchat.evaluation.report import markdown
from qchat.evaluation.results_log import Answered, KeptAnswers
from qchat.evaluation.run import Answer, Progress, Stopped, answered_in_all, missing, run
from qchat.evaluation.sets import QuestionSet
from qchat.evaluation.setup import PARALLEL, Opened, Wanted, known_price, open_workspace
from qchat.protocol.errors import UsageError
from qchat.protocol.tokens import estimate
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths


class Outcome(msgspec.Struct, frozen=True):
    """What an evaluation has come to."""

    findings: Findings
    report: str
    folder: Path
    answers: tuple[tuple[Answered, ...], ...]
    """Of each mode, the questions in one order."""
    stopped: str = ""
    """Why it could not go on, where it could not."""

    @property
    def title(self) -> str:
        return f"{self.findings.plan.name}: {self.findings.plan.model}"

    def html(self) -> bytes:
        """The report as a page that needs nothing else."""
        drawing = chart(self.title, self.findings.modes)
        return html_report.page(self.title, self.report, drawing.svg()).encode()

    def png(self) -> bytes:
        """The chart as a picture."""
        return chart(self.title, self.findings.modes).png()


async def evaluate(
    questions: QuestionSet, wanted: Wanted, paths: Paths, progress: Progress
) -> Outcome:
    """Answer what is not answered yet, and report. Raises UsageError, SettingsError, StoreError."""
    for mode in parse_modes(",".join(wanted.modes)):
        enough(mode, wanted.tokens)
    if any(isinstance(q.grader, States) for q in questions.questions):
        must_be_playable(parse_modes(",".join(wanted.modes)))
    if len(wanted.modes) < 2 and any(isinstance(q.grader, Pairwise) for q in questions.questions):
        raise UsageError(
            tr("Answers are compared between two modes: name two, --modes think,no-think.")
        )
    opened = open_workspace(wanted, paths)
    plan = _plan(opened, wanted, questions.name, questions.form, questions.questions, wanted.modes)
    folder = opened.folder(
        paths, plan.name, plan.tokens, plan.seed, sorted(wanted.tools), plan.judge
    )
    try:
        with KeptAnswers(folder, anew=wanted.again) as kept:
            if missing(plan, kept):
                await opened.paced.start()
            plan = _priced(plan, opened, wanted)
            examiner = Examiner(plan, opened)
            return await _to_its_report(plan, examiner.answer, kept, progress, examiner.prefer)
    finally:
        await opened.workspace.aclose()


async def evaluate_built_in(
    built: BuiltIn, wanted: Wanted, count: int, paths: Paths, progress: Progress
) -> Outcome:
    """Play what has not been played yet, and report. Raises as `evaluate` does."""
    wanted = msgspec.structs.replace(wanted, tools=built.tools, tokens=built.reply_tokens)
    opened = open_workspace(wanted, paths, memory=built.memory)
    folder = opened.folder(paths, built.name, wanted.seed)
    kernel = open_kernel(opened.settings, paths, f"eval-{built.name}")
    try:
        with KeptAnswers(folder, anew=wanted.again) as kept:
            await opened.paced.start()
            context = await _estimated_context(opened.paced)
            cases = built.draw(wanted.seed, count or built.count, context)
            questions = tuple(_question(n, case) for n, case in enumerate(cases, 1))
            plan = _plan(opened, wanted, built.name, "built-in", questions, (built.name,))
            trust = Trust(built.trusted, built.bar)
            plan = msgspec.structs.replace(_priced(plan, opened, wanted), trust=trust)
            by_id = dict(zip((one.id for one in questions), cases, strict=True))

            async def answer(question: Question, mode: str) -> Answered:
                title = f"{built.name} · {question.id} · {question.topic.strip()}"
                session = opened.session(title.rstrip(" ·"))
                session.think = built.think
                try:
                    verdict = await by_id[question.id].play(session, kernel)
                finally:
                    await opened.workspace.close(session)
                if (counted := spent.get()) is not None and (lost := counted.server_lost):
                    raise lost  # it is played again: what came of a lost server is no answer
                return answered_by(verdict, question, mode, session.id)

            return await _to_its_report(plan, answer, kept, progress)
    finally:
        await kernel.aclose()
        shutil.rmtree(kernel.work_dir, ignore_errors=True)
        await opened.workspace.aclose()


async def _estimated_context(paced: PacedBackend) -> int:
    """The model's context in tokens as they are estimated here: its own may be shorter ones."""
    draw = random.Random(0)
    sample = " ".join(words.sentence(draw) for _ in range(50))
    counted = await paced.count_tokens([sample])
    if not counted:
        return paced.context
    return int(paced.context * min(estimate(sample) / max(counted[0], 1), 1.0))


def _question(number: int, case: Case) -> Question:
    """A case as a question: it is known again by what was drawn for it."""
    return Question(str(number), case.told, Exact(()), case.topic)


def _plan(
    opened: Opened,
    wanted: Wanted,
    name: str,
    form: str,
    questions: tuple[Question, ...],
    modes: tuple[str, ...],
) -> Plan:
    return Plan(
        name,
        form,
        questions,
        modes,
        opened.backend,
        opened.paced.model,
        wanted.tokens,
        wanted.seed,
        wanted.parallel or PARALLEL,
        wanted.judge,
    )


def _priced(plan: Plan, opened: Opened, wanted: Wanted) -> Plan:
    """With what is known once the model is: its name, and its price."""
    price = wanted.price or known_price(opened.paced.model)
    if wanted.max_cost and price is None:
        raise UsageError(
            tr(
                "What {model} costs is not known. Beside --max-cost say it: --price IN,OUT "
                "for a million tokens.",
                model=opened.paced.model,
            )
        )
    return msgspec.structs.replace(
        plan, model=opened.paced.model, price=price, max_cost=wanted.max_cost
    )


async def _to_its_report(
    plan: Plan,
    answer: Answer,
    kept: KeptAnswers,
    progress: Progress,
    prefer: Prefer | None = None,
) -> Outcome:
    stopped = ""
    try:
        await run(plan, answer, kept, progress)
        if prefer is not None:
            await prefer_all(plan, prefer, kept, progress)
    except Stopped as error:
        stopped = str(error)
    found, answers = findings(plan, kept), answered_in_all(plan, kept)
    report = markdown(found, answers)
    with suppress(OSError):  # it is shown all the same
        (kept.folder / "report.md").write_text(report, encoding="utf-8")
    return Outcome(found, report, kept.folder, tuple(map(tuple, answers)), stopped)
