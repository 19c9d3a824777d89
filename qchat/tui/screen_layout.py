"""Around the conversation: the prompt below it, panels beside it, the welcome of a first start."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.events import DescendantBlur, DescendantFocus, Key, Paste
from textual.notifications import SeverityLevel
from textual.widgets import OptionList

from qchat.commands import helps
from qchat.commands.connecting import is_new, key_variable
from qchat.config.keymap import named
from qchat.conversation.workspace import Workspace
from qchat.tui.blocks.block import Block
from qchat.tui.body import Body
from qchat.tui.dialogs.question_bar import QuestionBar
from qchat.tui.dialogs.screens import Help
from qchat.tui.dialogs.welcome import Welcome
from qchat.tui.input.bindings import key_help
from qchat.tui.input.composer import Composer
from qchat.tui.input.mode_bar import ModeBar
from qchat.tui.notices import Notices
from qchat.tui.panels import PANELS
from qchat.tui.panels.theme import ThemePanel
from qchat.tui.status import Status
from qchat.tui.transcript_view import TranscriptView


class ScreenLayout(TranscriptView):
    """Everything in its place; what is written there goes nowhere yet."""

    def __init__(self, workspace: Workspace, session_id: str | None) -> None:
        super().__init__(workspace, session_id)
        self._body = Body(self._conversation)
        self._composer = Composer(self._place)
        self._prompt = self._composer.prompt
        self._status = Status()
        self._notices = Notices()
        self._mode = ModeBar()
        self._asked_in_panel = False
        """Whether the keys were for a panel before they were for a question."""
        self.questions = QuestionBar(named(self._keys["answer"]))
        self._new = is_new(workspace)
        self._welcome = Welcome(key_variable(workspace))

    def compose(self) -> ComposeResult:
        yield self._body
        if self._new:
            yield self._welcome
        yield self._below
        yield self._find
        yield self._notices
        yield self._mode
        yield self.questions
        yield self._composer
        yield self._status

    def before_dispatch(self, event: Key | Paste) -> None:
        if self._is_for_the_prompt(event):
            self._prompt.enter()  # this key is for the prompt already
        super().before_dispatch(event)

    def _is_for_the_prompt(self, event: Key | Paste) -> bool:
        """What is typed is for the prompt, wherever one looks, unless a mode says otherwise."""
        if len(self.screen_stack) > 1:
            return False
        if isinstance(event, Paste):
            elsewhere = Block | OptionList | QuestionBar
            return self.focused is None or isinstance(self.focused, elsewhere)
        return (self.focused is None and event.is_printable) or self._in_welcome(event)

    # What is said in passing

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
        self._notices.say(f"{title}: {message}" if title else message, severity, timeout)

    # The mode in which letters are keys for a block

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, Block):
            self._mode.show()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        if isinstance(event.widget, Block):
            self._mode.hide()

    def on_block_armed(self, message: Block.Armed) -> None:
        if isinstance(self.focused, Block):
            self._mode.show(message.text)

    def on_block_clicked(self, message: Block.Clicked) -> None:
        self._conversation.point_at(message.block)

    # What is asked

    def action_answer(self) -> None:
        """Go to what is asked: the only way by which letters answer it."""
        if len(self.screen_stack) == 1 and self.questions.waits and not self.questions.entered:
            panel = self._body.panel
            self._asked_in_panel = panel is not None and panel.has_focus_within
            self.questions.enter()

    def on_question_bar_left(self) -> None:
        """Back to where the user was: the panel that was open on purpose, else the prompt."""
        if self._asked_in_panel and self._body.panel is not None:
            self._body.panel.enter()
        else:
            self._prompt.enter()
        self._asked_in_panel = False

    # Back to the prompt

    def on_find_bar_closed(self) -> None:
        self._prompt.enter()

    def on_virtual_turn_list_focus_lost(self) -> None:
        self._prompt.enter()

    def on_composer_begin(self, message: Composer.Begin) -> None:
        self._prompt.put(message.line)
        self._prompt.enter()

    def on_composer_refused(self, message: Composer.Refused) -> None:
        self._notice(message.problem, "warning")
        self._conversation.follow()

    def on_composer_remarked(self, message: Composer.Remarked) -> None:
        self._notice(message.text, "warning")

    def action_think_once(self) -> None:
        self._composer.switch_thinking()

    def action_queue(self) -> None:
        self._composer.to_queue()

    # Panels, and the help

    def action_help(self) -> None:
        self.push_screen(Help(helps(), key_help(self._keys)))

    async def action_panel(self, name: str) -> None:
        """Open a panel, or close it where it is open."""
        if self._body.panel is not None and name == self._body.panel.NAME:
            self.on_panel_closed()
        else:
            await self._open_panel(name)

    def on_panel_closed(self) -> None:
        self._prompt.enter()
        self._body.close()

    def on_saved_block_changed(self) -> None:
        self._reload()

    async def _open_panel(self, name: str) -> None:
        if name == ThemePanel.NAME:
            self._restyle()
        panel = PANELS[name](self._place)
        panel.states = self._session_states
        await self._body.open(panel)

    def _session_states(self) -> Mapping[str, str]:
        """What is to be said of sessions that are open, by their ids."""
        return {}

    def _reload(self) -> None:
        if self._body.panel is not None:
            self._body.panel.reload()

    # The welcome

    def _in_welcome(self, event: Key | Paste) -> bool:
        """Whether somebody begins to write where the welcome still has the keys."""
        writes = isinstance(event, Paste) or event.is_printable
        return writes and self.focused is not None and self.focused.parent is self._welcome

    def _open_welcome(self) -> None:
        if not self._welcome.is_attached:
            self._welcome = Welcome(key_variable(self.workspace))
            self.screen.mount(self._welcome, after=self._body)
        self.call_after_refresh(self._welcome.enter)

    def _close_welcome(self) -> None:
        if self._welcome.is_attached:
            self._welcome.remove()
