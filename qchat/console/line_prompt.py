"""The prompt of the line-by-line chat, which knows what was written in it and not sent."""

from prompt_toolkit import PromptSession
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding.key_processor import KeyProcessor

from qchat.runtime.language import tr


class PromptFile(FileHistory):
    """Earlier prompts in a file; one that cannot be written there is kept until the end."""

    _told = False
    _problem = ""

    def store_string(self, string: str) -> None:
        try:
            super().store_string(string)
        except OSError as error:
            self._problem = tr(
                "Prompts cannot be kept in {path}: {why}", path=self.filename, why=error.strerror
            )

    @property
    def failed(self) -> bool:
        """Whether something is kept only until the end."""
        return bool(self._problem)

    @property
    def problem(self) -> str:
        """What went wrong, the first time that it does."""
        if not self._problem or self._told:
            return ""
        self._told = True
        return self._problem


class LinePrompt(PromptSession[str]):
    """Asks for the next line, be it a prompt or what a question wants."""

    _standing = False
    """Whether something is being written that nobody has taken yet."""

    _stood = ""
    """What stood in the line before the last key."""

    emptied = False
    """Whether all that stood in the line since it was asked for was taken out again."""

    outside = ""
    """What the user's own editor has saved so far; empty where none is open."""

    def write_outside(self, text: str) -> None:
        """The user's own editor has saved this."""
        self.outside = text

    async def read(self, message: str, default: str = "") -> str:
        """The next line. What stood there when a question ended before its answer stands on."""
        begun = self.default_buffer.text if self._standing else ""
        self._standing = True
        self._stood, self.emptied = default or begun, False
        pressed = self.app.key_processor.after_key_press
        pressed += self._watch
        try:
            # prompt_toolkit shows an error in the terminal; that it has gone is an error, too.
            line = await self.prompt_async(
                message, default=default or begun, set_exception_handler=False
            )
        except (EOFError, KeyboardInterrupt):
            self._standing = False
            raise
        finally:
            pressed -= self._watch
        self._standing = False
        return line

    def _watch(self, _keys: KeyProcessor) -> None:
        """After each key: whether the line has become empty."""
        text, before = self.default_buffer.text, self._stood
        self._stood = text
        self.emptied = self.emptied or bool(before and not text)

    @property
    def unsent(self) -> list[str]:
        """What was written and left by Up; last what stands there, empty where that was sent."""
        buffer = self.default_buffer
        if self.outside:
            return [*elsewhere(buffer), self.outside]
        if not self._standing:
            return [""]
        *others, last = [*elsewhere(buffer), buffer.text]
        walked = buffer.working_index < len(buffer._working_lines) - 1
        sent = walked and last in buffer.history.get_strings()
        return [*others, "" if sent else last]


def elsewhere(buffer: Buffer) -> list[str]:
    """What was written, and then left by Up for an earlier prompt."""
    lines = list(buffer._working_lines)  # the last one is the draft
    written = [n for n, text in enumerate(lines) if n != buffer.working_index and text.strip()]
    if not written:
        return []
    known = set(buffer.history.get_strings())
    return [lines[n] for n in written if lines[n] not in known]
