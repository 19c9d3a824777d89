"""Ways to stop and to leave: Escape, Ctrl+C, and Ctrl+D in an empty prompt."""

import math
import time

from textual.events import Key, Paste
from textual.widgets import Input

from qchat.runtime.language import tr
from qchat.tui.base_app import BaseApp
from qchat.tui.open_sessions import OpenSessions
from qchat.tui.screen_layout import ScreenLayout

LEAVING = ("ctrl+c", "ctrl+d")
TWICE_S = 2
"""Within this time a second press ends the program."""


class Interrupts:
    """Knows whether the user was told that one more press ends the program."""

    def __init__(self, app: BaseApp, layout: ScreenLayout, sessions: OpenSessions) -> None:
        self._app = app
        self._layout = layout
        self._sessions = sessions
        self._warned_at = -math.inf

    @property
    def _leaving(self) -> bool:
        return time.monotonic() - self._warned_at < TWICE_S

    def notice(self, typed: Key | Paste) -> None:
        """Whoever does anything else in between stays."""
        if not isinstance(typed, Key) or typed.key not in LEAVING:
            self._warned_at = -math.inf

    def stop(self) -> None:
        """Stop the turn; what was streamed is kept."""
        turns = self._sessions.current
        if not turns.busy:
            self._layout.questions.refuse_all()  # of a command, which no turn takes along
        turns.stop()
        self._layout.close_welcome()
        self._layout.prompt.enter()

    def interrupt(self) -> None:
        """Ctrl+C: copy what is selected, else stop, else clear the prompt, twice: leave.

        In another field, or a dialog, it is Escape: the prompt is not what one looks at.
        """
        app, prompt, field = self._app, self._layout.prompt, self._app.focused
        in_field = field.selected_text if isinstance(field, Input) else ""
        if selected := in_field or prompt.selected_text or app.screen.get_selected_text():
            app.copy_to_clipboard(selected)
            app.screen.clear_selection()
            prompt.move_cursor(prompt.cursor_location)
            app.notify(tr("copied"), timeout=1.5)
        elif self._sessions.current.busy:
            self.stop()
        elif isinstance(field, Input) or len(app.screen_stack) > 1:
            app.simulate_key("escape")
        elif prompt.text:
            prompt.clear_text()
        elif self._leaving:
            app.exit(130)
        else:
            self._warn(tr("Ctrl+C again ends qchat"))

    def end_of_input(self) -> None:
        """Ctrl+D in an empty prompt: as Ctrl+C there, but at once where nothing runs."""
        if self._sessions.current.busy and not self._leaving:
            self._warn(tr("An answer is being written. Ctrl+D again ends qchat."))
        else:
            self._app.exit(0)

    def _warn(self, text: str) -> None:
        self._warned_at = time.monotonic()
        self._app.notify(text, timeout=TWICE_S)
