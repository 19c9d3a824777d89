"""What a sentence states about what: so that a new statement meets the old one of the same thing.

Only things of which there is one at a time are known here (where one lives, what something is
called, a favourite, a number); of all else there may be several, and both memories stay.
"""

import re
from collections.abc import Sequence

import msgspec

from qchat_memory.words import folded, split, stem


class Statement(msgspec.Struct, frozen=True):
    """`about` names the thing, `value` what is said of it; both without case and stems alone."""

    about: str
    value: str


_OWNER = r"(?:my|our|the|the user's|his|her|their|[\w-]+(?: [\w-]+)?'s)"
_THING = rf"(?P<thing>{_OWNER} [\w' -]{{2,60}}?)"
_I = r"(?P<who>i|we|the user|[a-z][\w-]+)"
_NOW = r"(?: (?:now|currently|again|actually|finally|recently|just))?"
_VALUE = r"(?P<value>.+)"
_SINGLE = (
    "name|surname|nickname|address|number|birthday|age|size|height|weight|job|email|e-mail|phone"
    "|manager|boss|doctor|dentist|timezone|time zone|city|employer|salary|rent|password|code|pin"
    "|wifi|deadline|type|plan|goal|title|editor|bank|language|hometown|home town|wife|husband"
    "|partner|landlord|flight|train|appointment|meeting|exam|interview|port|host|domain|budget"
    "|nationality|major|school|university|company|team|car|laptop|favou?rite [\\w ]+?"
)

_Rule = tuple[str, str]
"""A sentence form, compiled at its first use, and how what it speaks of is filled from it."""


