"""The application: prompts go to the session, its events to the conversation."""

import asyncio
import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import ClassVar

from textual.app import SuspendNotSupported
from textual.binding import BindingType

from qchat.commands import (
    Answer,
    CommandContext,
    Confirm,
    Converse,
    CopyText,
    Edit,
    EditOutside,
    Open,
    Outcome,
    Quit,
    Reload,
    RunTurn,
    Show,
    ShowMessage,
    ShowSource,
    ShowTrail,
    Write,
    execute,
    is_command,
)
from qchat.commands.connect import conversation
from qchat.commands.goal import unfinished
from qchat.config.keymap import named
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import QchatError, TurnRunningError
from qchat.protocol.permission import Permission
from qchat.runtime import garbage
from qchat.runtime.editor import edited, editor
from qchat.runtime.language import tr
from qchat.tui.blocks.block import Block
from qchat.tui.blocks.kinds import PromptBlock
from qchat.tui.dialogs.code_editor import CodeEditor
from qchat.tui.dialogs.command_palette import CommandList
from qchat.tui.dialogs.dialogue import DialogueScreen
from qchat.tui.dialogs.screens import Page
from qchat.tui.dialogs.welcome import Welcome
from qchat.tui.input.bindings import bindings
from qchat.tui.input.composer import Composer
from qchat.tui.input.draft import Draft
from qchat.tui.open_sessions import OpenSessions
from qchat.tui.panels.sessions import SessionsPanel
from qchat.tui.panels.theme import ThemePanel
from qchat.tui.screen_layout import ScreenLayout
from qchat.tui.status import details
from qchat.tui.transcript.render_context import render_context
from qchat.tui.transcript.trail_screen import TrailScreen
from qchat.tui.transcript.turn_queue import TurnQueue
from qchat_tools.base import InputRequest

TINY = "This tiny model computes, remembers and looks up, no more. /connect leads to a real one."
YES_OR_NO = ("y", "yes", "a", "always", "n", "no", "v", "never", "是", "否")
PYTHON = ("", "python", "py", "python3", "ipython")
"""Names that answers give to code that the kernel can run."""


def run(workspace: Workspace, session_id: str | None, *, choose: bool = False) -> int:
    """Chat until the user ends it; `choose` opens the list of sessions first."""
    app = ChatApp(workspace, session_id, choose=choose)
    status = app.run()
    return status if status is not None else (app.return_code or 0)


