"""Where a text came from: a fact that travels with it from where it came in to the model.

Trust is decided by this alone, never by what the text says. It is defined here, at the bottom,
because memories keep it: what was saved after a stranger's text was read is untrusted again when
it is recalled.
"""

from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

from qchat_memory.localized_text import tr

OriginKind = Literal["typed", "qchat", "model", "attached", "web", "code", "tool", "memory"]
"""`typed` by the user; written by `qchat` itself or by the `model`; `attached` (a file, a pipe, a
long paste); from the `web`; printed by `code`; given back by another `tool`; kept as a `memory`."""

KINDS: tuple[str, ...] = get_args(OriginKind)
MAX_ORIGINS = 16
"""Most origins that are kept with a memory: enough to name, and one would be enough to distrust."""

_TRUSTED = frozenset({"typed", "qchat", "model"})


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a text came from, and by which name: an address, a file's or a tool's name.

    `of` are the untrusted origins that a memory was saved with; no other kind has any.
    """

    kind: OriginKind
    name: str = ""
    of: tuple["Origin", ...] = ()

    @property
    def trusted(self) -> bool:
        """Whether nobody but the user, qchat and the model had a hand in it."""
        if self.kind == "memory":
            return all(origin.trusted for origin in self.of)
        return self.kind in _TRUSTED

    @property
    def roots(self) -> tuple["Origin", ...]:
        """Where it came from at first: for a memory, what it was saved with."""
        if self.kind != "memory":
            return (self,)
        return tuple(dict.fromkeys(root for origin in self.of for root in origin.roots))

    def __str__(self) -> str:
        """For a user who is asked: what it is, in a few words."""
        match self.kind:
            case "typed":
                return tr("what you typed")
            case "qchat":
                return "qchat"
            case "model":
                return tr("the model")
            case "attached":
                return (
                    tr("the file {name}", name=self.name) if self.name else tr("an attached file")
                )
            case "web":
                return self.name or tr("the web")
            case "code":
                return tr("output of code")
            case "tool":
                if not self.name:
                    return tr("output of a tool")
                return tr("output of the tool {name}", name=self.name)
            case "memory":
                return tr("a memory")


TYPED = Origin("typed")
QCHAT = Origin("qchat")
MODEL = Origin("model")
CODE = Origin("code")


def untrusted(origins: Iterable[Origin]) -> tuple[Origin, ...]:
    """Those of strangers, each once, in the order in which they came; memories by their roots."""
    roots = (root for origin in origins for root in origin.roots)
    return tuple(dict.fromkeys(root for root in roots if not root.trusted))


def from_source(source: str) -> tuple[Origin, ...]:
    """Read the field `source` of the first wave: addresses and file names in one text."""
    words = source.split()
    pages = [word for word in words if "://" in word]
    others = " ".join(word for word in words if "://" not in word)
    found = [Origin("web", page) for page in pages]
    if others == "Python output":
        found.append(CODE)
    elif others == "the web":
        found.append(Origin("web"))
    elif others:
        found.append(Origin("attached", others))
    return tuple(found)
