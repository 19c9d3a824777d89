"""The lists that the generator draws from, read from phrases.toml."""

import tomllib
from pathlib import Path

_LISTS = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))


def lines(topic: str, name: str) -> list[str]:
    """Read a list of whole lines; raises KeyError for a list that is not there."""
    return str(_LISTS["lines"][topic][name]).splitlines()


def words(topic: str, name: str) -> list[str]:
    """Read a list of single words; raises KeyError for a list that is not there."""
    return str(_LISTS["words"][topic][name]).split()
