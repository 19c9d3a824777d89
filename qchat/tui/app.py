"""The application: prompts go to the session, its events to the conversation."""

import asyncio
import logging
from typing import ClassVar, Literal

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.events import Event as TextualEvent
from textual.events import Key, Paste
from textual.widgets import Static
from textual.worker import WorkerFailed

from qchat.commands import (
    Again,
    Confirm,
    Edit,
    Open,
    Outcome,
    Place,
    Play,
    Quit,
    Say,
    Show,
    ShowSource,
    execute,
    help_text,
    is_command,
)
from qchat.errors import QchatError
from qchat.keymap import keymap
from qchat.permission import Permission
from qchat.session import Session
from qchat.setup import is_new
from qchat.sourcetext import source_text
from qchat.tui.asked import CodeEditor, LineAsked
from qchat.tui.block import Block
from qchat.tui.blocks import PromptBlock
from qchat.tui.body import Body
from qchat.tui.clipboard import copy
from qchat.tui.commandlist import CommandList
from qchat.tui.composer import Composer
from qchat.tui.conversation import Conversation
from qchat.tui.crash import crash_page
from qchat.tui.draft import Draft
from qchat.tui.find import FindBar
from qchat.tui.keys import bindings, key_help
from qchat.tui.mouse import set_mouse
from qchat.tui.panels import PANELS
from qchat.tui.panels.sessions import SessionsPanel
from qchat.tui.panels.theme import ThemePanel
from qchat.tui.prompt import Prompt
from qchat.tui.screens import Help, Question
from qchat.tui.signals import catch_ends
from qchat.tui.sources import Source
from qchat.tui.status import Status
from qchat.tui.targets import SOURCE
from qchat.tui.themes import textual_theme
from qchat.tui.turn import Surroundings
from qchat.tui.turns import Turns
from qchat.tui.welcome import Connect, Welcome
from qchat.visible import visible
from qchat.workspace import Workspace
from qchat_themes import load_themes
from qchat_tools.base import InputRequest

