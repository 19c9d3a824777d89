"""After web text was read, orders may come from strangers: what then is done only if allowed.

A question to a search engine and a request to a page both tell somebody something. They are free
where they follow from what the user said; else the user is asked.
"""

from qchat_tools.base import Call, ToolError
from qchat_tools.passages import words
from qchat_tools.wording import NO_OUTPUT

PYTHON_OUTPUT = "Python output"
"""As a source: code may have read any file, and what it printed anybody's words."""
REFUSED = "the user did not allow this"
_SHORTEST = 4
"""Shorter words are too common to tell anything."""
_PYTHONS_WORDS = frozenset(words("True False None nan inf e j"))
_NOBODYS_WORDS = frozenset(words("the user users his her their they is are was has and that"))


async def allow_address(call: Call, url: str, *, known: bool) -> None:
    """Let a page be read; `known` is one that was searched for or read before.

    Raises ToolError where the user does not want it.
    """
    if not call.tainted or known or url in call.asked or url.partition("://")[2] in call.asked:
        return
    question = (
        "Read this address? A page that was read may have asked for it, and may learn from it"
    )
    if not await call.confirm(f"{question}.\n{url}"):
        raise ToolError(REFUSED)


async def allow_query(call: Call, query: str) -> None:
    """Let words be searched for. Raises ToolError where the user does not want it."""
    if not call.tainted or {word for word in words(query) if _tells(word)} <= set(
        words(call.asked)
    ):
        return
    question = "Search the web for this? The turn has read the web, and these are not your words"
    if not await call.confirm(f"{question}.\n{query}"):
        raise ToolError(REFUSED)


def said_by_user(call: Call, text: str) -> bool:
    """Whether a text says nothing but what the user said in this conversation."""
    return set(words(text)) <= set(words(call.asked)) | _NOBODYS_WORDS


def foreign(output: str, known: str) -> bool:
    """Whether what code printed has words that neither the user typed nor the code holds.

    Figures are no words: they give no orders.
    """
    printed = set(words(output.replace(NO_OUTPUT, ""))) - _PYTHONS_WORDS
    return any(any(map(str.isalpha, word)) for word in printed - set(words(known)))


def _tells(word: str) -> bool:
    return len(word) >= _SHORTEST or not word.isascii() or word.isdigit()
