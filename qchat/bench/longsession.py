"""A conversation of thousands of turns: what opening it costs, against one of fifty."""

import tempfile
import time
from pathlib import Path

from qchat.bench.table import Row, middle
from qchat.bench.terminal import terminal
from qchat.protocol.event_values import Usage
from qchat.protocol.events import (
    Event,
    StepFinished,
    Text,
    Thinking,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    encode,
)
from qchat.runtime.paths import Paths
from qchat.store import Store
from qchat_tools.parts import TextPart

MANY, FEW = 5_000, 50
ROUNDS = 3
SETTLE_S = 4.0
ANSWER = (
    "The *result* is **{n}**, since `f({n})` gives it.\n\n"
    "- first, the sum\n- then, the product\n\n```python\nprint({n})\n```\n\n"
    + "The quick brown fox jumps over the lazy dog. "
    * 10
)


def fill(store: Store, user: str, turns: int) -> str:
    """Make a conversation of so many turns, each with thinking, a tool and an answer; its id."""
    session = store.create_session(user).id
    now = time.time()
    with store.database.transaction() as db:
        parent = None
        for number in range(turns):
            parent = db.execute(
                "INSERT INTO turns (session, parent, kind, prompt, created_at, backend, model,"
                " indexed) VALUES (?, ?, 'chat', ?, ?, 'demo', 'demo', 0)",
                (session, parent, f"question {number}", now),
            ).lastrowid
            rows = [(parent, seq, encode(e).decode()) for seq, e in enumerate(_events(number, now))]
            db.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
        db.execute(
            "UPDATE sessions SET head = ?, title = 'long', updated_at = ? WHERE id = ?",
            (parent, now, session),
        )
    return session


def _events(number: int, at: float) -> list[Event]:
    return [
        Thinking(f"Thought {number}: first the sum, then the product. " * 5, at=at),
        StepFinished(Usage(), at=at + 2),
        ToolStarted(f"c{number}", "python", {"code": f"print({number})"}, at=at + 2),
        ToolFinished(f"c{number}", (TextPart(f"{number}\n", "stdout"),), True, at=at + 3),
        Text(ANSWER.format(n=number), at=at + 3),
        StepFinished(Usage(), at=at + 4),
        TurnFinished("stop", at=at + 4),
    ]


def rows() -> list[Row]:
    """The first frame that takes keys, and the memory of the process, with both open."""
    many, few = [], []
    with tempfile.TemporaryDirectory() as home:
        paths = Paths(Path(home), Path(home), Path(home) / "logs")
        store = Store(paths.sessions_db)
        long, short = fill(store, "default", MANY), fill(store, "default", FEW)
        store.close()
        for _ in range(ROUNDS):
            many.append(_open(home, long))
            few.append(_open(home, short))
    slow, fast = (middle([took for took, _ in runs]) for runs in (many, few))
    large, small = (middle([resident for _, resident in runs]) for runs in (many, few))
    return [
        Row(
            f"opening a session of {MANY:,} turns",
            f"{slow:.2f} s",
            f"{fast:.2f} s with {FEW}",
            slow / fast,
            1.3,
        ),
        Row(
            f"resident memory with {MANY:,} turns open",
            f"{large:.0f} MB",
            f"{small:.0f} MB with {FEW}",
            large / small,
            1.5,
        ),
    ]


def _open(home: str, session: str) -> tuple[float, float]:
    with terminal(home, "--resume", session) as window:
        took = window.first_echo()
        window.read(SETTLE_S)  # what is loaded behind the first frame counts as memory too
        return took, window.resident_mb
