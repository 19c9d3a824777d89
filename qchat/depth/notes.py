"""What a trail writes down of itself, read line by line: models write lists better than JSON.

Whatever a model writes is read as far as it goes; a text without any known line is no notes.
"""

import re
from collections.abc import Iterable

import msgspec

MAX_CHARACTERS = 600
"""Of one line: notes are not the place for a proof."""
MAX_LINES = 40

_LINE = re.compile(
    r"^[\s>*_#`.)\d-]*\b(RESULT|FAILED|OPEN|ANSWER|SURE|CHECKED|OVERTURN(?:ED)?)\b[*_`]*\s*[:：]\s*"
    r"[*_`]*\s*(.*)$",
    re.I,
)
_HANDLES = re.compile(
    r"[\[(【]\s*(?:evidence|handles?|see|证据)?\s*[:：]?\s*"
    r"(#?\d+(?:\.\d+)?(?:[\s,;、]+#?\d+(?:\.\d+)?)*)\s*[\])】]\s*\.?\s*$",
    re.I,
)
_NAME = re.compile(r"^[\[(]?\s*(r\d+)\s*[\])]?\s*[:,-]?\s*(.*)$", re.I)
_WHY = re.compile(r"\s+(?:because|since|as)\s+|\s*(?:[|;—–]|\s-\s)\s*|\s*：\s*", re.I)
_NOTHING = re.compile(
    r"(?:none|nothing|no open (?:questions?|points?)|n/?a|无|没有|-)?[.。]?", re.I
)
_UNKNOWN = re.compile(
    r"(?:still |yet |as yet )?(?:unknown|not (?:yet )?(?:known|found|clear)|undetermined|unclear"
    r"|tbd|\?+|未知|不知道|尚未(?:确定|知道))(?: yet| so far)?[.。]?",
    re.I,
)
"""In place of an answer: trails that both know none do not agree on one."""
_YES = re.compile(r"^(?:is\s+)?(?:right|correct|true|holds|confirmed|ok|yes|正确)\b", re.I)
_NO = re.compile(r"^(?:is\s+)?(?:wrong|incorrect|false|not|no|refuted|错)", re.I)


class Found(msgspec.Struct, frozen=True):
    """A result that the trail says it has, with the handles that it names for it."""

    text: str
    handles: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """What the trail says of an earlier result."""

    id: str
    right: bool
    why: str = ""
    handles: tuple[str, ...] = ()


class Notes(msgspec.Struct, frozen=True):
    """What one trail wrote down."""

    found: tuple[Found, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    """What was tried, and why it did not work."""
    verdicts: tuple[Verdict, ...] = ()
    open: tuple[str, ...] = ()
    nothing_open: bool = False
    """Whether it says that nothing is open, which is more than saying nothing."""
    answer: str = ""
    sure: float | None = None
    """How sure it is of that; None where it does not say."""

    def __bool__(self) -> bool:
        """Whether any of it could be read."""
        return self != Notes()


def read_notes(text: str) -> Notes:
    """Read what a model wrote; notes that are empty where nothing of it is notes."""
    lines = _lines(text)
    found = [_found(rest) for word, rest in lines if word == "RESULT" and rest]
    failed = [_pair(rest) for word, rest in lines if word == "FAILED" and rest]
    open_ = [rest for word, rest in lines if word == "OPEN"]
    asked = tuple(dict.fromkeys(q for q in open_ if not _NOTHING.fullmatch(q)))
    answers = [rest for word, rest in lines if word == "ANSWER" and not _none(rest)]
    sure = [_share(rest) for word, rest in lines if word == "SURE"]
    return Notes(
        tuple(f for f in found if not _NOTHING.fullmatch(f.text)),
        tuple(pair for pair in failed if not _NOTHING.fullmatch(pair[0])),
        tuple(v for word, rest in lines for v in _verdicts(word, rest)),
        asked,
        bool(open_) and not asked,
        answers[-1] if answers else "",
        sure[-1] if sure else None,
    )


def _none(answer: str) -> bool:
    return bool(_NOTHING.fullmatch(answer) or _UNKNOWN.fullmatch(answer))


def _lines(text: str) -> list[tuple[str, str]]:
    """The known words with what stands behind them; lines that follow belong to the last one."""
    lines: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if (begun := _LINE.match(line)) is not None:
            word = "OVERTURN" if begun[1].upper().startswith("OVER") else begun[1].upper()
            lines.append((word, [begun[2]]))
        elif lines and line.strip() and not line.strip().startswith("```"):
            lines[-1][1].append(line.strip())
        elif lines and not line.strip():
            lines.append(("", []))  # a blank line ends what was begun
    each = ((word, " ".join(parts).strip(" *_`")) for word, parts in lines if word)
    return [(word, rest[:MAX_CHARACTERS]) for word, rest in each][:MAX_LINES]


def _handles(text: str) -> tuple[str, tuple[str, ...]]:
    """A text, and the handles in brackets at its end."""
    end = _HANDLES.search(text)
    if end is None:
        return text.strip(), ()
    handles = re.findall(r"\d+(?:\.\d+)?", end[1])
    return text[: end.start()].strip(), tuple(dict.fromkeys(handles))


def _found(text: str) -> Found:
    said, handles = _handles(text)
    name = _NAME.match(said)
    return Found(name[2].strip() if name and name[2] else said, handles)


def _pair(text: str) -> tuple[str, str]:
    said, *why = _WHY.split(text, maxsplit=1)
    return said.strip(), " ".join(why).strip()


def _verdicts(word: str, text: str) -> Iterable[Verdict]:
    """`CHECKED: r3 right`, `CHECKED: r3 wrong, since …`, `OVERTURN: r3 because … [14.2]`."""
    name = _NAME.match(text) if word in ("CHECKED", "OVERTURN") else None
    if name is None:
        return
    said, handles = _handles(name[2])
    if word == "OVERTURN":
        why = re.sub(r"^(?:because|since|as)\s+", "", said, flags=re.I)
        yield Verdict(name[1].lower(), False, why, handles)
    elif _YES.match(said):
        yield Verdict(name[1].lower(), True, said, handles)
    elif _NO.match(said):
        why = re.sub(r"^(?:is\s+)?\w+[,;:]?\s*(?:because|since|as)?\s*", "", said, flags=re.I)
        yield Verdict(name[1].lower(), False, why or said, handles)


def _share(text: str) -> float:
    number = re.search(r"\d+(?:[.,]\d+)?", text)
    if number is None:
        return 0.0
    value = float(number[0].replace(",", "."))
    return min(value / 100 if "%" in text or value > 1 else value, 1.0)
