"""The numbers by which an answer cites: one counter for a session, shared by the web tools."""

from collections.abc import Iterable

from qchat_memory.origin import Origin
from qchat_tools.parts import SourcePart

_MAX_TITLE_CHARACTERS = 200


class Sources:
    """Every result and page of a session by number; the same address keeps its number."""

    def __init__(self, known: Iterable[SourcePart] = ()) -> None:
        """`known`: what earlier turns of the session have numbered, in any order."""
        self._seen: dict[int, list[SourcePart]] = {}
        self._numbers: dict[str, int] = {}
        for source in known:
            self._keep(source)

    def add(
        self,
        url: str,
        title: str,
        extract: str,
        date: str = "",
        *,
        author: str = "",
        site: str = "",
        asked: str = "",
        origin: Origin | None = None,
    ) -> SourcePart:
        """Give an address its number, the next one if it is new, and keep what it said.

        `asked` is the address that led there, if it was another: a page that was found and then
        read stays one source.
        """
        known = self._numbers.get(url) or self._numbers.get(asked)
        number = known or max(self._seen, default=0) + 1
        title = " ".join(title.split())[
            :_MAX_TITLE_CHARACTERS
        ]  # strangers wrote it: one line, no more
        source = SourcePart(number, url, title, extract, date, author, site, origin)
        self._keep(source)
        if asked:
            self._numbers[asked] = number
        return source

    def _keep(self, source: SourcePart) -> None:
        seen = self._seen.setdefault(source.number, [])
        if source not in seen:
            seen.append(source)
        self._numbers[source.url] = source.number

    def get(self, number: int) -> SourcePart | None:
        """What was last seen under a number; None if it was never given out."""
        seen = self._seen.get(number)
        return seen[-1] if seen else None

    def seen(self, number: int) -> list[SourcePart]:
        """All that was seen under a number, the oldest first: a snippet, then parts of the page."""
        return list(self._seen.get(number, ()))

    def all(self) -> list[SourcePart]:
        """Every source as it was last seen, by number."""
        return [self._seen[number][-1] for number in sorted(self._seen)]

    def knows(self, url: str) -> bool:
        """Whether an address was found or read here before, and not only named by a file."""
        seen = self._seen.get(self._numbers.get(url, 0), ())
        return any(source.origin is None or source.origin.kind == "web" for source in seen)
