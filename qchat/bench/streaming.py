"""The terminal interface while text streams: the echo of keys, and what is left of the speed."""

import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import msgspec

from qchat.bench.loopback import dripping, keeping, stepping
from qchat.bench.table import Row, middle
from qchat.bench.terminal import terminal
from qchat.local.engine import Engine
from qchat.protocol.events import StepFinished, Text
from qchat.runtime.paths import Paths
from qchat.store import Store
from qchat_assets import DEMO_MODEL_NAME

PER_S = 200
"""Tokens a second, as a fast server sends them."""
KEYS = 60
BAR_S = 0.025
STEPS, STEP_S = 1_000, 0.01
PAUSE_S = 0.1
TOKENS = 800
ROUNDS = 6
PROMPT = "Count from one to a thousand in words."
LONG_PROMPT = f"{PROMPT} {'The quick brown fox jumps over it. ' * 200}"
"""With so much to look back at, the demo model writes about as fast as large ones on a server."""
# Behind its end the demo model writes anything, and llama.cpp holds back what looks like a call.
CONFIG = """
backend = "bench"
think = false
[memory]
enabled = false
[web]
enabled = false
[backends.bench]
kind = "openai"
model = "{model}"
base_url = "{url}"
api_key = "{key}"
extra = {{ max_tokens = {tokens}, ignore_eos = true, tool_choice = "{choice}" }}
"""


async def rows(model: Path) -> list[Row]:
    """Two rows for the keys, two for the speed."""
    return [_keys(), _keys_in_a_long_turn(), *await _speeds(model)]


def _keys() -> Row:
    with tempfile.TemporaryDirectory() as home, dripping(PER_S) as url:
        _configure(home, url, "", "drip")
        with terminal(home) as window:
            window.first_echo()
            window.type("\x7fgo\r")
            window.wait_for("word")
            window.read(2.0)
            echoes = []
            for _ in range(KEYS):
                window.read(PAUSE_S)
                echoes.append(window.echo())
    return _echo(f"key to echo at {PER_S} tokens/s, 95th percentile", echoes)


def _keys_in_a_long_turn() -> Row:
    """Keys while a turn goes on that has called a tool a thousand times."""
    asked: list[int] = []
    with tempfile.TemporaryDirectory() as home, stepping(asked, STEP_S) as url:
        _configure(home, url, "", "step", tool_choice="auto")
        with terminal(home) as window:
            window.first_echo()
            window.settle()
            window.type("\x7fgo\r")
            while len(asked) < STEPS:
                window.read(PAUSE_S)
            echoes = []
            for _ in range(KEYS):
                window.read(PAUSE_S)
                echoes.append(window.echo())
    return _echo(f"likewise in a turn of {len(asked):,} steps", echoes)


def _echo(what: str, echoes: list[float]) -> Row:
    slow = statistics.quantiles(echoes, n=20)[-1]
    return Row(
        what,
        f"{slow * 1e3:.0f} ms",
        f"{BAR_S * 1e3:.0f} ms (median {middle(echoes) * 1e3:.0f} ms)",
        slow / BAR_S,
        1.0,
    )


async def _speeds(model: Path) -> list[Row]:
    engine = Engine(model, alias=DEMO_MODEL_NAME)
    await engine.start()
    try:
        return [
            _speed(engine, PROMPT, "generation through the interface"),
            _speed(engine, LONG_PROMPT, "likewise, with a context that slows the engine"),
        ]
    finally:
        await engine.aclose()


def _speed(engine: Engine, prompt: str, what: str) -> Row:
    """The middle ratio of pairs, each of the two as often first: see the row of the backend."""
    with tempfile.TemporaryDirectory() as home:
        asked: list[bytes] = []
        with keeping(asked) as url:
            _configure(home, url, "", DEMO_MODEL_NAME)
            _through(home, prompt)
        _configure(home, engine.base_url, engine.api_key, DEMO_MODEL_NAME)
        _through(home, prompt)  # the first one of each is not counted
        _curl(engine, asked[0])
        through, raw = [], []
        for number in range(ROUNDS):
            if number % 2:
                raw.append(_curl(engine, asked[0]))
            through.append(_through(home, prompt))
            if not number % 2:
                raw.append(_curl(engine, asked[0]))
    return Row(
        what,
        f"{middle(through):.0f} tok/s",
        f"{middle(raw):.0f} tok/s curl",
        middle([ours / theirs for ours, theirs in zip(through, raw, strict=True)]),
        0.97,
        higher_is_better=True,
    )


def _configure(home: str, url: str, key: str, model: str, tool_choice: str = "none") -> None:
    text = CONFIG.format(url=url, key=key, model=model, tokens=TOKENS, choice=tool_choice)
    (Path(home) / "config.toml").write_text(text, "utf-8")


def _through(home: str, prompt: str) -> float:
    """Tokens a second from the first to the last, by the times that the session has kept."""
    with terminal(home) as window:
        window.first_echo()
        window.settle()
        window.type(f"\x7f\x1b[200~{prompt}\x1b[201~\r")  # as a paste
        window.wait_for("· Esc")  # a narrow line says no more
        window.settle()
        paths = Paths(Path(home), Path(home), Path(home) / "logs")
        until = time.perf_counter() + 60
        while time.perf_counter() < until:
            store = Store(paths.sessions_db)
            try:
                sessions = store.sessions("default", limit=1)
                turns = store.turns(sessions[0].id) if sessions else []
            finally:
                store.close()
            if turns and turns[-1].finished:
                texts = [event.at for event in turns[-1].events if isinstance(event, Text)]
                steps = [event for event in turns[-1].events if isinstance(event, StepFinished)]
                return steps[-1].usage.completion / (steps[-1].at - texts[0])
            window.read(0.5)
    raise TimeoutError("the turn did not end")


def _curl(engine: Engine, body: bytes) -> float:
    """The same from curl, as its lines come."""
    command = ["curl", "-sN", "--noproxy", "*", "--max-time", "120", "--config", "-"]
    config = (
        f'url = "{engine.base_url}/chat/completions"\n'
        f'header = "Authorization: Bearer {engine.api_key}"\n'
        'header = "Content-Type: application/json"\n'
        f"data-binary = {json.dumps(body.decode())}\n"
    )
    first = last = 0.0
    tokens = 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as curl:
        assert curl.stdin is not None
        assert curl.stdout is not None
        curl.stdin.write(config.encode())  # the key stands in no process list
        curl.stdin.close()
        for line in curl.stdout:
            last = time.perf_counter() if b'"content"' in line else last
            first = first or last
            if b'"usage":{' in line:
                data = msgspec.json.decode(line.removeprefix(b"data: "))
                tokens = data["usage"]["completion_tokens"]
    return tokens / (last - first)
