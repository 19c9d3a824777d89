"""Fragments of calls: by index, by id, and with ids that servers leave out or use twice."""

from itertools import count

from qchat.protocol.events import ToolDraft, joined
from qchat.wire.calls import CallReader
from qchat.wire.calls import fragment as read_fragment


def read(*chunks: list[dict[str, object]], finished: bool = True) -> list[ToolDraft]:
    numbers = count(1)
    reader = CallReader(lambda: f"own{next(numbers)}", {"x": {}, "y": {}, "python": {}})
    pieces = [[read_fragment(one) for one in chunk] for chunk in chunks]
    drafts = [draft for chunk in pieces for draft in reader.feed([one for one in chunk if one])]
    return list(joined([*drafts, *reader.close(finished=finished)]))


def fragment(index: int | None, id_: str | None, arguments: object, name: str | None = None):
    return {"index": index, "id": id_, "function": {"name": name, "arguments": arguments}}


def test_fragments_of_one_index_are_one_call():
    assert read(
        [fragment(0, "a", "", "python")],
        [fragment(0, None, '{"code": ')],
        [fragment(0, "", '"1"}')],
    ) == [ToolDraft("a", "python", '{"code": "1"}')]


def test_two_calls_by_index_may_take_turns():
    drafts = read(
        [fragment(0, "a", "{", "x"), fragment(1, "b", "[", "y")],
        [fragment(0, None, "}"), fragment(1, None, "]")],
    )
    texts = {draft.call_id: "" for draft in drafts}
    for draft in drafts:
        texts[draft.call_id] += draft.text
    assert texts == {"a": "{}", "b": "[]"}


def test_a_new_id_starts_a_new_call_at_the_same_index():
    assert read([fragment(0, "a", "{}", "x")], [fragment(0, "b", "{}", "y")]) == [
        ToolDraft("a", "x", "{}"),
        ToolDraft("b", "y", "{}"),
    ]


def test_the_same_id_again_goes_on():
    assert read([fragment(0, "a", "{", "x")], [fragment(0, "a", "}", "x")]) == [
        ToolDraft("a", "x", "{}")
    ]


def test_empty_and_repeated_ids_are_replaced():
    assert read(
        [fragment(0, "", "{}", "x")],
        [fragment(1, "own2", '{"a":1}', "y")],
        [fragment(2, "own2", '{"a":2}', "y")],
    ) == [
        ToolDraft("own1", "x", "{}"),
        ToolDraft("own2", "y", '{"a":1}'),
        ToolDraft("own2_2", "y", '{"a":2}'),
    ]


def test_without_an_index():
    assert read(
        [fragment(None, "a", "{", "x")],
        [fragment(None, None, "}")],
        [fragment(None, "b", "{}", "y")],
    ) == [ToolDraft("a", "x", "{}"), ToolDraft("b", "y", "{}")]


def test_arguments_may_come_as_an_object():
    assert read([fragment(0, "a", {"n": 1}, "x")]) == [ToolDraft("a", "x", '{"n":1}')]
