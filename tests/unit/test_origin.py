"""Where a text came from decides whether it is trusted, through memories of memories too."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat_memory.origin import CODE, KINDS, MODEL, QCHAT, TYPED, Origin, from_source, untrusted

kinds = st.sampled_from([kind for kind in KINDS if kind != "memory"])
leaves = st.builds(Origin, kinds, st.text(max_size=8))
origins = st.recursive(
    leaves,
    lambda inner: st.builds(
        Origin, st.just("memory"), st.text(max_size=8), st.lists(inner, max_size=3).map(tuple)
    ),
)


def test_only_the_user_qchat_and_the_model_are_trusted() -> None:
    assert all(origin.trusted for origin in (TYPED, QCHAT, MODEL, Origin("memory", "1")))
    others = (Origin("attached", "a.txt"), Origin("web", "http://a.test/"), CODE, Origin("tool"))
    assert not any(origin.trusted for origin in others)


def test_a_memory_keeps_the_origin_that_it_was_saved_with() -> None:
    page = Origin("web", "http://a.test/")
    assert Origin("memory", "1", (TYPED,)).trusted
    memory = Origin("memory", "2", (page,))
    again = Origin("memory", "3", (memory, CODE))
    assert not memory.trusted
    assert not again.trusted
    assert untrusted([again, page]) == (page, CODE)


@given(origins)
def test_an_origin_is_trusted_exactly_where_nothing_untrusted_is_in_it(origin: Origin) -> None:
    assert origin.trusted == (not untrusted([origin]))
    assert msgspec.json.decode(msgspec.json.encode(origin), type=Origin) == origin
    assert str(origin)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("", ()),
        ("http://a.test/x", (Origin("web", "http://a.test/x"),)),
        ("the web", (Origin("web"),)),
        ("Python output", (CODE,)),
        (
            "my notes.txt http://b.test",
            (Origin("web", "http://b.test"), Origin("attached", "my notes.txt")),
        ),
    ],
)
def test_what_the_first_wave_wrote_is_read(source: str, found: tuple[Origin, ...]) -> None:
    assert from_source(source) == found
    assert bool(untrusted(found)) == bool(source)