class ChatApp(ScreenLayout):
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
        super().__init__(workspace, session_id)
        self._choose = choose
        self._loading = True
        self._leaving = False
        self.sessions = OpenSessions(workspace, self.session, self._conversation, self)

    @property
    def turns(self) -> TurnQueue:
        """What runs and waits in the session on the screen."""
        return self.sessions.current

    def on_mount(self) -> None:
        self._welcome.enter() if self._new else self._prompt.focus()
        self._enter(self.turns)
        for problem in self._problems:
            self._notice(problem, "warning")
        self.call_after_refresh(lambda: self.run_worker(self._reembed(), group="reembed"))
        watching = self.workspace.reading.run
        self.call_after_refresh(lambda: self.run_worker(watching(self._refresh), group="know"))
        if self._choose:
            self.call_later(self.action_panel, "sessions")

    # Which session

    def _enter(self, queue: TurnQueue) -> None:
        """Show a session, and warm up what it needs once that stands on the screen."""
        self.session = session = queue.session
        session.ask = partial(self._ask_for, queue)
        session.ask_input = partial(self._ask_line_for, queue)
        self._conversation.around = render_context(session, self.workspace)
        queue.show()
        if not session.turns and not queue.busy:
            self._greet()
        left = unfinished(self.workspace, session)
        for remark in (*session.remarks, *([left] if left else [])):
            self._notice(remark, "warning")
        self._loading = True
        self._refresh()
        self._reload()
        self.call_after_refresh(self._recall_prompts)
        self.call_after_refresh(lambda: self.run_worker(self._start(session), group="start"))

    async def on_text_selected(self) -> None:
        """What was selected with the mouse is copied at once, where the settings say so."""
        if self.workspace.settings.copy_on_select and (text := self.screen.get_selected_text()):
            self.copy_to_clipboard(text)
            self.notify(tr("copied"), timeout=1.5)

    async def _ask_for(self, queue: TurnQueue, question: str) -> Permission:
        """Ask the user something that a session needs, also where another one is on the screen."""
        with self._asking(queue, question) as where:
            return await self.questions.ask(f"{where}{question}")

    async def _ask_line_for(self, queue: TurnQueue, request: InputRequest) -> str | None:
        """Ask the user for a line that a session's running code waits for."""
        with self._asking(queue, tr("Code in the kernel asks")) as where:
            return await self.questions.ask_line(request, where)

    @contextmanager
    def _asking(self, queue: TurnQueue, question: str) -> Iterator[str]:
        """Say meanwhile that the user is waited for; gives where, unless that is on the screen."""
        queue.activity.ask(asking=True)
        self.run_worker(self.attention.asks(question), group="attention")
        self.changed(queue)
        try:
            yield "" if queue.shown else tr("In {title!r}:", title=queue.session.title) + "\n"
        finally:
            queue.activity.ask(asking=False)
            self.changed(queue)

    def _recall_prompts(self) -> None:
        try:
            self._prompt.past.load(self.workspace.store.prompts(self.workspace.user))
        except QchatError as error:
            self._notice(str(error), "warning")

    def _greet(self) -> None:
        backend = self.session.backend
        text = tr("{model}. Ask something, or type /help.", model=backend.model)
        if backend.name == "demo" and not self._new:
            text += "\n" + tr(TINY)
        self._notice(text)

    async def _start(self, session: Session) -> None:
        try:
            await session.start()
        except QchatError as error:
            self._notice(str(error), "error")
            if said := await self.workspace.fall_back(session, error):
                self._notice(said, "warning")
        # What draws answers is slow to load, and a stall where the first one begins.
        await asyncio.to_thread(importlib.import_module, "qchat.tui.render.document")
        if session is self.session:
            self._loading = False
            self._refresh()
        if not self.is_headless:
            garbage.settle()

    # What sessions tell

    def _session_states(self) -> Mapping[str, str]:
        return self.sessions.states

    async def send(self, queue: TurnQueue, draft: Draft) -> None:
        """A prompt that waited goes to its session."""
        if is_command(draft.text):
            await self._command(draft.text, queue)
        else:
            self._ask_model(queue, draft)

    def changed(self, queue: TurnQueue) -> None:
        if queue.shown:
            self._refresh()

    def over(self, queue: TurnQueue) -> None:
        """A turn has ended."""
        self._reload()
        ended = self.attention.ended(queue.session.title, queue.activity.turn_s)
        self.run_worker(ended, group="attention")
        if not queue.shown:
            title = repr(queue.session.title[:60])
            self.notify(tr("There is a new answer in {title}. F2 opens it.", title=title))
        if not self.is_headless:
            garbage.sweep()

    async def _reembed(self) -> None:
        """Give memories new vectors where the embedder is another, while one chats."""
        watched = self.set_interval(0.3, self._refresh)
        try:
            if said := await self.workspace.reembedding.run():
                self._notice(said)
        except QchatError as error:
            self._notice(str(error), "warning")
        finally:
            watched.stop()
        self._refresh()

    async def _open(self, session_id: str | None) -> None:
        """Leave this session for another; what runs in it goes on."""
        if session_id == self.session.id:
            return
        try:
            queue = self.sessions.go_to(session_id)
        except QchatError as error:
            self._notice(str(error), "warning")
            return
        if self.sessions.running_elsewhere:
            self.notify(tr("The answer that you left goes on. F2 lists your sessions."))
        self._enter(queue)

    # What the user sends

    async def on_composer_drafted(self, message: Composer.Drafted) -> None:
        self._close_welcome()
        word = message.draft.text.strip().lower()
        if word in YES_OR_NO and self.questions.waits and not self.questions.wants_line:
            # It is most likely meant for the question; as a prompt it can be sent right after it.
            self._composer.write(message.draft)
            key = named(self._keys["answer"])
            self.notify(tr("To answer: {key}, then y, a, n or v; or write /yes or /no", key=key))
            return
        await self._take(message.draft)

    async def on_trail_screen_picked(self, message: TrailScreen.Picked) -> None:
        await self._command(f"/pick {message.turn}")

    async def _take(self, draft: Draft) -> None:
        """Do what a prompt says: a command at once, the rest in its turn."""
        queue = self.turns
        if is_command(draft.text):
            await self._command(draft.text, queue)
        elif queue.busy:
            queue.waiting.append(draft)
            self._refresh()
        else:
            self._ask_model(queue, draft)

    def _ask_model(self, queue: TurnQueue, draft: Draft) -> None:
        session = queue.session
        if draft.instead is None:
            events = session.send(draft.text, draft.attached, draft.think)
            queue.play(RunTurn(draft.typed, events))
        else:
            turn = session.turns.heads[draft.instead - 1].id
            events = session.edit(draft.instead, draft.text, draft.attached, draft.think)
            queue.play(RunTurn(draft.typed, events, turn))

    async def _command(self, line: str, queue: TurnQueue | None = None) -> None:
        queue = queue or self.turns
        try:
            place = CommandContext(self.workspace, queue.session, self._composer.pasted)
            outcome = await execute(line, place)
        except TurnRunningError as error:
            self._wait_with(line, queue, error)
            return
        except QchatError as error:
            queue.notice(str(error), "warning")
            self._conversation.follow()
            return
        await self._show(outcome, line, queue)

    def _wait_with(self, line: str, queue: TurnQueue, error: QchatError) -> None:
        """What needs the end of the turn is done then; it stands in line with the prompts.

        The answer may be whole on the screen while its turn is still being closed.
        """
        if queue.busy:
            queue.waiting.append(Draft(line))
            self._refresh()
        else:
            queue.notice(str(error), "warning")

    async def _show(self, outcome: Outcome, line: str, queue: TurnQueue) -> None:
        match outcome:
            case ShowMessage():
                queue.notice(outcome.text, memory=outcome.memory)
                self._conversation.follow()
            case RunTurn():
                if queue.play_or_wait(outcome, Draft(line)) and outcome.takes_pasted:
                    self._composer.forget_pasted()
            case Edit():
                self._composer.write(Draft(outcome.prompt, outcome.pasted, instead=outcome.number))
            case Write():
                self._composer.write(Draft(outcome.text))
            case Reload():
                if queue.shown:
                    queue.show()
                queue.notice(outcome.text)
            case Open():
                await self._open(outcome.session_id)
            case Confirm():
                self.run_worker(self._confirmed(outcome, line, queue))
            case Converse():
                self._converse(outcome)
            case Answer():
                self._answer(outcome)
            case CopyText():
                self.copy_to_clipboard(outcome.text)
                self.notify(outcome.said, timeout=2)
            case Show() | ShowSource() | ShowTrail() | EditOutside():
                await self._open_view(outcome)
            case Quit():
                self.exit(0)
        self._restyle()
        self._refresh()

    def _answer(self, answer: Answer) -> None:
        """A command answers what is asked, as its keys would."""
        asked = self.questions
        if not asked.waits:
            self._notice(tr("Nothing is being asked."), "warning")
        elif answer.permission is None:
            if not asked.wants_line:
                self._notice(tr("It wants /yes, /always, /no or /never."), "warning")
            elif answer.line:
                asked.give(answer.line)
            else:
                asked.enter()
        elif asked.wants_line and answer.permission in ("once", "session"):
            self._notice(tr("A line is asked for: /answer and the text."), "warning")
        else:
            asked.give(None if asked.wants_line else answer.permission)

    async def _open_view(self, outcome: Show | ShowSource | ShowTrail | EditOutside) -> None:
        match outcome:
            case EditOutside():
                await self._edit_outside()
            case ShowSource():
                self._open_source(outcome.number)
            case ShowTrail():
                self._open_trail(outcome.turn)
            case Show(view="help"):
                self.action_help()
            case Show(view="run"):
                self.push_screen(CodeEditor(), self._run_code)
            case Show(view="thinking"):
                self.action_fold_all("thinking")
            case Show(view="connect"):
                self._open_welcome()
            case Show():
                await self._open_panel(outcome.view)

    # What keys do

    def action_stop(self) -> None:
        if not self.turns.busy:
            self.questions.refuse_all()  # of a command, which no turn takes along
        self.turns.stop()
        self._close_welcome()
        self._prompt.enter()

    async def action_answer_now(self) -> None:
        if self.turns.busy and not await self.session.answer_now():
            self.notify(tr("{name} cannot end its thinking early", name=self.session.backend.name))

    async def action_ask_again(self) -> None:
        if not self.turns.busy:
            await self._command("/retry")

    def action_interrupt(self) -> None:
        """Ctrl+C: copy what is selected, else stop, else clear the prompt, twice: leave."""
        if selected := self._prompt.selected_text or self.screen.get_selected_text():
            self.copy_to_clipboard(selected)
            self.screen.clear_selection()
            self._prompt.move_cursor(self._prompt.cursor_location)
            self.notify(tr("copied"), timeout=1.5)
        elif self.turns.busy:
            self.action_stop()
        elif self._prompt.text:
            self._prompt.clear_text()
        elif self._leaving:
            self.exit(130)
        else:
            self._leaving = True
            self.notify(tr("Ctrl+C again ends qchat"), timeout=2)
            self.set_timer(2, self._stay)

    def _stay(self) -> None:
        self._leaving = False

    def on_prompt_end_of_input(self) -> None:
        """Ctrl+D in an empty prompt: as Ctrl+C there, but at once where nothing runs."""
        if self.turns.busy and not self._leaving:
            self._leaving = True
            self.notify(tr("An answer is being written. Ctrl+D again ends qchat."), timeout=2)
            self.set_timer(2, self._stay)
        else:
            self.exit(0)

    async def on_prompt_edit_outside(self) -> None:
        await self._edit_outside()

    async def _edit_outside(self) -> None:
        """Give the prompt to the user's editor, and take what comes of it."""
        before = self._prompt.text
        try:
            editor()
            with self.suspend():
                after = await edited(before)
        except (QchatError, SuspendNotSupported) as error:
            self._notice(str(error), "warning")
        else:
            self._prompt.rewrite(after, len(after))
        self.refresh(layout=True)
        self._prompt.enter()

    def action_mouse(self) -> None:
        """Give the mouse to the terminal, for its own selection, or take it back."""
        self._give_mouse(away=self._mouse)
        self._refresh()

    # What panels and the palette say

    def on_welcome_chosen(self, message: Welcome.Chosen) -> None:
        if message.way is None:
            self._close_welcome()
            self._prompt.enter()
        else:
            self._converse(conversation(self._place(), message.way))

    def _converse(self, steps: Converse) -> None:
        self.push_screen(DialogueScreen(steps.title, steps.run), self._conversed)

    async def _conversed(self, outcome: Outcome | None) -> None:
        if outcome is not None:
            self._close_welcome()
            self._prompt.enter()
            self.workspace.keep_choices(self.session)
            await self._show(outcome, "", self.turns)
            await self._start(self.session)

    async def on_theme_panel_taken(self, message: ThemePanel.Taken) -> None:
        await self._command(f"/theme {message.name}")
        self.on_panel_closed()

    async def on_sessions_panel_chosen(self, message: SessionsPanel.Chosen) -> None:
        self.on_panel_closed()
        await self._open(message.session_id)

    async def on_sessions_panel_deleted(self, message: SessionsPanel.Deleted) -> None:
        if message.session_id == self.session.id:
            await self._open(None)
        self.sessions.forget(message.session_id)

    # What is shown beside the conversation

    async def on_prompt_block_edited(self, message: PromptBlock.Edited) -> None:
        await self._again("/edit", message.block)

    async def on_prompt_block_retried(self, message: PromptBlock.Retried) -> None:
        await self._again("/retry", message.block)

    async def on_prompt_block_deleted(self, message: PromptBlock.Deleted) -> None:
        await self._again("/delete", message.block)

    async def _again(self, command: str, block: PromptBlock) -> None:
        turn = self._conversation.turn_of(block)
        number = next((n for n, h in enumerate(self.session.turns.heads, 1) if h.id == turn), 0)
        await self._command(f"{command} {number}")

    async def on_prompt_block_switched(self, message: PromptBlock.Switched) -> None:
        turn = self._conversation.turn_of(message.block)
        if turn is None:
            return
        beside = self.session.cursor.siblings(turn)
        place = beside.index(turn) + message.step
        if 0 <= place < len(beside):
            try:
                self.session.cursor.switch(beside[place])
            except QchatError as error:
                self._notice(str(error), "warning")
                return
            walking = isinstance(self.focused, Block)
            self.turns.show()
            self._conversation.go_to_turn(beside[place], walk=walking)

    async def on_block_code_pressed(self, message: Block.CodePressed) -> None:
        if message.language.lower() in PYTHON:
            await self._take(Draft(f"/run {message.code}"))
        else:
            self._notice(
                tr("the kernel runs Python, not {language}", language=message.language), "warning"
            )

    async def _confirmed(self, confirm: Confirm, line: str, queue: TurnQueue) -> None:
        """Ask, and go on if that is allowed; it may take long, so it is a worker's work."""
        if await self.questions.ask(confirm.question) not in ("once", "session"):
            self._notice(tr("Nothing was done."))
            return
        try:
            outcome = await confirm.then()
        except QchatError as error:
            self._notice(str(error), "warning")
        else:
            await self._show(outcome, line, queue)

    async def _run_code(self, code: str | None) -> None:
        if code and code.strip():
            await self._take(Draft(f"/run {code}"))

    def _watch_view(self) -> None:
        super()._watch_view()
        self._show_status()  # an engine loads, crashes and is unloaded at any time

    def _show_status(self) -> None:
        queue = self.turns
        elsewhere = self.sessions.running_elsewhere
        beside = [
            self.workspace.reembedding.shown,
            self.workspace.reading.shown,
            tr("{n} more running", n=elsewhere) if elsewhere else "",
        ]
        self.attention.title(self._title())
        draft = self._composer.draft
        self._status.show(
            self.session,
            queue.activity,
            len(queue.waiting),
            starting=self._loading,
            mouse=self._mouse,
            beside=beside,
            prompt=draft.text,
            attached=draft.attached,
        )

    def _title(self) -> str:
        """What the window is called: its state first, which is all that narrow tabs show."""
        waits = any(queue.activity.phase == "asking" for queue in self.sessions)
        sign = "? " if waits else "… " if any(queue.busy for queue in self.sessions) else ""
        new = "● " if any(queue.unseen and not queue.shown for queue in self.sessions) else ""
        return f"{sign or new}{self.session.title[:60]} · qchat"

    def action_details(self) -> None:
        """What the line at the bottom has no room for."""
        self.push_screen(Page(tr("This conversation"), details(self.session)))

    def _refresh(self) -> None:
        self._show_status()
        self._composer.show_waiting(self.turns.waiting)
        self._composer.refresh_state()

    async def on_unmount(self) -> None:
        self.sessions.stop()
        for queue in self.sessions:
            await queue.ended()
        await self.workspace.aclose()
