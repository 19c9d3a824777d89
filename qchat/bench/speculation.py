"""Generation with drafts from what was said before, on text that quotes a tool result (reported).

The demo model is far too light for drafts to pay: checking them costs as much as writing. So its
experts are padded with zeros to the weight of a small real model: it writes the very same text, and
each token reads what such a model's does. A grammar holds it to the quotation, in all runs alike.
"""

import asyncio
import random
import struct
import tempfile
import urllib.request
from pathlib import Path

import msgspec

from qchat.bench.table import Row, middle
from qchat.config.settings import BackendSettings
from qchat.local.engine import Engine
from qchat.local.gguf import read_contents

ROUNDS = 3
HEAVIER = 48
"""Times as wide as they were."""
BLOCK, BLOCK_BYTES = 32, 34
"""Of Q8_0: so many numbers, so many bytes."""
CITIES = ("Aldern", "Bresk", "Corvane", "Dunmere", "Elsfor")


def quotation(number: int) -> str:
    """A text that has not been quoted before: drafts also learn from earlier replies."""
    source = random.Random(number)
    return "\n".join(
        f"{city}: {source.randrange(1000, 200_000)} people, {source.randrange(10, 99)} square "
        f"kilometres, founded in {source.randrange(1000, 1900)}."
        for city in source.sample(CITIES, len(CITIES))
    )


async def rows(model: Path) -> list[Row]:
    """One row: with drafts, against without."""
    with tempfile.TemporaryDirectory(prefix="qchat-bench-") as folder:
        heavy = await asyncio.to_thread(pad, model, Path(folder, "heavy.gguf"))
        size = heavy.stat().st_size
        plain, drafted = await _speeds(heavy)
    return [
        Row(
            f"n-gram speculation, quoting a tool result, {size / 1e6:.0f} MB model",
            f"{drafted:.0f} tok/s",
            f"{plain:.0f} tok/s without",
            drafted / plain,
            higher_is_better=True,
        )
    ]


async def _speeds(model: Path) -> tuple[float, float]:
    """Both engines run at once and are asked in turns: what disturbs one disturbs the other."""
    # One thread: two wait for each other on a machine that does other work too.
    plain = BackendSettings(kind="llama.cpp", context=2048, threads=1)
    drafting = msgspec.structs.replace(plain, speculation="ngram")
    engines = [Engine(model, plain), Engine(model, drafting)]
    try:
        for engine in engines:
            await engine.start()
            await asyncio.to_thread(_tokens_per_s, engine, 0)  # reads all of the model once
        found: list[list[float]] = [[], []]
        for number in range(1, ROUNDS + 1):
            for engine, speeds in zip(engines, found, strict=True):
                speeds.append(await asyncio.to_thread(_tokens_per_s, engine, number))
    finally:
        for engine in engines:
            await engine.aclose()
    return middle(found[0]), middle(found[1])


def _tokens_per_s(engine: Engine, number: int) -> float:
    quoted = quotation(number)
    call = {"name": "read_page", "arguments": '{"url": "https://cities.example/"}'}
    body = {
        "messages": [
            {"role": "user", "content": "What does the page say? Quote it."},
            {
                "role": "assistant",
                "tool_calls": [{"id": "c1", "type": "function", "function": call}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": quoted},
        ],
        "chat_template_kwargs": {"enable_thinking": False},
        "temperature": 0,
        "max_tokens": 600,
        "grammar": f"root ::= {msgspec.json.encode(quoted).decode()}",
    }
    request = urllib.request.Request(
        f"{engine.base_url}/chat/completions",
        data=msgspec.json.encode(body),
        headers={
            "Authorization": f"Bearer {engine.api_key}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=300) as response:
        answer = msgspec.json.decode(response.read())
    return float(answer["timings"]["predicted_per_second"])


def pad(source: Path, target: Path) -> Path:
    """Write the model with each expert `HEAVIER` times as wide; the new numbers are all zero."""
    contents = read_contents(source)
    data = source.read_bytes()
    head = bytearray(data[: contents.data_start])
    key = f"{contents.values['general.architecture']}.expert_feed_forward_length".encode()
    at = head.index(key) + len(key) + 4
    (width,) = struct.unpack_from("<I", head, at)
    struct.pack_into("<I", head, at, width * HEAVIER)
    ordered = sorted(contents.tensors, key=lambda info: info.offset)
    ends = [info.offset for info in ordered[1:]] + [len(data) - contents.data_start]
    with target.open("wb") as out:
        out.write(head)
        for info, end in zip(ordered, ends, strict=True):
            raw = data[contents.data_start + info.offset : contents.data_start + end]
            place, shape = out.tell() - len(head), info.shape
            if "_exps." in info.name:
                across = "_down_" in info.name
                row = (width if across else shape[0] * width) // BLOCK * BLOCK_BYTES
                rows = (raw[i : i + row] for i in range(0, row * _rows(shape, across), row))
                for piece in rows:
                    out.write(piece)
                    out.write(bytes(row * (HEAVIER - 1)))
                shape = tuple(n * HEAVIER if n == width else n for n in shape)
                out.write(bytes(-out.tell() % BLOCK))
            else:
                out.write(raw)
            _rewrite(head, info.name, shape, place)
        out.seek(0)
        out.write(head)
    return target


def _rows(shape: tuple[int, ...], across: bool) -> int:
    """How many runs of numbers are widened: rows of the matrix, or whole matrices."""
    return shape[1] * shape[2] if across else shape[2]


def _rewrite(head: bytearray, name: str, shape: tuple[int, ...], offset: int) -> None:
    """Change a tensor's shape and place where the head tells them."""
    raw = name.encode()
    at = head.index(struct.pack("<Q", len(raw)) + raw) + 8 + len(raw) + 4
    struct.pack_into(f"<{len(shape)}Q", head, at, *shape)
    struct.pack_into("<Q", head, at + 8 * len(shape) + 4, offset)
