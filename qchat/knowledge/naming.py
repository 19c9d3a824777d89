"""`@know:notes/2025` in a question: which of the user's folders it is about."""

import re

_NAMED = re.compile(r'(?<!\S)@know(?::(?:"([^"\n]*)"|(\S*)))?(?=\s|$)')
_BEHIND = ".,;:!?)"
"""What stands behind a name belongs to the sentence."""


def named(prompt: str) -> list[str]:
    """The scopes that a prompt names, in order; an empty one means all folders."""
    found = (quoted or bare.rstrip(_BEHIND) for quoted, bare in _NAMED.findall(prompt))
    return list(dict.fromkeys(found))


def without(prompt: str) -> str:
    """The question itself."""
    return " ".join(_NAMED.sub(" ", prompt).split())
