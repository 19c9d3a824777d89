"""Earlier conversations: find, continue, rename, delete and have back."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from qchat.commands import CommandContext
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr
from qchat.store import HIDDEN_DAYS, Found, SessionInfo
from qchat.tui.panels.base import Panel, Row


class SessionsPanel(Panel):
    """Lists the newest first; what is deleted can come back for some days."""

    NAME = "sessions"
    FIND = "find in prompts, answers, thinking, tools"
    EMPTY = "no conversation here"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "", "open"),
        Binding("slash", "find", "find", key_display="/"),
        Binding("n", "new", "new"),
        Binding("r", "rename", "rename"),
        Binding("d", "delete", "delete"),
        Binding("u", "undo", "undo"),
    ]

    class Chosen(Message):
        """Go on with this session; None begins a new one."""

        def __init__(self, session_id: str | None) -> None:
            super().__init__()
            self.session_id = session_id

    class Deleted(Message):
        """This session is gone from the list."""

        def __init__(self, session_id: str) -> None:
            super().__init__()
            self.session_id = session_id

    def __init__(self, place: Callable[[], CommandContext]) -> None:
        super().__init__(place)
        self._infos: dict[str, SessionInfo] = {}

    @property
    def _workspace(self) -> Workspace:
        return self.place().workspace

    async def rows(self, query: str) -> Sequence[Row]:
        current = self.place().session.id
        states = self.states()
        found = {hit.session: f"{hit.where}: {hit.snippet}" for hit in self._hits(query)}
        self._infos = {
            info.id: info
            for info in self._workspace.sessions()
            if info.id in found or query.lower() in info.title.lower()
        }
        return [
            Row(
                id_,
                info.title or tr("untitled"),
                _note(info, found.get(id_, ""), states),
                id_ == current,
            )
            for id_, info in self._infos.items()
        ]

    async def choose(self, id_: str) -> None:
        self.post_message(self.Chosen(id_))

    def action_new(self) -> None:
        self.post_message(self.Chosen(None))

    def action_rename(self) -> None:
        info = self._infos.get(self.marked or "")
        if info is None:
            return

        async def accept(title: str) -> None:
            if not title.strip():
                raise UsageError(tr("a title needs at least one letter; the old one stays"))
            self._workspace.rename(info.id, title.strip())

        self.edit(info.title, accept)

    def action_delete(self) -> None:
        if info := self._infos.get(self.marked or ""):
            self.act(self._delete(info))

    def action_undo(self) -> None:
        self.act(self._undo())

    async def _delete(self, info: SessionInfo) -> str:
        self._workspace.store.hide_session(info.id)
        self.post_message(self.Deleted(info.id))
        return tr(
            "deleted {title!r}; u brings it back, for {hidden_days} days; gone at "
            "once: qchat sessions delete {id}",
            title=info.title,
            hidden_days=HIDDEN_DAYS,
            id=info.id,
        )

    async def _undo(self) -> str:
        store = self._workspace.store
        info = store.last_hidden(self._workspace.user)
        if info is None:
            return tr("nothing to bring back")
        store.hide_session(info.id, hidden=False)
        return tr("{title!r} is back", title=info.title)

    def _hits(self, query: str) -> list[Found]:
        return self._workspace.search_sessions(query) if query else []


def _note(info: SessionInfo, found: str, states: Mapping[str, str]) -> str:
    return " · ".join(filter(None, (states.get(info.id, ""), found or _when(info))))


def _when(info: SessionInfo) -> str:
    """When it was used last; the year where it is not this one."""
    when = datetime.datetime.fromtimestamp(info.updated_at)
    if when.year == datetime.date.today().year:
        date = tr("{when:%d %b} {when:%H:%M}", when=when)
    else:
        date = tr("{when:%d %b %Y} {when:%H:%M}", when=when)
    return f"{date} · {_turns(info.turns)}"


def _turns(number: int) -> str:
    return tr("1 turn") if number == 1 else tr("{n} turns", n=number)
