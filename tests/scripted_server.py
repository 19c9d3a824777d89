"""`qchat ask` with a model server that plays a script: each request gets the next reply.

For tests in which a model answers, but not what: the demo model is sure of what it was trained on
alone. What it writes about anything else depends on each byte before it, a path of the test's too.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.faulty import server, stream
from tests.program import qchat

CONFIG = """
backend = "x"
[backends.x]
kind = "openai"
base_url = "{url}"
model = "Qwen3-8B"
context = {context}
[web]
allow_hosts = ["127.0.0.1"]
cache_mb = 0
"""


def calls(*each: tuple[str, dict[str, Any]]) -> bytes:
    made = [
        {
            "index": n,
            "id": f"c{n}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        for n, (name, arguments) in enumerate(each)
    ]
    return _reply({"tool_calls": made}, "tool_calls")


def says(text: str) -> bytes:
    return _reply({"content": text}, "stop")


def _reply(delta: dict[str, Any], end: str) -> bytes:
    pieces = [{"index": 0, "delta": delta}, {"index": 0, "delta": {}, "finish_reason": end}]
    lines = [f"data: {json.dumps({'id': 'r', 'choices': [piece]})}\n\n" for piece in pieces]
    return stream("".join([*lines, "data: [DONE]\n\n"]).encode())


async def ask(
    home: Path, replies: list[bytes], *words: str, stdin: str = "", context: int = 32_768
) -> tuple[list[Any], list[Any]]:
    """The events of a turn, and the bodies that the model's server was sent."""
    async with server(*replies) as (url, asked):
        (home / "config.toml").write_text(CONFIG.format(url=url, context=context), "utf-8")
        command = ["ask", "--json", *words]
        done = await asyncio.to_thread(qchat, home, *command, stdin=stdin)
    assert done.returncode == 0, done.stderr
    posts = [one.partition(b"\r\n\r\n")[2] for one in asked if one.startswith(b"POST")]
    return [json.loads(line) for line in done.stdout.splitlines()], [json.loads(p) for p in posts]
