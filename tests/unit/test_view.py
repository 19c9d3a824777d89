"""What is sent of a long conversation: a pure view, large steps, nothing of the user's touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.conversation.compaction import decide
from qchat.conversation.look_back import AllOf, LookBackTool
from qchat.conversation.overflow import limit_in
from qchat.conversation.planner import Past, StepPlanner
from qchat.conversation.tokens import TokenCounter
from qchat.conversation.view import Cuts, Place, TurnMessages, cuts, view
from qchat.conversation.window import ContextWindow
from qchat.protocol.errors import StatusError
from qchat.protocol.event_values import ToolCall, Usage
from qchat.protocol.events import Attached, Compacted, CompactionUndone, Text
from qchat.protocol.messages import Assistant, Message, ToolResult, User
from qchat.protocol.tokens import estimate
from qchat_memory.origin import CODE, Origin
from qchat_tools.base import Call, ToolError
from qchat_tools.parts import SourcePart, TextPart, as_text

WEB = Origin("web", "http://a.test/")


def step(number: int, output: str = "x " * 2_000) -> list[Message]:
    call = ToolCall(f"c{number}", "python", {"code": f"run({number})"})
    result = ToolResult(call.id, "python", (TextPart(output, "stdout"),), origin=CODE)
    return [Assistant((Text(f"Step {number}."), call)), result]


def turn(id_: int, words: str, steps: int = 2, answer: str = "Done.") -> TurnMessages:
    done = [m for number in range(steps) for m in step(number)]
    return TurnMessages(id_, (User(words), *done, Assistant((Text(answer),))))


turns = st.lists(
    st.builds(
        turn,
        st.just(0),
        st.text(min_size=1, max_size=20),
        st.integers(0, 3),
        st.sampled_from(["Yes.", "word " * 400]),
    ),
    min_size=1,
    max_size=6,
).map(lambda made: [TurnMessages(n + 1, t.messages) for n, t in enumerate(made)])
places = st.builds(Place, st.integers(0, 6), st.integers(0, 9))


@given(turns, places, places)
def test_the_users_words_stand_in_every_view(
    made: list[TurnMessages], outputs: Place, notes: Place
) -> None:
    held = Cuts(max(outputs, notes), notes)
    said = [m.text for t in made for m in t.messages if isinstance(m, User)]
    assert [m.text for m in view(made, held) if isinstance(m, User)] == said
    assert view(made, held) == view(made, held)
    assert view(made, Cuts()) == [m for t in made for m in t.messages]


@given(turns, places)
def test_every_call_keeps_its_result_and_every_result_its_call(
    made: list[TurnMessages], notes: Place
) -> None:
    waiting: list[str] = []
    for message in view(made, Cuts(notes, Place(notes.turn, 0))):
        if isinstance(message, Assistant):
            assert not waiting
            waiting = [call.id for call in message.calls]
        elif isinstance(message, ToolResult):
            assert waiting.pop(0) == message.call_id
    assert not waiting


def test_masked_output_keeps_its_ends_its_handle_and_every_origin() -> None:
    parts = (TextPart("begin" + "x" * 5_000, "stdout"), SourcePart(1, "http://a.test/", "A", "end"))
    whole = TurnMessages(7, (User("go"), ToolResult("c", "t", parts, origin=CODE)))
    _, short = view([whole, turn(8, "on")], Cuts(Place(1, 0)))[:2]
    assert isinstance(short, ToolResult)
    assert short.sent.startswith("begin")
    assert 'look_back with handle "7.1"' in short.sent
    assert len(short.sent) < 700
    assert set(short.origins) == {CODE, WEB}


def test_what_a_reply_was_made_from_still_taints_where_only_notes_are_left() -> None:
    found = ToolResult("c0", "web_read", (SourcePart(1, "http://a.test/", "A", "y" * 900),))
    read = TurnMessages(1, (User("go"), step(0)[0], found, Assistant((Text("Read."),))))
    user, notes = view([read, turn(2, "on")], Cuts(Place(1, 0), Place(1, 0)))[:2]
    assert user == User("go")
    assert isinstance(notes, Assistant)
    assert notes.origins == (WEB,)
    assert "1.2 web_read" in notes.text


def test_a_compaction_holds_until_it_is_undone_and_on_its_branch_alone() -> None:
    one, two = Compacted("outputs", 2, 0), Compacted("notes", 3, 0)
    assert cuts([1, 2, 3], [one]) == Cuts(Place(1, 0))
    assert cuts([1, 2, 3], [one, two]) == Cuts(Place(2, 0), Place(2, 0))
    assert cuts([1, 2, 3], [one, two, CompactionUndone()]) == cuts([1, 2, 3], [one])
    assert cuts([1, 9], [one, two]) == Cuts()


def window(context: int) -> ContextWindow:
    made = ContextWindow()
    made.use(context, thoughts=False, overhead=500)
    return made


def test_nothing_is_compacted_while_there_is_room() -> None:
    made = [turn(1, "a"), turn(2, "b")]
    assert decide(window(0), made, Cuts()) is None
    assert decide(window(32_768), made, Cuts()) is None


def test_output_goes_first_in_one_large_step() -> None:
    made = [turn(n, f"prompt {n}", steps=3) for n in range(1, 6)]
    large = window(65_536)
    event = decide(window(16_384), made, Cuts())
    assert event is not None
    assert event.level == "outputs"
    assert event.tokens_after <= 16_384 * 0.75 * 0.7
    held = cuts([1, 2, 3, 4, 5], [event])
    assert decide(window(16_384), made, held) is None, "there is room for a while"
    assert decide(large, made, Cuts()) is None


@pytest.mark.parametrize("length", [2_000, 20_000])
async def test_a_turn_of_many_steps_never_asks_for_more_than_there_is(length: int) -> None:
    """1,200 calls at 32,768 tokens; the goal is in every request, the last result whole."""
    fits = ContextWindow()
    fits.use(32_768, thoughts=False, overhead=900)
    planner = StepPlanner(fits, Past(), 1)
    running: list[Message] = [User("Find the best of all; that is the goal.")]
    compactions, last = 0, ()
    same = 0
    for number in range(1_200):
        output = f"result {number} " * (length // 12)
        compactions += sum([isinstance(e, Compacted) async for e in planner.fit(running)])
        sent = planner.messages(running)
        asked = round(fits.estimate(sent))
        assert asked < 32_768
        planner.counted(Usage(prompt=asked))
        assert isinstance(sent[0], User)
        assert "that is the goal" in sent[0].text
        same += sent[: len(last)] == last
        last = sent
        running += step(number, output[:16_000])
    assert compactions >= 10
    assert same > 1_200 - 2 * compactions, "between large steps a request only grows"


async def test_a_refusal_makes_the_next_request_smaller() -> None:
    fits = ContextWindow()
    fits.use(0, thoughts=False, overhead=500)
    before = tuple(turn(n, f"prompt {n}", steps=3) for n in range(1, 6))
    planner = StepPlanner(fits, Past(before), 9)
    running = [User("go on")]
    assert [event async for event in planner.fit(running)] == []
    full = planner.messages(running)
    assert planner.refused(8_000)
    assert any([isinstance(event, Compacted) async for event in planner.fit(running)])
    assert fits.estimate(planner.messages(running)) < min(8_000, fits.estimate(full))


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        (
            "This model's maximum context length is 32768 tokens. However, you requested 40000",
            32768,
        ),
        ("request (11202 tokens) exceeds the available context size (8192 tokens)", 8192),
        ("Range of input length should be [1, 30720]; too many tokens", 30720),
        ("prompt is too long: 210000 tokens > 200000 maximum", 200000),
        ("context_length_exceeded", 0),
        ("the model is overloaded", None),
        ("there is no model of that name", None),
    ],
)
def test_a_refusal_for_length_is_told_from_others(message: str, limit: int | None) -> None:
    assert limit_in(StatusError(message, 400)) == limit


def test_what_the_server_counts_corrects_what_is_foretold() -> None:
    counter = TokenCounter()
    for estimated, counted in ((1_000, 1_700), (2_000, 3_000), (3_000, 4_300)):
        counter.ask(estimated)
        counter.learn(Usage(prompt=counted))
    assert counter.tokens(3_000) == 4_300
    assert counter.tokens(4_000) == pytest.approx(5_600, rel=0.05)


@pytest.mark.parametrize(
    ("text", "each"),
    [("0123456789" * 50, 1.0), ("港口建于十九世纪其深度此后多次测量" * 20, 1.8)],
)
def test_kinds_of_text_are_counted_apart(text: str, each: float) -> None:
    assert len(text) / estimate(text) == pytest.approx(each, rel=0.15)


async def look(made: list[TurnMessages], **arguments: object) -> str:
    async def never(_question: str) -> bool:
        return False

    tool = LookBackTool(AllOf(made))
    parts = [part async for part in tool.run(Call("1", arguments, never))]
    return as_text(parts)


async def test_originals_are_read_by_handle_and_by_words() -> None:
    file = Attached("notes.txt", "The harbour is 12 m deep. " * 400)
    made = [TurnMessages(4, (User("see", attachments=(file,)), *step(1, "The mast is of oak.")))]
    assert "The mast is of oak." in await look(made, handle="4.2")
    first = await look(made, handle="4.0")
    assert "part 1 of 2" in first
    assert "The harbour" in await look(made, handle='"4.0"', part=2)
    assert "[4.2: python gave]" in await look(made, words="oak mast")
    for arguments in ({}, {"handle": "9.9"}, {"words": "zebra"}, {"handle": "4.2", "part": 3}):
        with pytest.raises(ToolError):
            await look(made, **arguments)
