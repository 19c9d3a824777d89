"""Characters that take no room, in whatever text of the web.

Apart from `hidden`, whose parsers of pages are for the process that reads them.
"""

import re

_ZERO_WIDTH = re.compile(
    "[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
    # Joiners are letters' business where letters join: elsewhere, and in runs, they hide things.
    "|[\u200c\u200d]{2,}|(?<![^\x00-\u02ff])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u02ff])"
    "|[\ufe00-\ufe0f]{2,}"
)


def drop_zero_width(text: str) -> str:
    """Remove characters that take no room: they can hide words from readers but not from models."""
    return text if text.isascii() else _ZERO_WIDTH.sub("", text)
