"""Notes of models as they come, and what becomes of them: nothing is established by saying so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.depth.agreement import final_answer, most_common, same
from qchat.depth.evidence import EvidenceBook
from qchat.depth.merging import STRUCK, Noted, agreed, merged, steered
from qchat.depth.modes import parse_mode, parse_modes
from qchat.depth.notes import Found, Notes, Verdict, read_notes
from qchat.depth.progress import Progress
from qchat.depth.prompts import experience_text, fitted
from qchat.depth.request import DeepRequest, read_request
from qchat.depth.trail import Trail
from qchat.protocol.errors import UsageError
from qchat.protocol.event_values import Usage
from qchat.protocol.events import (
    DepthStarted,
    Event,
    RoundFinished,
    Steered,
    StepFinished,
    Text,
    ToolFinished,
    ToolStarted,
    TrailFinished,
    TrailStarted,
    TurnFinished,
    decode,
    encode,
)
from qchat.protocol.experience import Experience, Result
from qchat.protocol.tokens import estimate
from qchat_tools.parts import Stream, TextPart

PRINTED = """\
Here are my notes:

**RESULT:** x = 17 [12.2]
- RESULT: the sky is blue, as a page says (evidence: 12.4, 13.2).
3. CHECKED: r4 wrong because the sign is lost [12.2]
CHECKED: r5: right
OVERTURN: r2 because the table has 8 rows [12.4]
FAILED: factoring by hand because it takes too long
  and is not needed
OPEN: what is y?

