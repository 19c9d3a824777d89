"""qwen-code: a session a file, a record a line, linked by `parentUuid`."""

from collections.abc import Iterator, Mapping
from typing import Any

from qchat.importing.normalizing import call, result
from qchat.importing.reader import Document
from qchat.importing.records import Broken, Entries, ForeignConversation, Message, message
from qchat.importing.values import fields, identifier, items, moment, text
from qchat.protocol.events import Event, Text, Thinking
from qchat.runtime.language import tr
from qchat_tools.parts import Part, TextPart


class QwenCode:
    """Reads `~/.qwen/projects/*/chats/*.jsonl`."""

    name = "qwen-code"

    def recognises(self, entry: Any) -> bool:
        known = fields(entry)
        return {"uuid", "sessionId", "type", "timestamp"} <= known.keys()

    def read(self, document: Document) -> Entries:
        sessions: dict[str, list[Mapping[str, Any]]] = {}
        for number, entry in enumerate(document.entries, 1):
            if isinstance(entry, Broken):
                yield entry
            elif id_ := identifier(fields(entry).get("sessionId")):
                sessions.setdefault(id_, []).append(fields(entry))
            else:
                yield Broken(f"{document.name}, line {number}", tr("is not a record of a session"))
        for id_, records in sessions.items():
            conversation = _conversation(id_, records)
            if conversation is not None:
                yield conversation


def _conversation(id_: str, records: list[Mapping[str, Any]]) -> ForeignConversation | None:
    messages = tuple(_message(record) for record in records)
    if not any(message.role != "hidden" for message in messages):
        return None
    times = [message.at for message in messages if message.at]
    titles = (
        text(fields(record.get("systemPayload")).get("customTitle")) for record in reversed(records)
    )
    return ForeignConversation(
        id_,
        next(filter(None, titles), ""),
        min(times, default=0.0),
        max(times, default=0.0),
        messages,
        messages[-1].id,
    )


def _message(record: Mapping[str, Any]) -> Message:
    id_ = identifier(record.get("uuid"))
    parent = identifier(record.get("parentUuid")) or None
    at = moment(record.get("timestamp"))
    parts = [fields(part) for part in items(fields(record.get("message")).get("parts"))]
    match record.get("type"):
        case "user":
            said = "\n".join(filter(None, (text(part.get("text")) for part in parts)))
            return message(id_, parent, "user", at, said)
        case "assistant" | "tool_result":
            model = text(record.get("model"))
            return message(id_, parent, "model", at, "", _events(parts, at), model)
        case _:
            return Message(id_, parent, "hidden", at)


def _events(parts: list[Mapping[str, Any]], at: float) -> Iterator[Event]:
    for part in parts:
        if made := fields(part.get("functionCall")):
            arguments = made.get("args")
            yield call(
                text(made.get("name")), arguments if isinstance(arguments, dict) else {},
                identifier(made.get("id")), at,
            )  # fmt: skip
        elif answered := fields(part.get("functionResponse")):
            given = fields(answered.get("response"))
            output = given.get("output", given.get("error"))
            shown: list[Part] = [TextPart(text(output))] if text(output) else []
            ok = "error" not in given
            yield result(shown, identifier(answered.get("id")), ok=ok, at=at)
        elif said := text(part.get("text")):
            yield Thinking(said, at=at) if part.get("thought") else Text(said, at=at)
