"""The times that a text speaks of ("last summer", "in May"), seen from the day it was said.

English words and dates in figures; those of other languages by `date_translation`. A time is kept
as a few labels (a year, a month of a year, a month of any year, a day), so that a question and a
memory meet in the finest that both know.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from qchat_memory.language.date_translation import in_english
from qchat_memory.language.lazy_patterns import glimpsed, later

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_MONTH = {name: n for n, name in enumerate(_MONTHS, 1)}
_MONTH |= {name[:3]: n for name, n in _MONTH.items()} | {"sept": 9}
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_TOLD = ("last", "past", "previous", "this", "next")
_SEASONS = {
    "spring": (3, 4, 5),
    "summer": (6, 7, 8),
    "autumn": (9, 10, 11),
    "fall": (9, 10, 11),
    "winter": (12, 1, 2),
}
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_NUMBERS |= {"seven": 7, "eight": 8, "nine": 9, "ten": 10, "couple of": 2, "few": 3, "several": 4}

_NAME = "|".join(sorted(_MONTH, key=len, reverse=True))
_COUNT = r"\d{1,3}|a couple of|a few|" + "|".join(_NUMBERS)
_COUNT = _COUNT.replace(" ", r"\s+")
_SEASON = "|".join(_SEASONS)
_YEAR = r"(?:19|20)\d\d"
_DAY = r"\d\d?"
_PARTS = r"this\s+(?:morning|afternoon|evening)"
_TIME = later(
    rf"""(?P<iso>\b{_YEAR}-{_DAY}-{_DAY}\b)
    | \b(?P<day1>{_DAY})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month1>{_NAME})\b\.?
        (?:,?\s+(?P<year1>{_YEAR}))?
    | \b(?P<month2>{_NAME})\b\.?\s+(?P<day2>{_DAY})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year2>{_YEAR}))?
    | \b(?P<month3>{_NAME})\b\.?(?:\s+of)?,?\s+(?P<year3>{_YEAR})\b
    | \b(?P<which4>in|last|this|next|since|until|till|by|early|late|mid|during|of|for)[\s-]+
        (?:the\s+)?(?P<month4>{_NAME})\b
    | \b(?P<which5>(?:last|this|next)\s+year's|last|this|next|past|previous|in|during|since|until
        |over)\s+(?:the\s+)?
        (?P<season5>{_SEASON})\b(?:\s+(?:of\s+)?(?P<year5>{_YEAR}))?
    | \b(?P<which6>last|this|next|past|previous)\s+(?P<unit6>week|weekend|month|year|night)\b
    | \b(?P<count7>{_COUNT})\s+(?P<unit7>day|week|weekend|month|year)s?
        \s+(?P<way7>ago|earlier|before|from\s+now)\b
    | \b(?P<word8>yesterday|today|tonight|tomorrow|the\s+day\s+before\s+yesterday|{_PARTS})\b
    | \b(?:(?P<which9>last|this|next|on|past)\s+)(?P<weekday9>{"|".join(_WEEKDAYS)})\b
    | \b(?P<year10>{_YEAR})\b""",
    re.IGNORECASE | re.VERBOSE,
)
_MAY_NAME_ONE = (
    *("19", "20", "-", "day", "week", "month", "year", "ght", "tomorrow", "morn", "noon", "even"),
    *(name[:3] for name in _MONTHS),
    *("spr", "summer", "autumn", "fall", "nter"),
)
"""Every time has one of these."""
_AHEAD = later(
    r"\b(will|going to|next|plan(?:ning|s)?|soon|upcoming|due|tomorrow)\b", re.IGNORECASE
)
_ASKS_WHEN = later(
    r"\b(when|how long|(?:what|which) (?:date|day|month|year|time)|since when|wann|seit wann"
    r"|wie lange|cuándo|desde cuándo|cuánto tiempo|quand|depuis quand|da quando|quando|desde quando"
    r"|когда|как долго|с каких пор|wanneer|sinds wanneer|ne zaman|متى|منذ متى)\b"
    r"|什么时候|何时|哪一?[天年]|哪个月|什麼時候|いつ|何[年月日]|언제|몇 ?[년월일]",
    re.IGNORECASE,
)


def labels(text: str, said: date | None) -> list[str]:
    """The times in a text as index words; relative ones need the day on which it was said."""
    found: dict[str, None] = {}
    text = in_english(text)
    if not glimpsed(_MAY_NAME_ONE, text.casefold()):
        return []
    for match in _TIME.finditer(text):
        found |= dict.fromkeys(_labels(match, said, ahead=bool(_AHEAD.search(text))))
    return list(found)


def day_labels(day: date) -> list[str]:
    """One day: itself, its week, its month, its year, and its month in any year."""
    year, week, _ = day.isocalendar()
    return [_day(day), f"qw{year}x{week:02}", *_month(day.year, day.month)]


def weight(label: str) -> float:
    """How much it says that two times share a label: a day more than a year."""
    return {"qd": 1.0, "qw": 0.9, "qm": 0.9, "qn": 0.7, "qy": 0.5}[label[:2]]


def asks_when(query: str) -> bool:
    """Whether a time is what a question is after."""
    return _ASKS_WHEN.search(query) is not None


def without(text: str) -> str:
    """The text without the times in it: what is left says what happened."""
    return _TIME.sub(" ", in_english(text))


def _day(day: date) -> str:
    return f"qd{day:%Y%m%d}"


def _month(year: int, month: int) -> list[str]:
    return [f"qm{year}x{month:02}", f"qn{month:02}", f"qy{year}"]


def _labels(match: re.Match[str], said: date | None, *, ahead: bool) -> Iterator[str]:
    part = {key: value.lower() for key, value in match.groupdict().items() if value}
    if "iso" in part:
        yield from _from_day(*map(int, part["iso"].split("-")))
    elif "day1" in part or "day2" in part:
        n = "1" if "day1" in part else "2"
        month, day = _MONTH[part[f"month{n}"]], int(part[f"day{n}"])
        year = int(part.get(f"year{n}", 0)) or _year_of(month, said, ahead=ahead)
        yield from _from_day(year, month, day) if year else [f"qn{month:02}"]
    elif "month3" in part:
        yield from _month(int(part["year3"]), _MONTH[part["month3"]])
    elif "month4" in part:
        month = _MONTH[part["month4"]]
        year = _year_of(month, said, ahead=part["which4"] == "next" or ahead)
        yield from _month(year, month) if year else [f"qn{month:02}"]
    elif "season5" in part:
        yield from _season(part, said)
    elif "year10" in part:
        yield f"qy{part['year10']}"
    elif said is not None:
        yield from _relative(part, said)


def _from_day(year: int, month: int, day: int) -> list[str]:
    try:
        return day_labels(date(year, month, day))
    except ValueError:
        return []


def _year_of(month: int, said: date | None, *, ahead: bool) -> int:
    """The year of a month named without one: the latest past one, or the next to come."""
    if said is None:
        return 0
    if ahead:
        return said.year + (month < said.month)
    return said.year - (month > said.month)


def _season(part: dict[str, str], said: date | None) -> Iterator[str]:
    months = _SEASONS[part["season5"]]
    year = int(part.get("year5", 0))
    if "year's" in part["which5"] and said is not None:
        year = said.year + {"last": -1, "this": 0, "next": 1}[part["which5"].split()[0]]
    if (
        not year
        and said is not None
        and part["which5"] in ("last", "past", "previous", "this", "next")
    ):
        year = said.year
        begun = said.month > max(months[0], 2) and said.month not in months
        if part["which5"] in ("last", "past", "previous") and not begun:
            year -= 1
        elif part["which5"] == "next" and said.month >= months[0]:
            year += 1
    for month in months:
        # A winter that began in December goes on in the next year.
        yield from _month(year + (month < months[0]), month) if year else [f"qn{month:02}"]


def _relative(part: dict[str, str], said: date) -> Iterator[str]:
    if "word8" in part:
        words = {"yesterday": 1, "tomorrow": -1, "the day before yesterday": 2}
        days = words.get(" ".join(part["word8"].split()), 0)
        yield from day_labels(said - timedelta(days))
    elif "weekday9" in part:
        back = (said.weekday() - _WEEKDAYS.index(part["weekday9"])) % 7
        if part["which9"] in ("next", "this"):
            back -= 7 if back else 0
        elif part["which9"] in ("last", "past") and not back:
            back = 7
        yield from day_labels(said - timedelta(back))
    elif "unit6" in part:
        step = {"this": 0, "next": -1}.get(part["which6"], 1)
        yield from _ago(said, step, part["unit6"])
    else:
        count = " ".join(part["count7"].split())
        count = count.removeprefix("a ")
        number = int(count) if count.isdecimal() else _NUMBERS[count]
        yield from _ago(said, -number if "now" in part["way7"] else number, part["unit7"])


def _ago(said: date, number: int, unit: str) -> list[str]:
    if unit in ("day", "night"):
        return day_labels(said - timedelta(number))
    if unit in ("week", "weekend"):
        then = said - timedelta(7 * number)
        year, week, _ = then.isocalendar()
        return [f"qw{year}x{week:02}", *_month(then.year, then.month)]
    if unit == "month":
        months = said.year * 12 + said.month - 1 - number
        return _month(months // 12, months % 12 + 1)
    return [f"qy{said.year - number}"]
