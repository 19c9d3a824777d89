"""A dialogue in the window: one question at a time, above everything else."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from qchat.commands import Outcome
from qchat.commands.dialogue import Closed, Complete, Dialogue
from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.tui.background_work import start

KEYS = "Enter goes on · Esc closes and changes nothing"
PATH_KEYS = "Tab completes · Enter goes on · Esc closes and changes nothing"


class DialogueScreen(ModalScreen[Outcome | None]):
    """Runs the steps as a `Dialogue`; gives back what came of them, or None when it was closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "close"),
        Binding("tab", "complete", "complete", priority=True),
    ]

    def __init__(self, title: str, run: Callable[[Dialogue], Awaitable[Outcome]]) -> None:
        super().__init__()
        self._title = title
        self._run_steps = run
        self._answer: asyncio.Future[str | int] | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="dialog-title", markup=False)
            with VerticalScroll(id="dialogue-said"):
                yield Static("", id="said", markup=False)
            yield Static("", id="asked", markup=False)
            yield Vertical(id="field")
            yield Static(tr(KEYS), id="dialogue-keys", markup=False)

    def on_mount(self) -> None:
        start(self, self._lead, exclusive=True)

    async def _lead(self) -> None:
        try:
            outcome = await self._run_steps(self)
        except Closed:
            self.dismiss(None)
        except QchatError as error:
            # It stays open, to be read; Esc closes it.
            self.say(str(error))
            await self._show_field("", None)
        else:
            self.dismiss(outcome)

    # What a dialogue does

    async def choose(
        self, question: str, options: Sequence[str], *, at: int = 0, header: str = ""
    ) -> int:
        choices = OptionList(
            *(Option(sanitize_for_terminal(option)) for option in options), markup=False
        )
        await self._show_field(f"{question}\n  {header}" if header else question, choices)
        choices.highlighted = at
        return int(await self._answered())

    async def enter(
        self, question: str, *, secret: bool = False, complete: Complete | None = None
    ) -> str:
        suggester = _Paths(complete) if complete is not None else None
        field = Input(password=secret, compact=True, suggester=suggester)
        await self._show_field(question, field, PATH_KEYS if complete is not None else KEYS)
        return str(await self._answered())

    def say(self, text: str) -> None:
        self.query_one("#said", Static).update(sanitize_for_terminal(text))

    # How it is drawn and answered

    async def _show_field(
        self, question: str, field: OptionList | Input | None, keys: str = KEYS
    ) -> None:
        self.query_one("#asked", Static).update(sanitize_for_terminal(question))
        self.query_one("#dialogue-keys", Static).update(tr(keys) if field else tr("Esc closes"))
        place = self.query_one("#field", Vertical)
        await place.remove_children()
        if field is not None:
            await place.mount(field)
            field.focus()

    async def _answered(self) -> str | int:
        self._answer = asyncio.get_running_loop().create_future()
        answer = await self._answer
        self._answer = None
        self.query_one("#said", Static).update("")
        await self.query_one("#field", Vertical).remove_children()
        self.query_one("#asked", Static).update("")
        return answer

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._give(event.value)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._give(event.option_index)

    def _give(self, answer: str | int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    async def action_complete(self) -> None:
        """Take what is suggested."""
        if isinstance(self.focused, Input):
            self.focused.action_cursor_right()

    def action_leave(self) -> None:
        self.workers.cancel_node(self)
        self.dismiss(None)


class _Paths(Suggester):
    """Offers the first of what a path may become."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        found = await asyncio.to_thread(self._complete, value)
        return next((path for path in found if path.startswith(value) and path != value), None)
