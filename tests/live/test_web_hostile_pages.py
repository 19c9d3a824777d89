"""Pages that would lead elsewhere, or keep whoever looks at their style busy for ever."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from qchat_tools.base import Call, ToolError
from qchat_tools.parts import Part, as_text
from qchat_tools.web import connection
from qchat_tools.web.fetch import Fetcher
from qchat_tools.web.read import WebReadTool
from qchat_tools.web.sources import Sources
from tests.live.web_pages import LEAD, TEXT, html
from tests.live.web_site import Site, page, serving

LIMIT_S = 60.0


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(connection, "STEP_TIMEOUT_S", 2.0)
    async with serving() as site:
        site.answers["/secret"] = page(b"what only this machine may see", "text/plain")
        yield site


async def _never(question: str) -> bool:
    raise AssertionError(question)


async def read(site: Site, body: bytes, *headers: str) -> list[Part]:
    inner = site.url("/secret", "127.0.0.1").encode()
    site.answers["/case"] = page(body.replace(b"{inner}", inner), headers=headers)
    tool = WebReadTool(Sources(), Fetcher(["site.test"], site.resolve))
    call = Call("1", {"address": site.url("/case")}, _never)
    async with asyncio.timeout(LIMIT_S):
        return [part async for part in tool.run(call)]


LEADING = {
    "refresh to loopback": b"<meta http-equiv=refresh content='0;url={inner}'>",
    "refresh to a file": b"<meta http-equiv=refresh content='0;url=file:///etc/passwd'>",
    "refresh to a script": b"<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "refresh to data": b"<meta http-equiv=refresh content='0;url=data:text/html,x'>",
    "frame of loopback": b"<frameset><frame src='{inner}'></frameset>",
    "frames of loopback": b"<frameset><frame src='{inner}'><frame src='{inner}?2'></frameset>",
    "inline frame of loopback": b"<body><iframe src='{inner}'></iframe></body>",
    "refresh in a circle": b"<meta http-equiv=refresh content='0;url=/case?1'>",
}


@pytest.mark.parametrize("name", LEADING)
async def test_where_a_page_leads_is_judged_like_any_address(site: Site, name: str) -> None:
    site.answers["/case?1"] = page(b"<meta http-equiv=refresh content='0;url=/case'>")
    with pytest.raises(ToolError):
        await read(site, LEADING[name])
    assert not any("/secret" in head for head in site.requests)
    assert len(site.requests) < 8


async def test_a_sheet_of_this_machine_is_not_fetched(site: Site) -> None:
    head = "<link rel=stylesheet href='{inner}'><style>@import url({inner});</style>"
    assert LEAD in as_text(await read(site, html(TEXT, head)))
    assert not any("/secret" in head for head in site.requests)


async def test_a_hundred_sheets_are_not_all_fetched(site: Site) -> None:
    head = "".join(f"<link rel=stylesheet href=/{n}.css>" for n in range(100))
    assert LEAD in as_text(await read(site, html(TEXT, head)))
    assert len(site.requests) < 20


async def test_a_sheet_that_never_ends_costs_seconds(site: Site) -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\n\r\n")
        while True:
            writer.write(b"p{color:red}" * 100)
            await writer.drain()

    site.answers["/a.css"] = endless
    assert LEAD in as_text(await read(site, html(TEXT, "<link rel=stylesheet href=/a.css>")))


DEEP = "(" * 3_000
STYLES = {
    "variables that multiply": ":root{"
    + "".join(f"--v{n}:{f'var(--v{n + 1}) ' * 9};" for n in range(20))
    + "--v20:x}p{color:var(--v0)}",
    "variables in a circle": ":root{--a:var(--b);--b:var(--a)}p{color:var(--a)}",
    "deep brackets": f"p{{width:calc{DEEP}}}",
    "deep nesting": "p{" * 2_000,
    "deep conditions": "@media screen{" * 2_000 + "p{color:red}",
    "deep selectors": ":not(" * 500 + "p" + ")" * 500 + "{color:red}",
    "many selectors": ",".join(f"p.a{n}:not(.b{n})" for n in range(20_000)) + "{opacity:1}",
    "many rules": "".join(f"*:not(.c{n}){{opacity:1}}" for n in range(3_000)),
    "a huge number": "p{font-size:1e999999px;opacity:1e-999999}",
    "a broken string": "p{color:'red\n;} p{background:url(\"x",
    "no colour at all": "p{color:rgb(;background:#ggg}",
    "imports in a circle": "@import 'data:text/css,@import \"data:text/css,p{color:red}\"';",
    "a thousand layers": "".join(f"@layer l{n}{{p{{color:#000}}}}" for n in range(1_000)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", STYLES)
async def test_no_style_keeps_the_reader_for_ever(site: Site, name: str) -> None:
    """The page is read, or given up; and the next one is read by whoever is there then."""
    try:
        told = as_text(await read(site, html(TEXT, f"<style>{STYLES[name]}</style>")))
        assert "holds eleven metres" in told or "left out" in told
    except ToolError as error:
        assert "\n" not in str(error)
    assert LEAD in as_text(await read(site, html(TEXT)))
