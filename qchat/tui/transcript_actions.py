"""What blocks of the conversation are asked for: to copy, to open, another branch, to run code."""

from qchat.conversation.source_view import source_text
from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr
from qchat.tui.base_app import BaseApp
from qchat.tui.blocks.block import Block
from qchat.tui.blocks.kinds import PromptBlock
from qchat.tui.blocks.sources import Source
from qchat.tui.open_sessions import OpenSessions
from qchat.tui.render.click_targets import SOURCE, TRAIL
from qchat.tui.transcript.conversation import Conversation
from qchat.tui.transcript.trail_screen import TrailScreen


class TranscriptActions:
    """Does for a block what it cannot do itself, in the session on the screen."""

    def __init__(self, app: BaseApp, conversation: Conversation, sessions: OpenSessions) -> None:
        self._app = app
        self._conversation = conversation
        self._sessions = sessions

    def to_blocks(self) -> None:
        """Enter the mode in which blocks are walked: where one pointed at last, else at the end."""
        if isinstance(self._app.focused, Block):
            self._conversation.action_walk(-1)
        elif block := self._conversation.pointed_at:
            self._app.screen.set_focus(block)  # at once: the next key is for the block

    def copy(self, text: str) -> None:
        """Copy a text, and say so."""
        self._app.copy_to_clipboard(text)
        self._app.notify(tr("copied"), timeout=1.5)

    def open_link(self, url: str) -> None:
        """Show where a link leads: a source, a trail, or a page in the user's browser."""
        if url.startswith(SOURCE):
            self.open_source(int(url.removeprefix(SOURCE)))
        elif (id_ := url.removeprefix(TRAIL)).isdecimal():
            self.open_trail(int(id_))
        elif url.startswith(("https://", "http://")):
            self._app.open_url(url)
            self._app.notify(tr("opened {url}", url=url), timeout=3, markup=False)
        else:
            said = tr("{url} is not an address that a browser opens", url=url)
            self._conversation.notice(said, "warning")

    def open_trail(self, id_: int) -> None:
        """Show a trail as any turn is shown."""
        if (turn := self._sessions.current.session.trail(id_)) is not None:
            self._app.push_screen(TrailScreen(turn, self._conversation.around))

    def open_source(self, number: int) -> None:
        """Show what the model was given of a source."""
        try:
            self._app.push_screen(Source(source_text(self._sessions.current.session, number)))
        except QchatError as error:
            self._conversation.notice(str(error), "warning")

    # Branches

    def number_of(self, block: PromptBlock) -> int:
        """Which prompt of the branch it is, counted from 1 as commands count; 0 if none."""
        turn = self._conversation.turn_of(block)
        heads = self._sessions.current.session.turns.heads
        return next((n for n, head in enumerate(heads, 1) if head.id == turn), 0)

    def switch(self, block: PromptBlock, step: int) -> None:
        """Show the branch beside that of a prompt, so many to the left or to the right."""
        turn = self._conversation.turn_of(block)
        if turn is None:
            return
        cursor = self._sessions.current.session.cursor
        beside = cursor.siblings(turn)
        place = beside.index(turn) + step
        if 0 <= place < len(beside):
            try:
                cursor.switch(beside[place])
            except QchatError as error:
                self._conversation.notice(str(error), "warning")
                return
            walking = isinstance(self._app.focused, Block)
            self._sessions.current.show()
            self._conversation.go_to_turn(beside[place], walk=walking)
