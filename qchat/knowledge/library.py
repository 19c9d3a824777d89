"""The user's folders as commands, tools and conversations see them: added, synced, searched."""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath
from typing import TypeVar

from qchat.config.settings import MemorySettings
from qchat.egress.traffic import Traffic
from qchat.knowledge import repair
from qchat.knowledge.catalog import Catalog
from qchat.knowledge.catalog_file import DamagedCatalogError
from qchat.knowledge.changes import Changes, Show
from qchat.knowledge.found import Passage, Scope
from qchat.knowledge.records import KnownFolder, Located, on_one_line
from qchat.knowledge.terms import terms, with_figures
from qchat.knowledge.vectors import catch_up, nearest
from qchat.memory.opening import embedder_of, owner_of
from qchat.protocol.errors import QchatError, UsageError
from qchat.runtime.language import tr, verbatim
from qchat.runtime.paths import Paths, private_dir
from qchat_memory.errors import DamagedError, MemoryStoreError
from qchat_memory.language.words import wanted
from qchat_memory.storage.chroma import Folder
from qchat_memory.storage.embed import Embedder
from qchat_memory.storage.lock import exclusive
from qchat_memory.storage.server import Server
from qchat_memory.storage.vector_store import VectorStore, digest
from qchat_tools.typed_path import typed_path

T = TypeVar("T")
log = logging.getLogger(__name__)
MAX_TERMS = 24
"""Words of a question that are looked for."""
CANDIDATES = 60
"""Passages that the words, and the vectors, name before both are weighed."""
MAX_OF_ONE_FILE = 3
MEANING_WEIGHT = 0.6
"""What the nearest vector counts beside the best words: a name that is asked for decides."""
MEANING_HALVES = 10
"""At this place the likeness counts half."""


def _quiet(_done: int, _total: int) -> None:
    """Nobody looks on."""


