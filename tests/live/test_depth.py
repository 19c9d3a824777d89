"""Deep turns against a solver whose statistics are known: theory says what must come of them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from qchat.commands import CommandContext, RunTurn, execute
from qchat.config.settings import MemorySettings, Settings
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.depth.agreement import final_answer
from qchat.depth.modes import parse_mode
from qchat.depth.request import stopped
from qchat.depth.turn import DepthTurn
from qchat.protocol.errors import UsageError
from qchat.protocol.events import (
    Attached,
    Event,
    Notice,
    RoundFinished,
    Steered,
    Text,
    ToolFinished,
    TrailFinished,
    TurnFinished,
)
from qchat.protocol.experience import Experience
from qchat.runtime.paths import Paths
from tests.solver import Request, Solver, Statistics, answer, question, solver, value


@asynccontextmanager
async def workspace_of(server: Solver, home: Path) -> AsyncIterator[Workspace]:
    settings = Settings(
        backend="solver",
        backends={"solver": server.settings, "second": server.settings},
        memory=MemorySettings(enabled=False),
    )
    workspace = Workspace(settings, Paths(home, home, home))
    try:
        yield workspace
    finally:
        await workspace.aclose()


async def play(turn: DepthTurn, seen: Callable[[Event], None] = lambda _event: None) -> list[Event]:
    events = []
    async for event in turn.events():
        events.append(event)
        seen(event)
    return events


async def test_modes_spend_the_same_tokens_where_the_model_takes_all_it_is_given(
    tmp_path: Path,
) -> None:
    tokens = 40_000
    with solver(Statistics(finds=0.05, tokens=0)) as server:
        async with workspace_of(server, tmp_path) as workspace:
            for mode in ("think", "vote:4", "refine:3", "deep:4", "deep:3x2"):
                before = server.written
                turn = DepthTurn(
                    workspace.open(), parse_mode(mode), question(1), tools=False, tokens=tokens
                )
                await play(turn)
                spent = server.written - before
                assert turn.outcome is not None
                assert turn.outcome.tokens == spent, mode
                assert 0.95 * tokens <= spent <= tokens, (mode, spent)


async def test_what_has_no_evidence_is_not_established_whatever_the_model_says(
    tmp_path: Path,
) -> None:
    """Every result that is not calculated is a lie, some with the handle of another calculation."""
    s = Statistics(parts=6, finds=0.4, lies=1.0, uses_python=True, seed=2)
    with solver(s) as server:
        async with workspace_of(server, tmp_path) as workspace:
            session = workspace.open()
            turn = DepthTurn(session, parse_mode("deep:2x2"), question(1), seed=5)
            events = await play(turn)
            truth = {f"part {p} = {v}" for p, v in _truth(1, s.parts)}
            rounds = [event for event in events if isinstance(event, RoundFinished)]
            established = {r.text for each in rounds for r in each.experience.established}
            assert established
            assert established <= truth
            said = " ".join(request.text for request in server.asked)
            assert "999.9" in said or "Said without evidence" in said
            claims = {r.text for each in rounds for r in each.experience.claims}
            assert claims - truth, "no lie was told: the test tests nothing"
            for result in rounds[-1].experience.established:
                for evidence in result.evidence:
                    id_, _, at = evidence.handle.partition(".")
                    trail = session.trail(int(id_))
                    assert trail is not None
                    assert evidence.kind == "check" or int(at) > 0


def _truth(number: int, parts: int) -> list[tuple[int, int]]:
    return [(part, value(number, part)) for part in range(1, parts + 1)]


async def test_rounds_of_rubbish_cost_only_themselves(tmp_path: Path) -> None:
    s = Statistics(parts=4, finds=0.5, rubbish=frozenset({2, 3}), seed=13)
    with solver(s) as server:
        async with workspace_of(server, tmp_path) as workspace:
            turn = DepthTurn(
                workspace.open(), parse_mode("deep:9"), question(3), tools=False, seed=3
            )
            events = await play(turn)
    rounds = {e.round: e.experience for e in events if isinstance(e, RoundFinished)}
    assert rounds[1].open
    assert rounds[1].claims
    assert rounds[1] == rounds[2] == rounds[3] != rounds[max(rounds)]
    assert turn.outcome is not None
    assert answer(3, 4) in turn.outcome.answer


@pytest.mark.parametrize("files", [(), (Attached("page.txt", "Somebody wrote this."),)])
async def test_experience_is_as_trusted_as_what_it_was_gained_from(
    tmp_path: Path, files: tuple[Attached, ...]
) -> None:
    with solver(Statistics(parts=4, finds=0.3)) as server:
        async with workspace_of(server, tmp_path) as workspace:
            session = workspace.open()
            turn = DepthTurn(session, parse_mode("deep:2"), question(1), files, tools=False, seed=3)
            events = await play(turn)
            ids = [e.turn for e in events if isinstance(e, TrailFinished)]
            second = session.trail(ids[2])
            assert second is not None
            told = [e for e in second.events if isinstance(e, Attached) and e.name == "experience"]
            assert [event.origin.trusted for event in told] == [not files]


async def test_too_few_tokens_make_fewer_rounds_and_far_too_few_are_refused(tmp_path: Path) -> None:
    with solver(Statistics(parts=4, finds=0.1)) as server:
        async with workspace_of(server, tmp_path) as workspace:
            session = workspace.open()
            for mode, tokens in (("deep:9x2", 20), ("vote:5", 4), ("refine:2", 2)):
                with pytest.raises(UsageError, match="needs at least"):
                    DepthTurn(session, parse_mode(mode), question(1), tokens=tokens)
            assert not session.turns, "what is refused leaves nothing behind"
            turn = DepthTurn(session, parse_mode("deep:9x2"), question(1), tools=False, tokens=300)
            events = await play(turn)
            assert events[-1] == TurnFinished("stop", at=events[-1].at)
            assert server.written <= 300


async def test_a_turn_stopped_in_round_3_goes_on_without_paying_a_round_twice(
    tmp_path: Path,
) -> None:
    s = Statistics(parts=4, finds=0.35, seed=6)
    third = asyncio.Event()
    loop = asyncio.get_running_loop()
    gate = threading.Event()

    def hold(request: Request) -> None:
        if request.phase == "work" and request.round == 3 and not gate.is_set():
            loop.call_soon_threadsafe(third.set)
            gate.wait(30)

    with solver(s) as server:
        server.hold = hold
        async with workspace_of(server, tmp_path) as workspace:
            session = workspace.open()
            turn = DepthTurn(session, parse_mode("deep:5"), question(2), tools=False, seed=9)
            events: list[Event] = []
            kept_hint = asyncio.Event()

            def seen(event: Event) -> None:
                events.append(event)
                if isinstance(event, Steered):
                    kept_hint.set()

            running = asyncio.create_task(play(turn, seen))
            await third.wait()
            turn.hint("Look at part 4.")
            await kept_hint.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            id_ = session.id
        gate.set()
        paid = len(server.asked)
        async with workspace_of(server, tmp_path) as workspace:
            session = workspace.open(id_)
            before = stopped(session)
            assert before is not None
            assert before.rounds == 2
            assert before.mode.name == "deep:5x1"
            turn = DepthTurn(
                session, before.mode, before.turn.prompt, tools=False, seed=9, resume=before.turn
            )
            again = await play(turn)
            assert stopped(session) is None
            assert session.turns.heads[-1].prompt == question(2)
            assert len(session.turns) == 1
    first = {e.round: e.experience for e in events if isinstance(e, RoundFinished)}
    second = {e.round: e.experience for e in again if isinstance(e, RoundFinished)}
    assert set(first) == {1, 2}
    assert {number: second[number] for number in first} == first
    asked = [request.round for request in server.asked[paid:] if request.phase == "work"]
    assert asked[0] == 3
    assert "Look at part 4." in server.asked[paid].text, "what was said before the stop is lost"
    kept = [e.label for e in again if isinstance(e, TrailFinished) and e.again]
    assert kept == [e.label for e in events if isinstance(e, TrailFinished)]
    with solver(s) as server:  # and it comes to what it would have come to
        async with workspace_of(server, tmp_path / "other") as workspace:
            whole = DepthTurn(
                workspace.open(), parse_mode("deep:5"), question(2), tools=False, seed=9
            )
            unbroken = await play(whole)
    assert _texts(_last(unbroken)) == _texts(_last(again))
    assert whole.outcome is not None
    assert turn.outcome is not None
    assert whole.outcome.answer == turn.outcome.answer


def _last(events: list[Event]) -> Experience:
    return [event for event in events if isinstance(event, RoundFinished)][-1].experience


def _texts(experience: Experience) -> list[str]:
    return [result.text for result in (*experience.established, *experience.claims)]


async def test_eight_trails_are_with_the_server_at_the_same_time(tmp_path: Path) -> None:
    """A server that batches answers all in the time of one: nothing here makes one wait."""
    together = threading.Barrier(8)

    def hold(request: Request) -> None:
        if request.phase in ("work", "notes"):
            together.wait(30)  # breaks, and fails the trail, if fewer are there

    with solver(Statistics(parts=2, finds=0.5)) as server:
        server.hold = hold
        async with workspace_of(server, tmp_path) as workspace:
            turn = DepthTurn(
                workspace.open(), parse_mode("deep:1x8"), question(1), tools=False, seed=1
            )
            events = await play(turn)
    done = [event for event in events if isinstance(event, TrailFinished)]
    assert len(done) == 16
    assert {event.reason for event in done} == {"stop"}


async def test_the_user_steers_between_rounds_and_may_have_the_answer_now(tmp_path: Path) -> None:
    s = Statistics(parts=5, finds=0.5, seed=8)
    fourth = asyncio.Event()
    loop = asyncio.get_running_loop()
    gate = threading.Event()

    def hold(request: Request) -> None:
        if request.phase == "work" and request.round == 4:
            loop.call_soon_threadsafe(fourth.set)
            gate.wait(30)

    with solver(s) as server:
        server.hold = hold
        async with workspace_of(server, tmp_path) as workspace:
            session = workspace.open()
            turn = DepthTurn(session, parse_mode("deep:9"), question(5), tools=False, seed=2)
            struck: list[str] = []

            def steer(event: Event) -> None:
                if isinstance(event, RoundFinished) and event.round == 1:
                    assert session.steering is turn
                    first = (*event.experience.established, *event.experience.claims)[0]
                    struck.append(first.text)
                    assert turn.strike(first.id)
                    assert not turn.strike("r99")
                    turn.hint("Look at part 2 again.")

            running = asyncio.create_task(play(turn, steer))
            await fourth.wait()
            assert await session.answer_now()
            events = await running
            gate.set()
    rounds = {request.round: request for request in server.asked if request.phase == "work"}
    assert "Look at part 2 again." in rounds[3].text  # the second had begun when it was said
    told = rounds[3].text.partition("Overturned")
    assert struck[0] not in told[0]
    assert struck[0] in told[2]
    assert server.asked[-1].phase == "final"
    assert max(rounds) == 4
    reasons = [event.reason for event in events if isinstance(event, TrailFinished)]
    assert reasons[-1] == "cancelled"
    assert turn.outcome is not None
    assert turn.outcome.answer


async def test_the_commands_attach_files_compare_and_let_another_comment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.txt").write_text("The parts are many.")
    monkeypatch.chdir(tmp_path)
    with solver(Statistics(parts=2, finds=1.0)) as server:
        async with workspace_of(server, tmp_path) as workspace:
            context = CommandContext(workspace, workspace.open())
            session = context.session
            for wrong in ("/deep --hint more", "/deep --continue", "/deep", "/pick", "/pick 99"):
                with pytest.raises(UsageError):
                    await execute(wrong, context)
            await run(context, f"/deep --rounds 1 {question(1)} See @notes.txt")
            assert all("The parts are many." in request.text for request in server.asked)
            asked = len(server.asked)
            await run(context, "/compare solver second")
            assert len(server.asked) == asked + 2
            assert all("The parts are many." in request.text for request in server.asked[asked:])
            for wrong in ("/compare solver secnd", "/deep --tokens 5 x", "/deep --hint"):
                with pytest.raises(UsageError):
                    await execute(wrong, context)
            assert len(server.asked) == asked + 2
            before = session.turns.heads[-1].id
            await execute("/pick second", context)
            assert session.turns.heads[-1].id > before
            assert session.turns[-1].backend == "second"
            await run(context, "/ask-other second Is it right?")
            assert session.turns[-1].backend == "second"
            assert session.backend.name == "solver"
            assert [turn.prompt for turn in session.turns.heads][1:] == ["Is it right?"]
            assert "Answer: " in server.asked[-1].text


async def run(context: CommandContext, line: str) -> None:
    outcome = await execute(line, context)
    assert isinstance(outcome, RunTurn)
    events = [event async for event in outcome.events]
    assert events[-1] == TurnFinished("stop", at=events[-1].at)


async def test_a_trail_is_on_no_branch_until_it_is_picked(tmp_path: Path) -> None:
    with solver(Statistics(parts=2, finds=1.0)) as server:
        async with workspace_of(server, tmp_path) as workspace:
            session = workspace.open()
            turn = DepthTurn(session, parse_mode("vote:3"), question(1), tools=False)
            events = await play(turn)
            trails = [event.turn for event in events if isinstance(event, TrailFinished)]
            head = session.turns.heads[-1].id
            assert session.cursor.tree().leaves() == [head]
            kept = workspace.store.path_to_head(session.id)
            assert [turn.id for turn in kept] == [head], "a trail became the head"
            assert workspace.store.prompts(workspace.user) == [question(1)]
            assert [info.turns for info in workspace.sessions()] == [1]
            session.choose(trails[1])
            assert [turn.id for turn in session.turns.heads] == [trails[1]]
            assert session.turns[0].prompt == question(1)
            assert session.cursor.siblings(trails[1]) == [head, trails[1]]
            assert _said_by(session) == answer(1, 2)


def _said_by(session: Session) -> str:
    texts = (event.text for event in session.turns[-1].events if isinstance(event, Text))
    return final_answer("".join(texts))


async def test_trails_begin_with_what_the_conversation_has_computed(tmp_path: Path) -> None:
    """Each has a copy: what one changes neither the others nor the conversation sees."""
    with solver(Statistics(parts=1, finds=1.0, uses_python=True)) as server:
        server.code = "offset += 1; print('offset is', offset, (lambda: square(offset))())"
        async with workspace_of(server, tmp_path) as workspace:
            session = workspace.open()
            code = "import threading\noffset, lock = 40, threading.Lock()"
            code += "\ndef square(x): return x * x"
            async for _ in session.run(code):
                pass
            turn = DepthTurn(session, parse_mode("vote:2"), question(1))
            events = await play(turn)
            again = [event async for event in session.run("print(offset)")]
            folder = tmp_path / "work" / f"{session.id}-trails"
            assert not folder.exists(), "what trails began with is left behind"
    results = [
        m["content"] for r in server.asked for m in r.body["messages"] if m["role"] == "tool"
    ]
    assert len([text for text in results if "offset is 41 1681" in str(text)]) == 2
    assert any("threading, offset, square" in request.text for request in server.asked)
    (said,) = [e.text for e in events if isinstance(e, Notice) and "begin with" in e.text]
    assert "lock (lock: " in said
    assert any(isinstance(e, ToolFinished) and "40" in str(e.parts) for e in again)
