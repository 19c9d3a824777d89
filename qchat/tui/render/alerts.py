"""GitHub's alerts: quotations that begin with `[!NOTE]`, or one of four others, on its own line."""

import re
from collections.abc import Sequence

from markdown_it.token import Token
from rich.style import Style

from qchat.tui.render.palette import Palette

_LABEL = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?:\n|$)", re.IGNORECASE)


def split_alert(quotation: Sequence[Token]) -> tuple[str, list[Token]] | None:
    """The label of an alert, and what it says; None for any other quotation.

    As on GitHub, one that says nothing beside its label is none.
    """
    inner = list(quotation[1:-1])
    label = _LABEL.match(inner[1].content) if inner and inner[0].type == "paragraph_open" else None
    if label is None:
        return None
    rest = inner[1].content[label.end() :]
    said = [inner[0], inner[1].copy(content=rest), *inner[2:]] if rest else inner[3:]
    return (label[1], said) if said else None


def alert_style(label: str, colours: Palette) -> Style:
    """The colour of a label and of the bar below it."""
    styles = {
        "TIP": colours.good,
        "IMPORTANT": colours.code,
        "WARNING": colours.warning,
        "CAUTION": colours.bad,
    }
    return styles.get(label.upper(), colours.accent)
