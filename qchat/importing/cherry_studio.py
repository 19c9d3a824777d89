"""Cherry Studio: a backup with `data.json`, in which topics name messages, and those blocks."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from qchat.importing.attachments import Beside, went_along
from qchat.importing.normalizing import call, result
from qchat.importing.reader import Document, each
from qchat.importing.records import Broken, Entries, ForeignConversation, Message
from qchat.importing.records import message as made
from qchat.importing.sources import SourceNumbers
from qchat.importing.values import fields, identifier, items, moment, text
from qchat.protocol.events import Event, Text, Thinking
from qchat_tools.parts import Part, SourcePart, TextPart


class CherryStudio:
    """Reads a backup of versions 2 to 5; later ones copy the program's own database."""

    name = "Cherry Studio"

    def recognises(self, entry: Any) -> bool:
        known = fields(entry)
        return isinstance(known.get("indexedDB"), dict) and "localStorage" in known

    def read(self, document: Document) -> Entries:
        for backup in document.entries:
            if isinstance(backup, Broken):
                yield backup
                continue
            stored = fields(fields(backup).get("indexedDB"))
            blocks = {
                identifier(block.get("id")): block
                for block in map(fields, items(stored.get("message_blocks")))
            }
            names = dict(_titles(fields(fields(backup).get("localStorage"))))
            topics = Document(document.name, items(stored.get("topics")), document.beside)
            yield from each(topics, _Topics(blocks, names).conversation)


def _titles(stored: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What the program's own settings say of topics: JSON in JSON in JSON."""
    persisted = _decoded(stored.get("persist:cherry-studio"))
    assistants = fields(_decoded(persisted.get("assistants")))
    known = [fields(one) for one in items(assistants.get("assistants"))]
    for assistant in [fields(assistants.get("defaultAssistant")), *known]:
        for topic in map(fields, items(assistant.get("topics"))):
            yield identifier(topic.get("id")), topic


def _decoded(value: object) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return {}
    return fields(value)


class _Topics:
    def __init__(
        self, blocks: Mapping[str, Mapping[str, Any]], names: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._blocks = blocks
        self._names = names

    def conversation(
        self, topic: Mapping[str, Any], _name: str, beside: Beside
    ) -> ForeignConversation | None:
        id_ = identifier(topic.get("id"))
        about = self._names.get(id_, {})
        numbers = SourceNumbers()
        messages: list[Message] = []
        asked: dict[str, str] = {}
        above: str | None = None
        for number, found in enumerate(map(fields, items(topic.get("messages")))):
            message = self._message(found, number, numbers, beside)
            question = identifier(found.get("askId"))
            parent = asked.get(question, above) if message.role == "model" else above
            message = msgspec.structs.replace(message, parent=parent)
            messages.append(message)
            if message.role == "user":
                asked[message.id] = message.id
            if message.role != "model" or parent == above or found.get("foldSelected"):
                above = message.id  # several models may have answered: the chosen one goes on
        if not any(message.role != "hidden" for message in messages):
            return None
        times = [message.at for message in messages if message.at]
        created = moment(about.get("createdAt")) or min(times, default=0.0)
        updated = moment(about.get("updatedAt")) or max(times, default=created)
        title = text(about.get("name")) or text(topic.get("name"))
        return ForeignConversation(id_, title, created, updated, tuple(messages), above)

    def _message(
        self, message: Mapping[str, Any], number: int, numbers: SourceNumbers, beside: Beside
    ) -> Message:
        id_ = identifier(message.get("id")) or f"message-{number}"
        at = moment(message.get("createdAt"))
        blocks = [self._blocks.get(identifier(block), {}) for block in items(message.get("blocks"))]
        said = text(message.get("content"))
        if message.get("role") == "user":
            words = [text(b.get("content")) for b in blocks if b.get("type") == "main_text"]
            prompt = "\n".join(filter(None, words)) or said
            parts = [part for block in blocks for part in _files(block, beside)]
            return made(id_, None, "user", at, prompt, went_along(parts, at))
        if message.get("role") != "assistant":
            return Message(id_, None, "hidden", at)
        events: list[Event] = [
            event for block in blocks for event in _block(block, numbers, beside, at)
        ]
        if not events and said:
            thought = text(message.get("reasoning_content"))
            events = [*([Thinking(thought, at=at)] if thought else []), Text(said, at=at)]
        model = text(fields(message.get("model")).get("id")) or text(message.get("modelId"))
        return made(id_, None, "model", at, "", events, model)


def _files(block: Mapping[str, Any], beside: Beside) -> Iterator[Part]:
    """Pictures and files of a block: kept beside, by their id, or in the block itself."""
    if block.get("type") not in ("image", "file"):
        return
    file = fields(block.get("file"))
    if id_ := identifier(file.get("id")):
        yield beside.part(id_, text(file.get("origin_name")) or text(file.get("name")))
    urls = [block.get("url"), *items(fields(fields(block.get("metadata")).get(
        "generateImageResponse")).get("images"))]  # fmt: skip
    for url in urls:
        if isinstance(url, str) and url:
            yield beside.inline(url)


def _block(
    block: Mapping[str, Any], numbers: SourceNumbers, beside: Beside, at: float
) -> Iterable[Event]:
    said = text(block.get("content"))
    match block.get("type"):
        case "thinking":
            yield Thinking(said, at=at)
        case "main_text" | "code":
            yield Text(said, at=at)
        case "tool":
            about = fields(fields(block.get("metadata")).get("rawMcpToolResponse"))
            arguments = block.get("arguments") or about.get("arguments")
            name = text(block.get("toolName")) or text(fields(about.get("tool")).get("name"))
            yield call(name, arguments if isinstance(arguments, dict) else {}, at=at)
            output = block.get("content")
            shown = said if isinstance(output, str) else _as_json(output)
            yield result([TextPart(shown)] if shown else [], at=at)
        case "citation":
            if sources := list(_sources(fields(block.get("response")), numbers)):
                yield call("web_search", {}, at=at)
                yield result(sources, at=at)
        case "image" | "file":
            if parts := list(_files(block, beside)):
                yield from went_along(parts, at)
        case "error":
            yield Text(text(fields(block.get("error")).get("message")), at=at)
        case _:
            pass


def _as_json(value: object) -> str:
    return text(msgspec.json.encode(value).decode()) if value is not None else ""


def _sources(response: Mapping[str, Any], numbers: SourceNumbers) -> Iterator[SourcePart]:
    results = response.get("results")
    found = items(results) or items(fields(results).get("results"))
    for page in map(fields, found):
        url = text(page.get("url")) or text(page.get("link"))
        if url:
            extract = text(page.get("content")) or text(page.get("snippet"))
            yield numbers.source(url, text(page.get("title")), extract)
