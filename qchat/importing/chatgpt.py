"""ChatGPT: one `conversations.json`, or many numbered ones; each conversation is a `mapping`."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from qchat.importing.attachments import Beside
from qchat.importing.normalizing import call, result
from qchat.importing.reader import Document, each
from qchat.importing.records import BrokenEntryError, Entries, ForeignConversation, Message
from qchat.importing.sources import SourceNumbers
from qchat.importing.values import fields, identifier, items, moment, text
from qchat.protocol.events import Event, Text, Thinking
from qchat.runtime.language import tr
from qchat_tools.parts import Part, SourcePart, TextPart

_MARKS = re.compile("\ue200[^\ue200\ue201]*\ue201|[\ue200-\ue206]")
"""What the program puts where it shows a source: of no use elsewhere."""
_POINTER = re.compile(r"^[\w.-]+://(?:.*/)?")


class ChatGPT:
    """Reads `conversations.json`, whatever its name."""

    name = "ChatGPT"

    def recognises(self, entry: Any) -> bool:
        return isinstance(entry, dict) and isinstance(entry.get("mapping"), dict)

    def read(self, document: Document) -> Entries:
        return each(document, _conversation)


def _conversation(
    entry: Mapping[str, Any], _name: str, beside: Beside
) -> ForeignConversation | None:
    mapping = entry.get("mapping")
    if not isinstance(mapping, dict):
        raise BrokenEntryError(tr("has no mapping of messages"))
    numbers = SourceNumbers()
    messages = tuple(_message(id_, fields(node), numbers, beside) for id_, node in mapping.items())
    if not any(message.role != "hidden" for message in messages):
        return None
    created = moment(entry.get("create_time"))
    return ForeignConversation(
        identifier(entry.get("conversation_id")) or identifier(entry.get("id")),
        text(entry.get("title")),
        created,
        moment(entry.get("update_time")) or created,
        messages,
        identifier(entry.get("current_node")) or None,
    )


def _message(id_: str, node: Mapping[str, Any], numbers: SourceNumbers, beside: Beside) -> Message:
    parent = identifier(node.get("parent")) or None
    message = fields(node.get("message"))
    about = fields(message.get("metadata"))
    role = fields(message.get("author")).get("role")
    content = fields(message.get("content"))
    hidden = Message(text(id_), parent, "hidden")
    if about.get("is_visually_hidden_from_conversation") or role in ("system", None):
        return hidden
    at = moment(message.get("create_time"))
    if role == "user":
        prompt, parts = _prompt(content, beside)
        along = _attachments(about, content)
        events = (*beside.along(along, at), *_along(parts, at))
        if not prompt and not events:
            return hidden
        return Message(text(id_), parent, "user", at, prompt, events)
    if role == "tool":
        found = _output(message, content, about, numbers, beside, at)
    else:
        found = _reply(message, content, about, numbers, beside, at)
    return Message(
        text(id_), parent, "model", at, events=tuple(found), model=text(about.get("model_slug"))
    )


def _along(parts: list[Part], at: float) -> list[Event]:
    return [call("attachment", {}, at=at), result(parts, at=at)] if parts else []


def _prompt(content: Mapping[str, Any], beside: Beside) -> tuple[str, list[Part]]:
    """What the user wrote or said, and the pictures in it."""
    if content.get("content_type") == "user_editable_context":
        return "", []
    said, parts = [], []
    for part in items(content.get("parts")):
        if isinstance(part, str):
            said.append(text(part))
        elif pointer := _picture(part):
            parts.append(beside.part(pointer))
        elif words := text(fields(part).get("text")):
            said.append(words)
    if not said and (words := text(content.get("text"))):
        said.append(words)
    return "\n".join(piece for piece in said if piece.strip()), parts


def _picture(part: object) -> str:
    """The beginning of the file's name that a part points to; empty where it is no picture."""
    pointer = fields(part).get("asset_pointer")
    if not isinstance(pointer, str) or "image" not in text(fields(part).get("content_type")):
        return ""
    return _POINTER.sub("", pointer)


