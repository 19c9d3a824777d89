"""What sessions ask the user: a permission, or a line for code that waits for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from qchat.commands import Answer
from qchat.config.keymap import named
from qchat.protocol.draft import Draft
from qchat.protocol.permission import Permission
from qchat.runtime.language import tr
from qchat.tui.background_work import start
from qchat.tui.base_app import BaseApp
from qchat.tui.screen_layout import ScreenLayout
from qchat.tui.state_display import StateDisplay
from qchat.tui.transcript.turn_queue import TurnQueue
from qchat_tools.base import InputRequest

YES_OR_NO = ("y", "yes", "a", "always", "n", "no", "v", "never", "是", "否")


class SessionQuestions:
    """Brings each question to the user, also of a session that is not on the screen."""

    def __init__(self, app: BaseApp, layout: ScreenLayout, state: StateDisplay) -> None:
        self._app = app
        self._layout = layout
        self._bar = layout.questions
        self._state = state

    def serve(self, queue: TurnQueue) -> None:
        """Answer from now on what a session asks."""
        queue.session.ask = partial(self._ask, queue)
        queue.session.ask_input = partial(self._ask_line, queue)

    async def _ask(self, queue: TurnQueue, question: str) -> Permission:
        with self._asking(queue, question) as where:
            return await self._bar.ask(f"{where}{question}")

    async def _ask_line(self, queue: TurnQueue, request: InputRequest) -> str | None:
        with self._asking(queue, tr("Code in the kernel asks")) as where:
            return await self._bar.ask_line(request, where)

    @contextmanager
    def _asking(self, queue: TurnQueue, question: str) -> Iterator[str]:
        """Say meanwhile that the user is waited for; gives where, unless that is on the screen."""
        queue.activity.ask(asking=True)
        start(self._app, partial(self._app.attention.asks, question), "attention")
        self._changed(queue)
        try:
            yield "" if queue.shown else tr("In {title!r}:", title=queue.session.title) + "\n"
        finally:
            queue.activity.ask(asking=False)
            self._changed(queue)

    def _changed(self, queue: TurnQueue) -> None:
        if queue.shown:
            self._state.refresh()

    # What the user writes meanwhile

    def is_meant_here(self, draft: Draft) -> bool:
        """Whether a prompt is most likely the answer to a question; it stays in the prompt then.

        As a prompt it can be sent right after the answer.
        """
        word = draft.text.strip().lower()
        if word not in YES_OR_NO or not self._bar.waits or self._bar.wants_line:
            return False
        self._layout.composer.write(draft)
        key = named(self._app.keys["answer"])
        self._app.notify(tr("To answer: {key}, then y, a, n or v; or write /yes or /no", key=key))
        return True

    def answer(self, answer: Answer) -> None:
        """A command answers what is asked, as its keys would."""
        bar = self._bar
        if not bar.waits:
            self._warn(tr("Nothing is being asked."))
        elif answer.permission is None:
            if not bar.wants_line:
                self._warn(tr("It wants /yes, /always, /no or /never."))
            elif answer.line:
                bar.give(answer.line)
            else:
                bar.enter()
        elif bar.wants_line and answer.permission in ("once", "session"):
            self._warn(tr("A line is asked for: /answer and the text."))
        else:
            bar.give(None if bar.wants_line else answer.permission)

    def _warn(self, text: str) -> None:
        self._layout.conversation.notice(text, "warning")
