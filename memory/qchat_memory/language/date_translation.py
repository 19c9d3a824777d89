"""Times in German and Chinese, said again in the English that `times` reads.

The commonest ways of saying them; what is not among them is found by its words alone.
"""

import re
from collections.abc import Callable

from qchat_memory.language.later import later

_MONTHS = {
    "januar": "january",
    "februar": "february",
    "marz": "march",
    "märz": "march",
    "mai": "may",
    "juni": "june",
    "juli": "july",
    "oktober": "october",
    "dezember": "december",
    "jänner": "january",
    **{name: name for name in ("april", "august", "september", "november")},
}
_DAYS = {
    "montag": "monday",
    "dienstag": "tuesday",
    "mittwoch": "wednesday",
    "donnerstag": "thursday",
    "freitag": "friday",
    "samstag": "saturday",
    "sonnabend": "saturday",
    "sonntag": "sunday",
}
_SEASONS = {
    "frühling": "spring",
    "frühjahr": "spring",
    "sommer": "summer",
    "herbst": "autumn",
    "winter": "winter",
}
_UNITS = {"tag": "day", "woche": "week", "monat": "month", "jahr": "year", "wochenende": "weekend"}
_WHICH = {"letzt": "last", "vorig": "last", "vergangen": "last", "dies": "this", "nächst": "next"}
_WHICH |= {"kommend": "next"}
_COUNTS = {"ein": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7}
_COUNTS |= {"acht": 8, "neun": 9, "zehn": 10}
_WORDS = {"vorgestern": "the day before yesterday", "gestern": "yesterday", "heute": "today"}
_WORDS |= {"heuer": "this year", "übermorgen": "tomorrow"}
_NAMED = {**_MONTHS, **_DAYS, **_SEASONS, **_UNITS}


def _any(names: dict[str, str] | dict[str, int]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_GERMAN = later(
    rf"""\b(?:(?P<day>\d\d?)\.\s*(?P<month>{_any(_MONTHS)})\b
    | (?:im|in\s+diesem)\s+(?P<in_>{_any(_MONTHS)}|{_any(_SEASONS)})\b
    | am\s+(?P<on>{_any(_DAYS)})\b
    | (?:(?:im|am|in\s+der)\s+)?(?P<which>{_any(_WHICH)})e?[nmrs]?
        \s+(?P<named>{_any(_NAMED)})s?\b
    | vor\s+(?P<count>\d{{1,3}}|{_any(_COUNTS)})(?:e[mnr]?)?
        \s+(?P<unit>tag|woche|monat|jahr)(?:e[ns]?|n|s)?\b
    | (?P<word>{_any(_WORDS)})\b
    | (?P<date>\d\d?\.\d\d?\.(?:19|20)\d\d)\b)""",
    re.IGNORECASE | re.VERBOSE,
)

_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_DIGITS |= {"十": 10, "十一": 11, "十二": 12}
_NUMBER = "十[一二]?|[一二两三四五六七八九]|\\d{1,3}"
_ENGLISH_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_CHINESE_WORDS = {
    "昨天": "yesterday",
    "前天": "the day before yesterday",
    "今天": "today",
    "明天": "tomorrow",
    "昨晚": "yesterday",
    "去年": "last year",
    "今年": "this year",
    "明年": "next year",
    "上个月": "last month",
    "这个月": "this month",
    "下个月": "next month",
    "上周末": "last weekend",
    "上周": "last week",
    "这周": "this week",
    "下周": "next week",
    "上星期": "last week",
    "下星期": "next week",
}
_CHINESE_SEASONS = {"春天": "spring", "夏天": "summer", "秋天": "autumn", "冬天": "winter"}
_CHINESE_YEARS = {"去年": "last", "今年": "this", "明年": "next"}
_CHINESE_UNITS = {"天": "day", "周": "week", "星期": "week", "个月": "month", "年": "year"}
_CHINESE = later(
    rf"""(?P<year>(?:19|20)\d\d)年(?:(?P<month>{_NUMBER})月(?:(?P<day>\d\d?)[日号])?)?
    | (?P<of>{"|".join(_CHINESE_YEARS)})?(?P<season>{"|".join(_CHINESE_SEASONS)})
    | (?P<month2>{_NUMBER})月(?!份?前)(?:(?P<day2>\d\d?)[日号])?
    | (?P<count>{_NUMBER})(?P<unit>{"|".join(_CHINESE_UNITS)})前
    | (?P<word>{"|".join(sorted(_CHINESE_WORDS, key=len, reverse=True))})""",
    re.VERBOSE,
)


def in_english(text: str) -> str:
    """The text with the times that it names in German or Chinese in English."""
    text = _GERMAN.sub(_said(_german), text)
    return text if text.isascii() else _CHINESE.sub(_said(_chinese), text)


def _said(translate: Callable[[dict[str, str]], str]) -> Callable[[re.Match[str]], str]:
    def said(match: re.Match[str]) -> str:
        return translate({key: value for key, value in match.groupdict().items() if value})

    return said


def _german(part: dict[str, str]) -> str:
    low = {key: value.lower() for key, value in part.items()}
    if "day" in low:
        return f"{low['day']} {_MONTHS[low['month']]}"
    if "in_" in low:
        return f"in {_NAMED[low['in_']]}"
    if "on" in low:
        return f"on {_DAYS[low['on']]}"
    if "which" in low:
        return f"{_WHICH[low['which']]} {_NAMED[low['named']]}"
    if "count" in low:
        count = low["count"]
        return f"{_COUNTS.get(count, count)} {_UNITS[low['unit']]}s ago"
    if "date" in low:
        day, month, year = low["date"].split(".")
        return f"{year}-{month}-{day}"
    return _WORDS[low["word"]]


def _chinese(part: dict[str, str]) -> str:
    if "year" in part and "day" in part:
        return f" {part['year']}-{_number(part['month'])}-{part['day']} "
    if "year" in part:
        return (
            f" {_month(part['month'])} {part['year']} " if "month" in part else f" {part['year']} "
        )
    if "season" in part:
        which = _CHINESE_YEARS.get(part.get("of", ""), "in")
        return f" {which} {_CHINESE_SEASONS[part['season']]} "
    if "month2" in part:
        month = _month(part["month2"])
        return f" {part['day2']} {month} " if "day2" in part else f" in {month} "
    if "count" in part:
        return f" {_number(part['count'])} {_CHINESE_UNITS[part['unit']]}s ago "
    return f" {_CHINESE_WORDS[part['word']]} "


def _number(text: str) -> int:
    return _DIGITS[text] if text in _DIGITS else int(text)


def _month(text: str) -> str:
    number = _number(text)
    return _ENGLISH_MONTHS[number - 1] if 1 <= number <= 12 else ""
