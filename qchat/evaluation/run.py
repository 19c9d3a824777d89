"""Asks every question in every mode, so many at a time, and keeps each answer as it comes."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

from qchat.evaluation.plan import Plan
from qchat.evaluation.question import Question
from qchat.evaluation.rate_limited import Spent, spent
from qchat.evaluation.results_log import Answered, KeptAnswers, digest
from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr

TRIES = 3
"""How often a question is asked whose server is lost meanwhile, before the evaluation stops."""

Progress = Callable[[int, int], None]
Answer = Callable[[Question, str], Awaitable[Answered]]
"""Answers a question in a mode and grades it. Raises QchatError where that failed."""


Job = TypeVar("Job")


class Stopped(QchatError):
    """The evaluation cannot go on now; what was answered is kept."""


async def run(plan: Plan, answer: Answer, kept: KeptAnswers, progress: Progress) -> None:
    """Answer what is not answered yet. Raises Stopped where the server can no longer be asked."""
    jobs = missing(plan, kept)
    done = len(plan.questions) * len(plan.modes) - len(jobs)
    progress(done, done + len(jobs))
    finished = done

    async def one(job: tuple[Question, str]) -> None:
        nonlocal finished
        check_cost(plan, kept)
        kept.add(await _one(*job, answer))
        finished += 1
        progress(finished, done + len(jobs))

    await side_by_side(jobs, plan.parallel, one)


async def side_by_side(
    jobs: Sequence[Job], parallel: int, do: Callable[[Job], Awaitable[None]]
) -> None:
    """Do jobs, so many at a time. Raises the first QchatError, and does no more then."""
    queue = iter(jobs)

    async def worker() -> None:
        for job in queue:
            await do(job)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(parallel, len(jobs))):
                group.create_task(worker())
    except* QchatError as group_error:
        raise _first(group_error) from group_error


def missing(plan: Plan, kept: KeptAnswers) -> list[tuple[Question, str]]:
    """Question by question, all modes of each: stopped early, the modes have the same questions.

    In an order of its own: the beginning of a set is not a fair part of it.
    """
    order = list(plan.questions)
    random.Random(plan.seed).shuffle(order)
    return [
        (question, mode)
        for question in order
        for mode in plan.modes
        if kept.get(digest(question), mode) is None
    ]


def check_cost(plan: Plan, kept: KeptAnswers) -> None:
    """Raise Stopped where as much is spent as may be."""
    if not plan.max_cost:
        return
    spent_so_far = sum(
        plan.cost(one.prompt_tokens + one.judge_prompt_tokens, one.tokens + one.judge_tokens)
        for one in kept.all()
    ) + sum(plan.cost(one.prompt_tokens, one.tokens) for one in kept.preferences())
    if spent_so_far >= plan.max_cost:
        raise Stopped(
            tr(
                "{spent_so_far:.2f} is spent, and --max-cost is {max_cost:g}. What was "
                "answered is kept: with a higher limit the same command goes on.",
                spent_so_far=spent_so_far,
                max_cost=plan.max_cost,
            )
        )


async def _one(question: Question, mode: str, answer: Answer) -> Answered:
    """Answer one question; a failure that is the question's own counts as no answer.

    Where the server was lost it is asked again, and what came of the lost one is not kept.
    """
    for _ in range(TRIES):
        answered, counted = await _counted(question, mode, answer)
        if not (answered.failure and counted.server_lost):
            return answered
    raise lost_server(counted)


def lost_server(counted: Spent) -> Stopped:
    """What is said where a server is not there any more."""
    lost = str(counted.server_lost)
    end = "" if lost.endswith(("?", ".", "!")) else "."
    return Stopped(
        tr(
            "{lost}{end} What was answered is kept: run the same command to go on.",
            lost=lost,
            end=end,
        )
    )


async def _counted(question: Question, mode: str, answer: Answer) -> tuple[Answered, Spent]:
    """Answer it once, and count what it took."""
    counted, began = Spent(), time.monotonic()
    token = spent.set(counted)
    try:
        answered = await answer(question, mode)
    except QchatError as error:
        answered = Answered(question.id, digest(question), mode, False, failure=str(error))
    finally:
        spent.reset(token)
    whole = msgspec.structs.replace(
        answered,
        tokens=counted.tokens,
        prompt_tokens=counted.prompt,
        judge_tokens=counted.judging.tokens if counted.judging else 0,
        judge_prompt_tokens=counted.judging.prompt if counted.judging else 0,
        seconds=round(time.monotonic() - began, 3),
        topic=question.topic,
    )
    return whole, counted


def _first(group: BaseExceptionGroup[QchatError]) -> QchatError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, QchatError)
    return error


def answered_in_all(plan: Plan, kept: KeptAnswers) -> list[list[Answered]]:
    """For each mode its answers, of the questions that all modes have answered."""
    digests = [digest(question) for question in plan.questions]
    whole = [one for one in digests if all(kept.get(one, mode) for mode in plan.modes)]
    return [kept.of(whole, mode) for mode in plan.modes]


def share_right(answers: Sequence[Answered]) -> float:
    return sum(answered.right for answered in answers) / len(answers) if answers else 0.0
