"""What is asked of the user: above the prompt, which keeps the keys until they are called for.

A question may open at any moment, in the middle of a word or of a paste. So it takes no key by
itself: what is typed stays what was being written. One key leads to it on purpose, or a command
in the prompt answers it (`/yes`, `/no`, `/answer TEXT`); see decision 0060.
"""

import asyncio
from collections import deque
from typing import ClassVar

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import DescendantBlur, DescendantFocus
from textual.message import Message
from textual.widgets import Button, Input, Static

from qchat.protocol.permission import PERMISSIONS, Permission
from qchat.runtime.language import tr
from qchat.tui.render.strips import shown
from qchat_tools.base import InputRequest

SHOWN_CODE = 2_000
BUTTONS: tuple[tuple[Permission, str], ...] = (
    ("once", "Yes"),
    ("session", "Always here"),
    ("no", "No"),
    ("never", "Never"),
)
LEADS = "{key} leads here · or write /yes, /always, /no or /never"
LEADS_TO_LINE = "{key} leads to the line · or write /answer and the text"
LETTERS = "y yes · a always in this conversation · n no · v never · Esc: write on"
LINE_KEYS = "Enter answers · Ctrl+D: no input (EOFError) · Esc: write on"


class Asked(msgspec.Struct, eq=False):
    """One question, and who waits for the answer."""

    text: str
    request: InputRequest | None
    """Set where a line is asked for, and no permission."""
    answer: asyncio.Future[str | None]


