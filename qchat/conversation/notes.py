"""The notes that stand in place of what is no longer sent: a structure, as text and back.

A model may write them, and the user may change them: both in the same plain form, a heading for
each kind and a line for each note. What stands in no original is no note: a model's own invention
must not become the memory of a conversation.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

from qchat.protocol.event_values import Notes

HEADINGS = (
    ("goal", "Goal"),
    ("decisions", "Decided"),
    ("results", "Results"),
    ("failed", "Failed attempts"),
    ("open", "Open questions"),
    ("files", "Files"),
    ("sources", "Sources"),
)
"""The fields of `Notes` by what stands above them."""
PROMPT = """\
Stop here for a moment. The conversation above gets long: write notes of it, with which you can go \
on without it. Write nothing else, call no tool, and use exactly these headings, each with short \
lines that begin with "- "; leave out a heading for which there is nothing:
Decided:
- each decision with its reason
Results:
- each finding with its figures, and its handle where one is named
Failed attempts:
- what was tried and why it did not work
Open questions:
- what is still to be done or unknown
Files:
- each file and what it holds
Sources:
- each address and what it says
Write in the language of the conversation, with names and numbers exactly as they stand above."""
MAX_LINES, MAX_LINE = 40, 400
"""Lines of one kind, and characters of a line."""
MAX_GOAL = 2_000
"""Characters of what was asked for first."""
MIN_KNOWN = 0.6
"""The share of a note's words that must stand in what it is a note of."""

MIN_KNOWN_PAIRS = 0.35
"""The share of its pairs of letters, where no spaces part words: half of all pairs are no word."""

_HEADING = re.compile(r"^[#*\s]*([^\W\d_][^\W\d_ ]*(?: [^\W\d_]+)*)[*\s]*(?:[:：]\s*[*]*\s*(.*))?$")
_BULLET = re.compile(r"^\s*(?:(?:[-*•]|\d+[.)])\s+|\d+、\s*)")
_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff"
"""Letters of languages that put no spaces between words."""
_WORD = re.compile(rf"(?:(?![{_UNSPACED}])[^\W\d_]){{3,}}")
_PAIR = re.compile(rf"(?=([{_UNSPACED}]{{2}}))")
_NUMBER = re.compile(r"\d[\d.,]*")
_NAMES = {heading.lower(): field for field, heading in HEADINGS}
_NAMES |= {"decisions": "decisions", "failed": "failed", "open": "open", "result": "results"}
_NAMES |= {  # in a conversation in Chinese many write the headings so, too
    **dict.fromkeys(("目标",), "goal"),
    **dict.fromkeys(("决定", "决策", "已决定"), "decisions"),
    **dict.fromkeys(("结果", "成果", "发现"), "results"),
    **dict.fromkeys(("失败的尝试", "失败尝试", "失败"), "failed"),
    **dict.fromkeys(("未解决的问题", "未决问题", "待解决的问题", "待办", "开放问题"), "open"),
    **dict.fromkeys(("文件",), "files"),
    **dict.fromkeys(("来源", "资料来源"), "sources"),
}


def as_text(notes: Notes) -> str:
    """In the form that `from_text` reads."""
    written: list[str] = []
    for field, heading in HEADINGS:
        value = getattr(notes, field)
        if isinstance(value, str) and value:
            written.append(f"{heading}: {value}")
        elif value:
            written += [f"{heading}:", *(f"- {line}" for line in value)]
    return "\n".join(written)


def from_text(text: str) -> Notes:
    """Read notes; what stands under no heading that is known is left out."""
    found: dict[str, list[str]] = {}
    at: list[str] | None = None
    for line in text.splitlines():
        heading = _HEADING.match(line) if not _BULLET.match(line) else None
        field = _NAMES.get(heading[1].strip().lower()) if heading is not None else None
        if heading is not None and field is not None:
            at = found.setdefault(field, [])
            line = heading[2] or ""  # noqa: PLW2901
        note = _BULLET.sub("", line).strip()
        if at is not None and note and len(at) < MAX_LINES:
            at.append(note[:MAX_LINE])
    goal = "\n".join(found.pop("goal", []))
    return Notes(goal, **{field: tuple(dict.fromkeys(lines)) for field, lines in found.items()})


def grounded(notes: Notes, originals: Iterable[str]) -> Notes:
    """The notes without what does not stand in the originals: other words, or other numbers."""
    known = _Known(originals)
    kept = {
        field: tuple(line for line in getattr(notes, field) if known.holds(line))
        for field, _ in HEADINGS
        if field != "goal"
    }
    return msgspec.structs.replace(notes, **kept)


def empty(notes: Notes) -> bool:
    """Whether they say nothing."""
    return not any(getattr(notes, field) for field, _ in HEADINGS if field != "goal")


class _Known:
    def __init__(self, originals: Iterable[str]) -> None:
        self._text = "\n".join(originals).lower()
        self._words = set(_WORD.findall(self._text))
        self._pairs = set(_PAIR.findall(self._text))

    def holds(self, line: str) -> bool:
        line = line.lower()
        numbers = [number.rstrip(".,") for number in _NUMBER.findall(line)]
        words, pairs = _WORD.findall(line), _PAIR.findall(line)
        if not (words or pairs or numbers) or any(one not in self._text for one in numbers):
            return False
        known = sum(word in self._words or word in self._text for word in words)
        if pairs and known < len(words):  # beside Chinese, such words are names
            return False
        known += sum(pair in self._pairs for pair in pairs)
        return known >= len(words) * MIN_KNOWN + len(pairs) * MIN_KNOWN_PAIRS


_DECIDED = re.compile(
    r"\b(?:decid\w+|decision|agreed|chose\w*|we(?:'ll| will) use|going with|settled on|conclu\w+)\b"
    r"|决定|选择了|选定|确定|采用|改用|结论",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^\n.!?。！？]*(?:[.!?](?!\s|$)[^\n.!?。！？]*)*[.!?。！？]?")
MAX_DECISIONS, MAX_DECISION = 12, 240


def decided(texts: Sequence[str]) -> list[str]:
    """The sentences of answers that say that something was decided, word for word, newest last."""
    found: list[str] = []
    for text in texts:
        if _DECIDED.search(text):
            sentences = (match[0].strip(" -*#>") for match in _SENTENCE.finditer(text))
            found += [s[:MAX_DECISION] for s in sentences if _DECIDED.search(s)]
    return list(dict.fromkeys(found))[-MAX_DECISIONS:]
