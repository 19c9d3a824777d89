"""What the user answered when a tool asked, and for how long that holds."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

Permission = Literal["once", "session", "no", "never"]
"""An answer to a question: for this call, for all of this session, not now, not in this session."""

PERMISSIONS: Mapping[str, Permission] = {
    "once": "once",
    "session": "session",
    "no": "no",
    "never": "never",
}
"""The answers by their names."""

Ask = Callable[[str], Awaitable[Permission]]


async def refuse(_question: str) -> Permission:
    """The answer where nobody is there to be asked."""
    return "no"


class Permissions:
    """The answers that hold for all of a session, by what was asked about."""

    def __init__(self) -> None:
        self._standing: dict[str, Permission] = {}

    async def granted(self, topic: str, question: str, ask: Ask) -> bool:
        """Whether it is allowed; the user is asked unless he has answered for good."""
        answer = self._standing.get(topic)
        if answer is None:
            answer = await ask(question)
            if answer in ("session", "never"):
                self._standing[topic] = answer
        return answer in ("once", "session")
