"""When two texts give the same answer: what is compared is the answer, not how it is dressed."""

import re
from collections import Counter
from collections.abc import Iterable

_MARKED = re.compile(
    r"^[\s>*_#-]*(?:the\s+)?(?:final\s+)?(?:answer|答案)\s*(?:is|[:：=])\s*(.+)$", re.I | re.M
)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_DRESS = re.compile(r"\\(?:text|mathrm|mathbf)\s*\{([^{}]*)\}|\\[,;!() ]|[*_`$\"'“”]|\\\[|\\\]")
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")


def final_answer(text: str) -> str:
    """The answer in a reply: what is boxed, or stands behind "Answer:", else its last line."""
    if boxed := _BOXED.findall(text):
        return str(boxed[-1]).strip()
    if marked := _MARKED.findall(text):
        return str(marked[-1]).strip().strip("*").strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def same(text: str) -> str:
    """A form that is the same for answers that say the same: `**1,024.0**.` and `1024`."""
    plain = _DRESS.sub(lambda m: m.group(1) or "", text)
    plain = " ".join(plain.casefold().split()).strip(" .。,;:!")
    if _NUMBER.fullmatch(plain):
        plain = plain.replace(",", "").lstrip("+")
        if "." in plain:
            plain = plain.rstrip("0").rstrip(".")
    return plain


def most_common(answers: Iterable[str]) -> tuple[str, int]:
    """The answer that most give, and how many; the first of several that are as many.

    Answers that are empty do not count; an empty text and 0 where there is no other.
    """
    counted = Counter(answer for answer in answers if answer)
    return counted.most_common(1)[0] if counted else ("", 0)
