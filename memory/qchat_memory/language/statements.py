"""What a sentence states about what: so that a new statement meets the old one of the same thing.

Only things of which there is one at a time are known here (where one lives, what something is
called, a favourite, a number); of all else there may be several, and both memories stay.
"""

import re
from collections.abc import Sequence

import msgspec

from qchat_memory.language.canonical import denies, plain
from qchat_memory.language.lazy_patterns import glimpsed, later
from qchat_memory.language.multilingual_patterns import MORE_FORMS, MORE_QUESTIONS
from qchat_memory.language.patterns import FORMS, QUESTIONS, Forms
from qchat_memory.language.words import folded, split, stem


class Statement(msgspec.Struct, frozen=True):
    """`about` names the thing, `value` what is said of it; both without case and stems alone."""

    about: str
    value: str


_FILLER = re.compile(
    r"^(?:please |hey |so |and |can you |could you |do you know |tell me )+|[?？ ]+$"
)
# "My boss is Tom" and "my boss is called Tom" are one thing.
_PERSON_NAME = re.compile(
    r"(manager|boss|doctor|dentist|wife|husband|partner|landlord|employer|company|bank"
    r"|chef(?:in)?|(?:zahn)?arzt(?:in)?|frau|mann|partnerin|vermieter(?:in)?|firma) name$"
)
_TAIL = re.compile(
    r"\s+(?:(?:in|since|from|on|last|this|as of) (?:the )?(?:last |this |early |late )?"
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|spring|summer|autumn|fall|winter|week|month|year|yesterday|monday|tuesday|wednesday"
    r"|thursday|friday|saturday|sunday|(?:19|20)\d\d)\b.*|now|again|these days|currently"
    r"|yesterday|today|at the moment)$"
)


def statement(text: str) -> Statement | None:
    """What a sentence says of a thing that has one value at a time; None for all else."""
    said = plain(text)
    if "?" in text or "？" in text or "؟" in text:
        return None
    for forms in MORE_FORMS if denies(said) else (*FORMS, *MORE_FORMS):
        if glimpsed(forms.signs, said) and (found := _stated(forms, said, text)):
            return found
    return None


def _stated(forms: Forms, said: str, text: str) -> Statement | None:
    """What a sentence states in one language; `said` is its text as `plain` gives it."""
    for pattern, about in forms.rules:
        match = pattern.fullmatch(said)
        if match is not None:
            groups = {key: value or "" for key, value in match.groupdict().items()}
            if forms.of_names and not _names(text, groups["value"]):
                continue
            thing = _PERSON_NAME.sub(r"\1", about.format(**groups))
            return Statement(_key(thing), _key(_shortened(groups["value"])))
    return None


def _names(text: str, value: str) -> bool:
    """Whether a value names a place or a firm: it is written large, where a script has that."""
    if value[0].upper() == value[0].lower():
        return True
    first = value.split()[:3]
    written = re.findall(r"[^\W\d_]+", text)
    return any(word[0].isupper() and folded(word) in first for word in written)


def asked(text: str) -> list[str]:
    """What a question asks about, as `Statement.about` names it; empty where that is not plain."""
    query = folded(text).replace("’", "'").replace("what's", "what is").replace("who's", "who is")
    query = _FILLER.sub("", " ".join(query.split()).strip(" .!。！,"))
    found = []
    for pattern, about in _QUESTIONS:
        match = pattern.fullmatch(query)
        if match is not None:
            groups = {key: value or "" for key, value in match.groupdict().items()}
            found.append(_key(_PERSON_NAME.sub(r"\1", about.format(**groups))))
    return found


def _shortened(value: str) -> str:
    """The value without when it began: that is no part of what is said."""
    while (shorter := _TAIL.sub("", value)) != value:
        value = shorter
    return value.rstrip(" ,")


def _key(text: str) -> str:
    words = split(text)
    kept: Sequence[str] = [word for word in words if word not in _ARTICLES] or words
    return " ".join(stem(word) for word in kept)


_QUESTIONS = tuple((later(form), about) for form, about in (*QUESTIONS, *MORE_QUESTIONS))
_ARTICLES = frozenset(["a", "an", "the", "s", "really", "now", "that", "again"])
