"""What stands in the window and is not sent: kept meanwhile, and shown after whatever end."""

from collections.abc import Mapping

from qchat.conversation.unsent import KEEP_EVERY_S, UnsentTexts
from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr
from qchat.tui.base_app import BaseApp
from qchat.tui.open_sessions import OpenSessions
from qchat.tui.screen_layout import ScreenLayout
from qchat.tui.transcript.turn_queue import TurnQueue


class Unsent:
    """Reads the prompt and the lists of what waits; see decision 0093."""

    def __init__(self, app: BaseApp, layout: ScreenLayout, sessions: OpenSessions) -> None:
        self._app = app
        self._layout = layout
        self._sessions = sessions
        self._workspace = app.workspace
        self._texts = UnsentTexts(app.workspace.store, app.workspace.user)

    def begin(self) -> None:
        """Keep from now on what is written, and say where something waits that is not here."""
        self._app.set_interval(KEEP_EVERY_S, self.keep)
        store, user = self._workspace.store, self._workspace.user
        if self.elsewhere and store.unsent.newer_than_all_sent(user):
            self._sessions.current.notice(
                tr("Text of another conversation was not sent. Up brings it here, F2 leads there.")
            )

    def take(self, queue: TurnQueue) -> None:
        """Show what was left unsent in a session: it waits until the user sends it, or not."""
        try:
            drafts = self._texts.take(queue.session)
        except QchatError as error:
            queue.notice(str(error), "warning")
            return
        if drafts:
            queue.waiting[:0] = drafts
            queue.notice(
                tr("This was not sent when qchat ended. Up brings it into the prompt.")
                if len(drafts) == 1
                else tr(
                    "{n} texts were not sent when qchat ended. Up brings the last one into the "
                    "prompt.",
                    n=len(drafts),
                )
            )

    def prompts(self) -> list[str]:
        """All that was left unsent, here or elsewhere, for the history."""
        waiting = [draft for queue in self._sessions for draft in queue.waiting if draft.held]
        return [*self._texts.texts(), *(text for draft in waiting for text in draft.texts)]

    @property
    def elsewhere(self) -> Mapping[str, int]:
        """How many texts were left unsent in sessions that are not open here."""
        return {session: len(drafts) for session, drafts in self._texts.left().items()}

    def keep(self) -> None:
        """Keep what is unsent now."""
        current = self._sessions.current
        written = [
            (queue.session, [*queue.waiting, *(self._layout.unsent if queue is current else ())])
            for queue in self._sessions
        ]
        if said := self._texts.keep(written):
            self._app.notify(said, severity="warning")

    def let_go(self, session_id: str) -> None:
        """A session was taken away; what was unsent in it comes back with it."""
        self._texts.let_go(session_id)

    def close(self) -> None:
        """The end: what is unsent now is for whoever comes back."""
        self.keep()
        self._texts.close()
