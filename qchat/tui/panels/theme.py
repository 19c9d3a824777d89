"""Themes, seen at work before one is taken."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList

from qchat.commands import CommandContext
from qchat.runtime.language import tr
from qchat.tui.panels.base import Panel, Row
from qchat_themes import Theme, load_themes


class ThemePanel(Panel):
    """What is marked is shown at once; Enter keeps it, Escape takes the old one back."""

    NAME = "theme"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "", "keep")]

    class Taken(Message):
        """Keep this theme."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, place: Callable[[], CommandContext]) -> None:
        super().__init__(place)
        self._themes: dict[str, Theme] = {}
        self._problems: list[str] = []

    async def rows(self, _query: str) -> Sequence[Row]:
        workspace = self.place().workspace
        self._themes, self._problems = load_themes(workspace.paths.themes_dir)
        now = workspace.settings.theme
        return [
            Row(name, name, tr("dark" if theme.dark else "light"), name == now)
            for name, theme in self._themes.items()
        ]

    async def about(self) -> str:
        own = tr("Your own go to {themes_dir}", themes_dir=self.place().workspace.paths.themes_dir)
        return "\n".join([*self._problems, own])

    async def choose(self, id_: str) -> None:
        self.post_message(self.Taken(id_))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option.id in self.app.available_themes:
            self.app.theme = event.option.id

    def on_unmount(self) -> None:
        """What was only looked at is not kept."""
        kept = self.place().workspace.settings.theme
        if self.app.theme != kept and kept in self.app.available_themes:
            self.app.theme = kept
