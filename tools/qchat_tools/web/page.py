"""A page as it came: what its server gave, before anything of it is understood."""

import msgspec


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
