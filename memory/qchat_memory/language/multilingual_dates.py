"""Times in the languages of `date_tables`, said again in the English that `times` reads."""

import re
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from qchat_memory.language.date_tables import NEVER, TONGUES, Tongue
from qchat_memory.language.lazy_patterns import later

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
T = TypeVar("T")
_WORD = re.compile(r"\w+")
_YEAR = r"(?:19|20)\d\d"


class _Reader(msgspec.Struct, frozen=True):
    """One language, and the pattern that finds its times."""

    tongue: Tongue
    pattern: "re.Pattern[str]"
    signs: frozenset[str]
    """Words of which one is in every time: most texts have none, and need no more than a look."""

    def in_english(self, text: str) -> str:
        return self.pattern.sub(lambda match: _said(match, self.tongue), text)


def in_english(text: str) -> str:
    """The text with the times that it names in English."""
    there = set(_WORD.findall(text.casefold()))
    for reader in _READERS:
        if not reader.signs.isdisjoint(there):
            text = reader.in_english(text)
    return text


def _pattern(tongue: Tongue) -> str:
    month, season, unit = (_any(names) for names in (tongue.months, tongue.seasons, tongue.units))
    count = rf"(?:\d{{1,3}}|{_any(tongue.counts)})"
    before, behind = tongue.ago
    between, inside, last = tongue.between, f"(?:{tongue.inside})", f"(?:{tongue.last})"
    ways = (
        rf"(?P<day>\d\d?)[.º]?\s+{between}(?P<month>{month})\b(?:,?\s+{between}(?P<year>{_YEAR}))?",
        rf"(?:{inside}\s+)?(?P<month2>{month})\b,?\s+{between}(?P<year2>{_YEAR})",
        rf"{inside}\s*\b(?P<month3>{month})",
        rf"(?P<month4>{month}){tongue.ends}",
        rf"{before}(?P<count>{count})\s+(?P<unit>{unit}){behind}",
        rf"(?:{tongue.articles})?(?:(?P<season>{season})\s+{last}|{last}\s+(?P<season2>{season}))",
        rf"(?:{inside}\s*(?:{tongue.articles})?|\b)(?P<season3>{season})\s+{between}"
        rf"(?P<year3>{_YEAR})",
        rf"{inside}\s*(?:{tongue.articles})?(?P<season4>{season})(?!\s+{last})",
        rf"(?P<told>{_any(tongue.told)})",
    )
    return rf"(?<!\w)(?:{'|'.join(ways)})(?!\w)"


def _any(names: Iterable[str]) -> str:
    forms = [form for name in names for form in name.split("|")]
    found = "|".join(sorted(forms, key=len, reverse=True))
    # Arabic is often written without the marks on its alif; apostrophes are of two kinds.
    return f"(?:{re.sub('[أإآ]', '[أإآا]', found)})".replace("'", "['’]")


def _signs(tongue: Tongue) -> frozenset[str]:
    names = [*tongue.months, *tongue.seasons, *tongue.units, *tongue.told]
    forms = [form for name in names for form in name.split("|")]
    signs = {max(_WORD.findall(form), key=len) for form in forms}
    signs |= {re.sub("[أإآ]", "ا", sign) for sign in signs}
    ends = ("da", "de", "ta", "te") if tongue.ends != NEVER else ()
    return frozenset(signs | {f"{name}{end}" for name in tongue.months for end in ends})


def _said(match: re.Match[str], tongue: Tongue) -> str:
    part = {key: value for key, value in match.groupdict().items() if value}
    if "day" in part:
        return f"{part['day']} {_month(part['month'], tongue)} {part.get('year', '')}".rstrip()
    if "month2" in part:
        return f"{_month(part['month2'], tongue)} {part['year2']}"
    if month := part.get("month3") or part.get("month4"):
        return f"in {_month(month, tongue)}"
    if "count" in part:
        count = part["count"]
        number = int(count) if count.isdecimal() else _meant(count, tongue.counts)
        return f"{number} {_meant(part['unit'], tongue.units)}s ago"
    if season := part.get("season") or part.get("season2"):
        return f"last {_meant(season, tongue.seasons)}"
    if "season3" in part:
        return f"in {_meant(part['season3'], tongue.seasons)} {part['year3']}"
    if "season4" in part:
        return f"in {_meant(part['season4'], tongue.seasons)}"
    return str(_meant(part["told"], tongue.told))


def _month(word: str, tongue: Tongue) -> str:
    return _MONTHS[next(n for n, name in enumerate(tongue.months) if _is(word, name))]


def _meant(word: str, table: dict[str, T]) -> T:
    return next(meant for name, meant in table.items() if _is(word, name))


def _is(word: str, name: str) -> bool:
    return re.fullmatch(_any([name]), word, re.IGNORECASE) is not None


_READERS = tuple(
    _Reader(tongue, later(_pattern(tongue), re.IGNORECASE), _signs(tongue)) for tongue in TONGUES
)
