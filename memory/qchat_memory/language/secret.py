"""Texts that look like a secret, which nobody should keep without having been asked."""

import re
from itertools import pairwise

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    (
        "an access key",
        re.compile(
            r"\b(?:sk|pk|rk|ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|hf|npm|pypi|AIza|ya29)"
            r"[-_][\w-]{16,}|\bAIza[\w-]{30,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
        ),
    ),
    ("a token", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\bBearer\s+[\w.~+/-]{16,}")),
    (
        "a password",
        re.compile(
            r"\b(?:pass(?:word|phrase|code|wort)|kennwort|contraseña|mot de passe|pwd)s?\b"
            r"[^.!?\n]{0,40}?(?:\bis\b|\bare\b|[:=]|\bist\b|\bes\b|\best\b)\s*\S+"
            r"|(?:密码|口令)[^。\n]{0,10}?(?:是|为|[:：=])\s*\S+",
            re.IGNORECASE,
        ),
    ),
    (
        "a secret code",
        re.compile(
            r"\b(?:pin|cvv|cvc|tan|2fa|recovery|security)(?:\s+(?:code|number|key))?\b"
            r"[^.!?\n]{0,30}?(?:\bis\b|[:=])\s*[\w-]*\d[\w-]*",
            re.IGNORECASE,
        ),
    ),
)
_CARD = re.compile(r"(?<!\d)(?<!\d\.)(?:\d[ -]?){12,18}\d(?!\d|\.\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_WORD = re.compile(r"[A-Za-z0-9+/_=-]{28,}")


def secret_in(text: str) -> str:
    """What kind of secret a text seems to hold ("a card number"); empty for none."""
    for name, shape in _SHAPES:
        if shape.search(text):
            return name
    if any(_is_card(re.sub(r"\D", "", found.group())) for found in _CARD.finditer(text)):
        return "a card number"
    if any(_is_iban(found.group().replace(" ", "")) for found in _IBAN.finditer(text)):
        return "an account number"
    if any(_is_random(found.group()) for found in _WORD.finditer(text)):
        return "an access key"
    return ""


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


def _is_random(word: str) -> bool:
    """Long, of small and large letters and figures, all mixed: no word, and no path either."""
    kinds = (str.islower, str.isupper, str.isdigit)
    changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(word))
    return all(any(kind(c) for c in word) for kind in kinds) and changes >= 6
