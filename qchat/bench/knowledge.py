"""Own folders and histories: how quickly they are read, looked through again, and asked."""

import random
import re
import tempfile
import time
from pathlib import Path
from pydoc_data.topics import topics

import msgspec

from qchat.bench.table import Row
from qchat.config.settings import MemorySettings
from qchat.egress.traffic import Traffic
from qchat.importing.importer import import_export
from qchat.knowledge.library import Library
from qchat.runtime.paths import Paths
from qchat.store import Store

FILES = 5_000
FILE_BYTES = 20_000
CONVERSATIONS = 10_000
QUESTIONS = 100
INDEX_BAR_S, RESYNC_BAR_S, QUESTION_BAR_S, IMPORT_BAR_S = 300.0, 2.0, 0.06, 60.0


def rows() -> list[Row]:
    """A folder is read, looked through again and asked; then a history comes in."""
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        words = Words()
        size = _write_files(home / "notes", FILES, words)
        library = Library(
            Paths(home / "q", home / "q", home / "q" / "logs"), "bench", MemorySettings(), Traffic()
        )
        try:
            library.add(home / "notes")
            began = time.perf_counter()
            library.sync()
            indexed = time.perf_counter() - began
            time.sleep(2.1)  # what was read right after it was written is looked into once more
            library.sync()
            began = time.perf_counter()
            library.sync()
            resynced = time.perf_counter() - began
            asked = sorted(_ask(library, words.question()) for _ in range(QUESTIONS))
        finally:
            library.close()
        imported = {
            name: _import(home / name, [made(n, words) for n in range(CONVERSATIONS)])
            for name, made in (("ChatGPT", _of_chatgpt), ("Claude", _of_claude))
        }
    what = f"{FILES:,} files ({size / 1e6:.0f} MB)"
    slowest = asked[int(len(asked) * 0.95)]
    return [
        Row(f"folder of {what} indexed", f"{indexed:.0f} s", "300 s", indexed / INDEX_BAR_S, 1.0),
        Row(
            f"looked through again, {FILES:,} files unchanged",
            f"{resynced:.2f} s",
            "2 s",
            resynced / RESYNC_BAR_S,
            1.0,
        ),
        Row(
            f"question to {what}, 95 of 100",
            f"{slowest * 1000:.0f} ms",
            "60 ms",
            slowest / QUESTION_BAR_S,
            1.0,
        ),
        *(
            Row(
                f"import of {CONVERSATIONS:,} conversations of {name}",
                f"{took:.0f} s",
                "60 s",
                took / IMPORT_BAR_S,
                1.0,
            )
            for name, took in imported.items()
        ),
    ]


class Words:
    """English as Python's own help speaks it, in another order, the same at every run."""

    def __init__(self) -> None:
        self._random = random.Random(7)
        said = "\n\n".join(topics.values())
        self._paragraphs = [p for p in re.split(r"\n\s*\n", said) if len(p) > 60]
        self._words = sorted(set(re.findall(r"[a-z]{5,}", said)))

    def text(self, characters: int) -> str:
        """So many characters, about, in paragraphs."""
        found: list[str] = []
        size = 0
        while size < characters:
            found.append(self._random.choice(self._paragraphs)[: max(characters - size, 40)])
            size += len(found[-1])
        return "\n\n".join(found)

    def question(self) -> str:
        """A few words that stand somewhere."""
        return " ".join(self._random.choices(self._words, k=6))


def _write_files(folder: Path, count: int, words: Words) -> int:
    size = 0
    for number in range(count):
        below = folder / f"{number % 50:02}"
        below.mkdir(parents=True, exist_ok=True)
        text = f"# Note {number}\n\n{words.text(FILE_BYTES)}\n"
        (below / f"{number}.md").write_text(text, encoding="utf-8")
        size += len(text)
    return size


def _ask(library: Library, question: str) -> float:
    began = time.perf_counter()
    library.search(question, library.scope(""))
    return time.perf_counter() - began


def _import(home: Path, conversations: list[dict[str, object]]) -> float:
    home.mkdir()
    file = home / "conversations.json"
    file.write_bytes(msgspec.json.encode(conversations))
    store = Store(home / "sessions.db")
    try:
        began = time.perf_counter()
        report = import_export(file, store, "bench", home / "files")
        assert report.outcomes.total() == len(conversations)
        return time.perf_counter() - began
    finally:
        store.close()


def _of_chatgpt(number: int, words: Words) -> dict[str, object]:
    """Four prompts and answers, as ChatGPT exports them."""
    mapping: dict[str, object] = {}
    above = None
    for place in range(8):
        role = "assistant" if place % 2 else "user"
        id_ = f"{number}-{place}"
        content = {"content_type": "text", "parts": [words.text(900 if place % 2 else 120)]}
        message = {"author": {"role": role}, "create_time": 1.7e9 + number, "content": content}
        mapping[id_] = {"id": id_, "parent": above, "message": message}
        above = id_
    return {"id": f"c{number}", "title": f"Talk {number}", "mapping": mapping}


def _of_claude(number: int, words: Words) -> dict[str, object]:
    """The same, as Claude exports them."""
    at = "2025-03-01T10:00:00.000000Z"
    messages: list[dict[str, object]] = []
    for place in range(8):
        block = {"type": "text", "text": words.text(900 if place % 2 else 120)}
        messages.append(
            {
                "uuid": f"{number}-{place}",
                "sender": "assistant" if place % 2 else "human",
                "created_at": at,
                "content": [block],
            }
        )
    return {"uuid": f"c{number}", "name": f"Talk {number}", "created_at": at,
            "updated_at": at, "chat_messages": messages}  # fmt: skip
