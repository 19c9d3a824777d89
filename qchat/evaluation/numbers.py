"""Numbers as people and models write them: thousands, fractions, percent, Chinese, LaTeX."""

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction

import msgspec

SCALE = {
    "km": ("m", 1000), "m": ("m", 1), "cm": ("m", 0.01), "mm": ("m", 0.001),
    "t": ("g", 1e6), "kg": ("g", 1000), "g": ("g", 1), "mg": ("g", 0.001),
    "h": ("s", 3600), "hour": ("s", 3600), "hours": ("s", 3600), "min": ("s", 60),
    "minute": ("s", 60), "minutes": ("s", 60), "s": ("s", 1), "second": ("s", 1),
    "seconds": ("s", 1), "ms": ("s", 0.001), "l": ("l", 1), "ml": ("l", 0.001),
    "kj": ("j", 1000), "j": ("j", 1), "kw": ("w", 1000), "w": ("w", 1),
    "公里": ("m", 1000), "千米": ("m", 1000), "米": ("m", 1), "厘米": ("m", 0.01),
    "千克": ("g", 1000), "公斤": ("g", 1000), "克": ("g", 1),
    "小时": ("s", 3600), "分钟": ("s", 60), "秒": ("s", 1),
}  # fmt: skip
"""Units that are told apart, each as so many of the first of its kind."""
LARGE = {
    "万": 10**4, "亿": 10**8, "千": 10**3, "百": 100,
    "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
DIGITS = dict(zip("零〇一二两三四五六七八九", [0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9], strict=True))
TENS = {"十": 10, "百": 100, "千": 1000}
MYRIADS = {"万": 10**4, "亿": 10**8}
SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")

_COMMA = r"\d+,(?:\d{1,2}|\d{4,})(?![\d,])|\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?(?!\d)"
"""As in German or French: a comma before the decimals, dots between the thousands."""
_PLAIN = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,3}(?:[ \u2009\u202f']\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+"
_POWER = r"\s*(?:×|x|\*|·)\s*10\s*(?:\^\s*\{?\s*|\*\*\s*)(?P<power>[-+]?\d+)\}?"
_NUMBER = re.compile(
    rf"""(?:(?P<sign>[-+])\s?)?(?:[$€£¥￥]\s?)?
    (?:\\[dt]?frac\s*(?:\{{\s*(?P<above>-?\d+)\s*\}}\s*\{{\s*(?P<below>\d+)\s*\}}|(?P<over>\d)\s*(?P<under>\d))
     |(?P<chinese>[零〇一二两三四五六七八九十百千万亿]+)(?:点(?P<point>[零〇一二三四五六七八九]+))?
     |(?:(?P<whole>\d+)\s)?(?P<top>\d+)\s?/\s?(?P<bottom>\d+)(?![\d/])
     |(?P<comma>{_COMMA})
     |(?P<plain>{_PLAIN})(?:{_POWER}|[eE](?P<e>[-+]?\d+)|\s?(?:\^|\*\*)\s?\{{?(?P<exponent>[-+]?\d{{1,3}})\}}?)?
    )
    (?:\s?(?P<large>万|亿|千|百|(?:thousand|million|billion|trillion)\b))?
    (?P<percent>\s?\\?%)?
    (?:\s?(?P<unit>[A-Za-zµ]+|公里|千米|厘米|米|千克|公斤|克|小时|分钟|秒)(?:\^\{{?-?\d\}}?)?)?""",
    re.X,
)

_ONES = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen"
    "|fifteen|sixteen|seventeen|eighteen|nineteen"
)
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_WORDED = re.compile(rf"\b(minus |negative )?(?=\w)({_TENS})?(?:[- ]?({_ONES}))?(?<=\w)\b")


class Number(msgspec.Struct, frozen=True):
    """A number that was read, with what stood behind it."""

    value: float
    percent: bool = False
    unit: str = ""

    @property
    def readings(self) -> tuple[float, ...]:
        """What it may mean: 12 % is 12 of a hundred, and 0.12."""
        return (self.value, self.value / 100) if self.percent else (self.value,)


def numbers(text: str) -> list[Number]:
    """All numbers of a text, in order."""
    return list(_found(_plain(text)))


def number(text: str) -> Number | None:
    """The number that a text is, perhaps with words around it; None where there is none."""
    found = numbers(text)
    return found[-1] if found else _in_words(text)


def _in_words(text: str) -> Number | None:
    """The last number below a hundred that stands in English words."""
    found = _WORDED.findall(text.lower())
    if not found:
        return None
    sign, tens, ones = found[-1]
    value = 10 * (_TENS.split("|").index(tens) + 2) if tens else 0
    value += _ONES.split("|").index(ones) if ones else 0
    return Number(-float(value) if sign else float(value))


def same(wanted: Number, given: Number, *, tolerance: float = 1e-6, absolute: float = 0.0) -> bool:
    """Whether one is the other, by a share of it or by an absolute distance."""
    factor = _factor(given.unit, wanted.unit)
    if factor is None:
        return False
    return any(
        abs(ours * factor - theirs) <= max(tolerance * abs(theirs), absolute)
        for theirs in wanted.readings
        for ours in given.readings
    )


def _factor(given: str, wanted: str) -> float | None:
    """How many of the wanted unit one of the given is; None for another kind of thing."""
    a, b = SCALE.get(given.lower()), SCALE.get(wanted.lower())
    if a is None or b is None:
        return 1.0
    return a[1] / b[1] if a[0] == b[0] else None


def _plain(text: str) -> str:
    """One way of writing it: full width, minus signs and LaTeX's spacing as in ASCII."""
    text = unicodedata.normalize("NFKC", re.sub(r"[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", _raised, text))
    text = text.replace("⁄", "/").replace("−", "-").replace("–", "-").replace("\\times", "×")
    text = text.replace("{,}", ",").replace("\\,", "").replace("\\!", "").replace("\\$", "$")
    return re.sub(r"\\(?:text|mathrm|mbox)\{([^}]*)\}", r" \1", text)


def _raised(match: re.Match[str]) -> str:
    return "^" + match[0].translate(SUPERSCRIPT)


def _found(text: str) -> Iterator[Number]:
    for match in _NUMBER.finditer(text):
        before = text[match.start() - 1 : match.start()]
        sign = match["sign"] or ""
        if before.isalnum() and before.isascii() and not sign:
            continue  # the 3 of "x3" or of a version
        value = _value(match)
        if value is None:
            continue
        if sign == "-" and not (before.isalnum() or before == ")"):
            value = -value
        yield Number(value, bool(match["percent"]), match["unit"] or "")


def _value(match: re.Match[str]) -> float | None:
    try:
        if match["above"]:
            value = float(Fraction(int(match["above"]), int(match["below"])))
        elif match["over"]:
            value = float(Fraction(int(match["over"]), int(match["under"])))
        elif match["comma"]:
            value = float(match["comma"].replace(".", "").replace(",", "."))
        elif match["chinese"]:
            value = _chinese(match["chinese"], match["point"] or "")
        elif match["top"]:
            share = Fraction(int(match["top"]), int(match["bottom"]))
            value = float(int(match["whole"] or 0) + share)
        else:
            value = float(re.sub(r"[,\s\u2009\u202f']", "", match["plain"]))
            value *= 10.0 ** int(match["power"] or match["e"] or 0)
            value **= int(match["exponent"] or 1)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return value * LARGE[match["large"]] if match["large"] else value


def _chinese(text: str, point: str) -> float:
    """A Chinese numeral: 一百二十, 三千零五, 十二, or digit by digit as years are written."""
    if len(text) > 1 and all(character in DIGITS for character in text):
        whole = int("".join(str(DIGITS[character]) for character in text))
    else:
        whole, part, digit = 0, 0, 0
        for character in text:
            if character in DIGITS:
                digit = DIGITS[character]
            elif character in TENS:
                part, digit = part + (digit or 1) * TENS[character], 0
            else:
                whole, part, digit = (whole + part + digit) * MYRIADS[character], 0, 0
        whole += part + digit
    return whole + (float("0." + "".join(str(DIGITS[c]) for c in point)) if point else 0.0)
