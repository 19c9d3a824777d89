"""What a search asks of the index: the places of memories by word, thing, neighbour, vector."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from qchat_memory.errors import DamagedError
from qchat_memory.localized_text import tr
from qchat_memory.memory import Memory
from qchat_memory.storage.index_file import IndexFile

if TYPE_CHECKING:
    from qchat_memory.storage.embed import Vectors

EXACT = 5_000
"""Of so many memories every vector is looked at: some 2 ms, and none is missed."""


class Neighbours(NamedTuple):
    """The places beside a memory in the exchange that it came out of."""

    before: int | None = None
    after: int | None = None
    second_before: int | None = None


ALONE = Neighbours()


def see_comparable(width: int, stored: int) -> None:
    """See that vectors are as long as those that are stored. Raises DamagedError."""
    if width != stored:
        raise DamagedError(
            tr(
                "the vectors of the memories have {stored} numbers, those of the embedder {width}",
                stored=stored,
                width=width,
            )
        )


class IndexSearch:
    """The index of one user, asked by place: a place is the row of a memory."""

    def __init__(self, file: IndexFile) -> None:
        self._file = file
        self._counted: tuple[tuple[str, int], int, float] | None = None
        """The state in which the memories were counted, and what came of it."""
        self._vectors: tuple[tuple[str, int], list[int], Vectors] | None = None

    def number(self) -> int:
        return self.lengths()[0]

    def lengths(self) -> tuple[int, float]:
        """How many memories there are, and how many terms one has on average."""
        state = self._file.state
        if self._counted is None or self._counted[0] != state:
            number, total = next(self._file.rows("SELECT count(*), sum(length) FROM memories"))
            self._counted = (state, number, (total or 0) / max(number, 1))
        return self._counted[1:]

    def elsewhere(self, project: str) -> set[int]:
        """Places of the memories that are about other projects than this one."""
        query = "SELECT row FROM memories WHERE project != '' AND project != ?"
        return {place for (place,) in self._file.rows(query, project)}

    def about(self, things: Sequence[str]) -> list[int]:
        """Places of the memories that state something about these things."""
        marks = ",".join("?" * len(things))
        query = f"SELECT row FROM memories WHERE about != '' AND about IN ({marks})"
        return [place for (place,) in self._file.rows(query, *things)]

    def frequency(self, term: str) -> int:
        """In how many memories a term is."""
        found = next(self._file.rows("SELECT docs FROM frequency WHERE term = ?", term), (0,))
        return int(found[0])

    def with_terms(self, terms: Sequence[str], limit: int) -> list[int]:
        """Places of the memories that fit some terms best."""
        if not terms:
            return []
        wanted = " OR ".join(f'"{term}"' for term in terms)
        found = self._file.rows(
            "SELECT rowid FROM terms WHERE terms MATCH ? ORDER BY rank LIMIT ?", wanted, limit
        )
        return [place for (place,) in found]

    def places(self, ids: Sequence[str]) -> list[int]:
        marks = ",".join("?" * len(ids))
        return [
            n for (n,) in self._file.rows(f"SELECT row FROM memories WHERE id IN ({marks})", *ids)
        ]

    def beside(self, places: Iterable[int]) -> dict[int, Neighbours]:
        """What stands beside each in the exchange that it came out of."""
        wanted = list(places)
        marks = ",".join("?" * len(wanted))
        query = f"SELECT row, talk, seq FROM memories WHERE row IN ({marks}) AND talk != ''"
        return {
            row: self._beside(row, talk, seq) for row, talk, seq in self._file.rows(query, *wanted)
        }

    def _beside(self, place: int, talk: str, seq: int) -> Neighbours:
        order = "WHERE talk = ? AND (seq, row) {} (?, ?) ORDER BY seq {}, row {} LIMIT 2"
        found = []
        for sign, way in (("<", "DESC"), (">", "ASC")):
            query = f"SELECT row, seq FROM memories {order.format(sign, way, way)}"
            near: list[int | None] = []
            last = seq
            for row, other in self._file.rows(query, talk, seq, place):
                if abs(last - other) > 1:  # a turn of which nothing is kept lies between
                    break
                near.append(row)
                last = other
            found.append([*near, None, None])
        (before, second_before, *_), (after, *_) = found
        return Neighbours(before, after, second_before)

    def at(self, place: int) -> Memory:
        """The memory at a place."""
        (json,) = next(self._file.rows("SELECT json FROM memories WHERE row = ?", place))
        return msgspec.json.decode(json, type=Memory)

    def texts(self, places: Sequence[int]) -> dict[int, str]:
        """What each says."""
        marks = ",".join("?" * len(places))
        found = self._file.rows(f"SELECT row, json FROM memories WHERE row IN ({marks})", *places)
        return {place: _text.decode(json).text for place, json in found}

    def terms(self, places: Sequence[int]) -> dict[int, list[str]]:
        """The terms of each."""
        marks = ",".join("?" * len(places))
        query = f"SELECT rowid, text FROM terms WHERE rowid IN ({marks})"
        return {place: text.split(" ") for place, text in self._file.rows(query, *places)}

    def vectors(self, places: Sequence[int]) -> list[tuple[int, bytes]]:
        """The vector of each, as bytes of float32."""
        marks = ",".join("?" * len(places))
        query = f"SELECT row, vector FROM memories WHERE row IN ({marks})"
        return [(int(place), bytes(vector)) for place, vector in self._file.rows(query, *places)]

    def nearest(self, vector: "Vectors", limit: int) -> list[int]:
        """Places of the memories that are nearest to a vector, none missed."""
        import numpy as np  # noqa: PLC0415  slow to load

        places, table = self._table()
        if not places:
            return []
        see_comparable(vector.shape[1], table.shape[1])
        likeness = table @ vector[0]
        return [places[n] for n in np.argsort(-likeness)[:limit]]

    def _table(self) -> tuple[list[int], "Vectors"]:
        """Every place and its vector; kept until something changes, where it is small."""
        import numpy as np  # noqa: PLC0415  slow to load

        state = self._file.state
        if self._vectors is not None and self._vectors[0] == state:
            return self._vectors[1:]
        found = list(self._file.rows("SELECT row, vector FROM memories"))
        data = b"".join(vector for _, vector in found)
        table = np.frombuffer(data, dtype="<f4").reshape(len(found), -1 if found else 0)
        places = [int(place) for place, _ in found]
        if len(places) <= EXACT:
            self._vectors = (state, places, table)
        return places, table


class _Text(msgspec.Struct):
    """Of a memory, what it says: the rest need not be read."""

    text: str


_text = msgspec.json.Decoder(_Text)
