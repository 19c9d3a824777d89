"""What reading a file gives."""

from typing import NamedTuple


class UnreadableError(Exception):
    """Nothing can be read of a file; the message says why, in a few words."""


class Section(NamedTuple):
    """A part of a file with a place of its own.

    `place` is a fragment as `#page=3`; an empty one lets each passage say its line.
    """

    place: str
    heading: str
    text: str
