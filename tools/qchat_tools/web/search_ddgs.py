"""Public search engines by `ddgs`, which needs no key: one after another until one answers."""

import time
from collections.abc import Sequence
from typing import Any

from qchat_tools.web.deadline import within
from qchat_tools.web.interstitial import is_robot_check
from qchat_tools.web.proxies import proxy_for
from qchat_tools.web.search import Hit, Note, Query, SearchFailed, hit, merged

ENGINES = ("duckduckgo", "brave", "startpage", "mojeek", "yahoo", "wikipedia")
MIN_HITS = 3
"""With fewer hits than this (or than are wanted) the next engine is asked too."""
_ENGINE_TIMEOUT_S = 5
_PAUSE_S = 120.0
_LIMITS = {"day": "d", "week": "w", "month": "m", "year": "y"}


class UnknownEngine(SearchFailed):
    """An engine that this release of ddgs does not have."""


class Engines:
    """The engines in turn; one that failed or limits is asked last for a while."""

    name = "ddgs"

    def __init__(self, engines: Sequence[str] = ()) -> None:
        self._engines = tuple(engines) or ENGINES
        self._failed_at: dict[str, float] = {}

    async def search(self, query: Query, note: Note) -> list[Hit]:
        """Ask until there are enough hits. Raises SearchFailed if no engine answered."""
        found: list[Hit] = []
        failures: list[str] = []
        missing: list[str] = []
        for engine in self._in_turn():
            try:
                found = merged([*found, *await _ask(engine, query, note)])
            except UnknownEngine as unknown:
                missing.append(f"{engine}: {unknown}")
            except SearchFailed as failure:
                self._failed_at[engine] = time.monotonic()
                failures.append(f"{engine}: {failure}")
            if len(found) >= min(query.number, MIN_HITS):
                break
        if not found and (failures or len(missing) == len(self._engines)):
            silent = len(failures) + len(missing) == len(self._engines)
            failures = failures or missing
            what = (
                "no search engine answered" if silent else "nothing was found, but not all answered"
            )
            raise SearchFailed(f"{what} ({'; '.join(failures)[:300]})")
        return found

    def _in_turn(self) -> list[str]:
        now = time.monotonic()

        def has_failed(engine: str) -> bool:
            return now - self._failed_at.get(engine, -_PAUSE_S) < _PAUSE_S

        return sorted(self._engines, key=has_failed)  # stable: else as they stand


async def _ask(engine: str, query: Query, note: Note) -> list[Hit]:
    note(engine, len(query.words.encode()))
    try:
        rows = await within(_ENGINE_TIMEOUT_S + 1, lambda: _rows(engine, query))
    except TimeoutError as error:
        raise SearchFailed("timed out") from error
    return merged(hit(row.href, row.title, row.body) for row in rows)


def _rows(name: str, query: Query) -> list[Any]:
    # Not by the class `DDGS`, for which an engine that refuses has merely found nothing.
    from ddgs.engines import ENGINES as known  # noqa: PLC0415  heavy: only when first needed
    from ddgs.exceptions import DDGSException, TimeoutException  # noqa: PLC0415

    if name not in known["text"]:
        raise UnknownEngine("ddgs has no such engine")
    proxy = proxy_for("https://duckduckgo.com/") or None
    engine = known["text"][name](proxy=proxy, timeout=_ENGINE_TIMEOUT_S)
    answers: list[str] = []
    ask = engine.request

    def asked(*arguments: Any, **options: Any) -> Any:
        answers.append(str(ask(*arguments, **options) or ""))
        return answers[-1]

    engine.request = asked  # type: ignore[method-assign]  # what it says, beside what it finds
    limit = _LIMITS.get(query.time_range)
    try:
        rows = engine.search(query.words, region=query.region or "us-en", timelimit=limit)
    except TimeoutException as error:
        raise SearchFailed("timed out") from error
    except DDGSException as error:
        raise SearchFailed("no connection" if "onnect" in str(error) else "an error") from error
    except Exception as error:  # an engine that has changed its pages
        raise SearchFailed(f"unreadable ({type(error).__name__})") from error
    if rows is None or not answers:
        raise SearchFailed("refused or limited")
    if not rows and is_robot_check(answers[-1].replace(query.words, "")):
        raise SearchFailed("blocked: it asks for proof that a person is asking (a captcha)")
    return list(rows)
