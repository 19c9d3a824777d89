"""Small exports of every program that `qchat import` knows, written for the tests."""

import base64
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

AT = 1_718_000_000.0
"""10 June 2024, 06:13:20 UTC."""
ISO = "2024-06-10T06:13:20.000Z"


def png(width: int = 2, height: int = 2) -> bytes:
    """A small white picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + b"\xff" * (3 * width) for _ in range(height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def node(
    id_: str, parent: str | None, role: str | None, content: Any, **more: Any
) -> dict[str, Any]:
    """A node of ChatGPT's mapping; `content` may be a plain text."""
    if role is None:
        return {"id": id_, "parent": parent, "children": [], "message": None}
    if isinstance(content, str):
        content = {"content_type": "text", "parts": [content]}
    message = {
        "id": id_,
        "author": {"role": role, "name": more.pop("name", None)},
        "create_time": more.pop("at", AT),
        "content": content,
        "recipient": more.pop("recipient", "all"),
        "metadata": more.pop("metadata", {}),
    }
    return {"id": id_, "parent": parent, "children": [], "message": message}


def chatgpt(
    *nodes: dict[str, Any], id_: str = "c-1", title: str = "Bread", current: str = ""
) -> dict[str, Any]:
    """A conversation of ChatGPT."""
    mapping = {one["id"]: one for one in nodes}
    for one in nodes:
        if one["parent"] in mapping:
            mapping[one["parent"]]["children"].append(one["id"])
    return {
        "id": id_,
        "conversation_id": id_,
        "title": title,
        "create_time": AT,
        "update_time": AT + 60,
        "mapping": mapping,
        "current_node": current or nodes[-1]["id"],
    }


