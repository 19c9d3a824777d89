"""LM Studio: one `*.conversation.json` a chat; each message has versions, one of them chosen."""

from collections.abc import Iterator, Mapping
from typing import Any

from qchat.importing.attachments import Beside
from qchat.importing.librechat import thought_and_said
from qchat.importing.normalizing import call, result
from qchat.importing.reader import Document, each
from qchat.importing.records import Entries, ForeignConversation, Message
from qchat.importing.values import fields, identifier, items, moment, text
from qchat.protocol.events import Event, Text, Thinking
from qchat_tools.parts import TextPart


class LMStudio:
    """Reads its conversations; other versions of a message become branches."""

    name = "LM Studio"

    def recognises(self, entry: Any) -> bool:
        messages = items(fields(entry).get("messages"))
        return bool(messages) and all(
            isinstance(fields(message).get("versions"), list) for message in messages
        )

    def read(self, document: Document) -> Entries:
        file = document.name.rpartition("/")[2]

        def conversation(
            entry: Mapping[str, Any], _name: str, beside: Beside
        ) -> ForeignConversation | None:
            return _conversation(entry, file, beside)

        return each(document, conversation)


def _conversation(
    entry: Mapping[str, Any], file: str, beside: Beside
) -> ForeignConversation | None:
    created = moment(entry.get("createdAt"))
    messages: list[Message] = []
    above: str | None = None
    for number, message in enumerate(map(fields, items(entry.get("messages")))):
        versions = [fields(version) for version in items(message.get("versions"))]
        chosen = message.get("currentlySelected")
        chosen = chosen if isinstance(chosen, int) and 0 <= chosen < len(versions) else 0
        order = [chosen, *(n for n in range(len(versions)) if n != chosen)]
        made = [_version(versions[n], f"{number}.{n}", above, beside, created) for n in order]
        messages += made
        above = made[0].id if made else above
    if not any(message.role != "hidden" for message in messages):
        return None
    return ForeignConversation(
        f"{file} {identifier(entry.get('createdAt'))}".strip(),
        text(entry.get("name")),
        created,
        moment(entry.get("assistantLastMessagedAt")) or created,
        tuple(messages),
        above,
    )


def _version(
    version: Mapping[str, Any], id_: str, above: str | None, beside: Beside, at: float
) -> Message:
    if version.get("role") == "user":
        blocks = [fields(block) for block in items(version.get("content"))]
        said = "\n".join(filter(None, (text(block.get("text")) for block in blocks)))
        files = [identifier(b.get("fileIdentifier")) for b in blocks if b.get("type") == "file"]
        events = tuple(beside.along([(name, name) for name in files if name], at))
        return Message(id_, above, "user" if said or events else "hidden", at, said, events)
    if version.get("role") != "assistant":
        return Message(id_, above, "hidden", at)
    events = tuple(_reply(version, at))
    model = text(fields(version.get("senderInfo")).get("senderName"))
    return Message(id_, above, "model" if events else "hidden", at, events=events, model=model)


def _reply(version: Mapping[str, Any], at: float) -> Iterator[Event]:
    """One reply: a single step has content, several steps have blocks of it."""
    steps = [fields(step) for step in items(version.get("steps"))] or [version]
    for step in steps:
        thinks = fields(step.get("style")).get("type") == "thinking"
        for block in map(fields, items(step.get("content"))):
            match block.get("type"):
                case "text" if thinks:
                    yield Thinking(text(block.get("text")), at=at)
                case "text":
                    yield from thought_and_said(text(block.get("text")), at)
                case "toolCallRequest":
                    made = block.get("parameters")
                    yield call(
                        text(block.get("name")), made if isinstance(made, dict) else {},
                        identifier(block.get("callId")), at,
                    )  # fmt: skip
                case "toolCallResult":
                    said = block.get("content")
                    shown = said if isinstance(said, str) else str(said or "")
                    id_ = identifier(block.get("toolCallRequestId") or block.get("callId"))
                    yield result([TextPart(text(shown))], id_, at=at)
                case _:
                    pass
        if not items(step.get("content")) and (said_ := text(step.get("text"))):
            yield Text(said_, at=at)
