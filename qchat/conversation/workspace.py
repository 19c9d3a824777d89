"""What the sessions of one user share: settings, store, backends, memory."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from qchat.backends.base import Backend
from qchat.backends.retries import Retries
from qchat.config.settings import Settings
from qchat.conversation.backend_pool import BackendPool
from qchat.conversation.branch import Branch
from qchat.conversation.choices import Choices, Overrides
from qchat.conversation.context_limits import Limits
from qchat.conversation.cursor import Abandoned, BringBack
from qchat.conversation.resuming import answering, broken
from qchat.conversation.session import Session
from qchat.conversation.toolbox import Toolbox
from qchat.egress.traffic import Traffic
from qchat.knowledge.background import Reading
from qchat.knowledge.library import Library
from qchat.memory.memories import Memories
from qchat.memory.opening import open_memory
from qchat.memory.reembedding import Reembedding
from qchat.protocol.errors import QchatError, StoreError
from qchat.protocol.events import Sent
from qchat.runtime import offline
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat.store import Found, SessionInfo, Store, Turn

DEMO = "demo"
NO_OVERRIDES = Overrides()


class Workspace:
    """Opens sessions and backends, and closes what it opened."""

    def __init__(
        self,
        settings: Settings,
        paths: Paths,
        user: str = "default",
        *,
        tools: frozenset[str] | None = None,
        overrides: Overrides = NO_OVERRIDES,
        backends: Mapping[str, Backend] | None = None,
    ) -> None:
        """`tools` names those that sessions may use, all if None; `overrides` are the command
        line's; `backends` take the place of what the settings say under their names.

        Raises StoreError.
        """
        self.settings = settings
        self.paths = paths
        self.user = user
        self.store = Store(paths.sessions_db)
        self._allowed = tools
        self._traffic = Traffic()
        self.memory = open_memory(settings.memory, paths, user, self._traffic)
        """What is remembered of this user; none where remembering is off."""
        self.reembedding = Reembedding(self.memory)
        self.library = Library(paths, user, settings.memory, self._traffic)
        """The user's own folders."""
        self.reading = Reading(self.library, user)
        self.import_progress: tuple[int, int] | None = None
        """Bytes of an export that are read, and of how many; None while none comes in."""
        self.pool = BackendPool(paths, backends)
        self.limits = Limits(paths.limits_file)
        self._overrides = overrides
        self._sessions: list[Session] = []

    def backend(self, name: str, model: str = "") -> Backend:
        """The backend of that name, with another model if one is given; opened once.

        Raises UsageError for an unknown name, SettingsError.
        """
        return self.pool.get(name, self.settings, model)

    def open(self, session_id: str | None = None) -> Session:
        """Begin a conversation, or continue one by its id or the beginning of it.

        A continued one is answered by what answered it last; `Session.remarks` say where that is
        no longer so. Raises UsageError for a session or a backend that does not exist.
        """
        if session_id is None:
            chosen = answering(self.pool, self.settings, self._overrides)
            info = self.store.create_session(self.user, offline=offline.forbidden())
        else:
            info = self.store.session(self.user, session_id)
            # What the command line says is said of the conversation that it opens, and of new ones.
            said = NO_OVERRIDES if self._sessions else self._overrides
            last = self.store.last_answer(info.id)
            chosen = answering(self.pool, self.settings, said, info.choices, last, continued=True)
        if info.offline:  # it was promised, and holds until it is taken back
            offline.forbid()
        turns = Branch(self.store, info.id)
        pinned = self.settings.memory.pinned_tokens
        memories = Memories(
            self.memory, info.id, on=info.memory, pinned_tokens=pinned, traffic=self._traffic
        )
        toolbox = Toolbox(
            self.settings,
            self.paths,
            info.id,
            memories,
            self._allowed,
            self.store.sources(info.id),
            user=self.user,
            library=self.library,
        )
        session = Session(
            info,
            self.store,
            turns,
            toolbox,
            chosen.backend,
            think=chosen.think,
            budget=chosen.budget,
            max_steps=self.settings.max_steps,
        )
        session.effort = chosen.effort
        session.retries = Retries(first_s=self.settings.retry_s)
        session.limit = lambda: self.limits.of(*self._target(session))
        session.learn_limits(lambda tokens: self.limits.learn(*self._target(session), tokens))
        session.written_notes = self.settings.notes == "model"
        session.reruns = session_id is not None and self.settings.python.rerun == "always"
        session.remarks = chosen.remarks
        session.cursor.abandoned = _taking_back(memories)
        self._sessions.append(session)
        self.keep_choices(session)
        return session

    def _target(self, session: Session) -> tuple[str, str]:
        """Where the words of a session go, and to which model."""
        opened = self.pool.opened(session.backend)
        return opened.target if opened is not None else "", session.backend.model

    def sessions(self) -> list[SessionInfo]:
        """The newest first."""
        return self.store.sessions(self.user)

    def last_session(self) -> SessionInfo | None:
        """The one that goes on where none is named; None where there is none."""
        return self.store.last_session(self.user)

    def search(self, query: str) -> list[Found]:
        """Places in any session of this user."""
        return self.store.index.search(self.user, query)

    def search_sessions(self, query: str) -> list[Found]:
        """The newest place in each session of this user that has one."""
        return self.store.index.search(self.user, query, -1, one_per_session=True)

    def rename(self, session_id: str, title: str) -> None:
        """Give a conversation a title of the user's own."""
        self.store.rename_session(session_id, title)
        for session in self._sessions:
            if session.id == session_id:
                session.title = title

    def use_memory(self, session: Session, on: bool = True) -> None:
        """Let a conversation read and write memories, or no longer. Raises QchatError."""
        session.toolbox.memories.turn(on)
        self.store.keep_memory(session.id, on)

    def go_offline(self, session: Session, on: bool = True) -> None:
        """Forbid every connection but loopback, for this session for good; or allow them."""
        offline.forbid(on)
        self.store.keep_offline(session.id, on)

    def use_backend(self, session: Session, name: str, model: str = "") -> None:
        """Let a session go on with another backend or model. Raises UsageError, SettingsError."""
        session.backend = self.backend(name, model)
        session.remarks = ()
        self.keep_choices(session)

    async def switch(self, session: Session, name: str, model: str = "") -> None:
        """As `use_backend`, but stay with the one that answers where the other could not.

        Raises UsageError, SettingsError, AuthenticationError, OfflineError, EngineError.
        """
        backend = self.backend(name, model)
        await backend.check()
        session.backend = backend
        session.remarks = ()
        self.keep_choices(session)

    async def fall_back(self, session: Session, error: QchatError) -> str:
        """Let the demo model answer where the backend cannot; say so. Empty where that is no help.

        It is never another machine: nobody has said that the conversation may go there.
        """
        if not broken(error) or session.backend is self.backend(DEMO):
            return ""
        if self._overrides.chooses:
            return ""
        name, session.backend = session.backend.name, self.backend(DEMO)
        said = tr(
            "{name!r} cannot answer, so the demo model does in this conversation for "
            "now. Use /connect or /backend to choose another.",
            name=name,
        )
        session.remarks = (*session.remarks, said)
        return said

    def keep_choices(self, session: Session) -> None:
        """Keep with which backend, model and switches a conversation goes on. Raises StoreError.

        Who only stands in is not kept: what it stood in for may come back.
        """
        opened = self.pool.opened(session.backend)
        if opened is None or session.remarks:
            return
        choices = Choices(
            opened.name,
            opened.model,
            opened.target,
            session.think,
            session.budget,
            session.effort,
        )
        self.store.keep_choices(session.id, choices.encode())

    def note_sent(self, session: Session | None, sent: Sequence[Sent]) -> None:
        """Keep what left the machine for a conversation outside its turns. Raises StoreError.

        Without one, it gets an entry that is listed nowhere but there.
        """
        id_ = session.id if session is not None else self.store.create_session(self.user).id
        self.store.sendings.note(id_, sent)

    def sent_elsewhere(self, session: Session) -> Turn | None:
        """What left the machine for this user outside of all that was said. Raises StoreError."""
        return self.store.sendings.elsewhere(self.user, session.id)

    async def close(self, session: Session) -> None:
        """End a conversation's kernel and forget it; one in which nothing was said is deleted."""
        await session.aclose()
        session.note_sent()
        nothing = not session.turns and not session.cursor.tree().leaves()
        if nothing and not self.store.sendings.any_outside(session.id):  # opened, looked at, left
            with suppress(StoreError):  # on a full disk it stays, and is listed nowhere
                self._forget(self.store.delete_session(session.id))
        self._sessions.remove(session)

    def _forget(self, hashes: Sequence[str]) -> None:
        """Delete the files of what was deleted."""
        self.store.forget_kept(hashes, self.paths.files_dir, self.paths.runs_dir)

    async def aclose(self) -> None:
        """End kernels and engines, then close the store."""
        await self.reembedding.aclose()
        await self.reading.aclose()
        self.library.close()
        for session in tuple(self._sessions):
            await self.close(session)
        await self.pool.aclose()
        if self.memory is not None:
            self.memory.close()
        with suppress(StoreError):  # the next end does it
            self._forget(self.store.purge())
        self.store.close()


def _taking_back(memories: Memories) -> Abandoned:
    """What a prompt made the model keep goes when the prompt is edited, repeated or deleted."""

    async def take_back(turns: Sequence[Turn]) -> BringBack:
        taken = await memories.take_back([turn.id for turn in turns])
        return partial(memories.give_back, taken)

    return take_back
