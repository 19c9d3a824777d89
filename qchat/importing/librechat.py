"""LibreChat: one conversation a file, its messages as a tree (`recursive`) or as a list."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from qchat.importing.attachments import Beside
from qchat.importing.normalizing import call, result
from qchat.importing.open_webui import content_text
from qchat.importing.reader import Document, each
from qchat.importing.records import BrokenEntryError, Entries, ForeignConversation, Message
from qchat.importing.records import message as made
from qchat.importing.values import fields, identifier, items, moment, text
from qchat.protocol.events import Event, Text, Thinking
from qchat.runtime.language import tr
from qchat_tools.parts import TextPart

_ROOT = "00000000-0000-0000-0000-000000000000"


class LibreChat:
    """Reads its JSON export, with all branches if that has them."""

    name = "LibreChat"

    def recognises(self, entry: Any) -> bool:
        known = fields(entry)
        return "conversationId" in known and isinstance(
            known.get("messages", known.get("messagesTree")), list
        )

    def read(self, document: Document) -> Entries:
        return each(document, _conversation)


def _conversation(
    entry: Mapping[str, Any], _name: str, beside: Beside
) -> ForeignConversation | None:
    found = entry.get("messages", entry.get("messagesTree"))
    if not isinstance(found, list):
        raise BrokenEntryError(tr("has no messages"))
    messages = tuple(_flat(found, beside, recursive=bool(entry.get("recursive"))))
    if not any(message.role != "hidden" for message in messages):
        return None
    times = [message.at for message in messages if message.at]
    created = moment(entry.get("createdAt")) or min(times, default=0.0)
    return ForeignConversation(
        identifier(entry.get("conversationId")),
        text(entry.get("title")),
        created or moment(entry.get("exportAt")),
        moment(entry.get("updatedAt")) or max(times, default=created),
        messages,
    )


def _flat(found: list[Any], beside: Beside, *, recursive: bool) -> Iterator[Message]:
    """The messages of a tree or a list. A list that names no parents is a chain."""
    known = [fields(message) for message in found]
    tree = recursive or any(message.get("children") for message in known)
    named = tree or any(message.get("parentMessageId") for message in known)
    stack: list[tuple[Mapping[str, Any], str, str | None]] = []
    stack += ((message, f"message-{n}", None) for n, message in enumerate(known))
    stack.reverse()
    above: str | None = None
    while stack:
        message, name, parent = stack.pop()
        id_ = identifier(message.get("messageId")) or name
        if not named:
            parent, above = above, id_
        elif parent is None and (said := identifier(message.get("parentMessageId"))) != _ROOT:
            parent = said or None
        yield _message(message, id_, parent, beside)
        children = enumerate(map(fields, items(message.get("children"))))
        stack += [(child, f"{id_}.{n}", id_) for n, child in children][::-1]


def _message(message: Mapping[str, Any], id_: str, parent: str | None, beside: Beside) -> Message:
    at = moment(message.get("createdAt"))
    said = text(message.get("text")) or content_text(message.get("content"))
    files = [
        (text(file.get("filename")), text(file.get("filename")))
        for file in map(fields, items(message.get("files")))
    ]
    by_user = message.get("isCreatedByUser")
    if by_user or (by_user is None and message.get("sender") == "User"):
        along = beside.along([file for file in files if file[0]], at)
        return made(id_, parent, "user", at, said, along)
    events = _reply(message, said, at)
    return made(id_, parent, "model", at, "", events, text(message.get("model")))


def _reply(message: Mapping[str, Any], said: str, at: float) -> Iterator[Event]:
    blocks = [fields(block) for block in items(message.get("content"))]
    if not blocks:
        yield from thought_and_said(said, at)
    for block in blocks:
        match block.get("type"):
            case "think":
                yield Thinking(text(block.get("think")), at=at)
            case "tool_call":
                made = fields(block.get("tool_call"))
                yield call(
                    text(made.get("name")), _arguments(made.get("args")),
                    identifier(made.get("id")), at,
                )  # fmt: skip
                output = [TextPart(text(made.get("output")))] if made.get("output") else []
                yield result(output, identifier(made.get("id")), at=at)
            case "text":
                words = block.get("text")
                yield Text(text(words) or text(fields(words).get("value")), at=at)
            case _:
                pass


def thought_and_said(said: str, at: float) -> Iterator[Event]:
    """An answer that may begin with `:::thinking … :::` or `<think> … </think>`."""
    for begin, end in ((":::thinking", ":::"), ("<think>", "</think>")):
        bare = said.lstrip()
        if bare.startswith(begin) and end in bare[len(begin) :]:
            thought, _, said = bare[len(begin) :].partition(end)
            yield Thinking(thought.strip("\n"), at=at)
            said = said.lstrip("\n")
    yield Text(said, at=at)


def _arguments(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return {"text": text(value)}
    return value if isinstance(value, dict) else {}
