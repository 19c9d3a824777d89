"""How many fetches are let through at once; nothing but the gate itself runs here."""

import asyncio

import pytest

from qchat_tools.web.host_limiter import HostLimiter


async def _settle() -> None:
    """Let every task go as far as it can: the gate waits for nothing but its own slots."""
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("hosts", "most"),
    [
        ([f"h{n}.test" for n in range(12)], 8),
        (["one.test"] * 5, 2),
        (["one.test"] * 12 + ["other.test"], 3),  # those who wait keep nobody else out
    ],
)
async def test_who_comes_too_many_waits_until_another_has_left(hosts: list[str], most: int) -> None:
    gate, inside, leave = HostLimiter(), set[int](), asyncio.Event()
    one_out = asyncio.Event()

    async def fetch(number: int) -> None:
        async with gate.slot(hosts[number]):
            inside.add(number)
            await (one_out if number == 0 else leave).wait()
            inside.remove(number)

    tasks = [asyncio.create_task(fetch(number)) for number in range(len(hosts))]
    await _settle()
    assert len(inside) == most
    one_out.set()
    await _settle()
    assert len(inside) == most
    assert 0 not in inside
    leave.set()
    await asyncio.gather(*tasks)
    assert not inside
