"""A page as it came: what its server gave, before anything of it is understood."""

import msgspec


class StyleSheet(msgspec.Struct, frozen=True):
    """A style sheet that a page links to, as its server gave it."""

    url: str
    body: bytes
    charset: str = ""


class Page(msgspec.Struct, frozen=True):
    """What a server gave for an address; `url` is where the redirects ended."""

    url: str
    media_type: str
    charset: str
    """As the server named it; may be empty or wrong."""
    body: bytes
    asked_at: float = 0.0
    """When its server gave it, in seconds of Unix time."""
    stored: bool = False
    """True for one that comes from the disk, fresh or not."""
    status: int = 200
    refresh: str = ""
    """The server's `Refresh` header: where a browser would go on to, and after how many seconds."""
    sheets: tuple[StyleSheet, ...] = ()
    """What its style sheets say, as far as they were fetched."""
    fragment: str = ""
    """What stood behind the `#` of the address that was asked for."""
