"""The application: prompts go to the session, its events to the conversation."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Event as TextualEvent
from textual.events import Paste
from textual.widgets import OptionList, Static
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from qchat.commands import (
    Open,
    Outcome,
    Place,
    Play,
    Quit,
    Say,
    Show,
    complete,
    execute,
    help_text,
    is_command,
)
from qchat.errors import QchatError
from qchat.events import Event, Notice
from qchat.session import Permission, Session
from qchat.store import SessionInfo
from qchat.tui.block import Block
from qchat.tui.blocks import NoticeBlock
from qchat.tui.completions import Completions
from qchat.tui.conversation import Conversation
from qchat.tui.prompt import Prompt
from qchat.tui.screens import Help, Question, Sessions
from qchat.tui.status import Status
from qchat.tui.strips import shown
from qchat.tui.themes import textual_theme
from qchat.visible import visible
from qchat.workspace import Workspace
from qchat_themes import load_themes

KEYS = [
    ("Enter", "send; while the model is busy the prompt waits its turn"),
    ("Shift+Enter, Ctrl+J", "break the line"),
    ("Esc", "stop the turn; what was streamed is kept"),
    ("Ctrl+N", "answer now: end the thinking"),
    ("Ctrl+T", "fold or open all thinking"),
    ("Ctrl+O", "fold or open all tool calls"),
    ("Shift+Tab", "go to the blocks: Up and Down walk, Space folds, y copies, Tab goes back"),
    ("PgUp, PgDn, Ctrl+End", "scroll; go to the end"),
    ("Up, Down", "earlier prompts; Up in an empty prompt takes a waiting one back"),
    ("Tab", "take the marked command; Up and Down mark, Esc closes the list"),
    ("Ctrl+S", "sessions"),
    ("F1", "this help"),
    ("Ctrl+C twice, Ctrl+Q", "end qchat"),
]

log = logging.getLogger(__name__)


def run(workspace: Workspace, session_id: str | None, *, choose: bool = False) -> int:
    """Chat until the user ends it; `choose` opens the list of sessions first."""
    app = ChatApp(workspace, session_id, choose=choose)
    status = app.run()
    return status if status is not None else (app.return_code or 0)


class ChatApp(App[int]):
    """One window on one session at a time."""

    TITLE = "qchat"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "stop"),
        Binding("ctrl+n", "answer_now", "answer now"),
        Binding("ctrl+t", "fold_all('thinking')", "thinking"),
        Binding("ctrl+o", "fold_all('tool')", "tools"),
        Binding("shift+tab", "to_blocks", "blocks", priority=True),
        Binding("ctrl+s", "sessions", "sessions"),
        Binding("f1", "help", "help"),
        Binding("ctrl+end", "to_end", "end"),
        Binding("ctrl+c", "interrupt", "quit", priority=True),
        Binding("ctrl+q", "quit", "quit", priority=True),
    ]

    def __init__(
        self, workspace: Workspace, session_id: str | None, *, choose: bool = False
    ) -> None:
        super().__init__()
        self.workspace = workspace
        self.session: Session = workspace.open(session_id)
        self._choose = choose
        self._turn: Worker[None] | None = None
        self._queue: list[str] = []
        self._state = "loading"
        self._leaving = False
        self._themes, self._theme_problems = load_themes(workspace.paths.themes_dir)
        for theme in self._themes.values():
            self.register_theme(textual_theme(theme))

        # Kept by name: a query would look in whatever screen is on top.
        self._conversation = Conversation()
        self._below = Static("↓ new below · Ctrl+End", id="below", markup=False)
        self._waiting = Static("", id="queue", markup=False)
        self._completions = Completions()
        self._prompt = Prompt()
        self._status = Status()

    def compose(self) -> ComposeResult:
        yield self._conversation
        yield self._below
        yield self._waiting
        yield self._completions
        yield self._prompt
        yield self._status

    def on_mount(self) -> None:
        wanted = self.workspace.settings.theme
        self.theme = wanted if wanted in self._themes else next(iter(self._themes))
        self._prompt.focus()
        self._enter(self.session)
        if wanted not in self._themes:
            self._notice(f"there is no theme {wanted!r}; there are: {', '.join(self._themes)}")
        for problem in self._theme_problems:
            self._notice(problem)
        self.set_interval(0.2, self._watch_view)
        if self._choose:
            self.action_sessions()

    def _enter(self, session: Session) -> None:
        """Show a session, and warm up what it needs once that stands on the screen."""
        self.session = session
        session.ask = self._ask
        self._conversation.clear()
        self._conversation.replay((turn.prompt, turn.events) for turn in session.turns)
        self._prompt.remember([turn.prompt for turn in session.turns])
        if not session.turns:
            self._welcome()
        self._state = "loading"
        self._refresh()
        self.call_after_refresh(lambda: self.run_worker(self._start(session), group="start"))

    def _welcome(self) -> None:
        backend = self.session.backend
        text = f"{backend.model}. Ask something, or type /help."
        if backend.name == "demo":
            text += (
                "\nThis tiny model comes with qchat: it computes, remembers and looks up, no more."
                "\n`qchat config path` shows where to connect a real one."
            )
        self._notice(text)

    async def _start(self, session: Session) -> None:
        try:
            await session.start()
        except QchatError as error:
            self._notice(str(error), "error")
        if session is self.session:
            self._state = ""
            self._refresh()

    # What the user does

    async def on_event(self, event: TextualEvent) -> None:
        """Whatever is pasted, and wherever, is foreign text too: fields draw it as it is."""
        if isinstance(event, Paste):
            event.text = visible(event.text)
        await super().on_event(event)

    async def on_prompt_sent(self, message: Prompt.Sent) -> None:
        self._close_completions()
        if is_command(message.text):
            await self._command(message.text)
        elif self._busy:
            self._queue.append(message.text)
            self._refresh()
        else:
            self._play(message.text, self.session.send(message.text))

    async def _command(self, line: str) -> None:
        try:
            outcome = await execute(line, Place(self.workspace, self.session))
        except QchatError as error:
            self._notice(str(error), "warning")
            return
        await self._show(outcome, line)

    async def _show(self, outcome: Outcome, line: str) -> None:
        match outcome:
            case Say():
                self._notice(outcome.text)
            case Play() if self._busy:
                self._queue.append(line)
            case Play():
                self._play(outcome.prompt, outcome.events)
            case Open():
                await self._open(outcome.session_id)
            case Show(view="sessions"):
                self.action_sessions()
            case Show():
                self.action_help()
            case Quit():
                self.exit(0)
        self._refresh()

    def on_prompt_complete(self) -> None:
        line = self._completions.chosen
        if line:
            self._prompt.put(line if " " in line else f"{line} ")

    def on_prompt_page(self, message: Prompt.Page) -> None:
        self._conversation.page(message.step)

    def on_prompt_recall(self) -> None:
        if self._queue:
            self._prompt.put(self._queue.pop())
            self._refresh()
        else:
            self._prompt.walk(-1)

    def on_text_area_changed(self) -> None:
        """Offer what a line that starts with a slash may become."""
        text = self._prompt.text
        is_line = text.startswith("/") and "\n" not in text
        place = Place(self.workspace, self.session)
        self._completions.offer(complete(text, place) if is_line else [], text)
        self._prompt.completing = self._completions.open

    def on_prompt_choose(self, message: Prompt.Choose) -> None:
        if message.step:
            self._completions.move(message.step)
        else:
            self._close_completions()

    def _close_completions(self) -> None:
        self._completions.close()
        self._prompt.completing = False

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if event.option_list is self._completions:
            self._prompt.put(str(event.option.prompt))
            self._prompt.focus()

    def on_block_copied(self, message: Block.Copied) -> None:
        self.copy_to_clipboard(message.text)
        self.notify("copied", timeout=1.5)

    def action_stop(self) -> None:
        if self._busy and self._turn is not None:
            self._turn.cancel()
        self._prompt.focus()

    async def action_answer_now(self) -> None:
        if self._busy and not await self.session.answer_now():
            self.notify(f"{self.session.backend.name} cannot end its thinking early")

    def action_fold_all(self, kind: str) -> None:
        self._conversation.fold_all(kind)

    def action_to_blocks(self) -> None:
        blocks = self._conversation.query(Block)
        if isinstance(self.focused, Block):
            self._conversation.action_walk(-1)
        elif blocks:
            self.screen.set_focus(blocks.last())  # at once: the next key is for the block

    def action_to_end(self) -> None:
        self._conversation.follow()

    def action_interrupt(self) -> None:
        """Ctrl+C: stop what runs, else clear the prompt, else leave when pressed twice."""
        if self._busy:
            self.action_stop()
        elif self._prompt.text:
            self._prompt.text = ""
        elif self._leaving:
            self.exit(130)
        else:
            self._leaving = True
            self.notify("Ctrl+C again ends qchat", timeout=2)
            self.set_timer(2, self._stay)

    async def action_quit(self) -> None:
        self.exit(0)

    def _stay(self) -> None:
        self._leaving = False

    def action_sessions(self) -> None:
        self.push_screen(Sessions(self._find_sessions), self._chosen)

    def action_help(self) -> None:
        self.push_screen(Help(help_text(), KEYS))

    async def _chosen(self, session_id: str | None) -> None:
        if session_id is not None:
            await self._open(session_id)

    def _find_sessions(self, query: str) -> list[SessionInfo]:
        sessions = self.workspace.sessions()
        if not query:
            return sessions
        hits = {hit.session for hit in self.workspace.search(query)}
        return [s for s in sessions if s.id in hits or query.lower() in s.title.lower()]

    async def _open(self, session_id: str | None) -> None:
        """Leave this session for another; what runs is stopped, what waits stays in the prompt."""
        if session_id == self.session.id:
            return
        try:
            session = self.workspace.open(session_id)
        except QchatError as error:
            self._notice(str(error), "warning")
            return
        self.action_stop()
        if self._turn is not None:
            with suppress(WorkerCancelled):
                await self._turn.wait()
        if self._queue:
            self._prompt.put("\n".join(self._queue))
            self._queue.clear()
        self._enter(session)

    # What the session does

    @property
    def _busy(self) -> bool:
        return self._turn is not None and not self._turn.is_finished

    def _play(self, prompt: str, events: AsyncGenerator[Event, None]) -> None:
        self._conversation.begin(prompt)
        self._turn = self.run_worker(self._follow(events), group="turn")
        self._refresh()

    async def _follow(self, events: AsyncGenerator[Event, None]) -> None:
        self._state = "working"
        try:
            async with aclosing(events) as stream:
                async for event in stream:
                    self._conversation.feed(event)
                    self._refresh()
        except asyncio.CancelledError:
            for event in self.session.turns[-1].events[-1:]:
                self._conversation.feed(event)
            raise
        finally:
            self._state = ""
            self.call_later(self._next)

    async def _next(self) -> None:
        """Send what waits."""
        self._refresh()
        if self._queue and not self._busy:
            await self.on_prompt_sent(Prompt.Sent(self._queue.pop(0)))
            self._refresh()

    async def _ask(self, question: str) -> Permission:
        asked = Question(question)
        try:
            return await self.push_screen_wait(asked)
        except asyncio.CancelledError:
            if asked.is_current:
                asked.dismiss("no")
            raise

    # What is shown beside the conversation

    def _notice(self, text: str, level: Literal["info", "warning", "error"] = "info") -> None:
        self._conversation.mount(NoticeBlock(Notice(text, level)))

    def _refresh(self) -> None:
        self._status.show(self.session, self._state, len(self._queue))
        self._waiting.display = bool(self._queue)
        waiting = "\n".join(f"waits: {' '.join(shown(text).split())}" for text in self._queue)
        self._waiting.update(Text(waiting, overflow="ellipsis", no_wrap=True))

    def _watch_view(self) -> None:
        self._below.display = self._conversation.new_below

    def _fatal_error(self) -> None:
        """After a bug: one readable page, the details in the log."""
        failed = self._exception
        error = failed.error if isinstance(failed, WorkerFailed) else failed
        log.error("the interface failed", exc_info=error)
        place = self.workspace.paths.log_dir / "qchat.log"
        self.bell()
        self._exit_renderables.append(
            Text(
                f"qchat stopped because of a bug: {type(error).__name__}: {shown(str(error))}\n"
                f"Your conversation is kept: `qchat -c` goes on. Details: {place}"
            )
        )
        self._close_messages_no_wait()

    async def on_unmount(self) -> None:
        if self._turn is not None and not self._turn.is_finished:
            self._turn.cancel()
        await self.workspace.aclose()
