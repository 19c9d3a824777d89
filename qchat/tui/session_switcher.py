"""Which session is on the screen: how one is entered, started and left for another."""

import asyncio
import importlib
from functools import partial

from qchat.commands.goal import unfinished
from qchat.conversation.session import Session
from qchat.protocol.errors import QchatError
from qchat.runtime import garbage_collection
from qchat.runtime.language import tr
from qchat.tui.background_work import start
from qchat.tui.base_app import BaseApp
from qchat.tui.open_sessions import OpenSessions
from qchat.tui.screen_layout import ScreenLayout
from qchat.tui.session_questions import SessionQuestions
from qchat.tui.state_display import StateDisplay
from qchat.tui.transcript.render_context import render_context
from qchat.tui.unsent import Unsent

TINY = "This tiny model computes, remembers and looks up, no more. /connect leads to a real one."


class SessionSwitcher:
    """Puts sessions on the screen; what runs in the one that is left goes on."""

    def __init__(
        self,
        app: BaseApp,
        layout: ScreenLayout,
        sessions: OpenSessions,
        state: StateDisplay,
        questions: SessionQuestions,
        unsent: Unsent,
    ) -> None:
        self._app = app
        self._workspace = app.workspace
        self._layout = layout
        self._conversation = layout.conversation
        self._sessions = sessions
        self._state = state
        self._questions = questions
        self._unsent = unsent

    def enter(self) -> None:
        """Show the current session, and warm up what it needs once that stands on the screen."""
        queue = self._sessions.current
        session = queue.session
        self._questions.serve(queue)
        self._conversation.around = render_context(session, self._workspace)
        queue.show()
        if not session.turns and not queue.busy:
            self._greet(session)
        left = unfinished(self._workspace, session)
        for remark in (*session.remarks, *([left] if left else [])):
            self._conversation.notice(remark, "warning")
        self._unsent.take(queue)
        self._state.starting = True
        self._state.refresh()
        self._layout.reload_panel()
        app = self._app
        app.call_after_refresh(self._recall_prompts)
        app.call_after_refresh(start, app, partial(self.start, session), "start")

    def open(self, session_id: str | None) -> None:
        """Leave this session for another, None for a new one."""
        if session_id == self._sessions.current.session.id:
            return
        left = self._sessions.current
        try:
            self._sessions.go_to(session_id)
        except QchatError as error:
            self._conversation.notice(str(error), "warning")
            return
        if change := self._layout.composer.take_change():
            left.waiting.append(change)  # in another conversation its number is another prompt's
        if self._sessions.running_elsewhere:
            said = tr("The answer that you left goes on. F2 lists your sessions.")
            self._app.notify(said)
        self.enter()

    def deleted(self, session_id: str) -> None:
        """A session is no more: what runs in it ends, and it leaves the screen."""
        if session_id == self._sessions.current.session.id:
            self.open(None)
        self._sessions.forget(session_id)

    async def start(self, session: Session) -> None:
        """Start what answers; where that fails, fall back on what does."""
        try:
            await session.start()
        except QchatError as error:
            self._conversation.notice(str(error), "error")
            if said := await self._workspace.fall_back(session, error):
                self._conversation.notice(said, "warning")
        # What draws answers is slow to load, and a stall where the first one begins.
        await asyncio.to_thread(importlib.import_module, "qchat.tui.render.document")
        if session is self._sessions.current.session:
            self._state.starting = False
            self._state.refresh()
        if not self._app.is_headless:
            garbage_collection.settle()

    def _recall_prompts(self) -> None:
        try:
            prompts = self._workspace.store.prompts(self._workspace.user)
            prompts += self._unsent.prompts()
        except QchatError as error:
            self._conversation.notice(str(error), "warning")
        else:
            self._layout.prompt.past.load(prompts)

    def _greet(self, session: Session) -> None:
        backend = session.backend
        text: str = tr("{model}. Ask something, or type /help.", model=backend.model)
        if backend.name == "demo" and not self._layout.is_new:
            text += "\n" + tr(TINY)
        self._conversation.notice(text)
