"""Other embedders, and the change from one to another."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from qchat.backends.embeddings import EndpointEmbedder, LocalEmbedder, prefixes
from qchat.config.settings import MemorySettings
from qchat.egress.traffic import Traffic
from qchat.memory.opening import open_memory
from qchat.runtime.paths import Paths
from qchat_assets import demo_model_path
from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.embed import StaticEmbedder, Vectors
from qchat_memory.store import MemoryStore
from tests.engines import write_babbler
from tests.program import qchat

STATIC = StaticEmbedder()


class Counting(StaticEmbedder):
    """Another name, so that it is another embedder; stops after so many texts."""

    name = "counting"

    def __init__(self, stop_after: int = 1_000_000) -> None:
        super().__init__()
        self.done = 0
        self.stop_after = stop_after

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.done >= self.stop_after:
            raise MemoryStoreError("the model went away")
        self.done += len(texts)
        return -STATIC.embed(texts)


@pytest.fixture(scope="module")
def babbler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_babbler(tmp_path_factory.mktemp("model") / "babbler.gguf", embeds=True)


@pytest.fixture(scope="module")
def local(babbler: Path) -> Iterator[LocalEmbedder]:
    embedder = LocalEmbedder(babbler)
    yield embedder
    embedder.close()


def _store(folder: Path, embedder: StaticEmbedder) -> MemoryStore:
    by_name = {STATIC.name: STATIC, embedder.name: embedder}
    return MemoryStore(folder, "anna", embedder, known=by_name.get)


def test_a_change_of_embedder_goes_on_where_it_was_cut_short(tmp_path: Path) -> None:
    first = MemoryStore(tmp_path, "anna", STATIC)
    first.import_lines(f'{{"text": "note {n} about something"}}' for n in range(150))
    first.pin(first.list()[0].id)
    first.close()

    store = _store(tmp_path, Counting(stop_after=64))
    assert store.stale()
    told: list[tuple[int, int]] = []
    with pytest.raises(MemoryStoreError, match="went away"):
        store.reembed(lambda done, total: told.append((done, total)))
    assert told[-1] == (64, 150)
    assert store.recall("note 17 about something")  # the old one serves meanwhile
    late = store.save("A late note about ladders.")
    gone = store.forget(store.list()[-1].id)
    store.close()

    again = Counting()
    store = _store(tmp_path, again)
    assert store.reembed() in (86, 87)  # the first 64 are not done again
    assert not store.stale()
    kept = {memory.id: memory for memory in store.list()}
    assert len(kept) == 150
    assert kept[late.id] == late
    assert gone.id not in kept
    with store.repository.transaction() as transaction:
        found = transaction.collection.get(include=["embeddings", "documents"])
    wanted = -STATIC.embed(found["documents"])
    assert np.allclose(found["embeddings"], wanted, atol=1e-5)
    assert store.search("ladders")[0].memory.id == late.id
    store.close()


def test_without_the_old_embedder_words_do(tmp_path: Path) -> None:
    store = _store(tmp_path, Counting())
    store.save("My parrot is called Zubiko.")
    store.close()
    other = MemoryStore(tmp_path, "anna", STATIC)  # knows no other than its own
    assert other.recall("what is my parrot called?")
    new = other.save("My ladder is made of ash.")
    assert other.recall("what is my ladder made of?")[0].memory.id == new.id
    assert other.reembed() == 2
    assert other.search("ladder")[0].memory.id == new.id
    other.close()


class Earlier(Counting):
    """The vectors that qchat 0.2 came with: the package that made them is not installed now."""

    name = "wordllama-l2_supercat-256"


def test_memories_of_an_earlier_version_serve_at_once_and_get_new_vectors(tmp_path: Path) -> None:
    paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
    earlier = MemoryStore(paths.memory_dir, "default", Earlier())
    earlier.import_lines(f'{{"text": "note {n} about something"}}' for n in range(70))
    earlier.save("我对花生过敏。")
    earlier.close()
    store = open_memory(MemorySettings(), paths, "default", Traffic())
    assert store is not None
    assert store.stale()
    assert "note 17" in store.recall("note 17 about something")[0].memory.text, "by its words"
    late = store.save("My parrot is called Zubiko.")
    store.close()
    done = qchat(tmp_path, "memory", "reembed")
    assert (done.returncode, done.stderr) == (0, "")
    store = open_memory(MemorySettings(), paths, "default", Traffic())
    assert store is not None
    assert not store.stale()
    assert store.count() == 72
    assert store.recall("What is my parrot called?")[0].memory == late
    assert store.search("我对什么过敏？", 1)[0].memory.text == "我对花生过敏。"
    store.close()


def test_a_gguf_embeds_through_the_local_engine(local: LocalEmbedder, tmp_path: Path) -> None:
    vectors = local.embed(["one text", "another text", "one text"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert np.allclose(vectors[0], vectors[2], atol=1e-3)
    assert not np.allclose(vectors[0], vectors[1], atol=1e-3)
    store = MemoryStore(tmp_path, "anna", local)
    store.save("My parrot is called Zubiko.")
    assert store.search("parrot")
    store.close()


def test_an_endpoint_embeds_and_says_what_is_wrong(local: LocalEmbedder) -> None:
    local.embed(["start"])
    assert local.engine is not None
    url, key = local.engine.base_url, local.engine.api_key
    over_http = EndpointEmbedder(url, "any", key)
    assert np.allclose(over_http.embed(["one text"]), local.embed(["one text"]), atol=1e-4)
    with pytest.raises(MemoryStoreError, match="answered 401"):
        EndpointEmbedder(url, "any", "wrong").embed(["x"])
    with pytest.raises(MemoryStoreError, match="cannot get embeddings"):
        EndpointEmbedder("http://127.0.0.1:9", "any").embed(["x"])


def test_a_text_longer_than_the_models_batch_is_averaged_and_not_refused(
    local: LocalEmbedder,
) -> None:
    """llama.cpp's server takes 512 tokens at once for an embedding."""
    long = "river stone cloud piano market window garden bridge " * 70
    vectors = local.embed([long, "short", "ladder " * 500])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert np.allclose(vectors[1], local.embed(["short"])[0], atol=1e-3)
    assert local.ask(long[:2_000], ["river"]).shape == (1, vectors.shape[1])


