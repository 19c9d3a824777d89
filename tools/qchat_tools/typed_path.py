"""Paths as a user types them."""

from pathlib import Path


def typed_path(text: str | Path) -> Path:
    """Expand `~`; that of a user who has no home here stays as written, and is not found."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)
