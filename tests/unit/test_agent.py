"""The loop, driven by scripted replies and small real tools."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import msgspec
import pytest

from qchat.backends.base import Request
from qchat.backends.retries import Retries
from qchat.conversation.agent import run_turn
from qchat.conversation.failures import MAX_FAILED_REPLIES, SAME_FAILURES
from qchat.conversation.loop_detection import STOP_AFTER, WARN_AFTER
from qchat.conversation.tool_runner import MAX_CALLS
from qchat.protocol.errors import ConnectionFailed
from qchat.protocol.events import (
    Event,
    Notice,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TurnFinished,
)
from qchat.protocol.messages import Assistant, ToolResult
from qchat_memory.origin import QCHAT, Origin
from qchat_tools.base import Call, Tool, ToolError, parse, spec
from qchat_tools.parts import Part, TextPart, as_text
from tests.scripted import ScriptedBackend, calls, says


class Words(msgspec.Struct):
    words: str


class Echo:
    """Says its words; fails, waits or asks when they say so."""

    spec = spec("echo", "Say it again.", Words)
    origin = QCHAT

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.go_on = asyncio.Event()
        self.ended: list[str] = []
        self.tainted: list[bool] = []

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        words = parse(Words, call.arguments).words
        self.tainted.append(call.provenance.tainted)
        try:
            if words == "fail":
                raise ToolError("it is broken")
            if words == "bug":
                raise ZeroDivisionError("oh")
            if words == "ask":
                words = str(await call.confirm("may I?"))
            yield TextPart(words, "stdout")
            if words == "wait":
                self.started.set()
                await self.go_on.wait()
                yield TextPart(" on", "stdout")
        finally:
            self.ended.append(words)


class Web(Echo):
    spec = spec("web", "Read it.", Words)
    origin = Origin("web")


async def no(_topic: str, _question: str) -> bool:
    return False


async def play(
    backend: ScriptedBackend, tools: Mapping[str, Tool], max_steps: int = 0
) -> list[Event]:
    turn = run_turn(
        backend, Request(()), "go", begun=(), tools=tools, confirm=no, max_steps=max_steps
    )
    return [event async for event in turn]


def results(events: list[Event]) -> list[str]:
    return [as_text(event.parts) for event in events if isinstance(event, ToolFinished)]


async def test_an_answer_without_tools() -> None:
    events = await play(ScriptedBackend([Thinking("hm"), *says("yes")]), {})
    assert events == [Thinking("hm"), Text("yes"), StepFinished(), TurnFinished("stop")]


async def test_a_result_goes_back_to_the_model() -> None:
    backend = ScriptedBackend(calls(("c", "echo", '{"words": "12"}')), says("12!"))
    events = await play(backend, {"echo": Echo()})
    assert ToolStarted("c", "echo", {"words": "12"}) in events
    assert ToolFinished("c", (TextPart("12", "stdout"),), True, QCHAT) in events
    assert events[-1] == TurnFinished("stop")
    assistant, result = backend.requests[1].messages[1:]
    assert isinstance(assistant, Assistant)
    assert result == ToolResult("c", "echo", (TextPart("12", "stdout"),), origin=QCHAT)


async def test_calls_of_one_reply_run_side_by_side() -> None:
    slow, quick = Echo(), Echo()
    reply = calls(("a", "slow", '{"words": "wait"}'), ("b", "quick", '{"words": "2"}'))
    turn = run_turn(
        ScriptedBackend(reply, says("done")),
        Request(()),
        "go",
        begun=(),
        tools={"slow": slow, "quick": quick},
        confirm=no,
    )
    order: list[str] = []
    async for event in turn:
        if isinstance(event, ToolFinished):
            order.append(event.call_id)
            slow.go_on.set()
    assert order == ["b", "a"]


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("echo", '{"words": ', "not one JSON object"),
        ("echo", "[1]", "not one JSON object"),
        ("echo", '{"word": "x"}', "words"),
        ("nope", "{}", "there is no tool 'nope'. Tools: echo"),
        ("echo", '{"words": "fail"}', "Error: it is broken"),
        ("echo", '{"words": "bug"}', "ZeroDivisionError"),
    ],
)
async def test_the_model_is_told_in_one_line_what_was_wrong(
    name: str, arguments: str, told: str
) -> None:
    backend = ScriptedBackend(calls(("c", name, arguments)), says("sorry"))
    events = await play(backend, {"echo": Echo()})
    (text,) = results(events)
    assert told in text
    assert "\n" not in text
    assert events[-1] == TurnFinished("stop")


async def test_the_same_failure_again_and_again_ends_the_turn() -> None:
    backend = ScriptedBackend(calls(("c", "echo", '{"words": "fail"}')))
    events = await play(backend, {"echo": Echo()})
    assert len(results(events)) == SAME_FAILURES
    assert isinstance(events[-2], Notice)
    assert events[-2].level == "error"  # the one line that a pipe shows, too
    assert events[-1] == TurnFinished("error")


async def test_different_failures_do_not() -> None:
    fails = [calls(("c", "echo", '{"words": "fail"}')), calls(("c", "nope", "{}"))]
    backend = ScriptedBackend(*fails, *fails, *fails, says("done"))
    events = await play(backend, {"echo": Echo()})
    assert events[-1] == TurnFinished("stop")


async def test_ids_that_a_server_uses_again_are_told_apart() -> None:
    again = calls(("0", "echo", '{"words": "x"}'))
    both = [ToolDraft("0", "echo", '{"words": "y"}'), *calls(("0_2", "echo", '{"words": "z"}'))]
    backend = ScriptedBackend(again, both, again, says("done"))
    events = await play(backend, {"echo": Echo()})
    ids = [event.call_id for event in events if isinstance(event, ToolStarted)]
    assert len(set(ids)) == 4
    assert all(re.fullmatch("[a-zA-Z0-9_-]+", id_) for id_ in ids), "Anthropic takes no others"
    drafts = [event.call_id for event in events if isinstance(event, ToolDraft)]
    assert drafts == ids


async def test_a_call_that_the_length_cut_off_is_not_run() -> None:
    cut = [ToolDraft("c", "echo", '{"words": "x"}'), StepFinished(reason="length")]
    events = await play(ScriptedBackend(cut, says("not asked")), {"echo": Echo()})
    assert results(events) == []
    assert isinstance(events[-2], Notice)
    assert "cut off" in events[-2].text
    assert "was not run" in events[-2].text
    assert events[-1] == TurnFinished("length")


async def test_an_answer_that_the_length_cut_off_does_not_look_whole() -> None:
    events = await play(ScriptedBackend([Text("Once"), StepFinished(reason="length")]), {})
    assert isinstance(events[-2], Notice)
    assert "cut off" in events[-2].text
    assert events[-1] == TurnFinished("length")


async def test_thinking_without_an_answer_is_said() -> None:
    events = await play(ScriptedBackend([Thinking("hm"), Text("\n"), StepFinished()]), {})
    assert isinstance(events[-2], Notice)
    assert "no answer" in events[-2].text
    assert events[-1] == TurnFinished("stop")


async def test_three_calls_of_one_reply_that_fail_alike_are_one_failure() -> None:
    three = calls(*((f"c{n}", "echo", '{"words": "fail"}') for n in range(3)))
    events = await play(ScriptedBackend(three, says("I see.")), {"echo": Echo()})
    assert events[-1] == TurnFinished("stop")


async def test_calls_that_always_fail_in_new_ways_end_the_turn() -> None:
    backend = ScriptedBackend(*(calls(("c", f"tool{n}", "{}")) for n in range(50)))
    events = await play(backend, {"echo": Echo()})
    assert len(backend.requests) == MAX_FAILED_REPLIES
    assert events[-1] == TurnFinished("error")


@pytest.mark.parametrize("circle", [["x"], ["x", "y"]])
async def test_a_circle_is_said_to_the_model_and_then_ends_the_turn(circle: list[str]) -> None:
    replies = [calls(("c", "echo", f'{{"words": "{word}"}}')) for word in circle]
    backend = ScriptedBackend(*replies * (STOP_AFTER + 1))
    events = await play(backend, {"echo": Echo()})
    told = results(events)
    assert len(told) == STOP_AFTER * len(circle)
    warned = [number for number, text in enumerate(told, 1) if "Note: you have made" in text]
    assert warned[0] == WARN_AFTER * len(circle)
    assert isinstance(events[-2], Notice)
    assert "same results" in events[-2].text
    assert events[-1] == TurnFinished("error")


async def test_calls_that_give_something_new_are_no_circle() -> None:
    replies = [calls(("c", "echo", f'{{"words": "{number}"}}')) for number in range(40)]
    events = await play(ScriptedBackend(*replies, says("done")), {"echo": Echo()})
    assert events[-1] == TurnFinished("stop")
    assert not any("Note:" in text for text in results(events))


async def test_of_hundreds_of_calls_at_once_some_are_run_and_the_rest_is_said() -> None:
    many = calls(*((f"c{n}", "echo", f'{{"words": "{n}"}}') for n in range(500)))
    events = await play(ScriptedBackend(many, says("done")), {"echo": Echo()})
    told = results(events)
    assert len(told) == 500
    assert sum("not run" in text for text in told) == 500 - MAX_CALLS
    assert events[-1] == TurnFinished("stop")


async def test_a_limit_of_steps_ends_the_turn() -> None:
    backend = ScriptedBackend(calls(("c", "echo", '{"words": "x"}')))
    events = await play(backend, {"echo": Echo()}, max_steps=2)
    assert len(backend.requests) == 2
    assert events[-1] == TurnFinished("step_limit")


async def test_a_question_reaches_whoever_is_asked() -> None:
    backend = ScriptedBackend(calls(("c", "echo", '{"words": "ask"}')), says("ok"))
    assert results(await play(backend, {"echo": Echo()})) == ["False"]


async def test_what_strangers_wrote_taints_the_calls_that_follow() -> None:
    echo, web = Echo(), Web()
    call = calls(("e", "echo", '{"words": "x"}'))
    backend = ScriptedBackend(call, calls(("w", "web", '{"words": "x"}')), call, says("ok"))
    await play(backend, {"echo": echo, "web": web})
    assert echo.tainted == [False, True]


async def test_cancelling_ends_the_tools_and_leaves_no_task() -> None:
    echo = Echo()
    backend = ScriptedBackend(calls(("c", "echo", '{"words": "wait"}')))
    before = asyncio.all_tasks()
    task = asyncio.create_task(play(backend, {"echo": echo}))
    await echo.started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert echo.ended == ["wait"]
    assert asyncio.all_tasks() == before


async def test_leaving_the_stream_ends_the_tools_too() -> None:
    echo = Echo()
    turn = run_turn(
        ScriptedBackend(calls(("c", "echo", '{"words": "wait"}'))),
        Request(()),
        "go",
        begun=(),
        tools={"echo": echo},
        confirm=no,
    )
    async with aclosing(turn) as events:
        async for event in events:
            if isinstance(event, ToolProgress):
                break
    assert echo.ended == ["wait"]


async def test_a_failure_of_the_backend_comes_after_what_was_streamed() -> None:
    backend = ScriptedBackend([Text("so far"), ConnectionFailed("gone")])
    seen: list[Event] = []
    once = Retries(tries=1)
    turn = run_turn(backend, Request(()), "go", begun=(), tools={}, confirm=no, retries=once)
    with pytest.raises(ConnectionFailed):
        async for event in turn:
            seen.append(event)
    assert seen == [Text("so far")]
