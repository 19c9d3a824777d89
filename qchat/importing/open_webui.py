"""open-webui: a list of chats, each with a `history` of messages by id."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from qchat.importing.attachments import Beside, went_along
from qchat.importing.normalizing import call, result
from qchat.importing.reader import Document, each
from qchat.importing.records import BrokenEntryError, Entries, ForeignConversation, Message
from qchat.importing.records import message as made
from qchat.importing.sources import SourceNumbers
from qchat.importing.values import fields, identifier, items, moment, text
from qchat.protocol.events import Attached, Event, Text, Thinking
from qchat.runtime.language import tr
from qchat_tools.parts import Part, SourcePart, TextPart

_DETAILS = re.compile(r"<details\b([^>]*)>(.*?)</details>\s*", re.DOTALL)
_SUMMARY = re.compile(r"\A\s*<summary>.*?</summary>\s*", re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


class OpenWebUI:
    """Reads what "Export chats" writes, and a single chat too."""

    name = "open-webui"

    def recognises(self, entry: Any) -> bool:
        chat = fields(fields(entry).get("chat"))
        return isinstance(chat.get("history"), dict) or isinstance(chat.get("messages"), list)

    def read(self, document: Document) -> Entries:
        return each(document, _conversation)


def _conversation(
    entry: Mapping[str, Any], _name: str, beside: Beside
) -> ForeignConversation | None:
    chat = fields(entry.get("chat"))
    history = fields(chat.get("history"))
    found = [fields(message) for message in fields(history.get("messages")).values()]
    if not found:
        found = _chained(items(chat.get("messages")))
    if not found and "history" not in chat and "messages" not in chat:
        raise BrokenEntryError(tr("has no messages"))
    numbers = SourceNumbers()
    messages = tuple(_message(message, numbers, beside) for message in found)
    if not any(message.role != "hidden" for message in messages):
        return None
    created = moment(entry.get("created_at")) or moment(chat.get("timestamp"))
    return ForeignConversation(
        identifier(entry.get("id")) or identifier(chat.get("id")),
        text(entry.get("title")) or text(chat.get("title")),
        created,
        moment(entry.get("updated_at")) or created,
        messages,
        identifier(history.get("currentId")) or None,
    )


def _chained(found: Iterable[Any]) -> list[Mapping[str, Any]]:
    """Messages of a list, each below the one before it."""
    chained: list[Mapping[str, Any]] = []
    above: str | None = None
    for number, message in enumerate(map(fields, found)):
        id_ = identifier(message.get("id")) or f"message-{number}"
        chained.append({"parentId": above, **message, "id": id_})
        above = id_
    return chained


def _message(message: Mapping[str, Any], numbers: SourceNumbers, beside: Beside) -> Message:
    id_ = identifier(message.get("id"))
    parent = identifier(message.get("parentId")) or None
    at = moment(message.get("timestamp"))
    said = content_text(message.get("content"))
    match message.get("role"):
        case "user":
            along = _along(items(message.get("files")), beside, at)
            return made(id_, parent, "user", at, said, along)
        case "assistant":
            events = _reply(message, said, numbers, beside, at)
            return made(id_, parent, "model", at, "", events, text(message.get("model")))
        case _:
            return Message(id_, parent, "hidden", at)


def content_text(content: object) -> str:
    """The words of a content, which may be a list of parts as in the chat completions protocol."""
    if isinstance(content, str):
        return text(content)
    words = (text(fields(part).get("text")) for part in items(content))
    return "\n".join(word for word in words if word)


def _along(files: Iterable[Any], beside: Beside, at: float) -> Iterator[Event]:
    """Files of a prompt: pictures stand in the export itself, and so do the texts of documents."""
    parts: list[Part] = []
    for file in map(fields, files):
        inner = fields(file.get("file"))
        name = text(file.get("name")) or text(inner.get("filename")) or "file"
        if (url := text(file.get("url"))).startswith("data:"):
            parts.append(beside.inline(url, name))
        elif said := text(fields(inner.get("data")).get("content")):
            yield Attached(name, said, at=at)
        else:
            parts.append(beside.part(name, name))
    yield from went_along(parts, at)


def _reply(
    message: Mapping[str, Any], said: str, numbers: SourceNumbers, beside: Beside, at: float
) -> Iterator[Event]:
    if thought := text(message.get("reasoning_content")):
        yield Thinking(thought, at=at)
    sources = [*_sources(items(message.get("sources")) or items(message.get("citations")), numbers)]
    if sources:
        yield call("web_search", {}, at=at)
        yield result(sources, at=at)
    yield from unfolded(said, at)
    yield from _along(items(message.get("files")), beside, at)


def unfolded(said: str, at: float) -> Iterator[Event]:
    """Thinking and calls, which the program keeps folded up in the text of the answer."""
    end = 0
    for match in _DETAILS.finditer(said):
        about = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(match[1])}
        body = _SUMMARY.sub("", match[2])
        if about.get("type") not in ("reasoning", "tool_calls", "code_interpreter"):
            continue
        if before := said[end : match.start()].strip("\n"):
            yield Text(before, at=at)
        end = match.end()
        match about["type"]:
            case "reasoning":
                lines = html.unescape(body).strip().splitlines()
                yield Thinking("\n".join(re.sub(r"^> ?", "", line) for line in lines), at=at)
            case "tool_calls":
                yield call(about.get("name", ""), _object(about.get("arguments", "")), at=at)
                yield result([TextPart(about.get("result", ""))], at=at)
            case _:
                code = re.sub(r"\A```\w*\n|\n?```\s*\Z", "", html.unescape(body).strip())
                yield call("python", {"code": code}, at=at)
                yield result([TextPart(about.get("output", ""), "stdout")], at=at)
    if rest := said[end:].strip("\n"):
        yield Text(rest, at=at)


def _object(written: str) -> dict[str, Any]:
    """Arguments as they stand in an attribute: JSON, sometimes JSON of JSON."""
    value: Any = written
    for _ in range(2):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, TypeError):
            break
    return value if isinstance(value, dict) else {"text": written}


def _sources(found: Iterable[Any], numbers: SourceNumbers) -> Iterator[SourcePart]:
    for entry in map(fields, found):
        about = fields(entry.get("source"))
        documents, metadata = items(entry.get("document")), items(entry.get("metadata"))
        for number, said in enumerate(documents or [""]):
            page = fields(metadata[number]) if number < len(metadata) else {}
            url = text(page.get("source")) or text(about.get("url"))
            title = text(page.get("title")) or text(page.get("name")) or text(about.get("name"))
            if url or title:
                yield numbers.source(url or title, title, text(said))
