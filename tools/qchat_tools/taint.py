"""After others' text was read, orders may come from them: what then is done only if allowed.

A question to a search engine and a request to a page both tell somebody something. They are free
where they are the user's own words; else the user is asked. All untrusted origins count alike.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import unquote_plus, urlsplit

from qchat_memory.language.canonical import denies, plain
from qchat_memory.language.secret import secret_in
from qchat_memory.language.words import split, stem
from qchat_memory.localized_text import tr
from qchat_memory.origin import Origin
from qchat_tools.base import Call, Refused
from qchat_tools.passages import words
from qchat_tools.provenance import Provenance

MAX_NAMED = 3
"""Most origins that a question names."""
MAX_NAME = 80
"""Characters of each: an address may have thousands, and what is asked for stands below."""
_FUNCTION_WORDS = frozenset(
    words(
        "a an and are as at be by do for from has have how i in is it its of on or that the their"
        " this to vs was what when where which who why with about between near new latest current"
        " der die das und in im am von zu mit für ist was wie wo wer"
    )
)
"""Words that say nothing of their own: a query may have them beside the user's."""
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；\n])\s*")
_KEEP_THIS = re.compile(
    r"(?:^|[,:] ?|\b(?:and|then|also|please|und|bitte)\s)\s*"
    r"(?:please )?(?:remember|note|keep in mind|save|memori[sz]e|don't forget|merk dir|denk daran)"
    r"(?: (?:this|that|dass))?\b[:,]?|(?:请)?记住[，：,:]?",
    re.IGNORECASE,
)
"""What leads to something that the user wants kept; what follows is a sentence of theirs."""


async def allow_address(call: Call, url: str, *, known: bool) -> None:
    """Let a page be read; `known` is one that the user wrote, or that was found or read before.

    One that the model knows by itself is free too while nobody else was heard, unless it tells the
    site words that the user did not write. Raises Refused where the user does not want it.
    """
    if known:
        return
    tainted, told = call.provenance.tainted, unquote_plus(urlsplit(url).query)
    if not tainted and not _strange_words(call.provenance.user_text, _values(told)):
        return
    why = (
        because(call.provenance)
        if tainted
        else tr("It tells the site words that you did not write.")
    )
    if not await call.confirm(f"{tr('Read this address?')} {why}\n{url}"):
        raise Refused()


async def allow_query(call: Call, query: str) -> None:
    """Let words be searched for. Raises Refused where the user does not want it.

    After others' text the user's own words are free, but no secret that they have typed.
    """
    if not call.provenance.tainted:
        return
    strange, secret = not _in_words_of(call.provenance.user_text, query), secret_in(query)
    reasons = [tr("These are not your words.")] if strange else []
    reasons += [tr("It looks like {secret}.", secret=tr(secret))] if secret else []
    if not reasons:
        return
    asked = " ".join([tr("Search the web for this?"), *reasons, because(call.provenance)])
    if not await call.confirm(f"{asked}\n{query}"):
        raise Refused()


def because(provenance: Provenance) -> str:
    """Why the user is asked: whose text the model has read, in one sentence."""
    listed = named(provenance.untrusted)
    return tr("It may be what others want: the conversation holds {listed}.", listed=listed)


def named(origins: Sequence[Origin]) -> str:
    """The newest origins for the user, and how many more there are."""
    shown = [_short(str(origin)) for origin in origins[-MAX_NAMED:]]
    more = len(origins) - len(shown)
    listed = ", ".join([*shown, *([tr("{n} more", n=more)] if more else [])])
    return tr("text that you did not write ({listed})", listed=listed)


def _short(name: str) -> str:
    """A name that a stranger gave: in a question it is one line, and no long one."""
    line = " ".join(name.split())
    return line if len(line) <= MAX_NAME else f"{line[:MAX_NAME]}…"


def said_by_user(provenance: Provenance, text: str) -> bool:
    """Whether every sentence of a text is one that the user said: the same words in the same order.

    Only person and lead are free: "Remember that my cat is Mia" says "The user's cat is Mia". A
    part of a sentence is not said by it: what is cut away may have been "not".
    """
    said = {form for message in provenance.user_text for form in _statements(message)}
    forms = [_form(sentence) for sentence in _SENTENCE.split(text) if sentence.strip()]
    return bool(forms) and all(form in said for form in forms)


def _statements(message: str) -> Iterable[tuple[str, ...]]:
    for sentence in _SENTENCE.split(message):
        if not sentence.strip() or sentence.rstrip().endswith(("?", "？")):
            continue
        yield _form(sentence)
        lead = _KEEP_THIS.search(sentence)
        if lead is not None and not denies(plain(sentence[: lead.start()])):
            yield _form(sentence[lead.end() :])


def _form(sentence: str) -> tuple[str, ...]:
    """The words of a sentence as the user would say it, in their order."""
    return tuple(stem(word) for word in split(plain(sentence)))


def _in_words_of(user_text: Sequence[str], query: str) -> bool:
    """Whether a query has the user's words alone, short ones and figures too, none over and over.

    A secret can be spelt in short words, and in how often a word is repeated.
    """
    asked = Counter(words(query))
    if any(count > 2 for count in asked.values()):
        return False
    return not _strange_words(user_text, query)


def _strange_words(user_text: Sequence[str], text: str) -> set[str]:
    """The words of a text that the user did not write, but for those that say nothing."""
    strange = set(words(text)) - _FUNCTION_WORDS
    return strange - {word for said in user_text for word in words(said)} if strange else strange


def _values(query: str) -> str:
    """What a query string tells, without the names by which a site asks for it."""
    return " ".join(pair.partition("=")[2] or pair for pair in query.split("&"))
