"""Times in German, Chinese, Japanese and Korean, said again in the English that `times` reads.

The commonest ways of saying them; what is not among them is found by its words alone.
"""

import re
from collections.abc import Callable

from qchat_memory.language import multilingual_dates
from qchat_memory.language.lazy_patterns import later

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
    **dict.fromkeys(("上個月", "先月"), "last month"),
    **dict.fromkeys(("這個月", "今月"), "this month"),
    **dict.fromkeys(("下個月", "来月"), "next month"),
    **dict.fromkeys(("上週", "先週"), "last week"),
    **dict.fromkeys(("這週", "今週"), "this week"),
    **dict.fromkeys(("下週", "来週"), "next week"),
    **dict.fromkeys(("一昨日", "おととい"), "the day before yesterday"),
    "昨日": "yesterday",
    "今日": "today",
    "明日": "tomorrow",
    "昨年": "last year",
    "来年": "next year",
}
_CHINESE_SEASONS = {"春天": "spring", "夏天": "summer", "秋天": "autumn", "冬天": "winter"}
_CHINESE_SEASONS |= {"春": "spring", "夏": "summer", "秋": "autumn", "冬": "winter"}
_CHINESE_YEARS = dict.fromkeys(("去年", "昨年"), "last year's")
_CHINESE_YEARS |= {"今年": "this year's", "明年": "next year's", "来年": "next year's"}
_CHINESE_UNITS = {"天": "day", "周": "week", "星期": "week", "个月": "month", "年": "year"}
_CHINESE_UNITS |= {"日": "day", "週間": "week", "週": "week"}
_CHINESE_UNITS |= dict.fromkeys(("個月", "か月", "ヶ月", "カ月", "ヵ月", "ケ月"), "month")
_CHINESE = later(
    rf"""(?P<year>(?:19|20)\d\d)年(?:(?P<month>{_NUMBER})月(?:(?P<day>\d\d?)[日号])?)?
    | (?P<of>{"|".join(_CHINESE_YEARS)})の?(?P<season>{"|".join(_CHINESE_SEASONS)})
    | (?P<season2>[春夏秋冬])(?:天|(?=に))
    | (?P<month2>{_NUMBER})月(?!份?前)(?:(?P<day2>\d\d?)[日号])?
    | (?P<count>{_NUMBER})(?P<unit>{"|".join(_CHINESE_UNITS)})前
    | (?P<word>{"|".join(sorted(_CHINESE_WORDS, key=len, reverse=True))})""",
    re.VERBOSE,
)


_KOREAN_WORDS = {"그저께": "the day before yesterday", "어제": "yesterday", "오늘": "today"}
_KOREAN_WORDS |= {"내일": "tomorrow", "작년": "last year", "올해": "this year", "내년": "next year"}
_KOREAN_WORDS |= {"지난주": "last week", "이번주": "this week", "다음주": "next week"}
_KOREAN_WORDS |= {"지난달": "last month", "이번달": "this month", "다음달": "next month"}
_KOREAN_SEASONS = {"봄": "spring", "여름": "summer", "가을": "autumn", "겨울": "winter"}
_KOREAN_YEARS = dict.fromkeys(("작년", "지난해"), "last year's")
_KOREAN_YEARS |= {"지난": "last", "올해": "this year's", "내년": "next year's"}
_KOREAN_UNITS = {"일": "day", "주": "week", "개월": "month", "달": "month", "년": "year"}
_KOREAN_DIGITS = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8}
_KOREAN_SAID = "|".join(rf"{word[:-1]}\s?{word[-1]}" for word in _KOREAN_WORDS)
_KOREAN = later(
    rf"""(?P<year>(?:19|20)\d\d)년(?:\s*(?P<month>\d\d?)월(?:\s*(?P<day>\d\d?)일)?)?
    | (?P<of>{"|".join(_KOREAN_YEARS)})\s*(?P<season>{"|".join(_KOREAN_SEASONS)})
    | (?P<month2>\d\d?)월(?:\s*(?P<day2>\d\d?)일)?
    | (?P<season2>{"|".join(_KOREAN_SEASONS)})(?=에)
    | (?P<count>\d\d?|{"|".join(_KOREAN_DIGITS)})\s*(?P<unit>{"|".join(_KOREAN_UNITS)})\s*전
    | (?P<word>{_KOREAN_SAID})""",
    re.VERBOSE,
)


def in_english(text: str) -> str:
    """The text with the times that it names in another language in English."""
    text = multilingual_dates.in_english(_GERMAN.sub(_said(_german), text))
    if text.isascii():
        return text
    return _KOREAN.sub(_said(_korean), _CHINESE.sub(_said(_chinese), text))


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
    if "season2" in part:
        return f" in {_CHINESE_SEASONS[part['season2']]} "
    if "season" in part:
        which = _CHINESE_YEARS[part["of"]]
        return f" {which} {_CHINESE_SEASONS[part['season']]} "
    if "month2" in part:
        month = _month(part["month2"])
        return f" {part['day2']} {month} " if "day2" in part else f" in {month} "
    if "count" in part:
        return f" {_number(part['count'])} {_CHINESE_UNITS[part['unit']]}s ago "
    return f" {_CHINESE_WORDS[part['word']]} "


def _korean(part: dict[str, str]) -> str:
    if "season2" in part:
        return f" in {_KOREAN_SEASONS[part['season2']]} "
    if "season" in part:
        return f" {_KOREAN_YEARS[part['of']]} {_KOREAN_SEASONS[part['season']]} "
    if "count" in part:
        count = part["count"]
        return f" {_KOREAN_DIGITS.get(count, count)} {_KOREAN_UNITS[part['unit']]}s ago "
    if "word" in part:
        return f" {_KOREAN_WORDS[''.join(part['word'].split())]} "
    return _chinese(part)  # years, months and days in figures


def _number(text: str) -> int:
    return _DIGITS[text] if text in _DIGITS else int(text)


def _month(text: str) -> str:
    number = _number(text)
    return _ENGLISH_MONTHS[number - 1] if 1 <= number <= 12 else ""
