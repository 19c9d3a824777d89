"""What a line at the plain prompt may become."""

from collections.abc import Callable, Iterable
from pathlib import Path

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from qchat.commands import CommandContext, complete, is_command
from qchat.conversation.attachments import completions


class LineCompletions(Completer):
    """Completes slash commands with their arguments, and paths behind an @."""

    def __init__(self, place: Callable[[], CommandContext]) -> None:
        """`place` says in which conversation."""
        self._place = place

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        del complete_event
        text = document.text
        if is_command(text) or text == "/":
            for offer in complete(text, self._place()):
                yield Completion(offer.line, start_position=-len(text), display_meta=offer.help)
        elif document.is_cursor_at_the_end:
            for whole, path in completions(text, Path.cwd()):
                yield Completion(whole, start_position=-len(text), display=path)
