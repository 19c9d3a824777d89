"""Around the conversation: the prompt below it, panels beside it, the welcome of a first start."""

from textual.app import ComposeResult
from textual.events import Key, Paste

from qchat.commands import helps
from qchat.commands.connecting import is_new, key_variable
from qchat.conversation.workspace import Workspace
from qchat.tui.body import Body
from qchat.tui.dialogs.screens import Help
from qchat.tui.dialogs.welcome import Welcome
from qchat.tui.input.bindings import key_help
from qchat.tui.input.composer import Composer
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
        self._new = is_new(workspace)
        self._welcome = Welcome(key_variable(workspace))

    def compose(self) -> ComposeResult:
        yield self._body
        if self._new:
            yield self._welcome
        yield self._below
        yield self._find
        yield self._composer
        yield self._status

    def before_dispatch(self, event: Key | Paste) -> None:
        if self._in_welcome(event):
            self._prompt.enter()  # this key is for the prompt already
        super().before_dispatch(event)

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
        await self._body.open(PANELS[name](self._place))

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
