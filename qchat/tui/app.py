"""The application: which piece a key, a message or the end of a turn goes to.

A key's action is an `action_…` here (the table of keys is `config/keymap.py`), what a widget posts
is an `on_…`. What is then done stands in the piece: commands and prompts in `command_runner`,
sessions in `session_switcher`, a turn's life in `transcript/turn_queue`, questions in
`session_questions`, blocks in `transcript_actions`, the end in `interrupts`.
"""

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.events import DescendantBlur, DescendantFocus, Key, Paste
from textual.notifications import SeverityLevel

from qchat.commands.connect import conversation
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.protocol.draft import Draft
from qchat.protocol.errors import QchatError
from qchat.runtime import garbage_collection
from qchat.runtime.language import tr
from qchat.tui.background_work import start
from qchat.tui.base_app import BaseApp
from qchat.tui.blocks.block import Block
from qchat.tui.blocks.kinds import PromptBlock
from qchat.tui.command_runner import CommandRunner
from qchat.tui.dialogs.command_palette import CommandList
from qchat.tui.dialogs.question_bar import QuestionBar
from qchat.tui.dialogs.welcome import Welcome
from qchat.tui.input.bindings import bindings
from qchat.tui.input.composer import Composer
from qchat.tui.input.prompt import Prompt
from qchat.tui.interrupts import Interrupts
from qchat.tui.open_sessions import OpenSessions
from qchat.tui.outside_editor import edit_outside
from qchat.tui.panels.sessions import SessionsPanel
from qchat.tui.panels.theme import ThemePanel
from qchat.tui.screen_layout import ScreenLayout
from qchat.tui.session_questions import SessionQuestions
from qchat.tui.session_switcher import SessionSwitcher
from qchat.tui.state_display import StateDisplay
from qchat.tui.transcript.conversation import Conversation
from qchat.tui.transcript.trail_screen import TrailScreen
from qchat.tui.transcript.turn_queue import TurnQueue
from qchat.tui.transcript_actions import TranscriptActions
from qchat.tui.unsent import Unsent

PYTHON = ("", "python", "py", "python3", "ipython")
"""Names that answers give to code that the kernel can run."""
WATCH_EVERY_S = 0.2
REEMBEDDING_EVERY_S = 0.3


def run(workspace: Workspace, session_id: str | None, *, choose: bool = False) -> int:
    """Chat until the user ends it; `choose` opens the list of sessions first."""
    app = ChatApp(workspace, session_id, choose=choose)
    status = app.run()
    return status if status is not None else (app.return_code or 0)


