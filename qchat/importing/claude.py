"""Claude: `conversations.json` with `chat_messages`, each made of content blocks."""

from collections.abc import Iterable, Mapping
from typing import Any

from qchat.importing.attachments import Beside
from qchat.importing.normalizing import call, result
from qchat.importing.reader import Document, each
from qchat.importing.records import BrokenEntryError, Entries, ForeignConversation, Message
from qchat.importing.sources import SourceNumbers
from qchat.importing.values import fields, identifier, items, moment, text
from qchat.protocol.events import Attached, Event, Text, Thinking
from qchat.runtime.language import tr
from qchat_tools.parts import Part, SourcePart, TextPart

_ROOT = "00000000-0000-4000-8000-000000000000"


class Claude:
    """Reads the conversations; projects and users stand in files of their own and hold none."""

    name = "Claude"

    def recognises(self, entry: Any) -> bool:
        return isinstance(entry, dict) and isinstance(entry.get("chat_messages"), list)

    def read(self, document: Document) -> Entries:
        return each(document, _conversation)


def _conversation(
    entry: Mapping[str, Any], _name: str, beside: Beside
) -> ForeignConversation | None:
    if not isinstance(entry.get("chat_messages"), list):
        raise BrokenEntryError(tr("has no messages"))
    numbers = SourceNumbers()
    messages: list[Message] = []
    for number, found in enumerate(entry["chat_messages"]):
        above = messages[-1].id if messages else None
        messages.append(_message(fields(found), f"message-{number}", above, numbers, beside))
    if not any(message.role != "hidden" for message in messages):
        return None
    created = moment(entry.get("created_at"))
    return ForeignConversation(
        identifier(entry.get("uuid")),
        text(entry.get("name")),
        created,
        moment(entry.get("updated_at")) or created,
        tuple(messages),
        identifier(entry.get("current_leaf_message_uuid")) or None,
    )


def _message(
    message: Mapping[str, Any],
    name: str,
    above: str | None,
    numbers: SourceNumbers,
    beside: Beside,
) -> Message:
    id_ = identifier(message.get("uuid")) or name
    if "parent_message_uuid" in message:  # older exports have a list and no tree
        parent = identifier(message["parent_message_uuid"])
        above = None if parent in ("", _ROOT) else parent
    at = moment(message.get("created_at"))
    if message.get("sender") == "human":
        said = "\n\n".join(
            text(fields(block).get("text"))
            for block in items(message.get("content"))
            if fields(block).get("type") == "text"
        )
        events = tuple(_along(message, at, beside))
        said = said or text(message.get("text"))
        return Message(id_, above, "user" if said or events else "hidden", at, said, events)
    events = tuple(_reply(message, at, numbers))
    return Message(id_, above, "model" if events else "hidden", at, events=events)


def _along(message: Mapping[str, Any], at: float, beside: Beside) -> Iterable[Event]:
    """Texts stand in the export itself; of other files often nothing but the name does."""
    told: set[str] = set()
    for number, found in enumerate(items(message.get("attachments")), 1):
        file = fields(found)
        name = text(file.get("file_name")) or f"pasted-{number}.txt"
        told.add(name)
        yield Attached(name, text(file.get("extracted_content")), at=at)
    files = [*items(message.get("files")), *items(message.get("files_v2"))]
    names = dict.fromkeys(text(fields(file).get("file_name")) for file in files)
    yield from beside.along([(name, name) for name in names if name and name not in told], at)


def _reply(message: Mapping[str, Any], at: float, numbers: SourceNumbers) -> Iterable[Event]:
    blocks = [fields(block) for block in items(message.get("content"))]
    if not blocks and (said := text(message.get("text"))):
        yield Text(said, at=at)
    for block in blocks:
        when = moment(block.get("start_timestamp")) or at
        match block.get("type"):
            case "text":
                yield from _text(block, when, numbers)
            case "thinking":
                yield Thinking(text(block.get("thinking")), at=when)
            case "tool_use" | "server_tool_use":
                arguments = block.get("input")
                yield call(
                    _tool(text(block.get("name"))),
                    arguments if isinstance(arguments, dict) else {},
                    identifier(block.get("id")),
                    when,
                )
            case "tool_result":
                ok = not block.get("is_error")
                parts = list(_parts(block.get("content"), numbers))
                yield result(parts, identifier(block.get("tool_use_id")), ok=ok, at=when)
            case _:
                pass  # what it spent, and other notes of the program to itself


def _text(block: Mapping[str, Any], at: float, numbers: SourceNumbers) -> Iterable[Event]:
    said = text(block.get("text"))
    sources: list[SourcePart] = []
    places: list[tuple[int, int]] = []
    for citation in map(fields, items(block.get("citations"))):
        about = fields(citation.get("details")) or citation
        if url := text(about.get("url")) or text(citation.get("url")):
            title = text(citation.get("title")) or text(about.get("title"))
            sources.append(numbers.source(url, title, text(citation.get("cited_text"))))
            end = citation.get("end_index")
            places.append((end if isinstance(end, int) else len(said), sources[-1].number))
    if sources:
        yield call("web_search", {}, at=at)
        yield result(sources, at=at)
    for end, number in sorted(places, reverse=True):
        end = min(max(end, 0), len(said))  # noqa: PLW2901
        said = f"{said[:end]}[{number}]{said[end:]}"
    yield Text(said, at=at)


def _tool(name: str) -> str:
    return {"web_fetch": "web_read", "repl": "python"}.get(name, name)


def _parts(content: object, numbers: SourceNumbers) -> Iterable[Part]:
    if isinstance(content, str):
        yield TextPart(text(content))
    for block in map(fields, items(content)):
        if url := text(block.get("url")):
            extract = text(block.get("text")) or text(fields(block.get("metadata")).get("text"))
            yield numbers.source(url, text(block.get("title")), extract)
        elif said := text(block.get("text")):
            yield TextPart(said)