@pytest.mark.parametrize(
    ("name", "text", "question"),
    [
        ("multilingual-e5-large", "passage: ", "query: "),
        ("nomic-embed-text-v1.5", "search_document: ", "search_query: "),
        ("gguf:1:/models/bge-small-en.gguf", "", "Represent this sentence"),
        ("Qwen3-Embedding-0.6B", "", "Instruct: "),
        ("text-embedding-v4", "", ""),
    ],
)
def test_a_model_is_asked_as_it_was_trained(name: str, text: str, question: str) -> None:
    before, asks = prefixes(name)
    assert before == text
    assert asks.startswith(question)


def test_a_file_that_is_no_model_is_a_clear_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"<html>")
    embedder = LocalEmbedder(broken)
    with pytest.raises(MemoryStoreError, match=r"memory\.embedder: .*a web page"):
        embedder.embed(["x"])


def test_a_model_to_chat_with_is_refused_as_embedder() -> None:
    embedder = LocalEmbedder(demo_model_path())
    with pytest.raises(MemoryStoreError, match=r"is a chat model.* to \"static\""):
        embedder.embed(["x"])


class Silent(StaticEmbedder):
    """An endpoint that answers so many questions, and then no more."""

    name = "silent"

    def __init__(self, answers: int) -> None:
        super().__init__()
        self.answers = answers

    def ask(self, question: str, words: Sequence[str]) -> Vectors:
        self.answers -= 1
        if self.answers < 0:
            raise MemoryStoreError("the endpoint went away")
        return STATIC.ask(question, words)


@pytest.mark.parametrize("answers", [0, 1, 5])
def test_an_endpoint_that_fails_at_a_question_or_while_it_is_measured_leaves_the_words(
    answers: int, tmp_path: Path
) -> None:
    store = MemoryStore(tmp_path, "anna", Silent(answers))
    store.save("My parrot is called Zubiko.")
    assert store.recall("What is my parrot called?")[0].matched == ("parrot",)
    assert store.repository.index.spread("silent") == "", "half a measure is none"
    store.close()


def test_among_few_none_is_missed_and_a_change_is_seen_at_once(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path, "anna", STATIC)
    store.import_lines(f'{{"text": "note {n} about something"}}' for n in range(1_200))
    index = store.repository.index
    texts = [memory.text for memory in store.list()][::40]
    for text, vector in zip(texts, STATIC.embed(texts), strict=True):
        with store.repository.transaction():
            found = index.search.at(index.search.nearest(vector[None], 1)[0]).text
        assert STATIC.embed([found])[0] @ vector > 0.999, text  # "1097" may stand for "1079"
    late = store.save("Quinces ripen in October.")
    assert store.search("When are quinces ripe?", 1)[0].memory.id == late.id
    store.forget(late.id)
    assert late.id not in [hit.memory.id for hit in store.search("When are quinces ripe?")]
    store.close()