class AskedLine(Input):
    """The line that running code waits for."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+d", "end_input", "no input")]

    class Ended(Message):
        """There is no line, and none will come."""

    def action_end_input(self) -> None:
        """As in a shell: in an empty line the end of the input, else a letter less."""
        if self.value:
            self.action_delete_right()
        else:
            self.post_message(self.Ended())


class QuestionBar(Vertical, can_focus=True):
    """Shows the oldest question; after each answer the keys are the prompt's again."""

    FOCUS_ON_CLICK = False  # a click may have been meant for what stood there before
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer('once')", "once"),
        Binding("a", "answer('session')", "this session"),
        Binding("n", "answer('no')", "no"),
        Binding("v", "answer('never')", "never"),
        Binding("escape", "leave", "write on"),
        Binding("up", "page(-1)", show=False),
        Binding("down", "page(1)", show=False),
    ]

    class Left(Message):
        """The keys are for the prompt again."""

    class Abandoned(Message):
        """The question is no more, and this was written as its answer."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, key: str) -> None:
        """`key` leads here, as the user reads it."""
        super().__init__(id="question")
        self._key = key
        self._asked: deque[Asked] = deque()
        self._text = Static("", id="asked-text", markup=False)
        self._line = AskedLine(id="asked-line", compact=True)
        self._buttons = [
            Button(tr(label), id=f"answer-{name}", compact=True) for name, label in BUTTONS
        ]
        self._keys = Static("", id="asked-keys", markup=False)
        self._clicked = ""
        """The answer that was clicked once."""
        self.display = False

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="asked-scroll") as scroll:
            scroll.can_focus = False
            yield self._text
        yield self._line
        with Horizontal(classes="buttons"):
            for button in self._buttons:
                button.can_focus = False
                yield button
        yield self._keys

    @property
    def waits(self) -> bool:
        """Whether something is asked."""
        return bool(self._asked)

    @property
    def wants_line(self) -> bool:
        """Whether what is asked first wants a text, and no yes or no."""
        return bool(self._asked) and self._asked[0].request is not None

    @property
    def wants_password(self) -> bool:
        """Whether that text is not to be seen, nor kept."""
        request = self._asked[0].request if self._asked else None
        return request is not None and request.password

    @property
    def written(self) -> str:
        """What was written of the line so far."""
        return self._line.value if self.wants_line and not self.wants_password else ""

    @property
    def entered(self) -> bool:
        """Whether the keys are for the question."""
        focused = self.screen.focused
        return focused is self or (focused is not None and focused is self._line)

    async def ask(self, question: str) -> Permission:
        """Ask for a permission; whoever asks may be cancelled meanwhile."""
        answer = await self._wait(Asked(question, None, _future()))
        return PERMISSIONS.get(answer or "", "no")

    async def ask_line(self, request: InputRequest, where: str = "") -> str | None:
        """Ask for the line that running code waits for; None ends its input.

        `where` is a line that says where that code runs, if it is not on the screen.
        """
        code = shown(request.code[:SHOWN_CODE])
        prompt = shown(request.prompt) or tr("(without a prompt)")
        # The question first: of long code only the beginning is in view.
        text = f"{where}{tr('Code in the kernel asks')}\n{prompt}\n\n{code}"
        return await self._wait(Asked(text, request, _future()))

    async def _wait(self, asked: Asked) -> str | None:
        self._asked.append(asked)
        if asked is self._asked[0]:
            self._show()
        try:
            return await asked.answer
        finally:
            first = bool(self._asked) and asked is self._asked[0]
            if first and self.written and (not asked.answer.done() or asked.answer.cancelled()):
                self.post_message(self.Abandoned(self.written))
            self._asked.remove(asked)
            if first and self.is_attached:
                self._show()

    # How it is answered

    def enter(self) -> None:
        """Take the keys, because the user called for it."""
        if self.waits:
            self.screen.set_focus(self._line if self.wants_line else self)

    def give(self, answer: str | None) -> None:
        """Answer what is asked first: a permission's name, or a text; None ends the input."""
        if self._asked and not self._asked[0].answer.done():
            self._asked[0].answer.set_result(answer)

    def refuse_all(self) -> None:
        """Nothing that is asked shall be done."""
        for asked in self._asked:
            if not asked.answer.done():
                asked.answer.set_result(None)

    def action_answer(self, answer: str) -> None:
        if not self.wants_line:
            self.give(answer)

    def on_asked_line_ended(self, message: AskedLine.Ended) -> None:
        message.stop()
        self.give(None)

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_page(self, step: int) -> None:
        """Read a long question."""
        scroll = self.query_one("#asked-scroll", VerticalScroll)
        scroll.scroll_relative(y=step * max(scroll.size.height - 1, 1), animate=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.give(event.value)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Only the second click answers: the first may have been meant for what stood there."""
        event.stop()
        answer = (event.button.id or "").removeprefix("answer-")
        if self._clicked == answer:
            self.give(answer)
        else:
            self._clicked = answer
            self._say_keys()

    # How it is drawn

    def on_focus(self) -> None:
        self._say_keys()

    def on_blur(self) -> None:
        self._say_keys()

    def on_descendant_focus(self, _event: DescendantFocus) -> None:
        self._say_keys()

    def on_descendant_blur(self, _event: DescendantBlur) -> None:
        self._say_keys()

    def _show(self) -> None:
        """Show the question that is the first one now; nobody has the keys for it yet."""
        if self.entered:
            self.post_message(self.Left())
        self.display = self.waits
        self._clicked = ""
        self._line.value = ""
        self._line.display = self.wants_line
        self.query_one(".buttons").display = not self.wants_line
        if self.waits:
            asked = self._asked[0]
            self._line.password = asked.request is not None and asked.request.password
            self._text.update(Text(shown(asked.text), overflow="fold"))
            self.query_one("#asked-scroll", VerticalScroll).scroll_home(animate=False)
        self._say_keys()

    def _say_keys(self) -> None:
        entered = self.entered
        self.set_class(entered, "-entered")
        if self._clicked:
            label = next(tr(label) for name, label in BUTTONS if name == self._clicked)
            said = tr("Click once more: {answer}", answer=label)
        elif self.wants_line:
            said = tr(LINE_KEYS) if entered else tr(LEADS_TO_LINE, key=self._key)
        else:
            said = tr(LETTERS) if entered else tr(LEADS, key=self._key)
        self._keys.update(said)


def _future() -> asyncio.Future[str | None]:
    return asyncio.get_running_loop().create_future()
