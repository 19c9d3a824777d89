"""Earlier prompts, walked through without losing what is being written."""

from collections.abc import Sequence


class PromptHistory:
    """Like a shell's: what is changed on the way stays changed until something is sent."""

    def __init__(self) -> None:
        self._sent: list[str] = []
        self._changed: dict[int, str] = {}
        """What stands at a place other than what was sent there; the draft stands behind all."""
        self._place = 0

    @property
    def at_draft(self) -> bool:
        return self._place == len(self._sent)

    def load(self, prompts: Sequence[str]) -> None:
        """The prompts of earlier sessions, oldest first; a draft that is written stays."""
        draft = self._changed.get(len(self._sent))
        self._sent = [*prompts]
        self._place = len(self._sent)
        self._changed = {} if draft is None else {self._place: draft}

    def add(self, text: str) -> None:
        """A prompt was sent, or cleared: it is the newest now, and the walk is over.

        What was written on the way and stands at other places stays findable: it comes before it.
        """
        elsewhere = (at for place, at in sorted(self._changed.items()) if place != self._place)
        for written in (*elsewhere, text):
            if written.strip() and (not self._sent or self._sent[-1] != written):
                self._sent.append(written)
        self._changed = {}
        self._place = len(self._sent)

    def step(self, step: int, written: str) -> str | None:
        """Go to an earlier (-1) or a later one (1); `written` is kept where it stood.

        None where there is none.
        """
        place = self._place + step
        if not 0 <= place <= len(self._sent):
            return None
        if written != self._at(self._place):
            self._changed[self._place] = written
        self._place = place
        return self._at(place)

    def unsent(self, written: str) -> list[str]:
        """What was written and stands at other places; last what stands here, empty if sent."""
        changed = sorted(self._changed.items())
        elsewhere = [at for place, at in changed if place != self._place and at.strip()]
        sent = self._sent[self._place] if not self.at_draft else ""
        return [*elsewhere, written if written != sent else ""]

    def found(self, words: str) -> list[str]:
        """Prompts with all of these words, the newest first, each once."""
        wanted = words.lower().split()
        newest_first = dict.fromkeys(reversed(self._sent))
        return [text for text in newest_first if all(word in text.lower() for word in wanted)]

    def _at(self, place: int) -> str:
        return self._changed.get(place, self._sent[place] if place < len(self._sent) else "")
