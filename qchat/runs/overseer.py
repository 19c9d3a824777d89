"""Watches over the turns of a run: time, budgets, the notebook, and whether the goal is reached."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Literal, assert_never

import msgspec

from qchat.backends.base import Backend
from qchat.conversation.session import Session
from qchat.protocol.errors import QchatError
from qchat.protocol.event_values import TurnReason
from qchat.protocol.events import Checked, Event, Notice, Told, TurnFinished
from qchat.protocol.messages import Message, User
from qchat.protocol.permission import Ask
from qchat.protocol.wording import counted
from qchat.runs.approvals import Approvals
from qchat.runs.figures import Figures, figures_of
from qchat.runs.goal import Goal, short, span
from qchat.runs.metric import MetricTool, best
from qchat.runs.metric_chart import draw
from qchat.runs.notebook import NAME as NOTEBOOK
from qchat.runs.notebook import NotebookTool
from qchat.runs.progress import Progress
from qchat.runs.report import report
from qchat.runs.verifier import by_command, by_model
from qchat.runtime.language import tr
from qchat.runtime.paths import private_dir
from qchat.store import Runs
from qchat_memory.origin import QCHAT, Origin
from qchat_tools.base import Tool
from qchat_tools.parts import TextPart

MAX_UNMET = 5
"""So many checks in a row find the goal not reached, with nothing done between them: it ends."""
TYPED = Origin("typed")
QUIET_STEPS = 50
"""Steps without a finding after which the model is reminded of its notebook; after twice as many
the user is told."""
MAX_ATTACHED = 8_000
"""Characters of the files that go with a goal, which a check is shown."""
MAX_STANDING, STANDING_SHARE = 8_000, 0.4
"""Characters of plan and notebook once something is compacted; at most so many a token of room."""


class Overseer:
    """One run's `Oversight`; `outcome` says how it ended, empty while it goes on."""

    def __init__(
        self,
        goal: Goal,
        session: Session,
        approvals: Approvals,
        progress: Progress,
        folder: Path,
        runs: Runs,
        more: Sequence[Tool] = (),
    ) -> None:
        """The report and the picture of the number are written to `folder`.

        `more` are tools that the model may call beside those of a run.
        """
        self._folder = folder
        self.goal = goal
        self.progress = progress
        self.approvals = approvals
        self.reached = False
        self.waits = False
        self.ended = ""
        """Why it was ended from outside, in one line."""
        self.last_words = ""
        """The report, once it is over."""
        self._session = session
        self._runs = runs
        self._heard = self._forgotten = 0
        """Words of the user up to which the model is told, and which are no longer kept apart."""
        self._noted = (0, 0)
        """How many findings there were, and at which step the last one came."""
        self._quiet_at = 0
        """At which step the user was told that nothing new comes."""
        tools: list[Tool] = [NotebookTool(progress.notebook), MetricTool(), *more]
        self._tools = {tool.spec.name: tool for tool in tools}

    @property
    def tools(self) -> Mapping[str, Tool]:
        return self._tools

    @property
    def ask(self) -> Ask:
        return self.approvals.ask

    @property
    def _backend(self) -> Backend:
        return self._session.backend

    @property
    def work_dir(self) -> Path:
        return self._session.toolbox.kernel.work_dir

    @property
    def state(self) -> Figures:
        """How far it is."""
        return figures_of(self.progress, len(self.approvals.waiting))

    @property
    def figures(self) -> str:
        return str(self.state)

    @property
    def encoded(self) -> str:
        """How far it is, as it is kept for those who look on."""
        return msgspec.json.encode(self.state).decode()

    def standing(self) -> tuple[Message, ...]:
        context = self._backend.context
        room = min(MAX_STANDING, int(context * STANDING_SHARE)) if context else MAX_STANDING
        kept = Told(self.progress.notebook.text(room), Origin("tool", NOTEBOOK))
        return (User(self.goal.text, told=(*self.progress.said, kept)),)

    def note(self) -> TextPart:
        progress, goal = self.progress, self.goal
        parts = [f"step {progress.steps}" + (f" of {goal.steps:,}" if goal.steps else "")]
        worked = span(progress.worked_s)
        parts.append(f"{worked} of {span(goal.hours * 3600)}" if goal.hours else worked)
        if goal.tokens:
            parts.append(f"{short(progress.tokens)} of {short(goal.tokens)} tokens")
        if (top := best(progress.points)) is not None:
            parts.append(f"best {top.name} {top.value:g} at step {top.step}")
        said = " · ".join(parts)
        if (quiet := self._quiet()) >= QUIET_STEPS and quiet % QUIET_STEPS == 0:
            said += f". Nothing new stands in the {NOTEBOOK} for {quiet} steps: note what you know,"
            said += " or try something else"
        if news := self.approvals.news():
            said += f". {news}"
        return TextPart(f"[{said}]", "told", origin=QCHAT)

    def words(self) -> Sequence[Event]:
        runs, id_ = self._runs, self._session.id
        said = [(number, text) for number, text in runs.said(id_) if number > self._heard]
        quiet = self._told_quiet()
        if not said:
            if self._heard > self._forgotten:  # what was heard is on the disk by now
                runs.forget_said(id_, self._heard)
                self._forgotten = self._heard
            return quiet
        self._heard = said[-1][0]
        told = [Told(f"The user says meanwhile: {text}", TYPED) for _, text in said]
        shown = [Notice(tr("Told to the model: {text}", text=text)) for _, text in said]
        return (*told, *shown, *quiet)

    def _told_quiet(self) -> tuple[Event, ...]:
        """What the user is told where the model goes on and on without finding anything."""
        quiet, steps = self._quiet(), self.progress.steps
        if not quiet or quiet % (2 * QUIET_STEPS) or steps == self._quiet_at:
            return ()
        self._quiet_at = steps
        why = tr(
            "No new finding in {quiet} steps: neither notebook nor number shows progress.",
            quiet=quiet,
        )
        return (
            Notice(
                tr("{why} You can tell the model something, or end the run.", why=why), "warning"
            ),
        )

    def _quiet(self) -> int:
        """Steps since something was found, or the number became better."""
        progress = self.progress
        top = best(progress.points)
        found = len(progress.notebook.findings) + len(progress.notebook.decided)
        found += top.step if top is not None else 0
        if found != self._noted[0]:
            self._noted = (found, progress.steps)
        return progress.steps - self._noted[1]

    @property
    def tokens_left(self) -> int:
        """Tokens that may still be used, what is read among them; 0 where nothing limits them."""
        if not self.goal.tokens:
            return 0
        return max(self.goal.tokens - self.progress.tokens, 1)

    @property
    def reply_limit(self) -> int:
        if not self.goal.tokens:
            return 0
        return max(self.goal.tokens - self.progress.tokens - self.progress.last_prompt, 1)

    def why_to_stop(self) -> str:
        progress, goal = self.progress, self.goal
        if self.ended:
            return self.ended
        match self._spent:
            case "steps":
                return tr(
                    "stopped after {steps}, the limit that is set",
                    steps=counted(progress.steps, "step"),
                )
            case "tokens":
                used = tr("stopped after {tokens:,} tokens", tokens=progress.tokens)
                return tr(
                    "{used}: another request would go over the limit, which is {tokens:,}",
                    used=used,
                    tokens=goal.tokens,
                )
            case "hours":
                return tr(
                    "stopped after {worked_s}, the time that is set",
                    worked_s=span(progress.worked_s),
                )
            case "":
                return ""
            case _ as unreachable:
                assert_never(unreachable)

    @property
    def _spent(self) -> Literal["", "steps", "tokens", "hours"]:
        """The limit that is reached."""
        progress, goal = self.progress, self.goal
        if goal.steps and progress.steps >= goal.steps:
            return "steps"
        if goal.tokens and progress.tokens + progress.last_prompt >= goal.tokens:
            return "tokens"
        if goal.hours and progress.worked_s >= goal.hours * 3600:
            return "hours"
        return ""

    @property
    def used_up(self) -> str:
        """Why it cannot go on within its limits, and how it can; empty where it can."""
        if not (limit := self._spent):
            return ""
        return tr(
            "The run was {why}. {more}",
            why=self.why_to_stop(),
            more=self._more(limit),
        )

    def _more(self, limit: Literal["steps", "tokens", "hours"]) -> str:
        """How to go on where a limit is reached."""
        used = {
            "steps": f"{self.progress.steps:,}",
            "tokens": f"{self.progress.tokens + self.progress.last_prompt:,}",
            "hours": f"{self.progress.worked_s / 3600:.2g}",
        }[limit]
        more = tr(
            "{go_on}, with more than {used} (0: no limit)",
            go_on=self._to_go_on(f" --{limit} N"),
            used=used,
        )
        return tr("To go on: {more}.", more=more)

    def _to_go_on(self, options: str = "") -> str:
        return tr(
            "qchat run --resume {id}{options}, or /goal resume{options} in the conversation",
            id=self._session.id,
            options=options,
        )

    async def check(self, lacking: str) -> AsyncGenerator[Event, None]:
        if words := self.words():  # they may change what is wanted: they are heard first
            for word in words:
                yield word
            return
        checked: Checked | None = None
        async with aclosing(self._verify()) as events:
            async for event in events:
                if isinstance(event, Checked):
                    checked = event
                yield event
        assert checked is not None
        if checked.met:
            self.reached = True
            yield Notice(tr("The goal is reached, as was checked by {by}.", by=checked.by))
            yield TurnFinished("stop")
            return
        yield Notice(
            tr("Not reached yet: {evidence}", evidence=first_line(checked.evidence)), "warning"
        )
        if lacking:
            yield Told(f"Also, {lacking}.")
        if self.approvals.waiting and self.progress.unmet > 1:  # told once to do the rest
            if not self.approvals.somebody:
                self.waits = True
                yield Notice(tr("What is left waits for the user's approval."), "warning")
                yield TurnFinished("stop")
                return
            question = first_line(self.approvals.waiting[0])
            yield Notice(tr("Waiting for your answer: {question}", question=question), "warning")
            await self.approvals.answered.wait()
            yield Told(self.approvals.news() or "The user has answered.")
            return
        why, reason = self.why_to_stop(), "step_limit"
        if self.progress.unmet >= MAX_UNMET and not why:
            why = tr(
                "stopped: {n} times in a row the model ended without reaching the goal",
                n=MAX_UNMET,
            )
            reason = "error"
        if why:
            yield Notice(why, "error")
            yield TurnFinished("error" if reason == "error" else "step_limit")

    async def _verify(self) -> AsyncGenerator[Event, None]:
        if self.goal.until:
            yield Notice(tr("Checking: {until}", until=self.goal.until))
            yield await by_command(self.goal, self.work_dir)
            return
        yield Notice(tr("Checking, by a fresh request to {model}", model=self._backend.model))
        top = best(self.progress.points)
        number = (
            tr("{name} = {value:g}, the best so far", name=top.name, value=top.value)
            if top is not None
            else ""
        )
        session = self._session
        asked = by_model(
            session.backend,
            self.goal,
            self.progress.evidence,
            number,
            [*(word.text for word in self.progress.said), *self._attached()],
            think=session.think,
            retries=session.retries,
        )
        async with aclosing(asked) as events:
            async for event in events:
                yield event

    def _attached(self) -> Iterable[str]:
        """The files that the user gave with the goal, for whoever checks it."""
        files = self.progress.attached
        for file in files:
            yield f"Attached to the goal, {file.name}:\n{file.text[: MAX_ATTACHED // len(files)]}"

    def closing(self, reason: TurnReason) -> Iterable[Event]:
        self.progress.end()
        text = self.report(reason)
        if not self.reached:
            limit = self._spent
            text += "\n" + (
                self._more(limit) if limit else tr("To go on: {command}.", command=self._to_go_on())
            )
        self.last_words = f"{text}\n{self._written(text)}".strip()
        yield Notice(self.last_words)

    def _written(self, text: str) -> str:
        """Keep the report as a file, with a picture of the number; where they are, in one line."""
        try:
            private_dir(self._folder)
            (self._folder / "report.txt").write_text(text + "\n", encoding="utf-8")
            if not self.progress.points:
                return tr("Report: {file}", file=self._folder / "report.txt")
            picture = self._folder / "metric.png"
            draw(self.progress.points, picture)
        except (QchatError, OSError) as error:
            return tr(
                "The report could not be written to {folder}: {error}",
                folder=self._folder,
                error=error,
            )
        return tr(
            "Report: {file}; the number drawn: {picture}",
            file=self._folder / "report.txt",
            picture=picture,
        )

    def report(self, reason: TurnReason) -> str:
        """What came of it, for the user."""
        waiting = self.approvals.waiting
        return report(self.goal, self.progress, self.outcome(reason), self.work_dir, waiting)

    def outcome(self, reason: TurnReason) -> str:
        """How it ended, in one line."""
        if self.reached:
            return tr("Goal reached")
        if self.waits:
            return tr("Goal not reached yet: what is left waits for your approval")
        if reason == "cancelled":
            why = self.ended or tr("stopped by you")
        else:
            why = self.ended or self.progress.problem or "stopped"
        return tr("Goal not reached: {why}", why=why)


def first_line(text: str, limit: int = 200) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit]}…"
