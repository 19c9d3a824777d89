"""Finds what a reply gives as its answer: in a box, behind "Answer:", in bold, or at its end.

Models end in many ways; a grader that reads only one of them measures the form, not the answer.
"""

import re
import unicodedata
from collections.abc import Sequence

_MARKED = re.compile(
    r"""(?:\b(?:final\s+|correct\s+|right\s+|best\s+)*(?:answer|option|choice)\b
        (?:\s+to\s+[^.:\n]{1,60}?)?(?:\s+(?:is|would\s+be|must\s+be|should\s+be))?
        |\b(?:antwort|respuesta|réponse|risposta|resposta)\b(?:\s+(?:ist|lautet|es|est|è|é))?
        |(?:最终|正确)?(?:答案|选项)(?:是|为|应为|应该是|应选)?|(?:应)?选择?|故选|因此选)
        \s*(?:\*{1,2}|__)?\s*[:：=]?\s*(?=(?P<rest>[^\n]*))""",
    re.I | re.X,
)
_BEHIND = (
    r"(?:[).:、,，*]|\s*[-–(（]|$|(?=[\u4e00-\u9fff])|\s+(?:because|since|as|for)\b"
    r"|\s+(?:is|fits|seems)\s+(?:the\s+)?(?:only|right|correct|best|true|answer)\b)"
)
"""What may stand behind the letter that begins an answer."""
_HENCE = r"(?:(?i:\b(?:so|thus|hence|therefore)\b)|所以|因此)"
_HEADING = re.compile(r"^[#>\s*_-]*$")
_DECORATION = re.compile(r"^[\s*_`#>~$]+|[\s*_`~$]+$")
_END = ".。!！,，;；:：\"'”’“‘"


def boxed(text: str) -> str | None:
    """What stands in the last \\boxed{…}, with braces in it; None where there is none."""
    start = max(text.rfind("\\boxed{"), text.rfind("\\fbox{"))
    if start < 0:
        return None
    begin = text.index("{", start) + 1
    depth = 1
    for place in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return _unwrapped(text[begin:place])
    return text[begin:]


def marked(text: str) -> str | None:
    """What stands behind the last "Answer:" or its like; None where there is none."""
    found = [match for match in _MARKED.finditer(text) if match["rest"].strip(_END + " *_")]
    # "Answer: 4" outranks "this answer is consistent with …" behind it.
    sure = [match for match in found if re.search(r"[:：]\W*$", match[0])]
    if chosen := sure or found:
        return stripped(chosen[-1]["rest"])
    headings = [match for match in _MARKED.finditer(text) if _HEADING.match(match["rest"])]
    if not headings:
        return None
    behind = [line for line in text[headings[-1].end() :].splitlines() if line.strip()]
    return stripped(behind[0]) if behind else None


def bold(text: str) -> str | None:
    """What stands in bold last; None where nothing does."""
    found = re.findall(r"\*\*([^*\n]+)\*\*", text)
    return stripped(found[-1]) if found else None


def last_line(text: str) -> str:
    """The last line that says anything."""
    lines = [line for line in text.splitlines() if line.strip()]
    return stripped(lines[-1]) if lines else ""


def candidates(text: str) -> list[str]:
    """Where the answer may stand, the surest first; only there, where the reply points to it."""
    if pointed := boxed(text) or marked(text):
        return [pointed]
    ways = (stripped(text), last_line(text), bold(text))
    return list(dict.fromkeys(way for way in ways if way))


def letter(text: str, options: Sequence[str]) -> str:
    """The letter of the option that a reply chooses; empty where it chooses none, or several."""
    letters = [chr(ord("A") + place) for place in range(len(options))]
    for way in candidates(text):
        if chosen := _letter_in(way, letters, options):
            return chosen
    return ""


def _letter_in(way: str, letters: Sequence[str], options: Sequence[str]) -> str:
    """The letter in a piece of the reply that should hold little else."""
    span = f"[{letters[0]}-{letters[-1]}]"
    plain = unicodedata.normalize("NFKC", way)
    if alone := re.fullmatch(rf"\W*({span})\W*", plain, re.I):
        return alone[1].upper()
    by_text = [
        name for name, option in zip(letters, options, strict=True) if same_text(option, plain)
    ]
    if len(by_text) == 1:
        return by_text[0]
    several = re.search(rf"\b({span})\b\W+(?:or|and|oder|或者?|和)\W+{span}\b", plain)
    if first := re.match(rf"\W*(?:option\s+)?({span}){_BEHIND}", plain):
        return "" if several and several[1] == first[1] else first[1]
    if so := re.findall(rf"{_HENCE}\W+({span})\b(?! [a-z])", plain):
        return str(so[-1])
    options_named = set(re.findall(rf"(?i:\boption|\bchoice|选项)\s*[(（]?({span})\b", plain))
    if len(options_named) == 1:
        return str(options_named.pop())
    found = set(re.findall(rf"(?<![\w'’])({span})(?![\w'’])(?! [a-z]*[b-z])", plain))
    return found.pop() if len(found) == 1 and not several else ""


def same_text(wanted: str, given: str) -> bool:
    """Whether two texts are the same but for case, width, spaces and marks around them."""
    return bool(folded(wanted)) and folded(wanted) == folded(given)


def folded(text: str) -> str:
    """A text as it is compared."""
    text = unicodedata.normalize("NFKC", _unwrapped(text)).casefold()
    text = re.sub(r"^(?:the|a|an)\s+", "", stripped(text))
    return re.sub(r"\s+", " ", text).strip()


def stripped(text: str) -> str:
    """Without Markdown, quotes and full stops around it."""
    before = None
    while before != text:
        before = text
        text = _DECORATION.sub("", text.strip()).strip().strip(_END).strip()
    return text


def _unwrapped(text: str) -> str:
    """Without \\text{…} around it, and without the signs of inline formulas."""
    text = re.sub(r"\\(?:text|mathrm|mathbf|textbf|mbox)\{([^{}]*)\}", r"\1", text.strip())
    return re.sub(r"^\\\(|\\\)$|^\\\[|\\\]$|^\$+|\$+$", "", text.strip()).strip()
