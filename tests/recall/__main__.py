"""Prints recall@10 of each conversation, as docs/decisions/ give it: `python -m tests.recall`."""

import sys
import tempfile
from functools import partial
from pathlib import Path

import msgspec

from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.store import MemoryStore
from tests.recall import CHECK, DEVELOPMENT, HELD_OUT, Conversation, conversation
from tests.recall.parts import by_meaning, by_rank, by_words, share_found

EMBEDDER = StaticEmbedder()
LINE = "{:14} {:>6} {:>8} {:>6} {:>7}  {}\n"


def main() -> None:
    """One line a conversation; those held out were never tuned to."""
    head = ("", "words", "meaning", "rank", "merged", "put before the model unasked")
    sys.stdout.write(LINE.format(*head))
    for name in (DEVELOPMENT, *CHECK, *HELD_OUT):
        sys.stdout.write(_line(conversation(name)))


def _line(talk: Conversation) -> str:
    ways = [way(talk, EMBEDDER) for way in (by_words, by_meaning, by_rank)]
    with tempfile.TemporaryDirectory() as folder:
        store = MemoryStore(Path(folder), "anna", EMBEDDER)
        store.import_lines(msgspec.json.encode(memory).decode() for memory in talk.memories)
        shares = [share_found(talk, way) for way in (*ways, partial(_ten, store))]
        answered = [bool(store.recall(q.text)) for q in talk.questions if q.evidence]
        unanswered = [bool(store.recall(q.text)) for q in talk.questions if not q.evidence]
        store.close()
    unasked = f"for {sum(answered)} of {len(answered)} that have an answer"
    unasked += f", {sum(unanswered)} of {len(unanswered)} that have none"
    return LINE.format(talk.name, *(f"{share:.2f}" for share in shares), unasked)


def _ten(store: MemoryStore, question: str) -> list[str]:
    return [hit.memory.id for hit in store.search(question, 10)]


if __name__ == "__main__":
    main()
