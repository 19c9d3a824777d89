"""`@know:notes/2025` in a question: which of the user's folders it is about."""

import re
from collections.abc import Callable, Sequence

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


_TYPED = re.compile(r"(?<!\S)@(k(?:n(?:o(?:w(?::[^\s:]*)?)?)?)?)$")


def completions(text: str, names: Callable[[], Sequence[str]]) -> list[tuple[str, str]]:
    """What a text that ends in `@know:…` may become: whole texts, and the scope for a list.

    `names` are those of the folders that are known, asked for only then.
    """
    typed = _TYPED.search(text)
    if typed is None:
        return []
    offered = [f"know:{name}" for name in names()]
    if typed[1] in offered:
        return []
    begun = [scope for scope in offered if scope.lower().startswith(typed[1].lower())]
    return [(f"{text[: typed.start()]}@{scope} ", f"@{scope}") for scope in begun]
