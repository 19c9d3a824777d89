"""Reading: how one moves in the conversation, and what its blocks are asked for."""

from typing import Literal

from textual.widgets import Static

from qchat.commands import CommandContext
from qchat.conversation.session import Session
from qchat.conversation.source_view import source_text
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr
from qchat.tui.base_app import BaseApp
from qchat.tui.blocks.block import Block
from qchat.tui.blocks.sources import Source
from qchat.tui.input.prompt import Prompt
from qchat.tui.render.targets import SOURCE, TRAIL
from qchat.tui.transcript.conversation import Conversation
from qchat.tui.transcript.find import FindBar
from qchat.tui.transcript.trail_screen import TrailScreen

Level = Literal["info", "warning", "error"]

LOOK_EVERY_S = 0.2


class TranscriptView(BaseApp):
    """A window with one session's conversation in it, and nobody who writes yet."""

    def __init__(self, workspace: Workspace, session_id: str | None) -> None:
        super().__init__(workspace)
        self.session: Session = workspace.open(session_id)
        # Kept by name: a query would look in whatever screen is on top.
        self._conversation = Conversation()
        self._below = Static(tr("↓ new below · Ctrl+End"), id="below", markup=False)
        self._find = FindBar(
            self._conversation, lambda text: workspace.store.index.turns_with(self.session.id, text)
        )

    def on_mount(self) -> None:
        self.set_interval(LOOK_EVERY_S, self._watch_view)

    def _place(self) -> CommandContext:
        return CommandContext(self.workspace, self.session)

    def _notice(self, text: str, level: Level = "info") -> None:
        self._conversation.notice(text, level)

    def _watch_view(self) -> None:
        self._below.display = self._conversation.new_below

    # Where the reader goes

    def action_fold_all(self, kind: str) -> None:
        self._conversation.fold_all(kind)

    def action_to_blocks(self) -> None:
        """Enter the mode in which blocks are walked: where one pointed at last, else at the end."""
        if isinstance(self.focused, Block):
            self._conversation.action_walk(-1)
        elif block := self._conversation.pointed_at:
            self.screen.set_focus(block)  # at once: the next key is for the block

    def action_jump(self, step: int) -> None:
        self._conversation.jump(step)

    def action_find(self) -> None:
        self._find.open()

    def action_to_end(self) -> None:
        self._conversation.follow()

    def on_prompt_page(self, message: Prompt.Page) -> None:
        self._conversation.page(message.step)

    # What a block is asked for

    def on_block_copied(self, message: Block.Copied) -> None:
        self.copy_to_clipboard(message.text)
        self.notify(tr("copied"), timeout=1.5)

    def on_block_link_pressed(self, message: Block.LinkPressed) -> None:
        if message.url.startswith(SOURCE):
            self._open_source(int(message.url.removeprefix(SOURCE)))
        elif (id_ := message.url.removeprefix(TRAIL)).isdecimal():
            self._open_trail(int(id_))
        elif message.url.startswith(("https://", "http://")):
            self.open_url(message.url)
            self.notify(tr("opened {url}", url=message.url), timeout=3, markup=False)
        else:
            self._notice(
                tr("{url} is not an address that a browser opens", url=message.url), "warning"
            )

    def _open_trail(self, id_: int) -> None:
        """Show a trail as any turn is shown."""
        if (turn := self.session.trail(id_)) is not None:
            self.push_screen(TrailScreen(turn, self._conversation.around))

    def _open_source(self, number: int) -> None:
        try:
            self.push_screen(Source(source_text(self.session, number)))
        except QchatError as error:
            self._notice(str(error), "warning")