def _attachments(about: Mapping[str, Any], content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Files that went along and are not shown as pictures of the message itself."""
    shown = {_picture(part) for part in items(content.get("parts"))}
    found = (
        (text(fields(f).get("id")), text(fields(f).get("name")))
        for f in items(about.get("attachments"))
    )
    return [(id_, name) for id_, name in found if id_ and id_ not in shown]


def _reply(
    message: Mapping[str, Any],
    content: Mapping[str, Any],
    about: Mapping[str, Any],
    numbers: SourceNumbers,
    beside: Beside,
    at: float,
) -> Iterable[Event]:
    recipient = text(message.get("recipient")) or "all"
    match content.get("content_type"):
        case "thoughts":
            thoughts = [fields(thought) for thought in items(content.get("thoughts"))]
            said = (
                "\n".join(filter(None, (text(t.get("summary")), text(t.get("content")))))
                for t in thoughts
            )
            yield Thinking("\n\n".join(said), at=at)
        case "reasoning_recap":
            pass  # "Thought for 5 seconds"
        case "code" if recipient != "all":
            yield call(_tool(recipient), {"code": text(content.get("text"))}, at=at)
        case "code":
            language = text(content.get("language"))
            language = "" if language == "unknown" else language
            yield Text(f"```{language}\n{text(content.get('text'))}\n```", at=at)
        case _:
            said_, parts = _prompt(content, beside)
            if recipient != "all":
                yield call(_tool(recipient), {"text": said_}, at=at)
                return
            said_, sources = _cited(said_, about, numbers)
            if sources:
                yield call("web_search", {}, at=at)
                yield result(sources, at=at)
            if parts:
                yield from _along(parts, at)
            yield Text(said_, at=at)


def _tool(recipient: str) -> str:
    return {"python": "python", "web": "web_search", "browser": "web_search"}.get(
        recipient.split(".", maxsplit=1)[0], recipient
    )


def _output(
    message: Mapping[str, Any],
    content: Mapping[str, Any],
    about: Mapping[str, Any],
    numbers: SourceNumbers,
    beside: Beside,
    at: float,
) -> Iterable[Event]:
    """What a tool gave back."""
    parts: list[Part] = []
    match content.get("content_type"):
        case "tether_quote":
            url, title = text(content.get("url")), text(content.get("title"))
            parts.append(numbers.source(url, title, text(content.get("text"))))
        case "tether_browsing_display":
            parts.append(TextPart(text(content.get("result")) or text(content.get("summary"))))
        case "execution_output":
            parts.append(TextPart(text(content.get("text")), "stdout"))
        case "system_error":
            parts.append(TextPart(text(content.get("text")), "error"))
        case _:
            said, pictures = _prompt(content, beside)
            parts += [TextPart(_MARKS.sub("", said))] if said else []
            parts += pictures
    for drawn in items(fields(about.get("aggregate_result")).get("messages")):
        if url := text(fields(drawn).get("image_url")):
            parts.append(beside.part(_POINTER.sub("", url)))
    for group in items(about.get("search_result_groups")):
        parts += _sources(items(fields(group).get("entries")), numbers)
    parts = [part for part in parts if not isinstance(part, TextPart) or part.text.strip()]
    name = text(fields(message.get("author")).get("name"))
    if parts or name:
        yield result(parts, at=at)


def _sources(found: Iterable[Any], numbers: SourceNumbers) -> list[SourcePart]:
    pages = (fields(page) for page in found)
    return [
        numbers.source(text(page.get("url")), text(page.get("title")), text(page.get("snippet")))
        for page in pages
        if text(page.get("url"))
    ]


def _cited(
    said: str, about: Mapping[str, Any], numbers: SourceNumbers
) -> tuple[str, list[SourcePart]]:
    """The answer with `[number]` where the program showed sources, and those sources."""
    found: dict[int, SourcePart] = {}
    for citation in reversed(items(about.get("citations"))):  # the last first: places stay
        page = fields(fields(citation).get("metadata"))
        start, end = fields(citation).get("start_ix"), fields(citation).get("end_ix")
        for source in _sources([page], numbers):
            found[source.number] = source
            if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(said):
                said = f"{said[:start]}[{source.number}]{said[end:]}"
    for reference in items(about.get("content_references")):
        shown = fields(reference)
        pages = [*items(shown.get("items")), *items(shown.get("sources")), shown]
        sources = _sources(pages, numbers)
        found |= {source.number: source for source in sources}
        mark = text(shown.get("matched_text"))
        if mark.strip() and sources:
            said = said.replace(mark, "".join(f"[{source.number}]" for source in sources))
    return _MARKS.sub("", said), [*found.values()]
