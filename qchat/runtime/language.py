"""The language of the interface: English in the code, others from one catalogue each.

The English text is the key, so that the code reads as what is seen. A text without a translation
stays English, and a test says so.
"""

import locale
import os
from collections.abc import Mapping
from typing import Literal

from qchat_memory.localized_text import Said, speak, tr, translates, verbatim

__all__ = ["Language", "Said", "tr", "translates", "use", "verbatim"]

Language = Literal["en", "zh"]


def use(setting: Literal["auto", "en", "zh"], environment: Mapping[str, str] = os.environ) -> None:
    """Choose the language from here on; `auto` goes by the locale."""
    language = _of_locale(environment) if setting == "auto" else setting
    if language == "zh":
        from qchat.runtime.chinese import CATALOGUE  # noqa: PLC0415  for those who read it

        speak(CATALOGUE)
    else:
        speak({})


def _of_locale(environment: Mapping[str, str]) -> Language:
    """What the variables say, as gettext reads them; on Windows what the system says."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "zh" if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en"
