"""Own folders can be asked: whatever kinds of files, whatever changes, whatever is damaged."""

import asyncio
import json
import os
import random
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest

from qchat.config.settings import MemorySettings
from qchat.conversation.trust import provenance
from qchat.egress.traffic import Traffic
from qchat.knowledge.background import Reading
from qchat.knowledge.catalog import Catalog
from qchat.knowledge.catalog_file import CatalogFile
from qchat.knowledge.library import Library
from qchat.knowledge.vectors import catch_up
from qchat.protocol.errors import QchatError
from qchat.protocol.messages import ToolResult
from qchat.runtime.paths import Paths
from qchat_memory.origin import Origin
from qchat_memory.storage.chroma import Folder
from qchat_memory.storage.embed import StaticEmbedder, Vectors
from qchat_tools.parts import SourcePart
from tests.engines import eventually
from tests.everyday.pdf_files import pdf, text
from tests.program import QCHAT, environment, qchat
from tests.scripted_server import ask, says

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def _zip(path: Path, files: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def _docx(path: Path, *paragraphs: str) -> None:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    document = f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    _zip(path, {"word/document.xml": document})


def _epub(path: Path, chapter: str) -> None:
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    book = (
        '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
        '<item id="c1" href="text/one.xhtml"/><item id="bad" href="../../../etc/passwd"/>'
        '</manifest><spine><itemref idref="bad"/><itemref idref="c1"/></spine></package>'
    )
    page = f"<html><body><h1>One</h1><p>{chapter}</p><script>no()</script></body></html>"
    _zip(
        path,
        {
            "META-INF/container.xml": container,
            "OEBPS/book.opf": book,
            "OEBPS/text/one.xhtml": page,
        },
    )


def _notes(folder: Path) -> Path:
    """A folder with a file of each kind, each with a fact of its own."""
    year = folder / "2025"
    year.mkdir(parents=True)
    (year / "lease.md").write_text("# House\n\n## Lease\n\nThe lease in Porto ends on 31 March.\n")
    (folder / "公园.txt").write_text("今天天气很好，我们去公园散步。", "utf-8")
    (folder / "sieve.py").write_text("def sieve(limit):\n    '''Prime numbers.'''\n")
    (folder / "latin.txt").write_bytes("Le café brûlé était fermé à midi.".encode("latin-1"))
    (folder / "page.html").write_text("<p>The ferry to <b>Corfu</b> leaves at nine.</p>")
    cell = {"cell_type": "markdown", "source": ["The ", "boiling point of argon is 87 K."]}
    (folder / "lab.ipynb").write_text(json.dumps({"cells": [cell]}))
    _docx(folder / "letter.docx", "Dear Ada,", "the violin is repaired by Thursday.")
    _epub(folder / "tale.epub", "The lighthouse keeper was called Solveig.")
    (folder / "report.pdf").write_bytes(pdf([text("The turbine failed in the seventh test.")]))
    (folder / ".gitignore").write_text(
        "*.log\nprivate/\n!keep.log\ndrafts/**\n!drafts/kept/\n!drafts/kept/yes.md\n"
    )
    (folder / "drafts" / "kept").mkdir(parents=True)
    (folder / "drafts" / "kept" / "yes.md").write_text("The kept draft is about axolotls.")
    (folder / "drafts" / "kept" / "no.md").write_text("Another draft about axolotls.")
    (folder / "noise.log").write_text("lease lease lease")
    (folder / "keep.log").write_text("The kept log mentions zirconium.")
    (folder / "private").mkdir()
    (folder / "private" / "diary.md").write_text("A diary about saffron.")
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return folder


ASKED = {
    "when does the lease end": "2025/lease.md",
    "我们去哪里散步": "公园.txt",
    "function for prime numbers": "sieve.py",
    "café fermé": "latin.txt",
    "ferry to Corfu": "page.html",
    "boiling point of argon": "lab.ipynb",
    "who repairs the violin": "letter.docx",
    "name of the lighthouse keeper": "tale.epub",
    "turbine test": "report.pdf",
    "zirconium": "keep.log",
    "axolotls": "drafts/kept/yes.md",
}


@pytest.mark.slow
def test_files_of_every_kind_are_found_and_cited_where_they_stand(tmp_path: Path) -> None:
    home, notes = tmp_path / "home", _notes(tmp_path / "my notes")
    added = qchat(home, "know", "add", str(notes), "--name", "notes")
    assert added.returncode == 0, added.stderr
    assert added.stdout.startswith("notes: 11 files read.")
    library = _library(home)
    for question, path in ASKED.items():
        found = library.search(question, library.scope("notes"))
        assert found[0].path == path, question
    assert library.search("saffron diary", library.scope(""))[0].path != "private/diary.md"
    (lease, *_) = library.search("lease", library.scope("notes/2025"))
    assert (lease.place, lease.heading) == ("#L1", "House")
    assert lease.url == (notes / "2025" / "lease.md").as_uri() + "#L1"
    library.close()


async def test_a_question_to_a_folder_is_answered_from_its_passages(tmp_path: Path) -> None:
    home, notes = tmp_path / "home", _notes(tmp_path / "my notes")
    added = await asyncio.to_thread(qchat, home, "know", "add", str(notes), "--name", "notes")
    assert added.returncode == 0, added.stderr
    replies = [says("It ends on 31 March [1].")]
    question = "@know:notes/2025 When does the lease end?"
    events, (body,) = await ask(home, replies, question)
    (result,) = (event for event in events if event["type"] == "tool_finished")
    (source,) = result["parts"]
    assert (source["number"], source["origin"]["name"]) == (1, "notes/2025/lease.md")
    assert "31 March" in source["extract"]
    assert "31 March" in json.dumps(body["messages"])
    (cited,) = (event for event in events if event["type"] == "cited")
    assert [each["number"] for each in cited["sources"]] == [1]
    events, _ = await ask(home, replies, "@know:nothing What is up?")
    (failed,) = (event for event in events if event["type"] == "tool_finished")
    assert "No folder named 'nothing' is known" in failed["parts"][0]["text"]


def test_what_changes_is_read_again_and_what_goes_is_forgotten(tmp_path: Path) -> None:
    home, notes = tmp_path / "home", _notes(tmp_path / "notes")
    library = _library(home)
    library.add(notes)
    library.sync()
    (notes / "2025" / "lease.md").write_text("The lease was extended to June 2031.\n")
    (notes / "sieve.py").unlink()
    (notes / "page.html").rename(notes / "boat.html")
    os.utime(notes / "letter.docx", (1, 1))  # another time, the same words
    (changes,) = library.sync()
    assert (changes.read, changes.gone) == (2, 2)
    assert "2031" in library.search("lease", library.scope(""))[0].text
    assert library.search("ferry to Corfu", library.scope(""))[0].path == "boat.html"
    found = library.search("function for prime numbers", library.scope(""), 20)
    assert "sieve.py" not in [passage.path for passage in found]
    (again,) = library.sync()
    assert not again.any
    shutil.move(notes, tmp_path / "away")
    with pytest.raises(QchatError, match="What was read of it before stays"):
        library.sync()
    assert library.search("lease", library.scope(""))
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo" / "a.md").write_text("The zoo has a tapir.")
    library.add(tmp_path / "zoo")
    with pytest.raises(QchatError, match="cannot be read"):
        library.sync()  # and the other folder is read all the same
    assert library.search("tapir", library.scope("zoo"))
    library.remove("zoo")
    library.close()
    removed = qchat(home, "know", "remove", "notes")
    assert removed.stdout.startswith("Forgot notes.")
    assert qchat(home, "know", "list").stdout == ""
    assert [path.name for path in (home / "knowledge").rglob("chroma.sqlite3")] == []


@pytest.mark.slow
def test_damaged_files_are_named_and_the_others_are_read(tmp_path: Path) -> None:
    home, notes = tmp_path / "home", tmp_path / "notes"
    notes.mkdir()
    whole = pdf([text("Pressure was low.")])
    (notes / "cut.pdf").write_bytes(whole[: len(whole) // 3])
    (notes / "cut.docx").write_bytes(b"PK\x03\x04 no zip")
    bomb = f"<w:document xmlns:w='{WORD}'>{' ' * 34_000_000}</w:document>"
    _zip(notes / "bomb.docx", {"word/document.xml": bomb})
    entity = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"
    _zip(notes / "entity.odt", {"content.xml": entity})
    (notes / "deep.html").write_text("<div>" * 50_000 + "deep words")
    (notes / "deep.ipynb").write_text('{"cells":' + "[" * 50_000)
    (notes / "binary.txt").write_bytes(bytes(range(256)) * 10)
    (notes / "long.txt").write_text("x" * 300_000)
    (notes / "good.md").write_text("The good file speaks of kumquats.")
    (notes / "loop").symlink_to(notes)
    (notes / "secret.txt").symlink_to("/etc/hostname")
    done = qchat(home, "know", "add", str(notes))
    assert done.returncode == 0, done.stderr
    for name in ("cut.pdf", "cut.docx", "bomb.docx", "entity.odt", "deep.ipynb", "binary.txt"):
        assert f"Not read: {name}: " in done.stderr
    assert "Traceback" not in done.stderr
    found = qchat(home, "know", "search", "kumquats")
    assert found.stdout.startswith("notes/good.md · line 1")
    assert "root:" not in qchat(home, "know", "search", "root bin bash").stdout


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # SQLite's logs come and go
            total += path.stat().st_size
    return total


@pytest.mark.slow
def test_a_kill_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    home, notes = tmp_path / "home", tmp_path / "notes"
    notes.mkdir()
    for n in range(250):
        said = "\n\n".join(f"Paragraph {k} of note {n}. " + "filler words " * 60 for k in range(8))
        (notes / f"{n}.md").write_text(f"{said}\n\nThe code word of note {n} is zeta{n}x.")
    assert qchat(home, "know", "list").returncode == 0
    for written in (400_000, 4_000_000):
        running = subprocess.Popen(
            [*QCHAT, "know", "add", str(notes)],
            env=environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while running.poll() is None and _bytes_in(home / "knowledge") < written:
            with suppress(subprocess.TimeoutExpired):
                running.wait(0.01)
        running.kill()
        running.wait()
    done = qchat(home, "know", "sync")
    assert done.returncode == 0, done.stderr
    library = _library(home)
    (folder,) = library.folders()
    assert folder.files == 250
    for n in (0, 7, 249):
        assert library.search(f"zeta{n}x", library.scope(""))[0].path == f"{n}.md"
    library.close()
    assert "nothing has changed" in qchat(home, "know", "sync").stdout


def test_lost_vectors_are_made_again(tmp_path: Path) -> None:
    home, notes = tmp_path / "home", _notes(tmp_path / "notes")
    library = _library(home)
    folder = library.add(notes)
    library.sync()
    library.close()
    lost = next((home / "knowledge").rglob("chroma.sqlite3")).parent
    assert lost.name == folder.id
    shutil.rmtree(lost)
    library = _library(home)
    assert library.search("lease", library.scope(""))  # by its words alone
    library.sync()
    assert (lost / "chroma.sqlite3").exists()
    library.close()
    (lost / "chroma.sqlite3").write_bytes(b"no database at all" * 100)
    library = _library(home)
    library.sync()
    (notes / "new.md").write_text("A new note about okapis.")
    library.sync()
    assert library.search("okapis", library.scope(""))[0].path == "new.md"
    library.close()


class _Another(StaticEmbedder):
    """Vectors of another embedder: nothing that the one in use says is near them."""

    name = "another-1"

    def embed(self, texts: Sequence[str]) -> Vectors:
        return -super().embed(texts)


def _random(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as data:
        data.seek(size // 3)
        data.write(random.Random(1).randbytes(size // 2))


def _a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGE: dict[str, Callable[[Path], None]] = {
    "gone": Path.unlink,
    "garbage": _random,
    "a folder": _a_folder,
}


@pytest.mark.slow
def test_what_was_read_is_made_whole_and_no_folder_is_forgotten(tmp_path: Path) -> None:
    home, notes = tmp_path / "home", tmp_path / "notes"
    notes.mkdir()
    for number in range(20):
        (notes / f"{number}.md").write_text(f"Note {number} speaks of kumquats.")
    library = _library(home)
    library.add(notes, "mine")
    library.sync()
    (catalog,) = home.glob("knowledge/*/knowledge.db")
    for name, bend in DAMAGE.items():
        bend(catalog)
        with pytest.raises(QchatError, match="qchat know sync"):  # said, not "nothing fits"
            library.search("kumquats", library.scope(""))
        assert library.names() == ["mine"], name
        library.sync()
        assert library.search("kumquats", library.scope("")), name
        assert not library.mend(), name
    (vectors,) = home.glob("knowledge/*/*/chroma.sqlite3")
    with closing(sqlite3.connect(vectors)) as db, db:
        db.execute("DELETE FROM embeddings WHERE id % 2")
    library.close()
    done = qchat(home, "doctor")
    assert "The vectors of mine were damaged (Chroma has 10 of 20 vectors)" in done.stdout
    assert not library.mend()
    with closing(sqlite3.connect(catalog)) as db, db:  # and, by the trigger, of the words
        db.execute("DELETE FROM passages WHERE id % 2")
    assert library.mend() == ["Passages of your files were missing (10), and are read again"]
    assert not library.mend()
    library.close()


def test_a_full_disk_is_called_one(tmp_path: Path) -> None:
    catalog = CatalogFile(tmp_path / "catalog.sqlite3")
    (pages,) = catalog.db.execute("PRAGMA page_count").fetchone()
    catalog.db.execute(f"PRAGMA max_page_count = {pages}")  # SQLite takes what it has
    with pytest.raises(QchatError, match="The disk is full") as refused, catalog.change():
        catalog.db.execute("INSERT INTO found (words) VALUES (?)", ("stork " * 100_000,))
    assert "`qchat know sync` then reads what is missing" in str(refused.value)
    catalog.close()


def test_another_embedder_makes_all_vectors_anew(tmp_path: Path) -> None:
    home, notes = tmp_path / "home", tmp_path / "notes"
    notes.mkdir()
    (notes / "feast.md").write_text("We got married on a boat in Norway.")
    (notes / "mill.md").write_text("I buy my bread from a mill near the river.")
    library, other = _library(home), _Another()
    folder = library.add(notes)
    library.sync()
    library.close()
    catalog = Catalog(next((home / "knowledge").rglob("knowledge.db")))
    place = next((home / "knowledge").rglob("chroma.sqlite3")).parent
    store = Folder(place, lambda: other.name, lambda _collection, _version: None)
    (known,) = catalog.folders()
    assert catch_up(catalog, known, store, other, lambda _done, _total: None) == 2
    assert catalog.folder(folder.name).embedder == other.name
    store.close()
    catalog.close()

    library = _library(home)
    assert library.search("bread", library.scope(""))[0].path == "mill.md"  # by its words
    assert not library.search("Where was our wedding?", library.scope(""))
    library.sync()
    assert library.scope("").folders[0].embedder == StaticEmbedder.name
    assert library.search("Where was our wedding?", library.scope(""))[0].path == "feast.md"
    library.close()


@pytest.mark.slow
async def test_folders_are_watched_while_a_chat_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, notes = tmp_path / "home", _notes(tmp_path / "notes")
    monkeypatch.setenv("QCHAT_HOME", str(home))
    library = _library(home)
    reading = Reading(library, "default")
    watching = asyncio.create_task(reading.run())
    try:
        library.add(notes)
        reading.begin()
        await eventually(lambda: _is_first(library, "lease", "2025/lease.md"), 60)
        (notes / "2025" / "okapi.md").write_text("The okapi eats leaves.")
        await eventually(lambda: _is_first(library, "okapi", "2025/okapi.md"), 60)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        library.close()


async def _is_first(library: Library, question: str, path: str) -> bool:
    def first() -> bool:
        try:
            found = library.search(question, library.scope(""))
        except QchatError:  # it is not read to the end yet
            return False
        return bool(found) and found[0].path == path

    return await asyncio.to_thread(first)


def test_a_file_is_no_order_of_the_users() -> None:
    part = SourcePart(1, "file:///n.md", "n", "Save it.", origin=Origin("attached", "notes/n.md"))
    judged = provenance([ToolResult("1", "knowledge_search", (part,))])
    assert judged.tainted
    assert judged.user_text == ()


def _library(home: Path) -> Library:
    paths = Paths(home, home, home / "logs")
    return Library(paths, "default", MemorySettings(), Traffic())
