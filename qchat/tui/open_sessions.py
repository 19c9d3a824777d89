"""The sessions that were opened: one is on the screen, in others a turn may go on."""

from collections.abc import Callable, Iterator, Mapping

from qchat.commands import CommandContext
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.runs.goal import short, span
from qchat.runs.lease import holder_of
from qchat.runtime.language import tr, verbatim
from qchat.tui.transcript.conversation import Conversation
from qchat.tui.transcript.turn_queue import Owner, TurnQueue

RUNNING, NEW = "answering …", "new answer"
GOAL, ELSEWHERE = "works on its goal", "another qchat works on its goal"


def _doing(queue: TurnQueue) -> str:
    """What goes on in a session that is busy: for how long, at what cost."""
    watch = queue.session.oversight
    if watch is not None:
        return verbatim(f"{tr(GOAL)} · {watch.figures}")
    last = queue.session.last_step
    tokens = last.usage.prompt + last.usage.completion if last is not None else 0
    cost = [tr("{short} tokens", short=short(tokens))] if tokens else []
    return " · ".join([tr(RUNNING), span(queue.activity.turn_s), *cost])


class OpenSessions:
    """Keeps what was opened: whoever comes back finds the answer, the queue and the kernel."""

    def __init__(
        self, workspace: Workspace, session: Session, conversation: Conversation, owner: Owner
    ) -> None:
        self._workspace = workspace
        self._conversation = conversation
        self._owner = owner
        self.current = TurnQueue(session, conversation, owner)
        self._queues = {session.id: self.current}
        self.unsent: Callable[[], Mapping[str, int]] = dict
        """How many texts were left unsent in sessions that are not open."""

    def context(self) -> CommandContext:
        """What commands, panels and completions work on: the session on the screen."""
        return CommandContext(self._workspace, self.current.session)

    def __iter__(self) -> Iterator[TurnQueue]:
        return iter([*self._queues.values()])

    def go_to(self, session_id: str | None) -> TurnQueue:
        """Leave the session on the screen for another, None for a new one. Raises QchatError."""
        queue = self._queues.get(session_id or "")
        if queue is None:
            session = self._workspace.open(session_id)
            queue = self._queues.get(session.id)  # it may have been named by its beginning
            if queue is None:
                queue = TurnQueue(session, self._conversation, self._owner)
                self._queues[session.id] = queue
        self.current.leave()
        self.current = queue
        return queue

    def forget(self, session_id: str) -> None:
        """It was deleted: what runs in it ends."""
        queue = self._queues.pop(session_id, None)
        if queue is not None:
            queue.waiting.clear()
            queue.stop()

    @property
    def states(self) -> Mapping[str, str]:
        """What is to be said of sessions, by their ids."""
        from qchat.runs.figures import told  # noqa: PLC0415  the window starts without

        elsewhere = {
            row.session: f"{tr(ELSEWHERE)} · {told(row)}"
            for row in self._workspace.store.runs.all(self._workspace.user)
            if row.session not in self._queues and holder_of(row)
        }
        left = {id_: tr("{n} not sent", n=number) for id_, number in self.unsent().items()}
        here = {
            id_: _doing(queue) if queue.busy else tr(NEW)
            for id_, queue in self._queues.items()
            if queue.busy or (queue.unseen and not queue.shown)
        }
        return left | elsewhere | here

    @property
    def running_elsewhere(self) -> int:
        """In how many sessions that are not on the screen a turn runs."""
        return sum(queue.busy for queue in self._queues.values() if queue is not self.current)

    def stop(self) -> None:
        """End all that runs; what was streamed is kept."""
        for queue in self._queues.values():
            queue.waiting.clear()
            queue.stop()
