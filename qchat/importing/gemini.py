"""Gemini in Google Takeout: `MyActivity` as JSON or HTML, a record for each prompt.

It says nothing of conversations: the prompts of one day become one.
"""

import datetime
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from qchat.importing.reader import Document
from qchat.importing.records import Broken, Entries, ForeignConversation, Message
from qchat.importing.values import fields, items, moment, text
from qchat.protocol.events import Event, Text
from qchat.runtime.language import tr

_ASKED = ("Prompted with: ", "Asked Gemini: ", "Asked Bard: ", "Prompted ", "Asked ", "Said ")
_NOT_ASKED = ("Created ", "Used ", "Added ", "Gave ", "Selected ", "Shared ", "Deleted ", "Viewed ")
_FILES = re.compile(r"\s*Attached \d+ files?\.?\s*\Z")
_PROGRAM = re.compile(r"\b(gemini|bard)\b", re.IGNORECASE)


class _Prompt(msgspec.Struct, frozen=True):
    at: float
    said: str
    answer: str


class Gemini:
    """Reads both forms of the activity."""

    name = "Gemini"

    def recognises(self, entry: Any) -> bool:
        if isinstance(entry, bytes):
            return b"content-cell" in entry and bool(_PROGRAM.search(_beginning(entry)))
        known = fields(entry)
        return "title" in known and "time" in known and _is_gemini(known)

    def read(self, document: Document) -> Entries:
        prompts: list[_Prompt] = []
        for number, entry in enumerate(document.entries, 1):
            if isinstance(entry, Broken):
                yield entry
            elif isinstance(entry, bytes):
                prompts += _of_page(entry)
            elif not isinstance(entry, dict):
                yield Broken(f"{document.name}, entry {number}", tr("is not an activity"))
            elif (prompt := _prompt(entry)) is not None:
                prompts.append(prompt)
        days: dict[str, list[_Prompt]] = {}
        for prompt in sorted(prompts, key=lambda one: one.at):
            day = datetime.datetime.fromtimestamp(prompt.at, datetime.UTC).date().isoformat()
            days.setdefault(day, []).append(prompt)
        yield from (_conversation(day, found) for day, found in days.items())


def _beginning(page: bytes) -> str:
    return page[:200_000].decode("utf-8", "replace")


def _is_gemini(record: Mapping[str, Any]) -> bool:
    labels = [record.get("header"), *items(record.get("products"))]
    return any(isinstance(label, str) and _PROGRAM.search(label) for label in labels)


def _prompt(record: Mapping[str, Any]) -> _Prompt | None:
    """What was asked and answered; None for what else the record tells of."""
    if not _is_gemini(record):
        return None
    pages = [text(fields(page).get("html")) for page in items(record.get("safeHtmlItem"))]
    answer = "\n\n".join(_as_markdown(page) for page in pages if page)
    said = _asked(text(record.get("title")), answered=bool(answer))
    return _Prompt(moment(record.get("time")), said, answer) if said else None


def _asked(title: str, *, answered: bool) -> str:
    """The user's words in a title; all of it where it is in another language than English."""
    title = title.replace("\xa0", " ").strip()
    if title.startswith(_NOT_ASKED):
        return ""
    for begin in _ASKED:
        if title.startswith(begin):
            return _FILES.sub("", title[len(begin) :]).strip()
    return title if answered else ""


def _conversation(day: str, prompts: Iterable[_Prompt]) -> ForeignConversation:
    messages: list[Message] = []
    above: str | None = None
    last = first = 0.0
    for prompt in prompts:
        named = f"{prompt.at:.3f} {prompt.said}".encode()
        id_ = hashlib.blake2b(named, digest_size=12).hexdigest()
        messages.append(Message(id_, above, "user", prompt.at, prompt.said))
        above, last, first = id_, prompt.at, first or prompt.at
        if prompt.answer:
            said: tuple[Event, ...] = (Text(prompt.answer, at=prompt.at),)
            above = f"{id_}-answer"
            messages.append(Message(above, id_, "model", prompt.at, events=said, model="Gemini"))
    title = " ".join(messages[0].text.split())[:60]
    return ForeignConversation(day, title, first, last, tuple(messages), above)


def _of_page(page: bytes) -> Iterator[_Prompt]:
    """The records of the HTML form: a cell each, with prompt, time and answer in it."""
    from lxml import html  # noqa: PLC0415  slow to load

    parser = html.HTMLParser(encoding="utf-8", no_network=True)
    root = html.document_fromstring(page, parser=parser)
    cells = "//div[contains(@class,'content-cell') and contains(@class,'body-1')]"
    for cell in root.xpath(f"{cells}[not(contains(@class,'text-right'))]"):
        lines = [line for line in _lines(cell) if line.strip()]
        place = next((n for n, line in enumerate(lines) if _time(line)), None)
        if not place:
            continue
        answer = "\n\n".join(line.strip() for line in lines[place + 1 :])
        said = _asked("\n".join(lines[:place]), answered=bool(answer))
        if said:
            yield _Prompt(_time(lines[place]), said, answer)


def _lines(cell: Any) -> Iterator[str]:
    """What stands between line breaks, and each block of the answer as Markdown."""
    from lxml import html  # noqa: PLC0415

    line = cell.text or ""
    for node in cell:
        if node.tag in ("br", "p", "div", "ul", "ol", "pre", "h1", "h2", "h3", "h4", "table"):
            yield line
            line = ""
            if node.tag != "br":
                tail, node.tail = node.tail, None
                yield _as_markdown(html.tostring(node, encoding="unicode"))
                node.tail = tail
        else:
            line += node.text_content()
        line += node.tail or ""
    yield line


_YEAR = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_MONTHS = _YEAR.split()
_TIME = re.compile(
    r"\s*(?:(\d{1,2}) )?([A-Z][a-z]{2})[a-z]*\.? ?(?:(\d{1,2}), )?(\d{4}),"
    r" (\d{1,2}):(\d{2}):(\d{2})\s*([AP]M)?\s*([A-Z]{2,5}|[+-]\d\d:?\d\d)?\s*"
)


def _time(line: str) -> float:
    """Of a line like `Jun 3, 2025, 4:05:06 PM CEST`; 0 for what is none, zones are as UTC."""
    match = _TIME.fullmatch(line.replace("\u202f", " ").replace("\xa0", " "))
    if match is None or match[2] not in _MONTHS:
        return 0.0
    hour = int(match[5]) % 12 + (12 if match[8] == "PM" else 0) if match[8] else int(match[5])
    try:
        when = datetime.datetime(
            int(match[4]), _MONTHS.index(match[2]) + 1, int(match[1] or match[3] or 0),
            hour, int(match[6]), int(match[7]), tzinfo=datetime.UTC,
        )  # fmt: skip
    except ValueError:
        return 0.0
    return moment(when.timestamp())


def _as_markdown(page: str) -> str:
    from qchat.importing.markdown import from_html  # noqa: PLC0415  lxml is slow to load

    return text(from_html(page))
