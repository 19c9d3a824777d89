"""What has come is given on joined, in order, at once, and with how it ended."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.backends.together import MOST, PAUSE_S, together


class Broken(Exception):
    """How a stream may end."""


async def stream(
    plan: Sequence[tuple[bytes, float | None]], ended: list[bool], *, breaks: bool = False
) -> AsyncGenerator[bytes, None]:
    """Give each piece after its wait in seconds; None for one that is there already."""
    try:
        for piece, wait_s in plan:
            if wait_s is not None:
                await asyncio.sleep(wait_s)
            yield piece
        if breaks:
            raise Broken
    finally:
        ended.append(True)


WAITS = st.sampled_from([None, None, 0.0, 0.0005])
PLANS = st.lists(st.tuples(st.binary(min_size=1, max_size=5), WAITS), max_size=20)


@given(PLANS, st.booleans())
def test_nothing_is_lost_or_moved(plan: list[tuple[bytes, float | None]], breaks: bool) -> None:
    async def whole() -> None:
        ended: list[bool] = []
        got = bytearray()
        try:
            async for piece in together(stream(plan, ended, breaks=breaks)):
                got += piece
        except Broken:
            assert breaks
        else:
            assert not breaks
        assert bytes(got) == b"".join(piece for piece, _ in plan)
        assert ended

    asyncio.run(whole())


async def test_a_flood_that_nobody_takes_is_not_read_on() -> None:
    far = asyncio.Event()

    async def flood() -> AsyncGenerator[bytes, None]:
        for number in range(100):
            if number > 10:
                far.set()
            yield bytes(MOST // 4)
            await asyncio.sleep(0)

    async with aclosing(together(flood())) as pieces:
        got = len(await anext(pieces))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(far.wait(), 0.5)
        async for piece in pieces:
            got += len(piece)
    assert got == 100 * (MOST // 4)


async def test_a_flood_comes_in_few_pieces() -> None:
    plan = [(b"x", None if number % 20 else 0.0) for number in range(400)]
    got = [piece async for piece in together(stream(plan, []))]
    assert sum(map(len, got)) == 400
    assert len(got) <= 60


async def test_a_piece_is_given_on_before_the_next_has_come() -> None:
    """However long the next one takes: here it does not come before the first has been seen."""
    seen = asyncio.Event()

    async def waiting() -> AsyncGenerator[bytes, None]:
        for number in range(5):
            yield b"%d" % number
            yield b"-"
            await seen.wait()
            seen.clear()

    got = b""
    async with asyncio.timeout(5):
        async for piece in together(waiting()):
            got += piece
            if got.endswith(b"-"):
                seen.set()
    assert got == b"0-1-2-3-4-"


async def test_slow_pieces_come_one_by_one() -> None:
    plan = [(b"%d" % number, PAUSE_S * 3) for number in range(4)]
    assert [piece async for piece in together(stream(plan, []))] == [b"0", b"1", b"2", b"3"]


@pytest.mark.parametrize("wait_s", [None, 0.0, 60.0])
async def test_whoever_has_enough_ends_the_reading(wait_s: float | None) -> None:
    ended: list[bool] = []
    source = stream([(b"x", None), *[(b"y", wait_s)] * 5], ended)
    async with aclosing(source), aclosing(together(source)) as pieces:
        async for _ in pieces:
            break
    assert ended
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "read a reply"]
