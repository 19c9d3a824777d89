"""What left this machine in this conversation."""

from collections.abc import Sequence

from qchat.egress.ledger import ledger, totals
from qchat.runtime import offline
from qchat.runtime.language import tr
from qchat.tui.dialogs.screens import Page
from qchat.tui.panels.base import Panel, Row


class EgressPanel(Panel):
    """A line for each turn and host; Enter shows which prompt and which memories went there."""

    NAME = "egress"
    EMPTY = "nothing has left this machine"

    async def rows(self, _query: str) -> Sequence[Row]:
        session = self.place().session
        turns = session.senders()  # of every branch: what was sent has left
        self._prompts = {turn.id: turn.prompt for turn in turns}
        self._lines = {f"{n}": line for n, line in enumerate(ledger(turns)) if not line.here}
        return [
            Row(id_, f"→ {line}", " ".join(self._prompts[line.turn].split())[:80])
            for id_, line in reversed(self._lines.items())
        ]

    async def about(self) -> str:
        sums = [f"{line}" for line in totals(self._lines.values())]
        state = [tr("offline: nothing can leave")] if offline.forbidden() else []
        return "\n".join([*([tr("In all:"), *sums] if sums else []), *state])

    async def choose(self, id_: str) -> None:
        line = self._lines[id_]
        memories = [tr("memory: {memory}", memory=memory) for memory in line.memories] or [
            tr("no memories went along")
        ]
        text = "\n".join([str(line), "", f"> {self._prompts[line.turn]}", "", *memories])
        self.app.push_screen(Page(tr("What left this machine"), text))
