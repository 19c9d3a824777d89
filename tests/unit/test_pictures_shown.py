"""Which pictures go to a model that sees them, and how they stand in both protocols."""

import base64
import struct
import zlib
from functools import partial
from pathlib import Path

import pytest

from qchat.backends.base import Request
from qchat.backends.body import SOFT_SWITCH, anthropic_body, openai_body
from qchat.backends.pictures import MAX_PICTURE_BYTES, MAX_PICTURES, inline_images
from qchat.backends.profiles import profile_for, server_for
from qchat.config.profile import Profile
from qchat.config.settings import BackendSettings, parse
from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import ToolFinished, ToolStarted
from qchat.protocol.fold import fold
from qchat.protocol.messages import Assistant, Message, ToolResult, User
from qchat.wire.retention import InlineImage
from qchat_tools import files
from qchat_tools.parts import ImagePart, TextPart

OTHER = BackendSettings(kind="openai", base_url="http://cluster.example:8000/v1")
CALLS = Assistant((ToolCall("c1", "python", {}), ToolCall("c2", "python", {})))


def png(number: int, side: int = 16) -> bytes:
    """A grey picture; its number makes it another one."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([number]) * side) * side
    start, end = b"\x89PNG\r\n\x1a\n", chunk(b"IEND", b"")
    return start + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + end


def drawn(folder: Path, data: bytes, kind: str = "image/png") -> ImagePart:
    return ImagePart(files.keep(data, folder), kind, 16, 16, "a plot")


def result(*parts: ImagePart | TextPart, call_id: str = "c1") -> ToolResult:
    return ToolResult(call_id, "python", parts)


@pytest.mark.parametrize(
    ("model", "sees"),
    [
        ("qwen3.7-plus", True),
        ("qwen3.5-plus", True),
        ("Qwen/Qwen3.6-35B-A3B", True),
        ("qwen3.8-max", True),
        ("qwen3-vl-plus", True),
        ("Qwen/Qwen3-VL-8B-Thinking", True),
        ("Qwen3-VL-30B-A3B-Instruct", True),
        ("qwen3.7-max", False),
        ("Qwen3-30B-A3B", False),
        ("qwen3-coder-plus", False),
        ("qchat demo", False),
        ("gpt-9", False),
    ],
)
def test_which_models_see(model: str, sees: bool):
    assert profile_for(model).images is sees


def test_a_profile_of_ones_own_says_it():
    settings = parse('[profiles.mine]\nmatch = ["tune-*"]\nimages = true', "here")
    assert profile_for("tune-1", own=settings.profiles).images


@pytest.mark.parametrize(("drawn_", "sent"), [(6, 6), (7, 4), (9, 6), (10, 4)])
def test_the_newest_few_are_sent_and_the_older_half_goes_at_once(
    tmp_path: Path, drawn_: int, sent: int
):
    parts = [drawn(tmp_path, png(number)) for number in range(drawn_)]
    found = inline_images([result(part) for part in parts], partial(files.load, folder=tmp_path))
    assert [sha256 for _, sha256 in found] == [part.sha256 for part in parts[-sent:]]
    assert sent <= MAX_PICTURES


def test_what_is_no_picture_stays_words(tmp_path: Path):
    gone = ImagePart("0" * 64, "image/png")
    path = ImagePart("../../etc/passwd", "image/png")
    liar = drawn(tmp_path, b"<html>")
    vector = drawn(tmp_path, b"<svg/>", "image/svg+xml")
    tiny = drawn(tmp_path, png(1, side=8))
    large = drawn(tmp_path, png(1) + bytes(MAX_PICTURE_BYTES))
    good = drawn(tmp_path, png(2), "image/jpeg")  # what its bytes say counts
    messages = (result(gone, path, liar), result(vector, tiny), result(large, good, good))
    found = inline_images(messages, partial(files.load, folder=tmp_path))
    data = base64.b64encode(png(2)).decode()
    assert found == {(2, good.sha256): InlineImage("image/png", data)}


PART = ImagePart("ab" * 32, "image/png", 16, 16, "a plot")
WORDS = "[picture of 16 by 16 pixels: a plot]"
HISTORY: tuple[Message, ...] = (
    User("Draw."),
    CALLS,
    result(TextPart("1", "stdout"), PART),
    result(TextPart("2", "stdout"), call_id="c2"),
    User("And?"),
)
SHOWN = {(2, PART.sha256): InlineImage("image/png", "QUJD")}


def test_openai_pictures_follow_the_results_of_tools_as_the_users():
    request = Request(HISTORY, images=SHOWN)
    sent = openai_body(request, "m", Profile(images=True), server_for(OTHER))["messages"]
    assert [message["role"] for message in sent] == (
        ["user", "assistant", "tool", "tool", "user", "user"]
    )
    assert sent[2]["content"] == f"1\n{WORDS}"
    assert sent[4]["content"] == [
        {"type": "text", "text": f"{WORDS} from python:"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
    ]
    last = Request(HISTORY[:-1], images=SHOWN, think=False)
    switched = Profile(images=True, thinking="switch", soft_switch=True)
    sent = openai_body(last, "m", switched, server_for(OTHER))["messages"]
    assert sent[-1]["role"] == "user"
    assert sent[-1]["content"][-1] == {"type": "text", "text": SOFT_SWITCH}


def test_anthropic_pictures_stand_in_the_result_of_the_tool():
    request = Request(HISTORY, images=SHOWN)
    *_, turn = anthropic_body(request, "m", Profile(images=True), server_for(OTHER))["messages"]
    first, second, _ = turn["content"]
    assert first["content"] == [
        {"type": "text", "text": f"1\n{WORDS}"},
        {"type": "text", "text": f"{WORDS}:"},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"},
        },
    ]
    assert second["content"] == "2"


def test_what_the_user_drew_himself_is_sent_too():
    events = (
        ToolStarted("c1", "python", {"code": "draw()"}, caller="user"),
        ToolFinished("c1", (PART,), True),
    )
    messages = fold("draw()", events)
    request = Request(messages, images={(0, PART.sha256): InlineImage("image/png", "QUJD")})
    profile, server = Profile(images=True), server_for(OTHER)
    (said,) = openai_body(request, "m", profile, server)["messages"]
    assert [part["type"] for part in said["content"]] == ["text", "text", "image_url"]
    assert "I used the tool python myself" in said["content"][0]["text"]
    (said,) = anthropic_body(request, "m", profile, server)["messages"]
    assert [part["type"] for part in said["content"]] == ["text", "text", "image"]
