"""The days of the week in a text: one index word for each, in whatever language and form.

A weekday mostly tells a habit ("on Wednesdays", "am Mittwoch", "по средам"), or may: no date says
that. So it counts as a word of the text, beside the date that it may be. Only one that is told as a
certain date ("last Wednesday") does not.
"""

import re
from collections.abc import Iterator

from qchat_memory.language.lazy_patterns import glimpsed, later

LABEL = "qk"
"""What the index words of the days begin with: no word of a language does."""

_NAMES = (
    # English, German, Dutch, Spanish, French, Italian, Portuguese, Polish, Russian, Turkish,
    # Arabic; Chinese, Japanese and Korean, whose words have no ends, stand below.
    "mondays?|montags?|maandags?|lunes|lundis?|luned[iì]|segundas?-feiras?|poniedzia[łl]\\w+"
    "|понедельник\\w*|pazartesi\\w*|ال[إا]ثنين",
    "tuesdays?|dienstags?|dinsdags?|martes|mardis?|marted[iì]|ter[çc]as?-feiras?|wtor[ek]\\w+"
    "|вторник\\w*|sal[ıi](?:lar[ıi]| g[üu]n\\w+)|الثلاثاء",
    "wednesdays?|mittwochs?|woensdags?|mi[eé]rcoles|mercredis?|mercoled[iì]|quartas?-feiras?"
    "|[śs]rod(?:a|[ęe]|y|ach|zie)|сред(?:а|у|ы|е|ой|ам|ах)|[çc]ar[şs]amba\\w*|ال[أا]ربعاء",
    "thursdays?|donnerstags?|donderdags?|jueves|jeudis?|gioved[iì]|quintas?-feiras?"
    "|czwart(?:ek|ki|ku|kach)|четверг\\w*|per[şs]embe\\w*|الخميس",
    "fridays?|freitags?|vrijdags?|viernes|vendredis?|venerd[iì]|sextas?-feiras?|pi[ąa]t(?:ek|ki"
    "|ku|kach)|пятниц\\w+|cuma(?:lar[ıi]| g[üu]n\\w+)|الجمعة",
    "saturdays?|samstags?|sonnabends?|zaterdags?|s[aá]bados?|samedis?|sabat[oi]|sobot\\w+"
    "|суббот\\w+|cumartesi\\w*|السبت",
    "sundays?|sonntags?|zondags?|domingos?|dimanches?|domenic(?:a|he)|niedziel\\w*"
    "|воскресень\\w+|pazar(?:lar[ıi]| g[üu]n\\w+)|ال[أا]حد",
)
_SIGNS = ("一二三四五六日", "月火水木金土日", "월화수목금토일")
"""Of Chinese, Japanese and Korean, from Monday on."""
_SIGNED = "|".join(
    f"(?P<c{n}>(?:星期|周|週|礼拜){f'[{zh}天]' if n == 6 else zh}|{ja}曜日?|{ko}요일)"
    for n, (zh, ja, ko) in enumerate(zip(*_SIGNS, strict=True))
)
_MAY_NAME_ONE = (
    *("day", "tag", "dag", "mittwoch", "abend", "lun", "mart", "mard", "mercr", "mercol", "rcoles"),
    *("juev", "jeud", "giov", "viern", "vend", "vener", "bado", "samed", "sabat", "doming"),
    *("dimanch", "domenic", "feira", "poniedz", "wtor", "rod", "czwart", "tek", "tk", "sobot"),
    *("niedz", "понедел", "вторник", "сред", "четверг", "пятниц", "суббот", "воскрес", "pazar"),
    *("sal", "amba", "embe", "cuma", "ال", "星期", "周", "週", "礼拜", "曜", "요일"),
)
"""Each of those names has one of these."""
_SPELT = "|".join(f"(?P<d{n}>{names})" for n, names in enumerate(_NAMES))
# What makes a certain date of it, before and behind.
_BEFORE = (
    r"last|past|previous|this|next|(?:letzt|vorig|vergangen|dies|nächst|kommend)e[nmrs]?"
    r"|vorige|volgende|este|esta|próxim[oa]|ce|quest[oa]|scors[oa]|prossim[oa]"
    r"|прошл\w+|следующ\w+|эт[оу]\w*|zeszł\w+|ostatni\w*|następn\w+|geçen|gelecek|bu"
)
_BEHIND = (
    r"pasado|próximo|que viene|dernier|prochain|scors[oa]|prossim[oa]|passad[oa]|que vem"
    r"|الماضي|القادم"
)
_WEEKDAY = later(
    rf"(?P<told>\b(?:{_BEFORE})\s+)?\b(?:{_SPELT})\b(?P<behind>\s+(?:{_BEHIND})\b)?"
    rf"|(?P<told2>[上下这這本先今来](?:个|個|週の?|周の?)?|지난\s?주?\s?|다음\s?주?\s?)?(?:{_SIGNED})",
    re.IGNORECASE,
)


def labels(text: str) -> dict[str, str]:
    """The weekdays of a text as index words, each with the word that it came from."""
    if not glimpsed(_MAY_NAME_ONE, text.casefold()):
        return {}
    return {f"{LABEL}{number}": match[0].strip() for match, number in _found(text)}


def without(text: str) -> str:
    """The text without them."""
    for match, _ in reversed([*_found(text)]):
        text = f"{text[: match.start()]} {text[match.end() :]}"
    return text


def _found(text: str) -> Iterator[tuple[re.Match[str], int]]:
    for match in _WEEKDAY.finditer(text):
        if match["told"] or match["behind"] or match["told2"]:
            continue
        names = match.groupdict()
        yield match, next(int(key[1]) for key, word in names.items() if word and key[1].isdigit())
