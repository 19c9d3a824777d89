"""What the sessions of one user share: settings, store, backends, memory."""

from collections.abc import Sequence
from functools import partial

from qchat.backends.base import Backend
from qchat.backends.catalog import open_backend
from qchat.config.settings import Settings
from qchat.conversation.branch import Branch
from qchat.conversation.cursor import Abandoned, BringBack
from qchat.conversation.session import Session
from qchat.conversation.toolbox import Toolbox
from qchat.egress.traffic import Traffic
from qchat.memory.memories import Memories
from qchat.memory.opening import open_memory
from qchat.memory.reembedding import Reembedding
from qchat.runtime import offline
from qchat.runtime.paths import Paths
from qchat.store import Found, SessionInfo, Store, Turn
from qchat_tools import files


class Workspace:
    """Opens sessions and backends, and closes what it opened."""

    def __init__(
        self,
        settings: Settings,
        paths: Paths,
        user: str = "default",
        *,
        tools: frozenset[str] | None = None,
    ) -> None:
        """`tools` names those that sessions may use, all if None. Raises StoreError."""
        self.settings = settings
        self.paths = paths
        self.user = user
        self.store = Store(paths.sessions_db)
        self._allowed = tools
        self._traffic = Traffic()
        self._memory = open_memory(settings.memory, paths, user, self._traffic)
        self.reembedding = Reembedding(self._memory)
        self._backends: dict[str, Backend] = {}
        self._sessions: list[Session] = []

    def backend(self, name: str, model: str = "") -> Backend:
        """The backend of that name, with another model if one is given; opened once.

        Raises UsageError for an unknown name, SettingsError.
        """
        key = f"{name} {model}".rstrip()
        if key not in self._backends:
            load = partial(files.load, folder=self.paths.files_dir)
            self._backends[key] = open_backend(name, self.settings, model, load)
        return self._backends[key]

    def open(self, session_id: str | None = None) -> Session:
        """Begin a conversation, or continue one by its id or the beginning of it.

        Raises UsageError for a session or a backend that does not exist.
        """
        backend = self.backend(self.settings.backend)
        if session_id is None:
            info = self.store.create_session(self.user, offline=offline.forbidden())
        else:
            info = self.store.session(self.user, session_id)
        if info.offline:  # it was promised, and holds until it is taken back
            offline.forbid()
        turns = Branch(self.store, info.id)
        pinned = self.settings.memory.pinned_tokens
        memories = Memories(
            self._memory, info.id, on=info.memory, pinned_tokens=pinned, traffic=self._traffic
        )
        toolbox = Toolbox(
            self.settings,
            self.paths,
            info.id,
            memories,
            self._allowed,
            self.store.sources(info.id),
        )
        session = Session(
            info,
            self.store,
            turns,
            toolbox,
            backend,
            think=self.settings.think,
            budget=self.settings.thinking_budget,
            max_steps=self.settings.max_steps,
        )
        session.abandoned = _taking_back(memories)
        self._sessions.append(session)
        return session

    def sessions(self) -> list[SessionInfo]:
        """The newest first."""
        return self.store.sessions(self.user)

    def search(self, query: str) -> list[Found]:
        """Places in any session of this user."""
        return self.store.index.search(self.user, query)

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

    async def switch(self, session: Session, name: str, model: str = "") -> None:
        """As `use_backend`, but stay with the one that answers where the other could not.

        Raises UsageError, SettingsError, AuthenticationError, OfflineError, EngineError.
        """
        backend = self.backend(name, model)
        await backend.check()
        session.backend = backend

    async def aclose(self) -> None:
        """End kernels and engines, then close the store."""
        await self.reembedding.aclose()
        for session in self._sessions:
            await session.aclose()
            session.note_sent()
            if not session.tree().leaves():  # opened, looked at, left
                self.store.delete_session(session.id)
        for backend in self._backends.values():
            await backend.aclose()
        if self._memory is not None:
            self._memory.close()
        self.store.purge()
        self.store.close()


def _taking_back(memories: Memories) -> Abandoned:
    """What a prompt made the model keep goes when the prompt is edited, repeated or deleted."""

    async def take_back(turns: Sequence[Turn]) -> BringBack:
        taken = await memories.take_back([turn.id for turn in turns])
        return partial(memories.give_back, taken)

    return take_back
