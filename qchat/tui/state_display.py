"""How things stand, wherever that is shown: the status line, the window's title, the prompt."""

from qchat.memory.reembedding import cells
from qchat.runtime.language import tr
from qchat.tui.base_app import BaseApp
from qchat.tui.dialogs.screens import Page
from qchat.tui.open_sessions import OpenSessions
from qchat.tui.screen_layout import ScreenLayout
from qchat.tui.status import details


def _importing(progress: tuple[int, int] | None) -> str:
    """How far an export has come in, as a bar; empty where none does."""
    if progress is None:
        return ""
    done, total = progress
    share = done / total if total else 0.0
    return tr("importing {bar} {share}", bar=cells(done, total), share=f"{share:.0%}")


class StateDisplay:
    """Reads the sessions and the workspace; whoever has changed something calls `refresh`."""

    def __init__(self, app: BaseApp, layout: ScreenLayout, sessions: OpenSessions) -> None:
        self._app = app
        self._layout = layout
        self._sessions = sessions
        self.starting = True
        """Whether what answers in the session on the screen is still being started."""

    def refresh(self) -> None:
        """Show how things stand now."""
        self.show_status()
        self._layout.composer.show_waiting(self._sessions.current.waiting)
        self._layout.composer.refresh_state()

    def watch(self) -> None:
        """Show what changes by itself: an engine loads, crashes and is unloaded at any time."""
        self._layout.below.display = self._layout.conversation.new_below
        self.show_status()

    def show_status(self) -> None:
        """Say in the line at the bottom, and in the window's title, what goes on."""
        queue = self._sessions.current
        workspace = self._app.workspace
        elsewhere = self._sessions.running_elsewhere
        beside = [
            workspace.reembedding.shown,
            workspace.reading.shown,
            _importing(workspace.import_progress),
            tr("{n} more running", n=elsewhere) if elsewhere else "",
        ]
        self._app.attention.title(self._title())
        draft = self._layout.composer.draft
        self._layout.status.show(
            queue.session,
            queue.activity,
            sum(not draft.held for draft in queue.waiting),
            starting=self.starting,
            mouse=self._app.has_mouse,
            beside=beside,
            prompt=draft.text,
            attached=draft.attached,
        )

    def _title(self) -> str:
        """What the window is called: its state first, which is all that narrow tabs show."""
        queues = [*self._sessions]
        waits = any(queue.activity.phase == "asking" for queue in queues)
        sign = "? " if waits else "… " if any(queue.busy for queue in queues) else ""
        new = "● " if any(queue.unseen and not queue.shown for queue in queues) else ""
        return f"{sign or new}{self._sessions.current.session.title[:60]} · qchat"

    def show_details(self) -> None:
        """Show what the line at the bottom has no room for."""
        page = Page(tr("This conversation"), details(self._sessions.current.session))
        self._app.push_screen(page)
