"""Text on a picture that most of a page's text stands on.

The picture cannot be looked at. But a page's author has chosen the colour of most of its text so
that it can be read there: by that, and by it alone, it is told what other colours are seen.
"""

from collections import Counter
from typing import Any

from qchat_tools.web.css.colors import BLACK, WHITE, Rgba, is_seen_on, luminance

Text = tuple[Any, bool, Any]
"""An element, whether the text is what follows it, and the box that it is positioned in."""
_MIDDLE = 0.35
"""Relative luminance: darker text is meant for a light ground."""


class OnPictures:
    """What of a page's text stands on pictures, by colours."""

    def __init__(self) -> None:
        self._texts: list[tuple[str, Rgba, Text]] = []
        self._characters: dict[str, Counter[Rgba]] = {}

    def add(self, picture: str, colour: Rgba, characters: int, text: Text) -> None:
        """Note a text that stands on one."""
        self._texts.append((picture, colour, text))
        self._characters.setdefault(picture, Counter())[colour] += characters

    def settle(self, elsewhere: int) -> tuple[list[Text], list[Text]]:
        """What is seen of it and what is not, with so many characters seen on other grounds."""
        totals = {picture: colours.total() for picture, colours in self._characters.items()}
        whole = elsewhere + sum(totals.values())
        seen: list[Text] = []
        hidden: list[Text] = []
        for picture, colour, text in self._texts:
            ground = self._ground(picture) if totals[picture] * 2 > whole else None
            shown = ground is not None and is_seen_on(colour.over(ground), ground)
            (seen if shown else hidden).append(text)
        return seen, hidden

    def _ground(self, picture: str) -> Rgba:
        """Light or dark: as what most of the text on it needs."""
        ((main, _),) = self._characters[picture].most_common(1)
        return WHITE if luminance(main) < _MIDDLE else BLACK