_MOVED = r"(?:moved|relocated)(?: back)?(?: from (?:(?! to ).)+)? to"
_LIVES = r"(?:lives?|am living|is living|are living|resides?|am based|is based|are based) in"
_WORKS = r"(?:works?|am working|is working|are working) (?:at|for|with)"
_DOES = r"(?:works?|am working|is working) as"
_RULES: tuple[_Rule, ...] = (
    (rf"{_I}(?: have| has)?{_NOW} (?:{_LIVES}|{_MOVED}){_NOW} {_VALUE}", "{who} live"),
    (rf"{_I}{_NOW} {_WORKS}{_NOW} {_VALUE}", "{who} employer"),
    (rf"{_I}{_NOW} {_DOES}{_NOW} {_VALUE}", "{who} job"),
    (rf"{_I}{_NOW} drives?{_NOW} {_VALUE}", "{who} car"),
    (rf"{_I} (?:am|is|are){_NOW} (?P<value>\d+)(?: years old)?", "{who} age"),
    (rf"{_THING} (?:is|are){_NOW} (?:called|named) {_VALUE}", "{thing} name"),
    (rf"{_THING}(?:'s)? name is{_NOW} {_VALUE}", "{thing} name"),
    (rf"{_I} (?:am|is) (?:called|named) {_VALUE}", "{who} name"),
    (
        rf"(?P<thing>{_OWNER} (?:[\w'-]+ ){{0,4}}?(?:{_SINGLE})(?: (?:of|for|in|at) [\w' -]+?)?)"
        rf" (?:is|are){_NOW}(?: (?:on|at|in|due))? {_VALUE}",
        "{thing}",
    ),
    (rf"{_THING} {_LIVES}{_NOW} {_VALUE}", "{thing} live"),
    (rf"{_THING}(?: has)?{_NOW} {_MOVED} {_VALUE}", "{thing} live"),
    (rf"{_THING} {_WORKS}{_NOW} {_VALUE}", "{thing} employer"),
    (r"(?P<thing>我|我的[\w]{1,8}?)(?:现在)?(?:住在|搬到了?)(?P<value>.+)", "{thing} 住"),
    (r"(?P<thing>我|我的[\w]{1,8}?)(?:现在)?(?:叫|名字是|的名字是)(?P<value>.+)", "{thing} 叫"),
    (r"ich wohne(?: jetzt)? in (?P<value>.+)", "i live"),
    (r"(?P<thing>meine? [\w -]+?) hei(?:ss|ß)t(?: jetzt)? (?P<value>.+)", "{thing} name"),
)
_DO = r"(?:do|does|did|am|is|are)"
_THE = rf"(?P<thing>{_OWNER} [\w' -]{{2,60}}?)"
_END = r"(?: (?:now|currently|again|at the moment|these days|at present|today))?"
_QUESTIONS: tuple[_Rule, ...] = (
    (
        (rf"where {_DO} {_I}(?: currently| now)? (?:live|living|based){_END}"),
        "{who} live",
    ),
    ((rf"where {_DO} {_THE} live{_END}"), "{thing} live"),
    ((rf"(?:where|who) {_DO} {_I} work(?: for| at| with)?{_END}"), "{who} employer"),
    ((rf"what {_DO} {_I} (?:do for (?:a living|work)|work as){_END}"), "{who} job"),
    ((rf"what is my (?:job|work|profession|occupation){_END}"), "i job"),
    ((rf"(?:what|which) car {_DO} {_I} drive{_END}"), "{who} car"),
    ((rf"how old {_DO} {_I}{_END}"), "{who} age"),
    ((rf"(?:what is|what are|how is) {_THE} (?:called|named){_END}"), "{thing} name"),
    ((rf"what is {_THE}'?s? name{_END}"), "{thing} name"),
    ((rf"what is the name of {_THE}{_END}"), "{thing} name"),
    ((rf"(?:what|who|which|when|how \w+) (?:is|are) {_THE}{_END}"), "{thing}"),
    ((r"(?P<thing>我|我的\w{1,8}?)(?:现在)?住在?(?:哪里|哪儿|什么地方)"), "{thing} 住"),
    ((r"(?P<thing>我|我的\w{1,8}?)(?:现在)?叫什么(?:名字)?"), "{thing} 叫"),
    ((r"wo wohne ich(?: jetzt)?"), "i live"),
    ((r"wie hei(?:ss|ß)t (?P<thing>meine? [\w -]+)"), "{thing} name"),
)
_FILLER = re.compile(
    r"^(?:please |hey |so |and |can you |could you |do you know |tell me )+|[?？ ]+$"
)
# Verbs that a later "no longer" takes back.
_NEGATION = re.compile(
    r"\b(?:do not|does not|don't|doesn't|no longer|not|never|stopped|quit|gave up)\b|\bany ?more\b"
)
# "My boss is Tom" and "my boss is called Tom" are one thing.
_PERSON_NAME = re.compile(
    r"(manager|boss|doctor|dentist|wife|husband|partner|landlord|employer|company|bank) name$"
)
_LEAD = re.compile(
    r"^(?:(?:please )?remember(?: that)?|note that|actually|by the way|since (?:\w+ )?\w+,|now"
    r"|as of \w+,?|from now on|correction:?|update:?)[, ]+"
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
    plain = _plain(text)
    if _NEGATION.search(plain) or "?" in text:
        return None
    for pattern, about in _RULES:
        match = re.fullmatch(pattern, plain)
        if match is not None:
            groups = {key: value or "" for key, value in match.groupdict().items()}
            thing = _PERSON_NAME.sub(r"\1", about.format(**groups))
            return Statement(_key(thing), _key(_shortened(groups["value"])))
    return None


def asked(text: str) -> list[str]:
    """What a question asks about, as `Statement.about` names it; empty where that is not plain."""
    plain = folded(text).replace("’", "'").replace("what's", "what is").replace("who's", "who is")
    plain = _FILLER.sub("", " ".join(plain.split()).strip(" .!。！,"))
    found = []
    for pattern, about in _QUESTIONS:
        match = re.fullmatch(pattern, plain)
        if match is not None:
            groups = {key: value or "" for key, value in match.groupdict().items()}
            found.append(_key(_PERSON_NAME.sub(r"\1", about.format(**groups))))
    return found


def gist(text: str) -> str:
    """The stems of a sentence in order: two sentences with the same ones say the same."""
    return _key(_plain(text))


def affirmed(text: str) -> str:
    """The gist of what a sentence denies; empty where it denies nothing."""
    plain = _plain(text)
    if not _NEGATION.search(plain):
        return ""
    return gist(_NEGATION.sub(" ", plain))


def _plain(text: str) -> str:
    plain = " ".join(folded(text).replace("’", "'").split()).strip(" .!。！,")
    plain = plain.replace("the user's ", "my ").replace("i'm ", "i am ").replace("user's ", "my ")
    plain = re.sub(r"^(?:the )?user (is|has|was)\b", _first_person, plain)
    plain = re.sub(r"^(?:the )?user (\w+?)s\b", r"i \1", plain)
    while (shorter := _LEAD.sub("", plain)) != plain:
        plain = shorter
    return plain


def _first_person(match: re.Match[str]) -> str:
    return f"i {({'is': 'am', 'has': 'have', 'was': 'was'})[match.group(1)]}"


def _shortened(value: str) -> str:
    """The value without when it began: that is no part of what is said."""
    while (shorter := _TAIL.sub("", value)) != value:
        value = shorter
    return value.rstrip(" ,")


def _key(text: str) -> str:
    words = split(text)
    kept: Sequence[str] = [word for word in words if word not in _ARTICLES] or words
    return " ".join(stem(word) for word in kept)


_ARTICLES = frozenset(["a", "an", "the", "s", "really", "now", "that", "again"])