class ChatApp(BaseApp):
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
        super().__init__(workspace)
        self._choose = choose
        self.conversation = Conversation()
        session = workspace.open(session_id)
        self.sessions = OpenSessions(workspace, session, self.conversation, self)
        self.layout = ScreenLayout(self, self.conversation, self.sessions)
        self.state = StateDisplay(self, self.layout, self.sessions)
        self.questions = SessionQuestions(self, self.layout, self.state)
        self.unsent = Unsent(self, self.layout, self.sessions)
        self.switcher = SessionSwitcher(
            self, self.layout, self.sessions, self.state, self.questions, self.unsent
        )
        self.blocks = TranscriptActions(self, self.conversation, self.sessions)
        self.runner = CommandRunner(
            self, self.layout, self.state, self.switcher, self.questions, self.blocks
        )
        self.interrupts = Interrupts(self, self.layout, self.sessions)
        self.sessions.unsent = lambda: self.unsent.elsewhere

    @property
    def turns(self) -> TurnQueue:
        """What runs and waits in the session on the screen."""
        return self.sessions.current

    @property
    def session(self) -> Session:
        """The session on the screen."""
        return self.sessions.current.session

    def compose(self) -> ComposeResult:
        yield from self.layout.compose()

    def on_mount(self) -> None:
        self.layout.enter()
        self.switcher.enter()
        self.unsent.begin()
        for problem in self.problems:
            self.conversation.notice(problem, "warning")
        self.call_after_refresh(start, self, self._reembed, "reembed")
        watch = partial(self.workspace.reading.run, self.state.refresh)
        self.call_after_refresh(start, self, watch, "know")
        if self._choose:
            self.call_later(self.action_panel, "sessions")
        self.set_interval(WATCH_EVERY_S, self.state.watch)

    async def on_unmount(self) -> None:
        self.unsent.close()
        self.sessions.stop()
        for queue in self.sessions:
            await queue.ended()
        await self.workspace.aclose()

    async def _reembed(self) -> None:
        """Give memories new vectors where the embedder is another, while one chats."""
        watched = self.set_interval(REEMBEDDING_EVERY_S, self.state.refresh)
        try:
            if said := await self.workspace.reembedding.run():
                self.conversation.notice(said)
        except QchatError as error:
            self.conversation.notice(str(error), "warning")
        finally:
            watched.stop()
        self.state.refresh()

    def before_dispatch(self, event: Key | Paste) -> None:
        self.layout.direct(event)
        self.interrupts.notice(event)
        super().before_dispatch(event)

    def after_echo(self) -> None:
        if (
            self.is_headless or not garbage_collection.collect_ahead()
        ):  # one of both between two keys
            self.conversation.frame(echoed=True)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,  # noqa: ARG002  nothing is markup here
    ) -> None:
        """In lines above the prompt: Textual's own boxes would stand on it."""
        self.layout.notices.say(f"{title}: {message}" if title else message, severity, timeout)

    # What sessions tell, also those that are not on the screen

    async def send(self, queue: TurnQueue, draft: Draft) -> None:
        """A prompt that waited goes to its session."""
        await self.runner.submit(draft, queue)

    def changed(self, queue: TurnQueue) -> None:
        self.unsent.keep()
        if queue.shown:
            self.state.refresh()

    def over(self, queue: TurnQueue) -> None:
        """A turn has ended."""
        self.layout.reload_panel()
        title, took_s = queue.session.title, queue.activity.turn_s
        start(self, partial(self.attention.ended, title, took_s), "attention")
        if not queue.shown:
            title = repr(queue.session.title[:60])
            self.notify(tr("There is a new answer in {title}. F2 opens it.", title=title))
        if not self.is_headless:
            garbage_collection.sweep()

    # What keys do

    def action_stop(self) -> None:
        self.interrupts.stop()

    def action_interrupt(self) -> None:
        self.interrupts.interrupt()

    def action_answer(self) -> None:
        self.layout.to_question()

    async def action_answer_now(self) -> None:
        if self.turns.busy and not await self.session.answer_now():
            self.notify(tr("{name} cannot end its thinking early", name=self.session.backend.name))

    async def action_ask_again(self) -> None:
        if not self.turns.busy:
            await self.runner.run("/retry", self.turns)

    def action_fold_all(self, kind: str) -> None:
        self.conversation.fold_all(kind)

    def action_to_blocks(self) -> None:
        self.blocks.to_blocks()

    def action_jump(self, step: int) -> None:
        self.conversation.jump(step)

    def action_think_once(self) -> None:
        self.layout.composer.switch_thinking()

    def action_queue(self) -> None:
        self.layout.composer.to_queue()

    def action_find(self) -> None:
        self.layout.find.open()

    def action_to_end(self) -> None:
        self.conversation.follow()

    def action_help(self) -> None:
        self.layout.help()

    async def action_panel(self, name: str) -> None:
        await self.layout.toggle_panel(name)

    def action_mouse(self) -> None:
        self.switch_mouse()
        self.state.refresh()

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, CommandPalette):
            words = tr("Search for commands…")
            self.push_screen(CommandPalette(placeholder=words, id="--command-palette"))

    def action_details(self) -> None:
        self.state.show_details()

    # What is written

    async def on_composer_drafted(self, message: Composer.Drafted) -> None:
        self.layout.close_welcome()
        if not self.questions.is_meant_here(message.draft):
            await self.runner.submit(message.draft, self.turns)
            self.unsent.keep()

    def on_composer_begin(self, message: Composer.Begin) -> None:
        self.layout.prompt.put(message.line)
        self.layout.prompt.enter()

    def on_composer_refused(self, message: Composer.Refused) -> None:
        self.conversation.notice(message.problem, "warning")
        self.conversation.follow()

    def on_composer_remarked(self, message: Composer.Remarked) -> None:
        self.conversation.notice(message.text, "warning")

    def on_prompt_page(self, message: Prompt.Page) -> None:
        self.conversation.page(message.step)

    def on_prompt_end_of_input(self) -> None:
        self.interrupts.end_of_input()

    async def on_prompt_edit_outside(self) -> None:
        await edit_outside(self, self.layout)

    # Where the keys go when a part has done with them

    def on_find_bar_closed(self) -> None:
        self.layout.prompt.enter()

    def on_virtual_turn_list_focus_lost(self) -> None:
        self.layout.prompt.enter()

    def on_question_bar_left(self, _message: QuestionBar.Left) -> None:
        self.layout.from_question()

    def on_question_bar_abandoned(self, message: QuestionBar.Abandoned) -> None:
        self.layout.prompt.past.add(message.text)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say in which mode letters are keys for a block; one that was taken out blurs unheard."""
        if isinstance(event.widget, Block):
            self.layout.mode.show()
        else:
            self.layout.mode.hide()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        if isinstance(event.widget, Block):
            self.layout.mode.hide()

    def on_block_armed(self, message: Block.Armed) -> None:
        if isinstance(self.focused, Block):
            self.layout.mode.show(message.text)

    async def on_text_selected(self) -> None:
        """What was selected with the mouse is copied at once, where the settings say so."""
        if self.workspace.settings.copy_on_select and (text := self.screen.get_selected_text()):
            self.blocks.copy(text)

    # What blocks ask for

    def on_block_clicked(self, message: Block.Clicked) -> None:
        self.conversation.point_at(message.block)

    def on_block_copied(self, message: Block.Copied) -> None:
        self.blocks.copy(message.text)

    def on_block_link_pressed(self, message: Block.LinkPressed) -> None:
        self.blocks.open_link(message.url)

    async def on_block_code_pressed(self, message: Block.CodePressed) -> None:
        if message.language.lower() in PYTHON:
            await self.runner.run(f"/run {message.code}", self.turns)
        else:
            language = message.language
            said = tr("the kernel runs Python, not {language}", language=language)
            self.conversation.notice(said, "warning")

    def on_saved_block_changed(self) -> None:
        self.layout.reload_panel()

    async def on_prompt_block_edited(self, message: PromptBlock.Edited) -> None:
        await self._again("/edit", message.block)

    async def on_prompt_block_retried(self, message: PromptBlock.Retried) -> None:
        await self._again("/retry", message.block)

    async def on_prompt_block_deleted(self, message: PromptBlock.Deleted) -> None:
        await self._again("/delete", message.block)

    async def _again(self, command: str, block: PromptBlock) -> None:
        await self.runner.run(f"{command} {self.blocks.number_of(block)}", self.turns)

    def on_prompt_block_switched(self, message: PromptBlock.Switched) -> None:
        self.blocks.switch(message.block, message.step)

    async def on_trail_screen_picked(self, message: TrailScreen.Picked) -> None:
        await self.runner.run(f"/pick {message.turn}", self.turns)

    # What panels and the welcome say

    def on_panel_closed(self) -> None:
        self.layout.close_panel()

    async def on_theme_panel_taken(self, message: ThemePanel.Taken) -> None:
        await self.runner.run(f"/theme {message.name}", self.turns)
        self.layout.close_panel()

    def on_sessions_panel_chosen(self, message: SessionsPanel.Chosen) -> None:
        self.layout.close_panel()
        self.switcher.open(message.session_id)

    def on_sessions_panel_deleted(self, message: SessionsPanel.Deleted) -> None:
        self.unsent.keep()
        self.switcher.deleted(message.session_id)
        self.unsent.let_go(message.session_id)

    def on_welcome_chosen(self, message: Welcome.Chosen) -> None:
        if message.way is None:
            self.layout.close_welcome()
            self.layout.prompt.enter()
        else:
            steps = conversation(self.sessions.context(), message.way)
            self.runner.converse(steps, self.turns)
