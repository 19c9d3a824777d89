"""Compares the answers of two modes where no answer is right by itself: a judge prefers one.

It comes after all modes have answered, question by question, and is kept as answers are.
"""

from collections.abc import Awaitable, Callable

import msgspec

from qchat.evaluation.findings import to_compare
from qchat.evaluation.plan import Plan
from qchat.evaluation.question import Pairwise, Question
from qchat.evaluation.rate_limited import Spent, spent
from qchat.evaluation.results_log import Answered, KeptAnswers, Preferred, digest
from qchat.evaluation.run import TRIES, Progress, check_cost, lost_server, side_by_side
from qchat.protocol.errors import QchatError

Prefer = Callable[[Question, Answered, Answered], Awaitable[Preferred]]
"""Lets the judge prefer one of two answers. Raises QchatError where it cannot be asked."""


async def prefer_all(plan: Plan, prefer: Prefer, kept: KeptAnswers, progress: Progress) -> None:
    """Compare what is not compared yet. Raises Stopped where the judge can no longer be asked."""
    jobs = [
        (question, first, second)
        for question in plan.questions
        if isinstance(question.grader, Pairwise)
        for one, other in to_compare(plan.modes)
        if kept.preferred(digest(question), one, other) is None
        and (first := kept.get(digest(question), one)) is not None
        and (second := kept.get(digest(question), other)) is not None
    ]
    finished = 0

    async def one_of(job: tuple[Question, Answered, Answered]) -> None:
        nonlocal finished
        check_cost(plan, kept)
        kept.prefer(await _one(*job, prefer))
        finished += 1
        progress(finished, len(jobs))

    await side_by_side(jobs, plan.parallel, one_of)


async def _one(question: Question, first: Answered, second: Answered, prefer: Prefer) -> Preferred:
    """Compare two answers; a judge that cannot read these gives no verdict."""
    counted = Spent()
    for _ in range(TRIES):
        counted = Spent()
        token = spent.set(counted)
        try:
            found = await prefer(question, first, second)
        except QchatError as error:
            if counted.server_lost is not None:
                continue
            found = Preferred(digest(question), first.mode, second.mode, "", str(error))
        finally:
            spent.reset(token)
        return msgspec.structs.replace(found, tokens=counted.tokens, prompt_tokens=counted.prompt)
    raise lost_server(counted)
