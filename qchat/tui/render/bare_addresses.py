"""Addresses that stand in a text without any brackets, as GitHub finds them."""

import re
from collections.abc import Iterator

_BEGIN = r"(?<![A-Za-z0-9])(?:https?://|www\.)"
_INSIDE = '[^\\s<>"`\u2026\u3000-\u303f\uff00-\uff65\u201c\u201d]'
"""All but blanks, quotation marks, and the punctuation of Chinese, which is no part of any."""
_ADDRESS = re.compile(f"{_BEGIN}(?=[^\\W_]){_INSIDE}*", re.IGNORECASE)
_HOST = re.compile(r"(?:https?://)?[\w.-]*\w\.?(?::\d+)?(?=[/?#]|$)", re.IGNORECASE)
_END = "?!.,:;*_~'"
"""What belongs to the sentence when it stands at the end."""
_PAIRS = {")": "(", "]": "[", "}": "{"}


def bare_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where addresses begin and end. A bracket that none in the address opens is not of it."""
    if "://" not in text and "www." not in text.lower():
        return
    for match in _ADDRESS.finditer(text):
        address = match[0]
        while address:
            last = address[-1]
            opening = _PAIRS.get(last, "")
            if last not in _END and not (opening and address.count(last) > address.count(opening)):
                break
            address = address[:-1]
        if _HOST.match(address):
            yield match.start(), match.start() + len(address)
