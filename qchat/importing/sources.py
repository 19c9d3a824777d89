"""Sources of a conversation, numbered as qchat numbers its own, by address."""

from qchat_tools.parts import SourcePart


class SourceNumbers:
    """Gives each address of a conversation one number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def source(self, url: str, title: str, extract: str = "") -> SourcePart:
        """A source, under the number that its address has or gets."""
        number = self._numbers.setdefault(url or title, len(self._numbers) + 1)
        return SourcePart(number, url, title or url, extract)