class Library:
    """One user's folders. Everything blocks; a caller in an event loop uses a thread."""

    def __init__(self, paths: Paths, user: str, settings: MemorySettings, traffic: Traffic) -> None:
        """`settings` say who makes the vectors, and where Chroma is. Nothing is opened yet."""
        self.folder = paths.knowledge_dir / digest(user)
        self._paths = paths
        self._user = user
        self._settings = settings
        self._traffic = traffic
        self._threads = threading.RLock()
        self._embedder: Embedder | None = None
        self._stores: dict[str, VectorStore] = {}

    @property
    def exists(self) -> bool:
        """Whether a folder was ever added; looks without making anything."""
        return self._file.exists() or bool(repair.listed(self._file))

    @property
    def _file(self) -> Path:
        return self.folder / "knowledge.db"

    def folders(self) -> list[KnownFolder]:
        """All, by name, with how much was read of each. Raises QchatError, as all here does."""
        return self._with(lambda catalog: catalog.counted(), again=True) if self.exists else []

    def names(self) -> list[str]:
        """The names of all, at once: nothing is counted."""
        if not self.exists:
            return []
        return self._with(lambda db: [folder.name for folder in db.folders()], again=True)

    def add(self, path: Path, name: str = "") -> KnownFolder:
        """Know a folder; nothing of it is read yet."""
        whole = typed_path(path).absolute().resolve()
        if not whole.is_dir():
            raise UsageError(tr("Folder not found: {path}.", path=path))
        named = (name or whole.name or "files").strip().replace("/", "-").replace(" ", "-")
        inside = whole == self._paths.data_dir or self._paths.data_dir in whole.parents
        if inside:
            raise UsageError(tr("{path} is where qchat keeps its own things.", path=path))

        def work(catalog: Catalog) -> KnownFolder:
            folder = catalog.add_folder(named, whole)
            repair.note(self._file, catalog.folders())
            return folder

        return self._with(work, again=True)

    def remove(self, name: str) -> KnownFolder:
        """Forget a folder with all that was read of it; its files are not touched."""

        def work(catalog: Catalog) -> KnownFolder:
            folder = catalog.folder(name)
            with self._alone(), self._readable():
                self._store(folder).erase()
                catalog.drop_folder(folder)
                repair.note(self._file, catalog.folders())
            return folder

        return self._with(work, again=True)

    def sync(self, name: str = "", show: Show = _quiet, embedding: Show = _quiet) -> list[Changes]:
        """Make one folder, or all, and what was read of them one again; one process at a time.

        `show` is told of files that are read, `embedding` of passages that get their vectors.
        """

        def work(catalog: Catalog) -> list[Changes]:
            with self._alone():
                repair.note(self._file, catalog.folders())
                wanted_ = [catalog.folder(name)] if name else catalog.folders()
                done: list[Changes] = []
                failures: list[QchatError] = []
                for folder in wanted_:  # one that is not there keeps no other from being read
                    try:
                        done.append(self._synced(catalog, folder, show, embedding))
                    except QchatError as error:
                        failures.append(error)
                if failures:
                    raise failures[0]
                return done

        return self._with(work, again=True) if name or self.exists else []

    def mend(self) -> list[str]:
        """Look at every page and every vector; what is damaged is made anew. What was done."""
        if not self.exists:
            return []
        try:
            repair.examine(self._file)
        except DamagedCatalogError as error:
            said = [self._begun_anew(error)]
        else:
            said = self._with(self._doubted)
        there = self._with(Catalog.count_passages)
        if self._with(Catalog.doubt_files) or said:
            self.sync()
        lacking = self._with(Catalog.count_passages) - there
        if lacking > 0 and not said:
            said.append(
                tr(
                    "Passages of your files were missing ({lacking:,}), and are read again",
                    lacking=lacking,
                )
            )
        return said

    def _doubted(self, catalog: Catalog) -> list[str]:
        """The folders whose vectors are damaged: noted, so that a sync makes them anew."""
        said: list[str] = []
        for folder in catalog.folders():
            if not folder.embedder:
                continue
            try:
                repair.examine_vectors(self._store(folder), catalog.count_embedded(folder))
            except DamagedError as error:
                catalog.doubt_vectors(folder)
                said.append(
                    tr(
                        "The vectors of {name} were damaged ({error}), and are new",
                        name=folder.name,
                        error=error,
                    )
                )
        return said

    def _begun_anew(self, error: DamagedCatalogError) -> str:
        """Set a damaged catalog aside, unless another process just has; what was done."""
        with exclusive(self.folder / "mend.lock"):
            try:
                repair.examine(self._file)
                Catalog(self._file).close()
            except DamagedCatalogError:
                aside, number = repair.begin_anew(self._file)
            else:
                return tr("What was read of your folders was damaged, and is new")
        return tr(
            "What was read of your folders was damaged ({error}) and is set aside in "
            "{aside}. The folders are still known ({number:,})",
            error=error,
            aside=aside,
            number=number,
        )

    def _synced(
        self, catalog: Catalog, folder: KnownFolder, show: Show, embedding: Show
    ) -> Changes:
        from qchat.knowledge.sync import sync  # noqa: PLC0415  the window starts without

        changes = sync(catalog, folder, show)
        with self._readable():
            catch_up(catalog, folder, self._store(folder), self.embedder, embedding)
        return changes

    def scope(self, written: str) -> Scope:
        """What `notes/2025` means: a folder's name, and a path below it; empty means all."""

        def work(catalog: Catalog) -> Scope:
            name, _, below = written.strip().strip("/").partition("/")
            if not name:
                return Scope(tuple(catalog.folders()))
            folder = catalog.folder(name)
            below = str(PurePosixPath(below)) if below else ""
            if below and not catalog.has_below(folder, below):
                raise UsageError(
                    tr("Nothing was read below {below!r} in {name}.", below=below, name=folder.name)
                )
            return Scope((folder,), below)

        if not self.exists:
            raise UsageError(tr("No folder is known yet. /know add PATH reads one."))
        return self._with(work)

    def search(self, question: str, scope: Scope, limit: int = 6) -> list[Passage]:
        """The passages that fit a question best, by their words and by their meaning."""

        def work(catalog: Catalog) -> list[Passage]:
            meant = wanted(question)
            looked_for = [*with_figures(question), *terms(" ".join(meant.values()) or question)]
            looked_for = list(dict.fromkeys(looked_for))[:MAX_TERMS]
            ids = [folder.id for folder in scope.folders]
            by_words = catalog.matching(looked_for, ids, scope.below, CANDIDATES)
            best = _fused(by_words, self._by_meaning(question, tuple(meant.values()), scope))
            found = catalog.located(best)
            chosen = self._chosen([found[id_] for id_ in best if id_ in found], scope, limit)
            unread = [folder.name for folder in scope.folders if not folder.synced_at]
            if unread and not chosen:
                raise QchatError(
                    tr(
                        "{unread} is not read to the end yet, so not all can be found. An open "
                        "chat reads it, and `qchat know sync` does.",
                        unread=", ".join(unread),
                    )
                )
            return chosen

        return self._with(work)

    def _by_meaning(self, question: str, telling: Sequence[str], scope: Scope) -> list[list[int]]:
        """What the vectors name; nothing where they are not to be had: the words go on alone."""
        embedded = [folder for folder in scope.folders if folder.embedder == self.embedder_name]
        if not embedded:
            return []
        try:
            vector = self.embedder.ask(question, telling)
            if not vector.any():
                return []
            many = CANDIDATES * 4 if scope.below else CANDIDATES
            return [nearest(self._store(folder), vector, many) for folder in embedded]
        except DamagedError:
            self._with(lambda catalog: catalog.doubt_vectors(*embedded))
            return []
        except MemoryStoreError:
            return []

    def _chosen(self, found: list[Located], scope: Scope, limit: int) -> list[Passage]:
        folders = {folder.id: folder for folder in scope.folders}
        of_file: dict[tuple[str, str], int] = {}
        chosen: list[Passage] = []
        for one in found:
            if one.folder not in folders or not _below(one.path, scope.below):
                continue
            count = of_file[one.folder, one.path] = of_file.get((one.folder, one.path), 0) + 1
            if count > MAX_OF_ONE_FILE:
                continue
            folder = folders[one.folder]
            chosen.append(
                Passage(
                    folder.name, one.path, one.place, one.heading, one.text, folder.path / one.path
                )
            )
            if len(chosen) == limit:
                break
        return chosen

    def problems(self, name: str) -> list[str]:
        """Files of a folder of which nothing can be found, each with the reason."""
        return self._with(
            lambda catalog: [
                f"{on_one_line(file.path)}: {tr(file.problem)}"
                for file in catalog.problems(catalog.folder(name))
            ]
        )

    @property
    def embedder(self) -> Embedder:
        if self._embedder is None:
            self._embedder = embedder_of(self._settings, self._traffic)
        return self._embedder

    @property
    def embedder_name(self) -> str:
        return self.embedder.name

    def close(self) -> None:
        with self._threads:
            for store in self._stores.values():
                store.close()
            self._stores.clear()
            if self._embedder is not None:
                self._embedder.close()

    def _store(self, folder: KnownFolder) -> VectorStore:
        with self._threads:
            if folder.id not in self._stores:
                self._stores[folder.id] = self._opened(folder)
            return self._stores[folder.id]

    def _opened(self, folder: KnownFolder) -> VectorStore:
        settings = self._settings
        if not settings.chroma_url:
            place = private_dir(self.folder) / folder.id
            return Folder(place, lambda: self.embedder_name, lambda _collection, _version: None)
        return Server(
            settings.chroma_url,
            os.environ.get(settings.chroma_token_env, ""),
            f"know {folder.id} {self._user}",
            lambda: self.embedder_name,
            lambda host, size: self._traffic.note(host, size, "memory server"),
            owner=owner_of(settings, self._paths),
            ca=settings.chroma_ca,
        )

    def _alone(self) -> AbstractContextManager[object]:
        """One process reads folders at a time."""
        private_dir(self.folder)
        return exclusive(self.folder / "sync.lock", timeout_s=600.0)

    def _with(self, work: Callable[[Catalog], T], *, again: bool = False) -> T:
        """Do it with a connection of this thread's own.

        A damaged catalog is begun anew: what needs nothing that was read is then done again.
        """
        try:
            return self._once(work)
        except DamagedCatalogError as error:
            said = self._begun_anew(error)
            log.warning("%s", said)
        if again:
            return self._once(work)
        raise QchatError(
            tr("{said}. `qchat know sync` reads them again; an open chat does, too.", said=said)
        )

    def _once(self, work: Callable[[Catalog], T]) -> T:
        catalog = Catalog(self._file)
        try:
            if catalog.file.new:  # the file is gone, but not the list of what is known
                repair.restore(catalog, repair.listed(self._file))
            return work(catalog)
        except MemoryStoreError as error:
            raise QchatError(verbatim(str(error))) from error
        finally:
            catalog.close()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except MemoryStoreError as error:
            raise QchatError(
                tr(
                    "The passages are found by their words only, not by their meaning: {error}",
                    error=error,
                )
            ) from error


def _below(path: str, below: str) -> bool:
    return not below or path == below or path.startswith(f"{below}/")


def _fused(by_words: Mapping[int, float], by_meaning: Sequence[Sequence[int]]) -> list[int]:
    """One ranking of both, best first."""
    scores = dict(by_words)
    for ranking in by_meaning:
        for place, id_ in enumerate(ranking):
            likeness = MEANING_WEIGHT / (1 + place / MEANING_HALVES)
            scores[id_] = scores.get(id_, 0.0) + likeness
    return sorted(scores, key=lambda id_: -scores[id_])
