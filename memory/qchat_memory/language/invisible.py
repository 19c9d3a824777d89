"""Characters that nobody sees: shown to the user, and never sent to a model.

Text can carry orders in tag characters (U+E0000), bytes in variation selectors, and marks that turn
the direction. What joins letters or emoji is left where it does so.
"""

import re
import unicodedata

_TAGS = "[\U000e0000-\U000e007f]+"
_OTHERS = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0080-\U000e0fff]"
)
_INVISIBLE = re.compile(f"({_TAGS})|({_OTHERS})")
_JOINERS = "\u200c\u200d"


def without_invisible(text: str) -> str:
    """The text as a model may have it."""
    if text.isascii():
        return text
    return _INVISIBLE.sub(lambda match: match[0] if _joins(match) else "", text)


def with_invisible_shown(text: str) -> str:
    """The text as the user is shown it: what tag characters say, and the others by their number."""
    if text.isascii():
        return text
    return _INVISIBLE.sub(_shown, text)


def _joins(match: re.Match[str]) -> bool:
    """Whether it joins two emoji, or two letters of a script that needs it."""
    text, place = match.string, match.start()
    if match[0] not in _JOINERS or not 0 < place < len(text) - 1:
        return False
    before, after = text[place - 1], text[place + 1]
    if before in "\ufe0f" or "\U0001f3fb" <= before <= "\U0001f3ff":  # as an emoji, or its skin
        before = "\U0001f600"
    return all(ord(c) >= 0x590 and unicodedata.category(c)[0] in "LMS" for c in (before, after))


def _shown(match: re.Match[str]) -> str:
    if _joins(match):
        return match[0]
    if match[1]:
        said = "".join(chr(ord(c) - 0xE0000) for c in match[1] if 0xE0020 <= ord(c) < 0xE007F)
        return f"⟨hidden: {said}⟩" if said else "⟨hidden⟩"
    return f"⟨U+{ord(match[0]):04X}⟩"
