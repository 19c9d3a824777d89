"""Texts that look like a secret, which nobody should keep without having been asked.

Three ways, as the well-kept detectors do it: shapes that only a secret has (a vendor's prefix, a
private key, an address with a password in it), checked numbers (cards, accounts), and a word that
names a secret with a value behind it, in the languages that people write here.
"""

import math
import re
from collections import Counter

from qchat_memory.language import secret_shapes as shapes
from qchat_memory.language.invisible import without_invisible
from qchat_memory.language.lazy_patterns import later

_WORD = later(r"(?<![/\\.\w])[A-Za-z0-9+/_=-]{28,}")
_RUN = later(r"[A-Z]?[a-z]{3,}")
MAX_LOOKED_AT = 8_000
"""In characters: no memory is longer, and what is longer is refused for that."""
MIN_ENTROPY = 3.0
"""Bits a character, as secrets that stand behind a name have at least."""
MIN_PARTS, MAX_PART = 4, 14
"""Of so many parts, none of which is longer, something with a name is made."""
MIN_CHANGING = 20


def secret_in(text: str) -> str:
    """What kind of secret a text seems to hold ("a card number"); empty for none."""
    text = shapes.PUBLIC.sub(" ", without_invisible(text[:MAX_LOOKED_AT]))
    if shapes.PRIVATE.search(text):
        return "a private key"
    if shapes.SEED.search(text):
        return "a seed phrase"
    if shapes.IN_ADDRESS.search(text):
        return "an address with a password"
    if shapes.IN_COMMAND.search(text):
        return "a password"
    if shapes.TOKEN.search(text):
        return "a token"
    if shapes.PREFIXED.search(text) or shapes.HOOK.search(text):
        return "an access key"
    if any(_is_card(re.sub(r"\D", "", found.group())) for found in shapes.CARD.finditer(text)):
        return "a card number"
    if any(_is_iban(found.group().replace(" ", "")) for found in shapes.IBAN.finditer(text)):
        return "an account number"
    if any(shape.search(text) for shape in shapes.ACCOUNT):
        return "an account number"
    if any(shape.search(text) for shape in shapes.CODES):
        return "a secret code"
    if any(_is_password(found) for shape in shapes.PASSWORDS for found in shape.finditer(text)):
        return "a password"
    if shapes.GROUPS.search(text):
        return "an access key"
    if any(_is_key(found["value"]) for found in shapes.KEY.finditer(text)):
        return "an access key"
    if shapes.FORMATTED.search(text) or any(shape.search(text) for shape in shapes.IDENTITY):
        return "a number of an identity document"
    if shapes.ANSWER.search(text):
        return "an answer to a security question"
    if any(_is_random(found.group()) for found in _WORD.finditer(text)):
        return "an access key"
    return ""


def asks_for_secret(query: str) -> bool:
    """Whether a question names a secret: then one that is kept is asked for."""
    return shapes.NAMES.search(query) is not None


def _is_card(digits: str) -> bool:
    """Luhn's sum, which card numbers end in (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return len(digits) >= 13 and total % 10 == 0 and len(set(digits)) > 1


def _is_iban(text: str) -> bool:
    """The check of ISO 13616: all as one number leaves 1 when divided by 97."""
    moved = text[4:] + text[:4]
    return 15 <= len(text) <= 34 and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def _is_password(found: re.Match[str]) -> bool:
    """What is told of a password ("is in the safe") is none; one may stand behind it all the same.

    In scripts without spaces the value is the one thing in Latin letters or figures.
    """
    said = found.groupdict().get("value")
    before = found.string[: found.start("value")].rstrip(" \"'“„«「") if said is not None else ""
    if said is None or before.endswith((":", "：", "=", ">", "→")):
        return True
    word = said.strip("\"'.,;:!?*()").casefold()
    told = word in shapes.TOLD_OF_PASSWORDS or shapes.UNSPACED.fullmatch(word)
    return not told or shapes.LATER_IN_SENTENCE.match(found.string, found.end()) is not None


def _is_key(word: str) -> bool:
    """What stands behind the name of a key, and is neither a word nor a path."""
    path = "/" in word.strip("/=") and _has_words(word)
    mixed = any(c.isdigit() for c in word) or _changes(word)
    return mixed and _entropy(word) >= MIN_ENTROPY and not path


def _is_random(word: str) -> bool:
    """Long, of small and large letters and figures, all mixed: no word, and no path either."""
    kinds = (str.islower, str.isupper, str.isdigit)
    if not all(any(kind(c) for c in word) for kind in kinds) or _has_words(word):
        return False
    parts = re.split("[-_]", word)  # the name of a model or a file is many short ones
    return len(parts) < MIN_PARTS or max(map(len, parts)) > MAX_PART


def _changes(word: str) -> bool:
    """Whether capitals stand all over it, as chance puts them."""
    capitals = sum(c.isupper() for c in word[1:])
    return len(word) >= MIN_CHANGING and 0.25 < capitals / len(word) < 0.75 and word.isalnum()


def _has_words(word: str) -> bool:
    """Whether most of it is words, as in names and paths."""
    return 2 * sum(map(len, _RUN.findall(word))) > len(word)


def _entropy(word: str) -> float:
    """Shannon's, in bits a character."""
    return -sum(n / len(word) * math.log2(n / len(word)) for n in Counter(word).values())
