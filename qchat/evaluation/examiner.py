"""Opens a conversation for each question, lets a mode answer in it, and grades what comes."""

import asyncio
import secrets
import shutil
import zlib
from collections.abc import Sequence
from typing import assert_never

import msgspec

from qchat.conversation.session import Session
from qchat.depth.modes import parse_mode
from qchat.evaluation import graders
from qchat.evaluation.code_tests import code_tests, no_sandbox, open_kernel
from qchat.evaluation.judge import JudgeFailed, judged, preferred
from qchat.evaluation.multi_turn import play
from qchat.evaluation.plan import Plan
from qchat.evaluation.question import (
    Calls,
    Choice,
    CodeTests,
    Exact,
    Numeric,
    Pairwise,
    Pattern,
    Question,
    Rubric,
    States,
    Verdict,
)
from qchat.evaluation.rate_limited import Spent, spent
from qchat.evaluation.results_log import Answered, Preferred, digest
from qchat.evaluation.setup import Opened
from qchat.evaluation.simulated_tools import offered_tools
from qchat.evaluation.solving import Solved, solve
from qchat.protocol.event_values import ToolCall


class Examiner:
    """Answers and grades the questions of one plan in one workspace."""

    def __init__(self, plan: Plan, opened: Opened) -> None:
        self._plan = plan
        self._opened = opened
        self._modes = {mode: parse_mode(mode) for mode in plan.modes}

    async def answer(self, question: Question, mode: str) -> Answered:
        """Answer a question in a mode. Raises QchatError where the answer cannot be graded."""
        session = self._opened.session(f"{self._plan.name} · {question.id} · {mode}")
        if isinstance(question.grader, States):
            return await self._play(question.grader, question, mode, session)
        if question.tools:
            session.toolbox.only = offered_tools(question.tools)
        try:
            way, tokens = self._modes[mode], self._plan.tokens
            seed = zlib.crc32(f"{self._plan.seed}/{question.id}/{mode}".encode())
            solved = await solve(way, session, question.prompt, tokens, seed)
        finally:
            await self._opened.workspace.close(session)
        if solved.failure:
            return Answered(
                question.id, digest(question), mode, False, session=session.id,
                trails=solved.trails, failure=solved.failure,
            )  # fmt: skip
        verdict = await self._grade(question, solved)
        answered = answered_by(verdict, question, mode, session.id)
        text = solved.answer if isinstance(question.grader, Pairwise) else ""
        return msgspec.structs.replace(
            answered, trails=solved.trails, unsure=solved.unsure, text=text
        )

    async def _play(
        self, states: States, question: Question, mode: str, session: Session
    ) -> Answered:
        settings, paths = self._opened.settings, self._opened.workspace.paths
        kernel = open_kernel(settings, paths, f"turns-{secrets.token_hex(8)}")
        try:
            if kernel.sandbox is None:
                raise no_sandbox()
            verdict = await play(states, question.tools, session, self._modes[mode], kernel)
        finally:
            await kernel.aclose()
            await asyncio.to_thread(shutil.rmtree, kernel.work_dir, ignore_errors=True)
            await self._opened.workspace.close(session)
        return answered_by(verdict, question, mode, session.id)

    async def prefer(self, question: Question, first: Answered, second: Answered) -> Preferred:
        """Let the judge say which of two answers is better. Raises JudgeFailed."""
        assert isinstance(question.grader, Pairwise)
        session = self._judging(f"{question.id} · {first.mode} and {second.mode}")
        try:
            better, why = await preferred(
                question.grader, question.prompt, first.text, second.text, session
            )
        finally:
            await self._opened.workspace.close(session)
        return Preferred(digest(question), first.mode, second.mode, better, why, session.id)

    async def _grade(self, question: Question, solved: Solved) -> Verdict:
        match question.grader:
            case Exact() as grader:
                return graders.exact(grader, solved.answer)
            case Numeric() as grader:
                return graders.numeric(grader, solved.answer)
            case Choice() as grader:
                return graders.choice(grader, solved.answer)
            case Pattern() as grader:
                return graders.pattern(grader, solved.answer)
            case Calls() as grader:
                return graders.calls(grader, made_first(solved.calls))
            case CodeTests() as grader:
                settings, paths = self._opened.settings, self._opened.workspace.paths
                return await code_tests(grader, solved.answer, settings, paths)
            case Rubric() as grader:
                return await self._judge(grader, question, solved.answer)
            case Pairwise():  # it is compared once all modes have answered
                return Verdict(False, solved.answer[:200], judged=False)
            case States():  # it is played, and graded turn by turn
                raise AssertionError
            case _:
                assert_never(question.grader)

    async def _judge(self, rubric: Rubric, question: Question, answer: str) -> Verdict:
        session = self._judging(f"{question.id} · judged")
        counted = Spent()
        if (whole := spent.get()) is not None:
            whole.judging = counted
        token = spent.set(counted)
        try:
            return await judged(rubric, question.prompt, answer, session)
        except JudgeFailed as error:
            if counted.lost:  # it is asked again
                raise
            return Verdict(False, answer.strip()[:200], str(error), judged=False)
        finally:
            spent.reset(token)
            await self._opened.workspace.close(session)

    def _judging(self, title: str) -> Session:
        session = self._opened.session(f"{self._plan.name} · {title}", judge=True)
        session.toolbox.only = {}
        return session


def made_first(calls: Sequence[ToolCall]) -> Sequence[ToolCall]:
    """The calls that are graded: each once, since a model may repeat one that was answered."""
    seen: list[ToolCall] = []
    for call in calls:
        if not any(call.name == one.name and call.arguments == one.arguments for one in seen):
            seen.append(call)
    return seen


def answered_by(verdict: Verdict, question: Question, mode: str, session: str) -> Answered:
    """A verdict as it is kept."""
    return Answered(
        question.id,
        digest(question),
        mode,
        verdict.right,
        verdict.read[:300],
        verdict.why,
        session,
        judged=verdict.judged,
    )
