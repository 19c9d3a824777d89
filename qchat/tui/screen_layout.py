"""Around the conversation: the prompt below it, panels beside it, the welcome of a first start."""

from textual.app import ComposeResult
from textual.events import Key, Paste
from textual.widgets import OptionList, Static

from qchat.commands import helps
from qchat.commands.connecting import is_new, key_variable
from qchat.config.keymap import named
from qchat.protocol.draft import Draft
from qchat.runtime.language import tr
from qchat.tui.base_app import BaseApp
from qchat.tui.blocks.block import Block
from qchat.tui.body import Body
from qchat.tui.dialogs.question_bar import QuestionBar
from qchat.tui.dialogs.screens import Help
from qchat.tui.dialogs.welcome import Welcome
from qchat.tui.input.bindings import key_help
from qchat.tui.input.composer import Composer
from qchat.tui.input.mode_bar import ModeBar
from qchat.tui.notices import Notices
from qchat.tui.open_sessions import OpenSessions
from qchat.tui.panels import PANELS
from qchat.tui.panels.theme import ThemePanel
from qchat.tui.status import Status
from qchat.tui.transcript.conversation import Conversation
from qchat.tui.transcript.find import FindBar


class ScreenLayout:
    """The widgets of the main screen, and which of them the keys are for."""

    def __init__(self, app: BaseApp, conversation: Conversation, sessions: OpenSessions) -> None:
        # Widgets are kept by name: a query would look in whatever screen is on top.
        self._app = app
        self._workspace = app.workspace
        self._sessions = sessions
        self.conversation = conversation
        self.body = Body(conversation)
        self.below = Static(tr("↓ new below · Ctrl+End"), id="below", markup=False)
        self.find = FindBar(conversation, self._turns_with)
        self.composer = Composer(sessions.context)
        self.prompt = self.composer.prompt
        self.status = Status()
        self.notices = Notices()
        self.mode = ModeBar()
        self.questions = QuestionBar(named(app.keys["answer"]))
        self.code = ""
        """What was written in the editor for code and not run, be it open or closed."""
        self._asked_in_panel = False
        """Whether the keys were for a panel before they were for a question."""
        self.is_new = is_new(self._workspace)
        self._welcome = Welcome(key_variable(self._workspace))

    def compose(self) -> ComposeResult:
        """What stands on the screen, from its top down."""
        yield self.body
        if self.is_new:
            yield self._welcome
        yield self.below
        yield self.find
        yield self.notices
        yield self.mode
        yield self.questions
        yield self.composer
        yield self.status

    def _turns_with(self, text: str) -> set[int]:
        return self._workspace.store.index.turns_with(self._sessions.current.session.id, text)

    @property
    def unsent(self) -> list[Draft]:
        """What is being written; no word that code asks for in secret."""
        code = [Draft(f"/run {self.code}")] if self.code.strip() else []
        drafts = [*code, *self.composer.unsent]
        if self.questions.wants_password:
            return [draft for draft in drafts if not draft.text.lstrip().startswith("/answer")]
        line = self.questions.written
        return [*([Draft(f"/answer {line}")] if line else []), *drafts]

    def write_code(self, text: str) -> None:
        """The editor for code has this text now."""
        self.code = text

    def hold(self, text: str) -> None:
        """Show a text that waits for its user, who may take it into the prompt."""
        waiting = self._sessions.current.waiting
        waiting.append(Draft(text, held=True))
        self.composer.show_waiting(waiting)

    # Which of them a key is for

    def enter(self) -> None:
        """Give the first keys to whatever the user has to look at first."""
        if self.is_new:
            self._welcome.enter()
        else:
            self.prompt.focus()

    def direct(self, event: Key | Paste) -> None:
        """Lead a key that is for the prompt to it, before anything else gets it."""
        if self._is_for_the_prompt(event):
            self.prompt.enter()

    def _is_for_the_prompt(self, event: Key | Paste) -> bool:
        """What is typed is for the prompt, wherever one looks, unless a mode says otherwise."""
        focused = self._app.focused
        if len(self._app.screen_stack) > 1:
            return False
        if isinstance(event, Paste):
            elsewhere = Block | OptionList | QuestionBar
            return focused is None or isinstance(focused, elsewhere)
        return (focused is None and event.is_printable) or self._in_welcome(event)

    # What is asked

    def to_question(self) -> None:
        """Go to what is asked: the only way by which letters answer it."""
        at_home = len(self._app.screen_stack) == 1
        if at_home and self.questions.waits and not self.questions.entered:
            panel = self.body.panel
            self._asked_in_panel = panel is not None and panel.has_focus_within
            self.questions.enter()

    def from_question(self) -> None:
        """Back to where the user was: the panel that was open on purpose, else the prompt."""
        if self._asked_in_panel and self.body.panel is not None:
            self.body.panel.enter()
        else:
            self.prompt.enter()
        self._asked_in_panel = False

    # Panels, and the help

    def help(self) -> None:
        """Show every command and every key."""
        self._app.push_screen(Help(helps(), key_help(self._app.keys)))

    async def toggle_panel(self, name: str) -> None:
        """Open a panel, or close it where it is open."""
        if self.body.panel is not None and name == self.body.panel.NAME:
            self.close_panel()
        else:
            await self.open_panel(name)

    async def open_panel(self, name: str) -> None:
        """Show a panel in the place of the one that is open."""
        if name == ThemePanel.NAME:
            self._app.restyle()
        panel = PANELS[name](self._sessions.context)
        panel.states = lambda: self._sessions.states
        await self.body.open(panel)

    def close_panel(self) -> None:
        """Show the conversation alone, and write on."""
        self.prompt.enter()
        self.body.close()

    def reload_panel(self) -> None:
        """Let an open panel read anew what it shows."""
        if self.body.panel is not None:
            self.body.panel.reload()

    # The welcome

    def _in_welcome(self, event: Key | Paste) -> bool:
        """Whether somebody begins to write where the welcome still has the keys."""
        focused = self._app.focused
        writes = isinstance(event, Paste) or event.is_printable
        return writes and focused is not None and focused.parent is self._welcome

    def open_welcome(self) -> None:
        """Offer the ways to connect, as at a first start."""
        if not self._welcome.is_attached:
            self._welcome = Welcome(key_variable(self._workspace))
            self._app.screen.mount(self._welcome, after=self.body)
        self._app.call_after_refresh(self._welcome.enter)

    def close_welcome(self) -> None:
        """Take the welcome away, if it is there."""
        if self._welcome.is_attached:
            self._welcome.remove()