PYTHON = ("", "python", "py", "python3", "ipython")
"""Names that answers give to code that the kernel can run."""

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
    COMMANDS = {CommandList}  # noqa: RUF012  as Textual declares it
    COMMAND_PALETTE_BINDING = "f12"  # ours has a name in the table of keys
    BINDINGS: ClassVar[list[BindingType]] = bindings("chat")
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012  as Textual declares it
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]  # noqa: RUF012  as Textual declares it

    def __init__(
        self, workspace: Workspace, session_id: str | None, *, choose: bool = False
    ) -> None:
        super().__init__()
        self.workspace = workspace
        self.session: Session = workspace.open(session_id)
        self._choose = choose
        self._loading = True
        self._leaving = False
        self._keys = keymap(workspace.settings.keys)
        self.set_keymap(self._keys)
        self._mouse = True
        self._problems = self._restyle()  # before anything is drawn: later all styles begin anew

        # Kept by name: a query would look in whatever screen is on top.
        self._conversation = Conversation()
        self._below = Static("↓ new below · Ctrl+End", id="below", markup=False)
        self._composer = Composer(self._place)
        self._find = FindBar(
            self._conversation, lambda text: workspace.store.index.turns_with(self.session.id, text)
        )
        self._prompt = self._composer.prompt
        self._status = Status()
        self._new = is_new(workspace)
        self._welcome = Welcome()
        self._body = Body(self._conversation)
        self.turns = Turns(self._conversation, self._take, self._refresh, self._reload)

    def compose(self) -> ComposeResult:
        yield self._body
        if self._new:
            yield self._welcome
        yield self._below
        yield self._find
        yield self._composer
        yield self._status

    def on_mount(self) -> None:
        self._welcome.enter() if self._new else self._prompt.focus()
        self._enter(self.session)
        for problem in self._problems:
            self._notice(problem, "warning")
        self.set_interval(0.2, self._watch_view)
        catch_ends(self.exit)
        if self._choose:
            self.action_panel("sessions")

    # Which session

    def _enter(self, session: Session) -> None:
        """Show a session, and warm up what it needs once that stands on the screen."""
        self.session = session
        session.ask = self._ask
        session.ask_input = self._ask_input
        self._conversation.around = self._around(session)
        self._conversation.show(session.turns)
        if not session.turns:
            self._greet()
        self._loading = True
        self._refresh()
        self._reload()
        self.call_after_refresh(self._recall_prompts)
        self.call_after_refresh(lambda: self.run_worker(self._start(session), group="start"))

    def _recall_prompts(self) -> None:
        try:
            self._prompt.remember(self.workspace.store.prompts(self.workspace.user))
        except QchatError as error:
            self._notice(str(error), "warning")

    def _around(self, session: Session) -> Surroundings:
        return Surroundings(
            known=lambda number: session.toolbox.source(number) is not None,
            files=self.workspace.paths.files_dir,
            pictures=self.workspace.settings.pictures,
            memories=session.toolbox.memories,
            beside=lambda turn: _place_in(session.beside(turn), turn),
        )

    def _greet(self) -> None:
        backend = self.session.backend
        text = f"{backend.model}. Ask something, or type /help."
        if backend.name == "demo" and not self._new:
            text += (
                "\nThis tiny model computes, remembers and looks up, no more."
                " /connect leads to a real one."
            )
        self._notice(text)

    async def _start(self, session: Session) -> None:
        try:
            await session.start()
        except QchatError as error:
            self._notice(str(error), "error")
        if session is self.session:
            self._loading = False
            self._refresh()

    async def _open(self, session_id: str | None) -> None:
        """Leave this session for another; what runs is stopped, what waits stays in the prompt."""
        if session_id == self.session.id:
            return
        try:
            session = self.workspace.open(session_id)
        except QchatError as error:
            self._notice(str(error), "warning")
            return
        self.turns.stop()
        await self.turns.ended()
        if self.turns.waiting:
            self._prompt.put("\n".join(draft.text for draft in self.turns.waiting))
            self.turns.waiting.clear()
        self._enter(session)

    # What the user sends

    async def on_event(self, event: TextualEvent) -> None:
        """Whatever is pasted, and wherever, is foreign text too: fields draw it as it is."""
        if isinstance(event, Paste):
            event.text = visible(event.text)
        if isinstance(event, Key | Paste) and self._in_welcome(event):
            self.screen.set_focus(self._prompt)  # at once: this key is for the prompt already
        await super().on_event(event)

    async def on_composer_drafted(self, message: Composer.Drafted) -> None:
        self._close_welcome()
        await self._take(message.draft)

    def on_composer_refused(self, message: Composer.Refused) -> None:
        self._notice(message.problem, "warning")

    def _in_welcome(self, event: Key | Paste) -> bool:
        """Whether somebody begins to write where the welcome still has the keys."""
        writes = isinstance(event, Paste) or event.is_printable
        return writes and self.focused is not None and self.focused.parent is self._welcome

    def on_prompt_page(self, message: Prompt.Page) -> None:
        self._conversation.page(message.step)

    async def _take(self, draft: Draft) -> None:
        """Do what a prompt says: a command at once, the rest in its turn."""
        if is_command(draft.text):
            await self._command(draft.text)
        elif self.turns.busy:
            self.turns.waiting.append(draft)
            self._refresh()
        elif draft.instead is None:
            self._play(Play(draft.text, self.session.send(draft.text, draft.attached)))
        else:
            turn = self.session.turns.heads[draft.instead - 1].id
            events = self.session.edit(draft.instead, draft.text, draft.attached)
            self._play(Play(draft.text, events, turn))

    def _play(self, play: Play) -> None:
        if play.instead is not None:
            self._conversation.cut(play.instead)
        self.turns.play(self.session, play.prompt, play.events)

    async def _command(self, line: str) -> None:
        try:
            outcome = await execute(line, self._place())
        except QchatError as error:
            self._notice(str(error), "warning")
            return
        await self._show(outcome, line)

    async def _show(self, outcome: Outcome, line: str) -> None:
        match outcome:
            case Say():
                self._conversation.notice(outcome.text, memory=outcome.memory)
            case Play() if self.turns.busy:
                self.turns.waiting.append(Draft(line))
            case Play():
                self._play(outcome)
            case Edit():
                self._composer.write(Draft(outcome.prompt, outcome.pasted, instead=outcome.number))
            case Again():
                self._conversation.show(self.session.turns)
                self._notice(outcome.text)
            case Open():
                await self._open(outcome.session_id)
            case Confirm():
                self.run_worker(self._confirmed(outcome, line))
            case Show() | ShowSource():
                self._open_view(outcome)
            case Quit():
                self.exit(0)
        self._restyle()
        self._refresh()

    def _open_view(self, outcome: Show | ShowSource) -> None:
        match outcome:
            case ShowSource():
                self._open_source(outcome.number)
            case Show(view="help"):
                self.action_help()
            case Show(view="run"):
                self.push_screen(CodeEditor(), self._run_code)
            case Show(view="thinking"):
                self.action_fold_all("thinking")
            case Show(view="connect"):
                self._open_welcome()
            case Show():
                self._open_panel(outcome.view)

    def _place(self) -> Place:
        return Place(self.workspace, self.session)

    # What keys do

    def action_stop(self) -> None:
        self.turns.stop()
        self._close_welcome()
        self._prompt.focus()

    async def action_answer_now(self) -> None:
        if self.turns.busy and not await self.session.answer_now():
            self.notify(f"{self.session.backend.name} cannot end its thinking early")

    async def action_ask_again(self) -> None:
        if not self.turns.busy:
            await self._command("/retry")

    def action_fold_all(self, kind: str) -> None:
        self._conversation.fold_all(kind)

    def action_to_blocks(self) -> None:
        blocks = self._conversation.query(Block)
        if isinstance(self.focused, Block):
            self._conversation.action_walk(-1)
        elif blocks:
            self.screen.set_focus(blocks.last())  # at once: the next key is for the block

    def action_jump(self, step: int) -> None:
        self._conversation.jump(step)

    def action_think_once(self) -> None:
        self._composer.switch_thinking()

    def action_find(self) -> None:
        self._find.open()

    def on_find_bar_closed(self) -> None:
        self._prompt.focus()

    def action_queue(self) -> None:
        self._composer.to_queue()

    def action_to_end(self) -> None:
        self._conversation.follow()

    def action_interrupt(self) -> None:
        """Ctrl+C: stop what runs, else clear the prompt, else leave when pressed twice."""
        if self.turns.busy:
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

    def action_panel(self, name: str) -> None:
        """Open a panel, or close it where it is open."""
        if self._body.panel is not None and name == self._body.panel.NAME:
            self.on_panel_closed()
        else:
            self._open_panel(name)

    def action_mouse(self) -> None:
        """Give the mouse to the terminal, for its own selection, or take it back."""
        self._mouse = not self._mouse
        if self._driver is not None:
            set_mouse(self._driver, on=self._mouse)
        self.notify("the mouse is qchat's again" if self._mouse else "the mouse is the terminal's")
        self._refresh()

    def action_help(self) -> None:
        self.push_screen(Help(help_text(), key_help(self._keys)))

    # What panels and the palette say

    def _open_panel(self, name: str) -> None:
        if name == ThemePanel.NAME:
            self._restyle()
        self._body.open(PANELS[name](self._place))

    def _open_welcome(self) -> None:
        if not self._welcome.is_attached:
            self._welcome = Welcome()
            self.screen.mount(self._welcome, after=self._body)
        self.call_after_refresh(self._welcome.enter)

    def _close_welcome(self) -> None:
        if self._welcome.is_attached:
            self._welcome.remove()

    def on_welcome_chosen(self, message: Welcome.Chosen) -> None:
        if message.way is None:
            self._close_welcome()
            self._prompt.focus()
        else:
            self.push_screen(Connect(message.way, self._place()), self._connected)

    async def _connected(self, said: str | None) -> None:
        if said is not None:
            self._close_welcome()
            self._prompt.focus()
            self._notice(said)
            await self._start(self.session)

    def on_composer_begin(self, message: Composer.Begin) -> None:
        self._prompt.put(message.line)
        self._prompt.focus()

    async def on_theme_panel_taken(self, message: ThemePanel.Taken) -> None:
        await self._command(f"/theme {message.name}")
        self.on_panel_closed()

    def on_panel_closed(self) -> None:
        self._body.close()
        self._prompt.focus()

    async def on_sessions_panel_chosen(self, message: SessionsPanel.Chosen) -> None:
        self.on_panel_closed()
        await self._open(message.session_id)

    async def on_sessions_panel_deleted(self, message: SessionsPanel.Deleted) -> None:
        if message.session_id == self.session.id:
            await self._open(None)

    def _reload(self) -> None:
        if self._body.panel is not None:
            self._body.panel.reload()

    # What is shown beside the conversation

    def copy_to_clipboard(self, text: str) -> None:
        """By OSC 52, which reaches through SSH, and on every other way that there is."""
        super().copy_to_clipboard(text)
        self.run_worker(asyncio.to_thread(copy, text), group="clipboard")

    def _restyle(self) -> list[str]:
        """Take the theme of the settings; give back what cannot be used."""
        themes, problems = load_themes(self.workspace.paths.themes_dir)
        for theme in themes.values():
            self.register_theme(textual_theme(theme))
        wanted = self.workspace.settings.theme
        if wanted not in themes:
            problems.append(f"there is no theme {wanted!r}; there are: {', '.join(themes)}")
            wanted = next(iter(themes))
        self.theme = wanted
        return problems

    def on_block_copied(self, message: Block.Copied) -> None:
        self.copy_to_clipboard(message.text)
        self.notify("copied", timeout=1.5)

    def on_block_link_pressed(self, message: Block.LinkPressed) -> None:
        if message.url.startswith(SOURCE):
            self._open_source(int(message.url.removeprefix(SOURCE)))
        elif message.url.startswith(("https://", "http://")):
            self.open_url(message.url)
            self.notify(f"opened {message.url}", timeout=3, markup=False)
        else:
            self._notice(f"{message.url} is no address that a browser opens", "warning")

    def _open_source(self, number: int) -> None:
        try:
            self.push_screen(Source(source_text(self.session, number)))
        except QchatError as error:
            self._notice(str(error), "warning")

    async def on_prompt_block_edited(self, message: PromptBlock.Edited) -> None:
        await self._again("/edit", message.block)

    async def on_prompt_block_retried(self, message: PromptBlock.Retried) -> None:
        await self._again("/retry", message.block)

    async def _again(self, command: str, block: PromptBlock) -> None:
        turn = self._conversation.turn_of(block)
        number = next((n for n, h in enumerate(self.session.turns.heads, 1) if h.id == turn), 0)
        await self._command(f"{command} {number}")

    async def on_prompt_block_switched(self, message: PromptBlock.Switched) -> None:
        turn = self._conversation.turn_of(message.block)
        if turn is None:
            return
        beside = self.session.beside(turn)
        place = beside.index(turn) + message.step
        if 0 <= place < len(beside):
            try:
                self.session.switch(beside[place])
            except QchatError as error:
                self._notice(str(error), "warning")
                return
            self._conversation.show(self.session.turns)
            self._conversation.go_to_turn(beside[place])

    def on_saved_block_changed(self) -> None:
        self._reload()

    def on_conversation_focus_lost(self) -> None:
        self._prompt.focus()

    async def on_block_code_pressed(self, message: Block.CodePressed) -> None:
        if message.language.lower() in PYTHON:
            await self._take(Draft(f"/run {message.code}"))
        else:
            self._notice(f"the kernel runs Python, not {message.language}", "warning")

    async def _ask(self, question: str) -> Permission:
        asked = Question(question)
        try:
            return await self.push_screen_wait(asked)
        except asyncio.CancelledError:
            if asked.is_current:
                asked.dismiss("no")
            raise

    async def _ask_input(self, request: InputRequest) -> str | None:
        asked = LineAsked(request)
        try:
            return await self.push_screen_wait(asked)
        except asyncio.CancelledError:
            if asked.is_current:
                asked.dismiss(None)
            raise

    async def _confirmed(self, confirm: Confirm, line: str) -> None:
        """Ask, and go on if that is allowed; it may take long, so it is a worker's work."""
        if await self._ask(confirm.question) not in ("once", "session"):
            self._notice("Nothing was done.")
            return
        try:
            outcome = await confirm.then()
        except QchatError as error:
            self._notice(str(error), "warning")
        else:
            await self._show(outcome, line)

    async def _run_code(self, code: str | None) -> None:
        if code and code.strip():
            await self._take(Draft(f"/run {code}"))

    def _notice(self, text: str, level: Literal["info", "warning", "error"] = "info") -> None:
        self._conversation.notice(text, level)

    def _refresh(self) -> None:
        state = "loading" if self._loading else "working" if self.turns.busy else ""
        thought = self.session.gauge.used if self.turns.busy else 0
        waiting = len(self.turns.waiting)
        self._status.show(self.session, state, waiting, thought, mouse=self._mouse)
        self._composer.show_waiting(self.turns.waiting)
        self._composer.refresh_state()

    def _watch_view(self) -> None:
        self._below.display = self._conversation.new_below

    # How it ends

    def _fatal_error(self) -> None:
        """After a bug: one readable page, the details in the log."""
        failed = self._exception
        error = failed.error if isinstance(failed, WorkerFailed) else failed
        log.error("the interface failed", exc_info=error)
        self.bell()
        self._exit_renderables.append(crash_page(error, self.workspace.paths.log_dir / "qchat.log"))
        self._close_messages_no_wait()

    async def on_unmount(self) -> None:
        self.turns.stop()
        await self.workspace.aclose()


def _place_in(beside: list[int], turn: int) -> tuple[int, int]:
    return (beside.index(turn) + 1 if turn in beside else 1), len(beside)
