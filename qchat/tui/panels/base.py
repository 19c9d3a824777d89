"""A panel: a list beside the conversation, a field to find in it, keys for the marked line."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from qchat.commands import CommandContext
from qchat.config.keymap import named
from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.tui.background_work import start
from qchat.tui.render.strips import shown

MAX_ROWS = 500
"""Lines that are drawn at once; what is looked for is found among all."""


class Row(msgspec.Struct, frozen=True):
    """One line of a panel; `note` stands dim below it."""

    id: str
    line: str
    note: str = ""
    marked: bool = False


class Panel(Vertical):
    """Loads its rows anew whenever something happened; the marked line stays marked."""

    NAME: ClassVar[str]
    """As keys and commands call it; shown as its title."""
    FIND: ClassVar[str] = ""
    """What can be found in it; empty for panels without such a field."""
    EMPTY: ClassVar[str] = "nothing yet"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close"),
        Binding("up", "mark(-1)", show=False),
        Binding("down", "mark(1)", show=False),
    ]

    class Closed(Message):
        """The reader wants the panel gone."""

    def __init__(self, place: Callable[[], CommandContext]) -> None:
        super().__init__(classes="panel")
        self.place = place
        self.states: Callable[[], Mapping[str, str]] = dict
        """What is to be said of rows, by their ids, as long as it holds."""
        self._accept: Callable[[str], Awaitable[None]] | None = None

    def compose(self) -> ComposeResult:
        yield Static(tr(self.NAME.capitalize()), classes="dialog-title", markup=False)
        if self.FIND:
            field = Input(placeholder=tr(self.FIND), id="find", compact=True)
            field.display = False
            yield field
        yield OptionList(id="rows")
        yield Static("", id="about", markup=False)
        yield Input(id="edit", compact=True, select_on_focus=False)
        yield Static(self._hints(), classes="hints", markup=False)

    def on_mount(self) -> None:
        self.reload()

    async def rows(self, _query: str) -> Sequence[Row]:
        """What is to be listed for what stands in the find field. Raises QchatError."""
        raise NotImplementedError

    async def about(self) -> str:
        """What stands below the list."""
        return ""

    async def choose(self, _id: str) -> None:
        """Enter on a line."""

    def enter(self) -> None:
        """Take the keys: letters are for the marked line, as the last line says."""
        self.screen.set_focus(self.query_one("#rows"))

    def action_mark(self, step: int) -> None:
        """Up and Down mark another line also while one types what to find."""
        rows = self.query_one("#rows", OptionList)
        if step < 0:
            rows.action_cursor_up()
        else:
            rows.action_cursor_down()

    @property
    def marked(self) -> str | None:
        """The id of the marked line."""
        rows = self.query_one("#rows", OptionList)
        return rows.highlighted_option.id if rows.highlighted_option else None

    def reload(self) -> None:
        """Fetch the rows again."""
        if self.is_attached:
            start(self, self._load, "rows", exclusive=True)

    def act(self, work: Awaitable[str | None]) -> None:
        """Do something and say how it went, then show how things stand."""
        start(self, partial(self._act, work), "act")

    def edit(self, text: str, accept: Callable[[str], Awaitable[None]]) -> None:
        """Open a field with a text; Enter gives it to `accept`, Escape throws it away."""
        self._accept = accept
        field = self.query_one("#edit", Input)
        field.value = sanitize_for_terminal(text).replace("\n", " ")
        field.cursor_position = len(field.value)
        field.display = True
        self.screen.set_focus(field)

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option.id is not None:
            await self.choose(event.option.id)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "find":
            self.reload()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "edit" and self._accept is not None:
            self.act(self._accept(event.value))
            self._end_edit()
        else:
            self._end_find()
        self.enter()

    def action_find(self) -> None:
        """Show the field: it is there only as long as it has the keys."""
        field = self.query_one("#find", Input)
        field.display = True
        self.screen.set_focus(field)

    def _end_find(self) -> None:
        """Say in the title what the list was narrowed to."""
        field = self.query_one("#find", Input)
        field.display = False
        sought = sanitize_for_terminal(field.value.strip())
        title: str = tr(self.NAME.capitalize())
        if sought:
            title += tr(" with “{sought}” · / changes it", sought=sought)
        self.query_one(".dialog-title", Static).update(Text(title))

    def action_close(self) -> None:
        if self._accept is not None:
            self._end_edit()
            self.enter()
        elif self.FIND and self.screen.focused is self.query_one("#find"):
            self._end_find()
            self.enter()
        else:
            self.post_message(self.Closed())

    def _end_edit(self) -> None:
        self._accept = None
        self.query_one("#edit").display = False

    async def _act(self, work: Awaitable[str | None]) -> None:
        try:
            said = await work
        except QchatError as error:
            self.notify(sanitize_for_terminal(str(error)), severity="warning", markup=False)
        else:
            if said:
                self.notify(sanitize_for_terminal(said), timeout=3 + len(said) / 20, markup=False)
        await self._load()

    async def _load(self) -> None:
        find = self.query("#find")
        try:
            rows = await self.rows(find.first(Input).value.strip() if find else "")
            about = await self.about()
        except QchatError as error:
            rows, about = (), str(error)
        if not self.query("#rows"):
            return  # closed meanwhile
        self._list(rows)
        self.query_one("#about", Static).update(Text(shown(about)))

    def _list(self, rows: Sequence[Row]) -> None:
        options = self.query_one("#rows", OptionList)
        marked, place = self.marked, options.highlighted or 0
        options.clear_options()
        options.add_options([Option(_text(row), id=row.id) for row in rows[:MAX_ROWS]])
        if len(rows) > MAX_ROWS:
            more = tr("… and {n:,} more: find them by their words", n=len(rows) - MAX_ROWS)
            options.add_option(Option(Text(more), disabled=True))
        rows = rows[:MAX_ROWS]
        if not rows:
            options.add_option(Option(Text(tr(self.EMPTY)), disabled=True))
            return
        first = next((row.id for row in rows if row.marked), None)
        same = next((n for n, row in enumerate(rows) if row.id == (marked or first)), None)
        options.highlighted = min(place, len(rows) - 1) if same is None else same

    def _hints(self) -> str:
        keys = [*self._bindings.key_to_bindings.items()]
        keys.sort(key=lambda item: item[0] != "escape")
        return " · ".join(
            f"{binding.key_display or _name(key)} {tr(binding.description)}"
            for key, bindings in keys
            for binding in bindings
            if binding.show
        )


def _name(key: str) -> str:
    return key if len(key) == 1 else named(key)


def _text(row: Row) -> Text:
    text = Text("● " if row.marked else "", overflow="ellipsis", no_wrap=True)
    text.append(" ".join(shown(row.line).split()), "bold" if row.note else "")
    if row.note:
        text.append(f"\n  {' '.join(shown(row.note).split())}")
    return text
