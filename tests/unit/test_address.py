"""No private machine is reached, however its address is written; the public ones are."""

import ipaddress
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat_tools import wording
from qchat_tools.base import ToolError
from qchat_tools.web import address
from qchat_tools.web.address import Policy, check, is_public

PRIVATE_V4 = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
]
PRIVATE_V6 = ["::1/128", "::/128", "fc00::/7", "fe80::/10", "ff00::/8", "2001::/32", "100::/64"]


def _inside(networks: list[str]) -> st.SearchStrategy[int]:
    ranges = [ipaddress.ip_network(network) for network in networks]
    pairs = [(int(r.network_address), int(r.broadcast_address)) for r in ranges]
    return st.sampled_from(pairs).flatmap(lambda pair: st.integers(*pair))


private_v4 = _inside(PRIVATE_V4).map(ipaddress.IPv4Address)
NOTATIONS = [
    "{a}",
    "[::ffff:{a}]",
    "[::{a}]",
    "[::ffff:0:{a}]",
    "[64:ff9b::{a}]",
    "[64:ff9b:1::{a}]",
    "[2002:{h}::]",
    "[2002:{h}:1234::{a}]",
    "{n}",
    "0x{n:x}",
    "0{n:o}",
    "{b[0]}.{r}",
    "0x{b[0]:x}.{b[1]}.{b[2]}.0{b[3]:o}",
]


@given(private_v4, st.sampled_from(NOTATIONS))
async def test_no_notation_of_a_private_address_passes(
    ip: ipaddress.IPv4Address, notation: str
) -> None:
    """Asks the real resolver of this system, as a fetch does; either side may refuse it."""
    number, packed = int(ip), ip.packed
    words = f"{packed[0]:02x}{packed[1]:02x}:{packed[2]:02x}{packed[3]:02x}"
    host = notation.format(a=ip, n=number, b=packed, h=words, r=number & 0xFF_FFFF)
    with pytest.raises(ToolError):
        await check(f"http://{host}/", resolve=_system)


async def _system(host: str, port: int) -> Sequence[str]:
    if not host:
        raise socket.gaierror
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(row[4][0]) for row in rows]


@given(_inside(PRIVATE_V6).map(ipaddress.IPv6Address))
def test_no_private_ipv6_is_public(ip: ipaddress.IPv6Address) -> None:
    assert not is_public(str(ip))
    assert not is_public(ip.exploded)


@given(st.ip_addresses())
def test_public_means_public_for_python_too(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(str(ip)) and ip not in ipaddress.ip_network("64:ff9b::/96"):
        assert not (ip.is_private or ip.is_loopback or ip.is_multicast or ip.is_reserved)


@pytest.mark.parametrize("ip", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "64:ff9b::8.8.8.8"])
def test_the_public_internet_is_public(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize("text", ["", "localhost", "1.1.1", "fe80::1%lo", "1.1.1.1 "])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("ftp://example.org/", "only http and https"),
        ("gopher://127.0.0.1/", "only http and https"),
        ("http://user:secret@example.org/", "user name or password"),
        ("http://example.org@127.0.0.1/", "user name or password"),
        ("http://1.1.1.1\\@127.0.0.1/", "user name or password"),
        ("http:///path", "not an address"),
        ("", "not an address"),
        ("http://[::1", "not an address"),
        ("http://exa mple.org\r\nX: y/", "not an address"),
        ("http://\ud800/", "not an address"),
        ("javascript:alert(1)", "only http and https"),
        ("data:text/html,x", "only http and https"),
        ("http://x.org:99999/", "no port 99999"),
        ("http://x/" + "a" * 5000, "longer than 4000"),
    ],
)
async def test_what_cannot_be_fetched_is_refused_by_name(url: str, message: str) -> None:
    with pytest.raises(ToolError, match=message) as raised:
        await check(url, resolve=_public)
    assert "\n" not in str(raised.value)


async def _public(host: str, port: int) -> Sequence[str]:
    return ["1.1.1.1"]


async def test_one_private_answer_among_public_ones_is_enough_to_refuse() -> None:
    async def mixed(host: str, port: int) -> Sequence[str]:
        return ["1.1.1.1", "10.0.0.7"]

    with pytest.raises(ToolError, match="not allowed: rebind"):
        await check("http://rebind.example/", resolve=mixed)


async def test_the_checked_addresses_and_the_host_are_given_back() -> None:
    checked = await check("example.org/a?b#c", resolve=_public)
    assert checked == address.CheckedUrl(
        "https://example.org/a?b", "example.org", 443, ("1.1.1.1",)
    )


async def test_a_host_is_opened_by_name_alone() -> None:
    async def private(host: str, port: int) -> Sequence[str]:
        return ["10.0.0.7"]

    allowed = Policy(frozenset(["Intranet.Example"]))
    assert await check("http://intranet.example.:8080/", allowed, private)
    for url in ("http://x.intranet.example/", "http://10.0.0.7/", "http://intranet.example.org/"):
        with pytest.raises(ToolError, match="not allowed"):
            await check(url, allowed, private)


async def test_an_unknown_name_is_told_from_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror

    for is_online, message in [(True, "there is no host x.org"), (False, "")]:

        async def online(answer: bool = is_online) -> bool:
            return answer

        monkeypatch.setattr(address, "online", online)
        with pytest.raises(ToolError, match=message or f"^{wording.no_network('web_read')}$"):
            await check("http://x.org/", resolve=unknown)
