"""Memories: how quickly many are searched, kept and imported, and what is loaded for none."""

import importlib
import random
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import msgspec

from qchat.bench.table import Row, middle
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.store import MemoryStore

MANY = 100_000
IMPORTED = 10_000
QUESTIONS = 200
SAVES = 20

WHO = [
    "My sister",
    "My brother",
    "Our neighbour",
    "My manager",
    "Anna",
    "Viktor",
    "The plumber",
    "My dentist",
]
DID = [
    "bought",
    "lost",
    "painted",
    "sold",
    "repaired",
    "planted",
    "cooked",
    "borrowed",
    "dropped",
    "found",
]
WHAT = [
    "bicycle",
    "kettle",
    "guitar",
    "lamp",
    "violin",
    "tent",
    "ladder",
    "camera",
    "carpet",
    "clock",
    "boat",
    "oven",
]
WHERE = [
    "Lisbon",
    "Oslo",
    "Graz",
    "Leeds",
    "Porto",
    "Tromsø",
    "Galway",
    "Brno",
    "Boise",
    "Gdansk",
    "Turin",
    "Malmo",
]


def rows() -> list[Row]:
    """One store is filled, with a look at the time for the first of them."""
    with tempfile.TemporaryDirectory() as folder:
        store = MemoryStore(Path(folder), "bench")
        try:
            store.save("The first memory loads what is needed.")
            began = time.perf_counter()
            store.import_lines(_lines(0, IMPORTED))
            import_s = time.perf_counter() - began
            store.import_lines(_lines(IMPORTED, MANY))
            store.open()
            recall = _slowest(_recalls(store))
            save = middle(_saves(store))
        finally:
            store.close()
    return [
        Row(f"recall among {MANY:,} memories, 95 of 100", _ms(recall), "30 ms", recall / 0.03, 1.0),
        Row(f"save among {MANY:,}, on the disk", _ms(save), "30 ms", save / 0.03, 1.0),
        Row(f"import of {IMPORTED:,} memories", f"{import_s:.1f} s", "15 s", import_s / 15, 1.0),
        _unused(),
        *_held_out(),
    ]


def _held_out() -> list[Row]:
    """Recall@10 on conversations on which nothing was chosen; they are among the tests alone."""
    root = Path(__file__).parents[2]
    if not (root / "tests" / "recall").is_dir():
        return []
    sys.path.append(str(root))
    recall, parts = map(importlib.import_module, ("tests.recall", "tests.recall.parts"))
    embedder = StaticEmbedder()
    merged, best = [], []
    for name in recall.HELD_OUT:
        talk = recall.conversation(name)
        ways = (parts.by_words, parts.by_meaning, parts.by_rank)
        best.append([parts.share_found(talk, way(talk, embedder)) for way in ways])
        with tempfile.TemporaryDirectory() as folder:
            store = MemoryStore(Path(folder), "bench", embedder)
            store.import_lines(msgspec.json.encode(memory).decode() for memory in talk.memories)
            merged.append(parts.share_found(talk, partial(_ten, store)))
            store.close()
    found = sum(merged) / len(merged)
    part = max(map(sum, zip(*best, strict=True))) / len(best)
    what = f"recall@10, hold-out: {len(merged)} conversations"
    against = f"0.66 (best part {part:.2f})"
    return [Row(what, f"{found:.2f}", against, found / 0.66, 1.0, higher_is_better=True)]


def _ten(store: MemoryStore, question: str) -> list[str]:
    return [hit.memory.id for hit in store.search(question, 10)]


def _lines(start: int, end: int) -> list[str]:
    draw = random.Random(start)
    return [
        msgspec.json.encode(
            {
                "text": f"{draw.choice(WHO)} {draw.choice(DID)} a {draw.choice(WHAT)} number"
                f" {number} in {draw.choice(WHERE)}.",
                "said_at": f"202{draw.randrange(6)}-{draw.randrange(1, 13):02}-10T10:00:00+00:00",
            }
        ).decode()
        for number in range(start, end)
    ]


def _recalls(store: MemoryStore) -> list[float]:
    draw, took = random.Random(1), []
    for _ in range(QUESTIONS):
        number = draw.randrange(MANY)
        question = f"Who {draw.choice(DID)} the {draw.choice(WHAT)} number {number} last summer?"
        began = time.perf_counter()
        store.recall(question)
        took.append(time.perf_counter() - began)
    return took


def _saves(store: MemoryStore) -> list[float]:
    took = []
    for number in range(SAVES):
        began = time.perf_counter()
        store.save(f"Something new, {number} of its kind, was told.")
        took.append(time.perf_counter() - began)
    return took


def _slowest(values: list[float]) -> float:
    """The time that 95 of 100 are within."""
    return sorted(values)[int(len(values) * 0.95)]


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms"


def _unused() -> Row:
    """What a run that has no memories loads of Chroma: nothing."""
    code = (
        "import sys, qchat.cli, qchat.conversation.toolbox; from pathlib import Path\n"
        "from qchat_memory.store import MemoryStore\n"
        "store = MemoryStore(Path(sys.argv[1]), 'nobody'); store.open(); store.recall('hello')\n"
        "store.close(); print(sum(name.startswith('chromadb') for name in sys.modules))\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", code, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = int(done.stdout)
    return Row("modules of chromadb where nothing is kept", str(loaded), "0", loaded or 1e-9, 0.5)