ANSWER: 17
SURE: 80 %
"""


def test_notes_are_read_however_a_model_dresses_them() -> None:
    notes = read_notes(PRINTED)
    assert notes.found == (
        Found("x = 17", ("12.2",)),
        Found("the sky is blue, as a page says", ("12.4", "13.2")),
    )
    assert notes.verdicts == (
        Verdict("r4", False, "the sign is lost", ("12.2",)),
        Verdict("r5", True, "right"),
        Verdict("r2", False, "the table has 8 rows", ("12.4",)),
    )
    assert notes.failed == (("factoring by hand", "it takes too long and is not needed"),)
    assert notes.open == ("what is y?",)
    assert (notes.answer, notes.sure, notes.nothing_open) == ("17", 0.8, False)


@pytest.mark.parametrize(
    "said", ["none", "None.", "nothing", "无", "no open questions", "-", "N/A"]
)
def test_nothing_open_is_said_in_many_ways(said: str) -> None:
    assert read_notes(f"OPEN: {said}").nothing_open


@pytest.mark.parametrize(
    "text", ["", "I cannot do that.", "results: many", "the answer is 5", "```"]
)
def test_what_is_no_notes_is_none(text: str) -> None:
    assert not read_notes(text)


WORDS = ["RESULT:", "ANSWER:", "OPEN:", "SURE:", "CHECKED: r1 right", "OVERTURN: r1", "FAILED:"]
WORDS += ["[12.2]", "[999.1]", "x = 3", "x = 4", "because", "none", "\n", " ", "**", "1" * 40, "："]


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=12).map("".join))
def test_any_text_is_read_and_establishes_nothing_without_evidence(text: str) -> None:
    before = merged(Experience(), 1, [Noted(1, Notes((Found("x = 3"),)))], EvidenceBook())
    notes = read_notes(text)
    after = merged(before, 2, [Noted(1, notes)], EvidenceBook())  # the one that said it
    assert not after.established
    if not notes:
        assert after == before
    event = RoundFinished(2, after)
    assert decode(encode(event)) == event


def trail(turn: int, code: str, output: str, *, ok: bool = True) -> Trail:
    parts = (TextPart(output),) if ok else (TextPart(output, "error"),)
    events: tuple[Event, ...] = (
        StepFinished(reason="tool_calls"),
        ToolStarted("c", "python", {"code": code}),
        ToolFinished("c", parts, ok),
        Text("done"),
        StepFinished(),
        TurnFinished("stop"),
    )
    return Trail(turn, f"trail {turn}", "question", events, "stop", Usage(), 1.0)


def book(*trails: Trail) -> EvidenceBook:
    kept = EvidenceBook()
    for each in trails:
        kept.add(each)
    return kept


def after(experience: Experience, round_: int, kept: EvidenceBook, **texts: str) -> Experience:
    noted = [Noted(int(name[1:]), read_notes(text)) for name, text in texts.items()]
    return merged(experience, round_, noted, kept)


def test_a_handle_counts_if_it_is_there_and_shows_what_is_said() -> None:
    kept = book(trail(7, "print(8 + 9)", "17\n"), trail(8, "1/0", "ZeroDivisionError", ok=False))
    found = after(
        Experience(), 1, kept,
        t7="RESULT: x = 17 [7.2]\nRESULT: y = 18 [7.2]\nRESULT: z = 3 [99.1]",
        t8="RESULT: w is odd [8.2]",
    )  # fmt: skip
    assert [r.text for r in found.established] == ["x = 17"]
    assert [r.text for r in found.claims] == ["y = 18", "z = 3", "w is odd"]


def test_a_claim_is_established_by_another_trail_and_not_by_the_one_that_made_it() -> None:
    kept = book()
    claim = after(Experience(), 1, kept, t1="RESULT: n is prime", t2="RESULT: n is prime")
    assert not claim.established, "that two say it is no evidence"
    (result,) = claim.claims
    again = after(claim, 2, kept, t1=f"CHECKED: {result.id} right")
    assert not again.established
    checked = after(claim, 2, kept, t3=f"CHECKED: {result.id} right")
    assert [(e.kind, e.handle) for e in checked.established[0].evidence] == [("check", "3")]


def test_what_was_seen_is_overturned_only_by_what_was_seen() -> None:
    kept = book(trail(1, "print(8 + 9)", "17"), trail(2, "print(2 * 9)", "18"))
    known = after(Experience(), 1, kept, t1="RESULT: x = 17 [1.2]")
    disputed = after(known, 2, kept, t2="OVERTURN: r1 because I feel so")
    assert [r.id for r in disputed.established] == ["r1"]
    assert "I feel so" in disputed.open[0]
    gone = after(known, 2, kept, t2="OVERTURN: r1 because it is 18 [2.2]")
    assert not gone.established
    assert [o.result.id for o in gone.overturned] == ["r1"]


def test_contradictions_become_open_questions() -> None:
    kept = book(trail(1, "print(8 + 9)", "17"), trail(2, "print(9 + 9)", "18"))
    both = after(Experience(), 1, kept, t1="RESULT: x = 17 [1.2]", t2="RESULT: x = 18 [2.2]")
    assert not both.established
    assert len(both.claims) == 2
    assert "which is right" in both.open[0]
    one = after(Experience(), 1, kept, t1="RESULT: x = 17 [1.2]", t2="RESULT: x = 18")
    assert [r.text for r in one.established] == ["x = 17"]
    assert not one.open
    kept = book(trail(1, "isprime(17)", "True"), trail(2, "is_odd(17)", "True"))
    fine = after(
        Experience(), 1, kept, t1="RESULT: 17 is prime [1.2]", t2="RESULT: 17 is odd [2.2]"
    )
    assert len(fine.established) == 2


def test_what_the_user_strikes_out_does_not_come_back() -> None:
    kept = book(trail(1, "print(8 + 9)", "17"))
    known = after(Experience(), 1, kept, t1="RESULT: x = 17 [1.2]\nANSWER: 17\nOPEN: none")
    struck = steered(known, [Steered(2, strike="r1"), Steered(2, hint="look at y")])
    assert not struck.established
    assert struck.overturned[0].why == STRUCK
    again = after(struck, 2, kept, t1="RESULT: x = 17 [1.2]")
    assert not again.established
    assert again.hints == ("look at y",)


def test_trails_agree_that_give_one_answer_and_are_sure() -> None:
    def noted(*answers: tuple[str, float]) -> list[Noted]:
        return [Noted(at, Notes(answer=a, sure=s)) for at, (a, s) in enumerate(answers)]

    assert agreed(noted(("17", 0.9), ("**17.0**", 0.8))) == "17"
    assert not agreed(noted(("17", 0.9), ("18", 0.9)))
    assert not agreed(noted(("17", 0.9), ("17", 0.9), ("18", 0.9)))
    assert not agreed(noted(("17", 0.9), ("17", 0.2)))
    assert not agreed(noted(("17", 0.9)))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("so \\boxed{\\frac{1}{2}} it is", "\\frac{1}{2}"),
        ("Well.\n**Answer:** 1,024.", "1024"),
        ("答案：17。", "17"),
        ("The final answer is (B)", "(b)"),
        ("I think\n\n127 * 45 = 5715", "127  45 = 5715"),
        ("", ""),
    ],
)
def test_the_answer_of_a_reply_is_found(text: str, answer: str) -> None:
    assert same(final_answer(text)) == same(answer)


def test_votes_are_counted() -> None:
    assert most_common(["a", "", "b", "b"]) == ("b", 2)
    assert most_common(["a", "b"]) == ("a", 1)
    assert most_common([""]) == ("", 0)


@pytest.mark.parametrize(
    "name", ["no-think", "think", "think:4000", "vote:5", "refine:2", "deep:3x2", "deep:4x1"]
)
def test_the_name_of_a_mode_is_read_as_it_is_written(name: str) -> None:
    assert parse_mode(name).name == name
    assert parse_mode(f" {name.upper()} ").name == name


@pytest.mark.parametrize("name", ["", "deeper", "vote:0", "vote:x", "deep:3xx", "deep:99"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        parse_mode(name)


def test_modes_are_a_list() -> None:
    modes = parse_modes("no_think, vote:5,vote:5, deep:2")
    assert [mode.name for mode in modes] == ["no-think", "vote:5", "deep:2x1"]


def test_a_deep_request_is_read() -> None:
    asked = read_request("--rounds 3 --width=2 --tokens 9000 What is --rounds for?")
    assert asked == DeepRequest("What is --rounds for?", 3, 2, 9000)
    for wrong in ("--rounds x y", "--depth 3 y", "--tokens 0 y"):
        with pytest.raises(UsageError):
            read_request(wrong)


def test_the_line_of_a_deep_turn_says_how_far_it_is() -> None:
    progress = Progress()
    progress.feed(DepthStarted("deep:4x3", 4, 3))
    for turn in (5, 6, 7):
        progress.feed(TrailStarted(turn, f"round 2, trail {turn - 4}", 2))
    assert progress.title == "deep, round 2 of 4: 3 trails"
    progress.feed(TrailFinished(5, "round 2, trail 1", 2, "stop", Usage(completion=1200), 8.0))
    assert progress.title == "deep, round 2 of 4: 3 trails, 1 done"
    progress.feed(RoundFinished(2, Experience(answer="17", sure=0.5), 2, 1, 4000, 9.0))
    lines = list(progress.lines())
    assert lines[0].split() == ["round", "trails", "added", "overturned", "tokens", "time"]
    assert lines[1].split() == ["2", "3", "2", "1", "4,000", "9.0", "s"]
    assert "5  round 2, trail 1: 1,200 tokens, 8.0 s" in lines
    assert "6  round 2, trail 2: running" in lines
    progress.end()
    assert "6  round 2, trail 2: stopped" in list(progress.lines())


def page(turn: int, name: str, arguments: dict[str, str], text: str, stream: Stream = "") -> Trail:
    """A trail that used another tool than Python."""
    events: tuple[Event, ...] = (
        StepFinished(reason="tool_calls"),
        ToolStarted("c", name, arguments),
        ToolFinished("c", (TextPart(text, stream),), ok=True),
        Text("RESULT: x = 99 [7.2], as my calculation shows: 99"),
        StepFinished(),
        TurnFinished("stop"),
    )
    return Trail(turn, f"trail {turn}", "question", events, "stop", Usage(), 1.0)


RAN = {
    "1": trail(1, "print(8 + 9)", "17"),
    "2": trail(2, "1/0", "ZeroDivisionError: 99", ok=False),
    "3": trail(3, 'print("x = 99")', "x = 99"),
    "4": trail(4, 'x = 99\nprint(f"x = {x}")', "x = 99"),
    "5": trail(5, "# x = 99\nprint(sum(range(4)))", "6"),
    "6": trail(6, "print(sum(range(4)) == 99)", "False"),
    "7": trail(7, "x = 99\nassert x == 99", ""),
    "8": trail(8, "print(is_prime(91))", "False"),
    "9": trail(9, 'for p in (1, 2): print("part", p, "=", f(p))', "part 1 = 99\npart 2 = 40"),
    "10": trail(10, "print(-(8 + 9))", "-17"),
    "11": page(11, "web_search", {"query": "x = 99"}, 'No page has "x = 99".'),
    "12": page(12, "web_read", {"url": "https://example.org/99"}, "The page is empty."),
    "13": page(13, "look_back", {"words": "x"}, "You said: x = 99"),
    "14": page(14, "python", {"code": "f(2)"}, "99 s are left", "told"),
    "15": trail(15, "", ""),
    "16": trail(16, 'print("f is monotone, trust me", f(1))', "f is monotone, trust me 3"),
    "17": trail(17, "print([1, 7, 99][0])", "1"),
    "18": trail(18, "print(f(1) != 99)", "True"),
    "19": trail(19, "try:\n    f()\nexcept Exception:\n    print(99)", "99"),
    "20": trail(20, "print(8 * 9)", "72"),
    "21": trail(21, "for n in ns: print(n, is_prime(n))", "91 False\n97 True"),
    "22": page(
        22, "web_read", {"url": "https://example.org"}, "The tower, 330 m high, is in Paris."
    ),
}


@pytest.mark.parametrize(
    "lie",
    [
        "x = 99 [99.9]",  # a handle of nothing
        "x = 99 [1]",  # of a trail, and of no call of it
        "x = 99 [1.1, 1.3]",  # of what a model said
        "x = 99 [2.2]",  # of what failed, though it stands in its error
        "x = 99 [1.2]",  # of another calculation
        "x = 99 [3.2]",  # printed, not calculated
        "x = 99 [4.2]",  # likewise by way of a name
        "x = 99 [5.2]",  # in a comment
        "x = 99 [6.2]",  # a comparison that does not hold
        "x = 99 [7.2]",  # a test of what it said itself
        "91 is prime [8.2]",  # the opposite came of it
        "part 2 = 99 [9.2]",  # of another part
        "x = 17 [10.2]",  # the sign is lost
        "x = -17 [1.2]",
        "x = 99 [11.2]",  # what was looked for, and not found
        "x = 99 [12.2]",  # the address of a page
        "x = 99 [13.2]",  # looked back at a model's own words
        "x = 99 [14.2]",  # what is told beside a result
        "f is monotone [15.2]",  # nothing ran
        "f is monotone [16.2]",  # printed for a sentence
        "x = 99 [17.2]",  # stands in the code alone
        "x = 99 [18.2]",  # shown not to be so
        "x = 99 [19.2]",  # printed where the calculation fails
        "x = 17 km [20.2]",  # behind a unit
        "x = 3/4 [1.2]",
        "x is 1.7e10 [1.2]",
        "x = 99 (exactly) [1.2]",
        "the sum is 99, as 17 shows [1.2]",
        "91 is prime [21.2]",  # the line of another number says so
        "97 is not prime [21.2]",
        "the theorem holds for every graph [1.2]",  # of what it has nothing to do with
        "The tower is 390 m high [22.2]",  # a page that says otherwise
        "The tower is in Lyon, France [22.2]",
        "定理对所有图都成立 [1.2]",
        "x = 99 [source: https://example.org]",  # a page that was never read
        "x = 99 [Wikipedia 2023]",
    ],
)
def test_a_lie_about_evidence_establishes_nothing(lie: str) -> None:
    found = after(Experience(), 1, book(*RAN.values()), t1=f"RESULT: {lie}\nANSWER: 99\nSURE: 1")
    assert not found.established
    assert len(found.claims) == 1


@pytest.mark.parametrize(
    "truth",
    [
        "x = 17 [1.2]",
        "the sum is **17** [1.2]",
        "x ≈ -17.0 [10.2]",
        "part 1 = 99 [9.2]",
        "part 2 is 40 [9.2]",
        "91 is not prime [8.2]",
        "91 is not prime [21.2]",
        "97 is prime [21.2]",
        "The tower is 330 m high [22.2]",
        "The tower is in Paris [22.2]",
        "x is not 99 because it is 6 [5.2]",
    ],
)
def test_what_a_call_shows_is_established(truth: str) -> None:
    found = after(Experience(), 1, book(*RAN.values()), t1=f"RESULT: {truth}")
    assert len(found.established) == 1


@pytest.mark.parametrize(
    ("code", "output", "said"),
    [
        ("r = solve()\nassert r == 42", "", "r = 42"),
        ("assert abs(g(3) - 4.5) < 1e-9", "", "g(3) = 4.5"),
        ("print(f(10) == 55)", "True", "f(10) = 55"),
        ("print(math.pi)", "3.141592653589793", "pi ≈ 3.14159"),
        ("print(f'{2**40:,}')", "1,099,511,627,776", "2^40 = 1099511627776"),
        ("print(len(s),*s,sep=',')", "3,10,20,30", "s has 3 elements, 10, 20 and 30"),
        ("%timeit f(3)", "12 ms", "f takes 12 ms"),
    ],
)
def test_ways_in_which_a_calculation_shows_it(code: str, output: str, said: str) -> None:
    found = after(Experience(), 1, book(trail(1, code, output)), t1=f"RESULT: {said} [1.2]")
    assert [r.text for r in found.established] == [said]


def test_a_lie_about_what_others_found_changes_nothing_that_was_seen() -> None:
    kept = book(*RAN.values())
    known = after(Experience(), 1, kept, t1="RESULT: x = 17 [1.2]\nRESULT: y is small", t2="")
    for lie in ("[1.2]", "[99.9]", "[2.2]", "[20.2]", "[3.2]"):  # its own, none, failed, others
        kept_on = after(known, 2, kept, t2=f"OVERTURN: r1 because it is 99 {lie}")
        assert [r.id for r in kept_on.established] == ["r1"]
        assert "wrong" in kept_on.open[0]
        unchecked = after(known, 2, kept, t2=f"CHECKED: r2 right {lie}")
        assert [r.id for r in unchecked.claims] == ["r2"]
    gone = after(known, 2, kept, t2="OVERTURN: r1 because it is 72 [20.2]")
    assert not gone.established
    back = after(gone, 3, kept, t1="RESULT: x is 17.0 [1.2]")
    assert not back.established, "what did not hold is no evidence a second time"
    struck = steered(known, [Steered(2, strike="r1")])
    assert not after(struck, 2, kept, t1="RESULT: x equals 17 [1.2]").established


def test_what_denies_or_counts_otherwise_contradicts() -> None:
    kept = book(trail(1, "print(f(1))", "17 km"), trail(2, "print(f(2))", "18 km"))
    both = after(Experience(), 1, kept, t1="RESULT: d = 17 km [1.2]", t2="RESULT: d = 18 km [2.2]")
    assert (both.established, len(both.open)) == ((), 1)
    denied = after(Experience(), 1, kept, t1="RESULT: d is 17 [1.2]", t2="RESULT: d is not 17")
    assert [r.text for r in denied.established] == ["d is 17"]
    assert not denied.claims


def test_two_that_know_no_answer_do_not_agree() -> None:
    for said in ("unknown", "not yet known.", "?", "未知", "Still unclear"):
        notes = read_notes(f"RESULT: x is small\nANSWER: {said}\nSURE: 1")
        assert not agreed([Noted(1, notes), Noted(2, notes)]), said


def test_a_short_context_is_told_the_newest_of_what_is_known() -> None:
    results = tuple(Result(f"r{n}", f"part {n} = {n}" * 9, 1) for n in range(200))
    known = Experience(results, results, open=("what else?",), answer="17")
    told = fitted(known, 1_000)
    assert estimate(experience_text(told)) <= 1_000
    assert (told.established[-1], told.open, told.answer) == (results[-1], known.open, "17")
    assert fitted(known, 0) == known
