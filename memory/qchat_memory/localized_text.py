"""The texts that a user reads, in their language: English in the code, others by a catalogue.

It stands in the lowest package, since tools and memories speak to the user too. The English text
is the key, so that the code reads as what is seen. A text without a translation stays English, and
a test says so.
"""

import unicodedata
from collections.abc import Mapping
from string import Formatter
from typing import NewType

_catalogue: Mapping[str, str] = {}


Said = NewType("Said", str)
"""A text in the user's language: what a command says must be one, and mypy holds that.

`tr` makes them, so that the test of the catalogue finds every text of ours; `verbatim` lets
through what is no text of ours. To all that runs it is a plain `str`: it can be kept and sent.
"""


def speak(catalogue: Mapping[str, str]) -> None:
    """Use these translations from here on; an empty one is English."""
    global _catalogue  # noqa: PLW0603  one process speaks one language
    _catalogue = catalogue


def translates() -> bool:
    """Whether another language than English is spoken."""
    return bool(_catalogue)


def tr(text: str, /, **values: object) -> Said:
    """The text in the language of the interface; `values` go to its `{names}`."""
    found = _catalogue.get(text, text)
    if not values:
        return Said(found)
    return Said(_quoting.format(found, **values) if "!r" in found else found.format(**values))


class _Quoting(Formatter):
    """Quotes as `repr` does, but for spaces and joiners, which belong to how words are written."""

    def convert_field(self, value: object, conversion: str | None) -> object:
        if conversion == "r" and isinstance(value, str) and not value.isprintable():
            return f"'{''.join(map(_as_written, value))}'"
        return super().convert_field(value, conversion)


_quoting = _Quoting()
_JOINERS = "\u200c\u200d"


def _as_written(character: str) -> str:
    belongs = character in _JOINERS or unicodedata.category(character) == "Zs"
    return character if belongs else repr(character)[1:-1]


def verbatim(text: str) -> Said:
    """A text that is shown as it is: names, figures, what others wrote, or lines made by `tr`."""
    return Said(text)