def branched() -> dict[str, Any]:
    """Thoughts, code with its output, a picture, a source, an edited prompt, a second answer."""
    cite = "\ue200cite\ue202turn0search0\ue201"
    page = {"title": "Bread", "url": "https://bread.example/rise", "snippet": "Warm dough rises."}
    reference = {"matched_text": cite, "type": "grouped_webpages", "items": [page]}
    thoughts = {
        "content_type": "thoughts",
        "thoughts": [{"summary": "Yeast", "content": "Warmth matters."}],
    }
    picture = {
        "content_type": "multimodal_text",
        "parts": [
            {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-Loaf1"},
            "What is on this picture?",
        ],
    }
    return chatgpt(
        node("root", None, None, ""),
        node("sys", "root", "system", "", metadata={"is_visually_hidden_from_conversation": True}),
        node("u1", "sys", "user", "How does bread rise?"),
        node("t1", "u1", "assistant", thoughts),
        node(
            "a1", "t1", "assistant", f"Yeast makes gas.{cite}",
            metadata={"model_slug": "gpt-4o", "content_references": [reference]},
        ),
        node("a1b", "u1", "assistant", "By baking soda, at times."),
        node("u2", "a1", "user", "Compute 127 * 45."),
        node(
            "k1", "u2", "assistant", {"content_type": "code", "text": "print(127 * 45)"},
            recipient="python",
        ),
        node(
            "k2", "k1", "tool", {"content_type": "execution_output", "text": "5715\n"},
            name="python",
        ),
        node("a2", "k2", "assistant", "It is 5,715."),
        node("u2b", "a1", "user", picture),
        node("a2b", "u2b", "assistant", "A loaf of sourdough."),
        current="a2b",
    )  # fmt: skip


def claude() -> dict[str, Any]:
    blocks = [
        {"type": "thinking", "thinking": "They want a haiku."},
        {"type": "tool_use", "id": "tu1", "name": "web_search", "input": {"query": "haiku"}},
        {
            "type": "tool_result", "tool_use_id": "tu1", "name": "web_search",
            "content": [{"type": "knowledge", "title": "Haiku", "url": "https://h.example/",
                         "text": "Five, seven, five."}],
        },
        {"type": "text", "text": "An old silent pond."},
    ]  # fmt: skip
    return {
        "uuid": "cl-1", "name": "Haiku", "created_at": ISO, "updated_at": ISO,
        "chat_messages": [
            {"uuid": "m1", "sender": "human", "text": "Write a haiku.", "created_at": ISO,
             "content": [{"type": "text", "text": "Write a haiku."}],
             "attachments": [{"file_name": "rules.txt", "extracted_content": "Nature only."}],
             "files": []},
            {"uuid": "m2", "sender": "assistant", "text": "", "created_at": ISO,
             "content": blocks, "attachments": [], "files": []},
        ],
    }  # fmt: skip


def gemini() -> list[dict[str, Any]]:
    return [
        {"header": "Gemini Apps", "title": "Prompted What is a fjord?", "time": ISO,
         "products": ["Gemini Apps"],
         "safeHtmlItem": [{"html": "<p>A <strong>drowned</strong> valley.</p><ul><li>Deep</ul>"}]},
        {"header": "Gemini Apps", "title": "Used an app", "time": ISO,
         "products": ["Gemini Apps"]},
        {"header": "YouTube", "title": "Watched a film", "time": ISO, "products": ["YouTube"]},
    ]  # fmt: skip


GEMINI_HTML = (
    "<html><body><div class='outer-cell mdl-cell'><div class='mdl-grid'>"
    "<div class='header-cell'><p>Gemini Apps<br></p></div>"
    "<div class='content-cell mdl-cell mdl-typography--body-1'>Prompted\xa0Name a glacier.<br>"
    "Jun 11, 2024, 4:05:06\u202fPM CEST<br><p>The <em>Aletsch</em> glacier.</p></div>"
    "<div class='content-cell mdl-cell mdl-typography--body-1 mdl-typography--text-right'></div>"
    "</div></div></body></html>"
)


def open_webui() -> dict[str, Any]:
    thought = (
        '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds'
        "</summary>\n&gt; Which capital?\n</details>\n"
    )
    picture = "data:image/png;base64," + base64.b64encode(png(3, 1)).decode()
    source = {
        "source": {"name": "atlas.pdf"}, "document": ["Lisbon is the capital."],
        "metadata": [{"source": "https://atlas.example/pt", "name": "Atlas"}],
    }  # fmt: skip
    messages = {
        "o1": {"id": "o1", "parentId": None, "childrenIds": ["o2", "o3"], "role": "user",
               "content": "Capital of Portugal?", "timestamp": AT,
               "files": [{"type": "image", "url": picture}]},
        "o2": {"id": "o2", "parentId": "o1", "role": "assistant", "model": "qwen3:8b",
               "content": f"{thought}Lisbon. [1]", "timestamp": AT + 5, "sources": [source]},
        "o3": {"id": "o3", "parentId": "o1", "role": "assistant", "model": "qwen3:4b",
               "content": "It is Lisbon.", "timestamp": AT + 6},
    }  # fmt: skip
    chat = {"title": "Capitals", "history": {"messages": messages, "currentId": "o2"}}
    return {"id": "ow-1", "title": "Capitals", "chat": chat, "created_at": AT, "updated_at": AT + 9}


def librechat() -> dict[str, Any]:
    answer = {
        "messageId": "l2", "parentMessageId": "l1", "sender": "Qwen", "isCreatedByUser": False,
        "model": "qwen-max", "createdAt": ISO, "children": [], "text": "",
        "content": [
            {"type": "think", "think": "Counting moons."},
            {"type": "tool_call", "tool_call": {"id": "lc", "name": "moons", "args": "{\"of\": 4}",
                                                "output": "two"}},
            {"type": "text", "text": "Mars has two moons."},
        ],
    }  # fmt: skip
    other = {**answer, "messageId": "l3", "content": [], "text": ":::thinking\nHm.\n:::\nTwo."}
    return {
        "conversationId": "lb-1", "title": "Moons", "exportAt": ISO, "branches": True,
        "recursive": True, "options": {},
        "messages": [
            {"messageId": "l1", "parentMessageId": "00000000-0000-0000-0000-000000000000",
             "sender": "User", "isCreatedByUser": True, "text": "Moons of Mars?",
             "createdAt": ISO, "children": [answer, other]},
        ],
    }  # fmt: skip


def cherry() -> dict[str, Any]:
    topics = [{"id": "topic-1", "name": "Tea", "createdAt": ISO, "updatedAt": ISO}]
    assistants = {"assistants": [{"id": "x", "topics": topics}]}
    persisted = json.dumps({"assistants": json.dumps(assistants)})
    return {
        "time": AT * 1000, "version": 5, "localStorage": {"persist:cherry-studio": persisted},
        "indexedDB": {
            "topics": [{"id": "topic-1", "messages": [
                {"id": "h1", "role": "user", "createdAt": ISO, "blocks": ["b1", "b5"]},
                {"id": "h2", "role": "assistant", "askId": "h1", "createdAt": ISO,
                 "model": {"id": "qwen-plus"}, "blocks": ["b2", "b3"], "foldSelected": True},
                {"id": "h3", "role": "assistant", "askId": "h1", "createdAt": ISO,
                 "modelId": "deepseek", "blocks": ["b4"]},
            ]}],
            "message_blocks": [
                {"id": "b1", "messageId": "h1", "type": "main_text", "content": "如何泡茶？"},
                {"id": "b2", "messageId": "h2", "type": "thinking", "content": "水温。"},
                {"id": "b3", "messageId": "h2", "type": "main_text", "content": "用八十度的水。"},
                {"id": "b4", "messageId": "h3", "type": "main_text", "content": "慢慢来。"},
                {"id": "b5", "messageId": "h1", "type": "image",
                 "file": {"id": "pic-7", "origin_name": "tea.png", "ext": ".png"}},
            ],
        },
    }  # fmt: skip


def lm_studio() -> dict[str, Any]:
    def step(text: str, style: dict[str, Any] | None = None) -> dict[str, Any]:
        return {"type": "contentBlock", "content": [{"type": "text", "text": text}],
                **({"style": style} if style else {})}  # fmt: skip

    return {
        "name": "Owls", "createdAt": AT * 1000,
        "messages": [
            {"currentlySelected": 0, "versions": [
                {"type": "singleStep", "role": "user",
                 "content": [{"type": "text", "text": "Do owls sleep?"}]}]},
            {"currentlySelected": 1, "versions": [
                {"type": "multiStep", "role": "assistant", "steps": [step("Yes.")]},
                {"type": "multiStep", "role": "assistant",
                 "senderInfo": {"senderName": "qwen3-14b"},
                 "steps": [step("Birds sleep.", {"type": "thinking"}), step("By day, mostly.")]},
            ]},
        ],
    }  # fmt: skip


def qwen_code() -> list[dict[str, Any]]:
    def record(id_: str, above: str | None, kind: str, *parts: Any, **more: Any) -> dict[str, Any]:
        role = "model" if kind == "assistant" else "user"
        return {"uuid": id_, "parentUuid": above, "sessionId": "qc-1", "timestamp": ISO,
                "type": kind, "cwd": "/home/ada", "version": "0.24.0",
                "message": {"role": role, "parts": [*parts]}, **more}  # fmt: skip

    asked = {"functionCall": {"id": "f1", "name": "read_file", "args": {"path": "a.py"}}}
    given = {"functionResponse": {"id": "f1", "name": "read_file",
                                  "response": {"output": "print(1)"}}}  # fmt: skip
    return [
        record("q1", None, "user", {"text": "Explain a.py"}),
        record("q2", "q1", "assistant", {"text": "Look first.", "thought": True}, asked,
               model="qwen3-coder-plus"),
        record("q3", "q2", "tool_result", given),
        record("q4", "q3", "system"),
        record("q5", "q4", "assistant", {"text": "It prints one."}, model="qwen3-coder-plus"),
    ]  # fmt: skip


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def write_all(folder: Path) -> None:
    """An export of each program, under names that tell nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    documents = (claude(), gemini(), [open_webui()], librechat(), cherry(), lm_studio())
    for number, document in enumerate(documents):
        (folder / f"export-{number}.json").write_text(json.dumps(document), encoding="utf-8")
    records = "".join(f"{json.dumps(record)}\n" for record in qwen_code())
    (folder / "export-7.jsonl").write_text(records, encoding="utf-8")
    (folder / "export-8.html").write_text(GEMINI_HTML, encoding="utf-8")
    (folder / "conversations-003.json").write_text(json.dumps([branched()]), encoding="utf-8")
    (folder / "file-Loaf1-bread.png").write_bytes(png())
    (folder / "Data").mkdir(exist_ok=True)
    (folder / "Data" / "pic-7.png").write_bytes(png(5, 5))
