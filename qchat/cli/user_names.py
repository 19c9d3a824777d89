"""What is odd in the name of a user: two that look the same are two, and the user should know."""

import unicodedata

from qchat.runtime.language import tr

_ALIKE = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"}
"""Scripts that have letters which look the same."""


def remark(name: str) -> str:
    """One line of warning, or nothing for a name that looks like no other."""
    if why := _why(name):
        return tr(
            "The user name {name!r} {why}: its memories and settings are its own.",
            name=ascii(name)[1:-1],
            why=why,
        )
    return ""


def _why(name: str) -> str:
    if any(unicodedata.category(c) in ("Cf", "Cc", "Co", "Cn", "Zl", "Zp") for c in name):
        return tr("holds invisible characters, so it may look like another")
    if name != name.strip():
        return tr("begins or ends with a blank, so it may look like another")
    scripts = _ALIKE & {unicodedata.name(c, "?").split()[0] for c in name if c.isalpha()}
    if len(scripts) > 1:
        listed = tr(" and ").join(sorted(s.capitalize() for s in scripts))
        return tr("mixes letters of {listed}, so it may look like another", listed=listed)
    if unicodedata.normalize("NFC", name) != name:
        return tr("has accents as characters of their own, so it may look like another")
    return ""
