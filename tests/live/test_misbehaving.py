"""Models that misbehave in a run: each is told first, and ends in words, at no more cost than that.

The server that plays them reads what it is sent; the program's own parts are the real ones.
"""

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from qchat.backends.retries import Retries
from qchat.config.settings import BackendSettings, MemorySettings, Settings, WebSettings
from qchat.conversation.workspace import Workspace
from qchat.protocol.events import Checked, Event, Notice, Thinking, ToolFinished, TurnFinished
from qchat.protocol.fold import MAX_THOUGHT
from qchat.runs.goal import Goal
from qchat.runs.overseer import Overseer
from qchat.runs.pursuit import Pursuit
from qchat.runtime.paths import Paths
from qchat_tools.parts import as_text
from tests.policies import Asked, Call, Policy, PolicyServer, Reply, policy_server

CONTEXT = 32_768


async def pursue(
    home: Path, policy: Policy, end: Callable[[Event], str] = lambda _event: ""
) -> tuple[list[Event], Overseer, PolicyServer]:
    """One run with the notebook and the number as its only tools, in this process.

    `end` may say at an event why it is cancelled from outside.
    """
    events: list[Event] = []
    task = asyncio.current_task()
    assert task is not None
    with policy_server(policy, CONTEXT) as server:
        there = BackendSettings(
            kind="openai",
            base_url=f"http://{server.address}/v1",
            model="qwen3-policy",
            context=CONTEXT,
        )
        settings = Settings(
            backend="policy",
            backends={"policy": there},
            memory=MemorySettings(enabled=False),
            web=WebSettings(enabled=False),
        )
        workspace = Workspace(settings, Paths(home, home, home / "logs"), tools=frozenset())
        try:
            session = workspace.open()
            session.retries = Retries(first_s=0.001)
            pursuit = Pursuit(workspace.store.runs, session, home / "run")
            with suppress(asyncio.CancelledError):
                async with aclosing(pursuit.begin(Goal("Do it.", steps=200))) as stream:
                    async for event in stream:
                        events.append(event)
                        if why := end(event):
                            task.cancel(why)
            task.uncancel()
            assert pursuit.overseer is not None
            return events, pursuit.overseer, server
        finally:
            await workspace.aclose()


def metric(value: int) -> Reply:
    return Reply("", (Call("report_metric", {"value": value}),))


def no() -> Reply:
    return Reply(json.dumps({"met": False, "missing": "there is no proof"}))


def flood(asked: Asked) -> Reply:
    number = asked.number
    return Reply("", (Call("notebook", {"tried": f"way {number}", "result": "word " * 200}),))


POLICIES: dict[str, tuple[Policy, str, int]] = {
    "stops early": (lambda _: Reply("I am done, it is wonderful."), "5 times in a row", 5),
    "repeats": (lambda _: metric(1), "repeated the same calls", 12),
    "repeats with other spaces": (
        lambda asked: Reply(
            "", (Call("report_metric", {"value": 1, "note": "a" + " " * asked.number}),)
        ),
        "repeated the same calls",
        12,
    ),
    "says nothing at all": (lambda _: Reply(""), "5 times in a row", 10),
    "alternates": (lambda asked: metric(asked.number % 2), "repeated the same calls", 24),
    "goes round": (lambda asked: metric(asked.number % 7), "nothing new came of", 37),
    "fails in ever new ways": (
        lambda asked: Reply("", (Call(f"tool_{asked.number}", {"x": asked.number}),)),
        "no call worked in 10 replies",
        10,
    ),
    "floods its notebook": (flood, "no call worked in 10 replies", 70),
    "says the same without end": (
        lambda _: Reply("I will now begin. " * 2_000),
        "said the same again and again",
        3,
    ),
}


