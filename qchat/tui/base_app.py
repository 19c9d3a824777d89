"""The terminal as the program's window: themes, clipboard, and how it ends."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from textual.events import Key, Paste
from textual.filter import LineFilter
from textual.worker import WorkerFailed

from qchat.config.keymap import keymap
from qchat.conversation.workspace import Workspace
from qchat.runtime import language
from qchat.runtime.clipboard import copy
from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.tui.background_work import start
from qchat.tui.input.ordered_dispatch import OrderedDispatch
from qchat.tui.input.prompt import Prompt
from qchat.tui.render.colourless import COLOURLESS
from qchat.tui.render.themes import textual_theme
from qchat.tui.terminal.attention import Attention
from qchat.tui.terminal.crash import crash_page
from qchat.tui.terminal.driver import Driver
from qchat.tui.terminal.signals import catch_ends
from qchat.tui.textual_private import driver_of, end_with, failure_of, set_mouse
from qchat_themes import load_themes

log = logging.getLogger(__name__)


class BaseApp(OrderedDispatch):
    """Knows the settings, and nothing of any conversation."""

    def __init__(self, workspace: Workspace) -> None:
        language.use(workspace.settings.language)
        super().__init__(driver_class=Driver)
        self.animation_level = "none"  # what a key leads to stands where the next key finds it
        self.workspace = workspace
        self.keys = keymap(workspace.settings.keys)
        self.set_keymap(self.keys)
        self.has_mouse = True
        """Whether the mouse is ours, and not the terminal's for its own selection."""
        self.attention = Attention(self._write, lambda: workspace.settings.notify)
        self.problems = self.restyle()  # before anything is drawn: later all styles begin anew

    def on_mount(self) -> None:
        catch_ends(self.exit)
        if isinstance(driver := driver_of(self), Driver):
            driver.take_keys()  # it comes last, right before the first frame

    def before_dispatch(self, event: Key | Paste) -> None:
        """What is pasted is foreign text: fields draw it as it is, but for the prompt."""
        if isinstance(event, Paste) and not isinstance(self.focused, Prompt):
            event.text = sanitize_for_terminal(event.text)

    def _write(self, sequence: str) -> None:
        driver = driver_of(self)
        if driver is not None and not self.is_headless:
            driver.write(sequence)
            driver.flush()

    def on_app_focus(self) -> None:
        self.attention.focus(on=True)

    def on_app_blur(self) -> None:
        self.attention.focus(on=False)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What is done to all that is drawn."""
        return [COLOURLESS] if self.no_color else super().get_line_filters()

    def copy_to_clipboard(self, text: str) -> None:
        """By OSC 52, which reaches through SSH, and on every other way that there is."""
        super().copy_to_clipboard(text)
        start(self, partial(asyncio.to_thread, copy, text), "clipboard")

    def switch_mouse(self) -> None:
        """Give the mouse to the terminal, for its own selection, or take it back."""
        self.has_mouse = not self.has_mouse
        driver = driver_of(self)
        if driver is not None:
            set_mouse(driver, on=self.has_mouse)
        ours, theirs = tr("the mouse is qchat's again"), tr("the mouse is the terminal's")
        self.notify(ours if self.has_mouse else theirs)

    def restyle(self) -> list[str]:
        """Take the theme of the settings; give back what cannot be used."""
        themes, problems = load_themes(self.workspace.paths.themes_dir)
        for theme in themes.values():
            self.register_theme(textual_theme(theme))
        wanted = self.workspace.settings.theme
        if wanted not in themes:
            problems.append(
                tr(
                    "There is no theme {wanted!r}. Themes: {all}",
                    wanted=wanted,
                    all=", ".join(themes),
                )
            )
            wanted = next(iter(themes))
        self.theme = wanted
        return problems

    # How it ends

    async def action_quit(self) -> None:
        self.exit(0)

    def _fatal_error(self) -> None:
        """After a bug: one readable page, the details in the log."""
        failed = failure_of(self)
        error = failed.error if isinstance(failed, WorkerFailed) else failed
        log.error("the interface failed", exc_info=error)
        self.bell()
        end_with(self, crash_page(error, self.workspace.paths.log_dir / "qchat.log"))
