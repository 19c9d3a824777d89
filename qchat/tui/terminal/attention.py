"""What the terminal tells whoever is not looking: the window's title, and a word at the end."""

import asyncio
import os
import subprocess
from collections.abc import Callable, Mapping

from qchat.runtime.language import tr
from qchat.tui.terminal.notifications import Setting, notification, window_title

LONG_TURN_S = 10.0
"""Nobody looks elsewhere during a shorter turn."""
TMUX_TIMEOUT_S = 2.0


class Attention:
    """Knows whether the terminal is looked at, as far as it says so."""

    def __init__(
        self,
        write: Callable[[str], None],
        setting: Callable[[], Setting],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """`write` goes to the terminal, between two frames."""
        self._write = write
        self._setting = setting
        self._environment = environment
        self.named = ""
        """What the window is called."""
        self.focused: bool | None = None
        """Whether it is looked at; None as long as the terminal has not said."""

    def focus(self, *, on: bool) -> None:
        """The terminal says that it is looked at, or no longer."""
        self.focused = on

    def title(self, text: str) -> None:
        """Name the window after what goes on in it."""
        if text != self.named:
            self.named = text
            self._write(window_title(text))

    async def ended(self, title: str, took_s: float) -> None:
        """A turn is over."""
        if took_s >= LONG_TURN_S:
            await self._call("qchat", tr("The answer is there: {title}", title=title))

    async def asks(self, question: str) -> None:
        """A turn waits for the user."""
        await self._call(tr("qchat asks"), question.partition("\n")[0])

    async def _call(self, head: str, text: str) -> None:
        if not await self._is_looked_at():
            self._write(notification(head, text, self._setting(), self._environment))

    async def _is_looked_at(self) -> bool:
        if self.focused is not None:
            return self.focused
        if self._environment.get("TMUX"):  # it passes focus on only where it is told to
            return await asyncio.to_thread(_is_shown_by_tmux, self._environment)
        return True


def _is_shown_by_tmux(environment: Mapping[str, str]) -> bool:
    """Whether somebody is attached and has this pane before them."""
    command = ["tmux", "display-message", "-p", "-t", environment.get("TMUX_PANE", "")]
    command.append("#{session_attached} #{window_active} #{pane_active}")
    try:
        said = subprocess.run(
            command, capture_output=True, text=True, timeout=TMUX_TIMEOUT_S, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return True
    return all(word != "0" for word in said.split())
