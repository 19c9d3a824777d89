"""What a question to the folders is about, and a passage that was found for it."""

from pathlib import Path

import msgspec

from qchat.knowledge.records import KnownFolder, on_one_line


class Passage(msgspec.Struct, frozen=True):
    """A passage that was found, with where it stands for people and for programs."""

    folder: str
    path: str
    place: str
    heading: str
    text: str
    file: Path

    @property
    def url(self) -> str:
        """The file's address, at the passage."""
        return f"{self.file.as_uri()}{self.place}"

    @property
    def title(self) -> str:
        """For a list of sources."""
        line = self.place.removeprefix("#L") if self.place.startswith("#L") else ""
        where = f"line {line}" if line else self.place.removeprefix("#").replace("=", " ")
        known = [f"{self.folder}/{on_one_line(self.path)}", where, self.heading]
        return " · ".join(dict.fromkeys(part for part in known if part))


class Scope(msgspec.Struct, frozen=True):
    """What of the folders a question is about: all, one, or what is below a path of one."""

    folders: tuple[KnownFolder, ...]
    below: str = ""
