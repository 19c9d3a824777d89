"""What was read of the user's folders, in SQLite: files, their passages, and the words of each.

The vectors lie elsewhere and can be made again from this. Every change is whole or not at all, so
that indexing goes on where a kill ended it.
"""

import secrets
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from qchat.knowledge.catalog_file import CatalogFile
from qchat.knowledge.records import KnownFile, KnownFolder, Located, Passage
from qchat.knowledge.terms import terms
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr
from qchat_tools.typed_path import typed_path

MAX_RANKED = 2_000
"""Passages that are weighed for one question: each costs a few microseconds."""
MIN_WORDS = 2


class Catalog:
    """One user's catalog; a connection for one thread."""

    def __init__(self, file: Path) -> None:
        """Open or create it, readable by its owner only. Raises QchatError."""
        self.file = CatalogFile(file)

    def close(self) -> None:
        self.file.close()

    def folders(self) -> list[KnownFolder]:
        """All, by name; nothing is counted, which takes long where there are many passages."""
        rows = self.file.rows(
            "SELECT id, name, path, synced_at, embedder FROM folders ORDER BY name"
        )
        return [KnownFolder(id_, name, Path(path), *more) for id_, name, path, *more in rows]

    def counted(self) -> list[KnownFolder]:
        """All, by name, with how much was read of each."""
        counts = {
            id_: more
            for id_, *more in self.file.rows(
                "SELECT folder, count(*),"
                " sum((SELECT count(*) FROM passages WHERE file = files.id)),"
                " sum(problem != '') FROM files GROUP BY folder"
            )
        }
        return [
            msgspec.structs.replace(folder, files=files, passages=passages, problems=problems)
            for folder in self.folders()
            for files, passages, problems in [counts.get(folder.id, (0, 0, 0))]
        ]

    def folder(self, name: str) -> KnownFolder:
        """The folder of that name, or at that path. Raises UsageError if there is none."""
        at = str(typed_path(name).absolute())
        for folder in self.folders():
            if folder.name == name or str(folder.path) == at:
                return folder
        raise UsageError(
            tr("No folder named {name!r} is known. /know list names those that are.", name=name)
        )

    def add_folder(self, name: str, path: Path) -> KnownFolder:
        """Know a folder under a name; the same one again stays what it is."""
        for folder in self.folders():
            if folder.path == path:
                return folder
            if folder.name == name:
                raise UsageError(
                    tr(
                        "{name!r} already names {path}. Give this one another name: /know add PATH "
                        "--name NAME.",
                        name=name,
                        path=folder.path,
                    )
                )
        id_ = secrets.token_hex(6)
        with self.file.change():
            row = (id_, name, str(path))
            self.file.db.execute("INSERT INTO folders (id, name, path) VALUES (?, ?, ?)", row)
        return KnownFolder(id_, name, path)

    def restore_folder(self, folder: KnownFolder) -> None:
        """Know a folder again as it was known; nothing of it is read yet."""
        with self.file.change():
            row = (folder.id, folder.name, str(folder.path))
            self.file.db.execute("INSERT INTO folders (id, name, path) VALUES (?, ?, ?)", row)

    def drop_folder(self, folder: KnownFolder) -> None:
        """Forget all that was read of a folder; the folder itself is not touched."""
        with self.file.change():
            for (file,) in self.file.rows("SELECT id FROM files WHERE folder = ?", folder.id):
                self.file.db.execute("DELETE FROM passages WHERE file = ?", (file,))
            self.file.db.execute("DELETE FROM folders WHERE id = ?", (folder.id,))
            self.file.db.execute("DELETE FROM gone WHERE folder = ?", (folder.id,))

    def note_synced(self, folder: KnownFolder) -> None:
        with self.file.change():
            now = (time.time(), folder.id)
            self.file.db.execute("UPDATE folders SET synced_at = ? WHERE id = ?", now)

    def files(self, folder: KnownFolder) -> dict[str, KnownFile]:
        """What was read of a folder, by path."""
        rows = self.file.rows(
            "SELECT id, path, size, mtime_ns, hash, seen_ns, problem FROM files WHERE folder = ?",
            folder.id,
        )
        return {row[1]: KnownFile(*row) for row in rows}

    def keep(self, folder: KnownFolder, file: KnownFile, passages: Sequence[Passage]) -> None:
        """Take what a file says now in place of what it said; within `change`."""
        self.drop(folder, [file.path])
        id_ = self.file.db.execute(
            "INSERT INTO files (folder, path, size, mtime_ns, hash, seen_ns, problem)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (folder.id, file.path, file.size, file.mtime_ns, file.hash, file.seen_ns,
             file.problem),
        ).lastrowid  # fmt: skip
        for passage in passages:
            place = self.file.db.execute(
                "INSERT INTO passages (file, folder, place, heading, text) VALUES (?, ?, ?, ?, ?)",
                (id_, folder.id, passage.place, passage.heading, passage.text),
            ).lastrowid
            said = " ".join(terms(f"{file.path} {passage.heading} {passage.text}"))
            self.file.db.execute("INSERT INTO found (rowid, words) VALUES (?, ?)", (place, said))

    def touch(self, file: KnownFile) -> None:
        """Note that a file says what it said; within `change`."""
        row = (file.size, file.mtime_ns, file.seen_ns, file.id)
        self.file.db.execute(
            "UPDATE files SET size = ?, mtime_ns = ?, seen_ns = ? WHERE id = ?", row
        )

    def drop(self, folder: KnownFolder, paths: Iterable[str]) -> None:
        """Forget files; within `change`."""
        for path in paths:
            row = (folder.id, path)
            where = "(SELECT id FROM files WHERE folder = ? AND path = ?)"
            self.file.db.execute(f"DELETE FROM passages WHERE file IN {where}", row)
            self.file.db.execute("DELETE FROM files WHERE folder = ? AND path = ?", row)

    def matching(
        self, wanted: Sequence[str], folders: Sequence[str], below: str, limit: int
    ) -> dict[int, float]:
        """Passages with some of these words, best first, in these folders and below that path.

        Each has its score by BM25, the best 1.
        """
        if not wanted or not folders:
            return {}
        query = " OR ".join('"' + word.replace('"', '""') + '"' for word in self._rarest(wanted))
        everywhere = (
            not below and len(folders) == self.file.rows("SELECT count(*) FROM folders")[0][0]
        )
        if everywhere:
            sql = "SELECT rowid, rank FROM found WHERE found MATCH ? ORDER BY rank LIMIT ?"
            rows = self.file.rows(sql, query, limit)
        else:
            marks = ",".join("?" * len(folders))
            rows = self.file.rows(
                "SELECT found.rowid, rank FROM found JOIN passages ON passages.id = found.rowid"
                + (" JOIN files ON files.id = passages.file" if below else "")
                + f" WHERE found MATCH ? AND passages.folder IN ({marks})"
                + (" AND (files.path = ? OR substr(files.path, 1, ?) = ?)" if below else "")
                + " ORDER BY rank LIMIT ?",
                query,
                *folders,
                *([below, len(below) + 1, f"{below}/"] if below else []),
                limit,
            )
        best = min((rank for _, rank in rows), default=0.0) or -1.0
        return {id_: rank / best for id_, rank in rows}

    def _rarest(self, wanted: Sequence[str]) -> list[str]:
        """The words that tell passages apart: together they stand in so many, not in nearly all."""
        sql = "SELECT coalesce(sum(doc), 0) FROM found_words WHERE term = ?"
        counted = sorted((self.file.rows(sql, word)[0][0], word) for word in wanted)
        kept: list[str] = []
        total = 0
        for count, word in counted:
            total += count
            if len(kept) >= MIN_WORDS and total > MAX_RANKED:
                break
            kept.append(word)
        return kept

    def located(self, ids: Sequence[int]) -> dict[int, Located]:
        """Passages by id, with their files."""
        marks = ",".join("?" * len(ids))
        rows = self.file.rows(
            "SELECT passages.id, passages.folder, files.path, place, heading, text FROM passages"
            f" JOIN files ON files.id = passages.file WHERE passages.id IN ({marks})",
            *ids,
        )
        return {row[0]: Located(*row) for row in rows}

    def has_below(self, folder: KnownFolder, below: str) -> bool:
        """Whether there is a file of that path, or one below it."""
        return bool(
            self.file.rows(
                "SELECT 1 FROM files WHERE folder = ? AND (path = ? OR substr(path, 1, ?) = ?)"
                " LIMIT 1",
                folder.id, below, len(below) + 1, f"{below}/",
            )
        )  # fmt: skip

    def to_embed(self, folder: KnownFolder, limit: int, after: int = 0) -> list[Located]:
        """Passages that have no vector yet."""
        rows = self.file.rows(
            "SELECT passages.id, passages.folder, files.path, place, heading, text FROM passages"
            " JOIN files ON files.id = passages.file"
            " WHERE passages.folder = ? AND embedded = 0 AND passages.id > ?"
            " ORDER BY passages.id LIMIT ?",
            folder.id, after, limit,
        )  # fmt: skip
        return [Located(*row) for row in rows]

    def count_to_embed(self, folder: KnownFolder) -> int:
        sql = "SELECT count(*) FROM passages WHERE folder = ? AND embedded = 0"
        return int(self.file.rows(sql, folder.id)[0][0])

    def note_embedded(self, ids: Iterable[int]) -> None:
        """These have vectors; one that was deleted meanwhile leaves its own behind."""
        with self.file.change():
            for id_ in ids:
                self.file.db.execute("UPDATE passages SET embedded = 1 WHERE id = ?", (id_,))

    def count_embedded(self, folder: KnownFolder) -> int:
        """How many vectors there should be, those of passages that are gone among them."""
        sql = (
            "SELECT (SELECT count(*) FROM passages WHERE folder = ? AND embedded)"
            " + (SELECT count(*) FROM gone WHERE folder = ?)"
        )
        return int(self.file.rows(sql, folder.id, folder.id)[0][0])

    def doubt_files(self) -> int:
        """Let files of which passages are missing be read anew at the next sync; how many.

        The passages of a file are kept all at one time, so their numbers follow each other. One
        that has none may have nothing to say.
        """
        gapped = "SELECT file FROM passages GROUP BY file HAVING max(id) - min(id) + 1 != count(*)"
        empty = "size > 0 AND NOT EXISTS (SELECT 1 FROM passages WHERE file = files.id)"
        with self.file.change():
            return self.file.db.execute(
                "UPDATE files SET hash = x'', mtime_ns = 0, seen_ns = 0"
                f" WHERE problem = '' AND (id IN ({gapped}) OR {empty})"
            ).rowcount

    def count_passages(self) -> int:
        return int(self.file.rows("SELECT count(*) FROM passages")[0][0])

    def doubt_vectors(self, *folders: KnownFolder) -> None:
        """Note that the vectors of folders are damaged: the next sync makes them anew."""
        with self.file.change():
            ids = [(folder.id,) for folder in folders]
            self.file.db.executemany("UPDATE folders SET embedder = '' WHERE id = ?", ids)

    def gone(self, folder: KnownFolder) -> list[int]:
        """Passages that are no more, and whose vectors are."""
        return [
            i for (i,) in self.file.rows("SELECT passage FROM gone WHERE folder = ?", folder.id)
        ]

    def forget_gone(self, folder: KnownFolder, ids: Iterable[int]) -> None:
        with self.file.change():
            rows = [(folder.id, id_) for id_ in ids]
            self.file.db.executemany("DELETE FROM gone WHERE folder = ? AND passage = ?", rows)

    def begin_vectors(self, folder: KnownFolder, embedder: str) -> None:
        """All vectors of a folder are to be made, by that embedder."""
        with self.file.change():
            self.file.db.execute("UPDATE passages SET embedded = 0 WHERE folder = ?", (folder.id,))
            self.file.db.execute("DELETE FROM gone WHERE folder = ?", (folder.id,))
            self.file.db.execute(
                "UPDATE folders SET embedder = ? WHERE id = ?", (embedder, folder.id)
            )

    def problems(self, folder: KnownFolder) -> list[KnownFile]:
        """Files of which nothing can be found."""
        return [file for file in self.files(folder).values() if file.problem]
