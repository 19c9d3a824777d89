"""What can come of a page: its text, where it leads, or what must be had first."""

import msgspec


class Article(msgspec.Struct, frozen=True, tag=True):
    """What a page says, without what stands around it."""

    title: str
    date: str
    text: str
    author: str = ""
    site: str = ""
    remarks: tuple[str, ...] = ()
    """What its reader must know of how it was read: one sentence each."""
    hidden: int = 0
    """Characters that are on the page and not seen by its readers; they were left out."""


class ClientRedirect(msgspec.Struct, frozen=True, tag=True):
    """A page that only leads to others: it sends on, or consists of frames."""

    urls: tuple[str, ...]
    """Absolute, as the page gives them: to be judged like any other."""


class NeedsStyleSheets(msgspec.Struct, frozen=True, tag=True):
    """A page whose style sheets must be there before it can be told what is seen of it."""

    sheets: tuple[str, ...]


Reading = Article | ClientRedirect | NeedsStyleSheets
