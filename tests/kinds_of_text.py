"""Kinds of text that stand in conversations, made the same each time."""

import base64
import hashlib
import json
import random
import traceback
from pathlib import Path

LANGUAGES = Path(__file__).parent / "recall" / "languages"


def kinds_of_text() -> dict[str, str]:
    """Each kind by its name, a few thousand characters of it."""
    chance = random.Random(7)
    rows = [
        {"id": n, "name": f"user{n}", "score": round(chance.random() * 100, 2), "tags": ["a", "b"]}
        for n in range(60)
    ]
    table = [f"| item {n} | {chance.random() * 1000:.2f} | kg |" for n in range(80)]
    log = [
        f"2026-11-{chance.randrange(1, 29):02} {chance.randrange(24):02}:00:01 INFO backends.http "
        f"request {chance.randrange(10**6)} took {chance.random():.3f}s status=200"
        for _ in range(60)
    ]
    return {
        **{name: _language(name) for name in ("en", "zh", "de", "es", "ja", "ru")},
        "code": Path(__file__).with_name("engines.py").read_text("utf-8"),
        "json": json.dumps(rows),
        "numbers": " ".join(f"{chance.gauss(0, 1):.6f}" for _ in range(400)),
        "table": "\n".join(["| name | value | unit |", "|---|---|---|", *table]),
        "log": "\n".join(log),
        "traceback": _traceback(),
        "encoded": base64.b64encode(chance.randbytes(2_000)).decode(),
        "hashes": "\n".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(40)),
    }


def _language(name: str) -> str:
    return (LANGUAGES / f"{name}.txt").read_text("utf-8")


def _traceback() -> str:
    def fail(depth: int) -> None:
        if depth:
            fail(depth - 1)
        json.loads("{bad")

    found = ""
    for depth in (1, 3, 5):
        try:
            fail(depth)
        except ValueError:
            found += traceback.format_exc()
    return found.replace(str(Path(__file__).parent), "/home/user/project")
