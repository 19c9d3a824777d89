"""The language of the interface: English in the code, others from one catalogue each.

The English text is the key, so that the code reads as what is seen. A text without a translation
stays English, and a test says so.
"""

import locale
import os
from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "zh"]

_catalogue: Mapping[str, str] = {}


def use(setting: Literal["auto", "en", "zh"], environment: Mapping[str, str] = os.environ) -> None:
    """Choose the language from here on; `auto` goes by the locale."""
    global _catalogue  # noqa: PLW0603  one process speaks one language
    language = _of_locale(environment) if setting == "auto" else setting
    if language == "zh":
        from qchat.runtime.chinese import CATALOGUE  # noqa: PLC0415  for those who read it

        _catalogue = CATALOGUE
    else:
        _catalogue = {}


class Said(str):
    """A text in the user's language: what a command says must be one, and mypy holds that.

    `tr` makes them, so that the test of the catalogue finds every text of ours; `verbatim` lets
    through what is no text of ours.
    """

    __slots__ = ()

    def __add__(self, more: str) -> "Said":
        return Said(str(self) + more)


def tr(text: str, /, **values: object) -> Said:
    """The text in the language of the interface; `values` go to its `{names}`."""
    found = _catalogue.get(text, text)
    return Said(found.format(**values) if values else found)


def verbatim(text: str) -> Said:
    """A text that is shown as it is: names, figures, what others wrote, or lines made by `tr`."""
    return Said(text)


def _of_locale(environment: Mapping[str, str]) -> Language:
    """What the variables say, as gettext reads them; on Windows what the system says."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "zh" if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en"