@pytest.mark.parametrize("name", POLICIES)
async def test_it_is_told_and_then_it_ends_in_words(name: str, tmp_path: Path) -> None:
    policy, why, most = POLICIES[name]
    told: list[str] = []

    def judged(asked: Asked) -> Reply:
        if asked.checks:
            return no()
        told.append(asked.text)
        reply = policy(asked)
        assert isinstance(reply, Reply)
        return reply

    events, overseer, server = await pursue(tmp_path, judged)
    assert why in overseer.last_words.splitlines()[0]
    assert overseer.last_words.startswith("Goal not reached: stopped")
    assert len(told) <= most
    assert server.refused == 0
    warned = {
        "stops early": "there is no proof",
        "says nothing at all": "the model gave no answer",
        "repeats with other spaces": "this same call with this same result 3 times",
        "repeats": "this same call with this same result 3 times",
        "alternates": "this same call with this same result 3 times",
        "goes round": "nothing new has come of your last 10 replies",
        "fails in ever new ways": "there is no tool",
        "floods its notebook": "the notebook is full (60 entries)",
        "says the same without end": "Your reply was stopped",
    }
    assert warned[name] in told[-1]
    assert isinstance(events[-1], TurnFinished)
    if name == "stops early":
        checks = [event for event in events if isinstance(event, Checked)]
        assert [event.met for event in checks] == [False] * 5
    if name == "floods its notebook":
        (standing,) = overseer.standing()
        assert len(standing.text) + sum(map(len, [str(standing)])) < 12_000


async def test_the_user_is_told_that_nothing_new_comes(tmp_path: Path) -> None:
    def policy(asked: Asked) -> Reply:
        if asked.checks:
            return no()
        return Reply("", (Call("notebook", {"plan": f"Plan {asked.number}"}),))

    events, _, _ = await pursue(tmp_path, policy)
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert [text for text in notices if "No new finding in 100 steps" in text]
    assert len([text for text in notices if "No new finding" in text]) == 2


async def test_who_ends_it_from_outside_is_named(tmp_path: Path) -> None:
    why = "stopped: its terminal was closed (SIGHUP)"

    def end(event: Event) -> str:
        return why if isinstance(event, ToolFinished) else ""

    _, overseer, _ = await pursue(tmp_path, lambda asked: metric(asked.number), end)
    assert overseer.last_words.startswith(f"Goal not reached: {why}\n")


async def test_of_500_calls_at_once_some_run_and_the_rest_is_told(tmp_path: Path) -> None:
    def policy(asked: Asked) -> Reply:
        if asked.checks:
            return Reply('{"met": true, "evidence": "all is there"}')
        left = [n for n in range(500) if f'"value\\": {n}}}' not in asked.text]
        if asked.number > 1:
            return Reply("Enough.")
        return Reply("", tuple(Call("report_metric", {"value": n}) for n in left))

    events, overseer, _ = await pursue(tmp_path, policy)
    finished = [event for event in events if isinstance(event, ToolFinished)]
    assert (len(finished), sum(event.ok for event in finished)) == (500, 64)
    told = [as_text(event.parts) for event in finished if not event.ok]
    assert all("at most 64 calls in one reply" in text for text in told)
    assert overseer.reached
    assert len(overseer.progress.points) == 64


async def test_thoughts_of_200000_characters_go_back_in_part(tmp_path: Path) -> None:
    rng = random.Random(7)
    words = ["if", "then", "maybe", "not", "x", "because", "so", "we", "try", "again", "now", "it"]
    thought = " ".join(rng.choice(words) for _ in range(48_000))[:200_000]
    longest: list[int] = []

    def policy(asked: Asked) -> Reply:
        if asked.checks:
            return Reply('{"met": true, "evidence": "six numbers"}')
        back = [m.get("reasoning_content") or "" for m in asked.messages]
        longest.append(max(map(len, back), default=0))
        number = len(asked.results)
        if number == 6:
            return Reply("Done.", thinking=thought)
        call = Call("report_metric", {"value": number})
        return Reply("", (call,), thinking=thought)

    events, overseer, server = await pursue(tmp_path, policy)
    assert overseer.reached, overseer.last_words
    assert server.refused == 0
    assert max(longest) <= MAX_THOUGHT + 100
    kept = sum(len(event.text) for event in events if isinstance(event, Thinking))
    assert kept >= 200_000
    assert not [event for event in events if isinstance(event, Notice) and event.level == "error"]
