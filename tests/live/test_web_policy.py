"""What may be read behind a proxy with addresses of its own, and of what was kept before."""

import socket
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from qchat.config.settings import WebSettings
from qchat.conversation.web import web_tools
from qchat.runtime.paths import Paths
from qchat_tools.base import ToolError
from qchat_tools.web.address import Policy, check, check_stored
from qchat_tools.web.cache import Cache
from qchat_tools.web.fetch import Fetcher
from qchat_tools.web.sources import Sources
from tests.live.web_site import page, serving

TUN = Policy(fake_ip=True)


def answering(*addresses: str) -> Callable[[str, int], object]:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


@pytest.mark.parametrize(
    "addresses",
    [("198.18.0.25",), ("198.19.255.1", "fc00::25"), ("fdfe:dcba:9876::5", "198.18.3.1")],
)
async def test_a_name_is_read_through_a_proxy_with_fake_addresses(
    addresses: tuple[str, ...],
) -> None:
    checked = await check("https://en.wikipedia.org/", TUN, answering(*addresses))  # type: ignore[arg-type]
    assert all(address.startswith("198.") for address in checked.addresses)
    assert not checked.private


@pytest.mark.parametrize("addresses", [("198.18.0.25",), ("198.18.0.25", "fc00::25")])
async def test_without_the_users_word_it_is_refused_and_said_how(
    addresses: tuple[str, ...],
) -> None:
    with pytest.raises(ToolError, match=r"TUN mode .*qchat config set web.fake_ip true"):
        await check("https://en.wikipedia.org/", resolve=answering(*addresses))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("http://198.18.0.1/", ("198.18.0.1",)),
        ("http://198.18.1/", ("198.18.0.1",)),
        ("http://printer.local/", ("198.18.0.2",)),
        ("http://router/", ("198.18.0.2",)),
        ("http://a.test.internal/", ("198.18.0.2",)),
        ("http://a.example/", ("198.18.0.2", "192.168.1.1")),
        ("http://a.example/", ("192.168.1.1",)),
        ("http://a.example/", ("fc00::1",)),
        ("http://a.example/", ("127.0.0.1", "198.18.0.2")),
    ],
)
async def test_private_machines_stay_out_of_reach_behind_it(
    url: str, addresses: tuple[str, ...]
) -> None:
    with pytest.raises(ToolError, match="not allowed"):
        await check(url, TUN, answering(*addresses))  # type: ignore[arg-type]


LEAD_BACK = """
    127.0.0.1.nip.io 10-0-0-1.sslip.io 7f000001.nip.io a.169.254.169.254.nip.io
    localtest.me x.lvh.me
    localhost.localdomain nas.localdomain
    kubernetes.default.svc vault.service.consul fritz.box
    speedport.ip x.onion foo.i2p m.private wpad.domain a.invalid 1.0.0.127.in-addr.arpa 0x7f.1.good
    127.0.0.1%2f a.local%2egood.test host.docker.internal printer.home gitlab.corp router
"""


@pytest.mark.parametrize("host", LEAD_BACK.split())
async def test_a_proxy_is_given_no_name_that_leads_back(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(ToolError, match=r"not allowed|not an address"):
        await check(f"http://{host}/", resolve=_unknown)


@pytest.mark.parametrize(
    "host",
    ["en.wikipedia.org", "bbc.co.uk", "xn--fiqs8s.xn--fiqs8s", "例え.jp", "a-1-2-3.example.com",
     "ec2-54-1-2-3.compute-1.amazonaws.com", "user.github.io", "facefeed.dev"],
)  # fmt: skip
async def test_a_proxy_is_given_the_names_of_the_internet(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert (await check(f"http://{host}/", resolve=_unknown)).proxy


async def _unknown(_host: str, _port: int) -> Sequence[str]:
    raise socket.gaierror


async def test_a_page_is_read_again_from_disk_only_if_it_still_may_be(tmp_path: Path) -> None:
    async with serving() as site:
        kept = page(b"inner", "text/plain", headers=["Cache-Control: max-age=600"])
        site.answers["/"] = kept
        cache = Cache(tmp_path / "c.db")
        for host in ("site.test", "127.0.0.1"):
            url = site.url("/", host)
            allowing = Fetcher([host], site.resolve, cache)
            await allowing.get(url, lambda *_: None)
            assert (await allowing.get(url, lambda *_: None)).stored
            with pytest.raises(ToolError, match=f"not allowed: {host}"):
                await Fetcher([], site.resolve, cache).get(url, lambda *_: None)


def test_what_was_public_is_not_asked_for_by_name_again() -> None:
    check_stored("https://en.wikipedia.org/", Policy(), private=False)
    for url in ("http://127.0.0.1/", "http://[::1]/", "http://nas.local/", "http://10.1/"):
        with pytest.raises(ToolError):
            check_stored(url, Policy(), private=False)


@pytest.mark.skipif(sys.platform == "win32", reason="no modes of files")
async def test_each_user_has_a_cache_of_their_own(tmp_path: Path) -> None:
    paths = Paths(tmp_path, tmp_path, tmp_path)
    shared = paths.web_dir / "cache.db"
    _write(shared)
    async with serving() as site:
        site.answers["/"] = page(b"of anna", "text/plain", headers=["Cache-Control: max-age=600"])
        settings = WebSettings(allow_hosts=("127.0.0.1",))
        for user in ("anna", "ben", "--", "аnna"):
            (tool,) = (
                tool
                for tool in web_tools(settings, paths, Sources(), user)
                if tool.spec.name == "web_read"
            )
            notes = await _notes(tool, site.url("/", "127.0.0.1"))
            assert "kept from" not in notes
    assert not _there(shared)
    assert len(site.requests) == 4
    assert _open_to_others(paths.web_dir) == []


def _write(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"of everybody")


def _there(file: Path) -> bool:
    return file.exists()


def _open_to_others(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 4
    return [str(path) for path in files if stat.S_IMODE(path.stat().st_mode) != 0o600]


async def _notes(tool: object, url: str) -> str:
    from qchat_tools.base import Call  # noqa: PLC0415

    async def never(question: str) -> bool:
        raise AssertionError(question)

    parts = [part async for part in tool.run(Call("1", {"address": url}, never))]  # type: ignore[attr-defined]
    return str(parts[0])
