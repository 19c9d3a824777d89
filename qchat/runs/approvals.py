"""What needs the user's word waits in a queue; the rest of a run goes on."""

import asyncio
import re

from qchat.protocol.permission import Ask, Permission
from qchat.store import Runs
from qchat_memory.origin import QCHAT
from qchat_tools.base import ToolError


class Waits(ToolError):
    """Told to the model instead of keeping it waiting."""

    origin = QCHAT

    def __init__(self) -> None:
        super().__init__(
            "this waits for the user's approval; go on with something else, and make the same call"
            " again when you are told that it is allowed"
        )


def _subject(question: str) -> tuple[str, str]:
    """What a question asks, and about what: its first sentence, and all below its first line."""
    head, _, body = question.partition("\n")
    return re.split("(?<=[?？])", head, maxsplit=1)[0] if body else head, body


class Approvals:
    """Questions of one run. `ask` is how the user is reached; None where nobody is there."""

    def __init__(self, runs: Runs, session: str, ask: Ask | None) -> None:
        self._runs = runs
        self._session = session
        self._ask = ask
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._news: list[str] = []
        self.answered = asyncio.Event()

    @property
    def somebody(self) -> bool:
        """Whether an answer may still come."""
        return self._ask is not None

    @property
    def waiting(self) -> list[str]:
        """The questions without an answer."""
        return self._runs.waiting(self._session)

    async def ask(self, question: str) -> Permission:
        """The answer that was given to this question, once; raises Waits while there is none.

        It is the same question where the same is asked for: its reason names what was read, and
        more is read by the time of the answer.
        """
        asked = self._runs.questions(self._session)
        subject = _subject(question)
        question = next((known for known in asked if _subject(known) == subject), question)
        match self._runs.ask(self._session, question):
            case "once":
                self._runs.answer(self._session, question, "")  # for this call alone
                self._runs.answer(self._session, question, "used")
                return "once"
            case "session":
                return "session"
            case "no" | "never":
                return "no"
            case "used":
                self._runs.answer(self._session, question, "")
            case _:
                pass
        self.reach(question)
        raise Waits

    def reach(self, question: str) -> None:
        """Ask the user beside the run."""
        if self._ask is not None and question not in self._asking:
            task = asyncio.create_task(self._put(question, self._ask), name="approval")
            self._asking[question] = task

    def reach_all(self) -> None:
        """Ask everything that waits: after a restart nobody else does."""
        for question in self.waiting:
            self.reach(question)

    async def _put(self, question: str, ask: Ask) -> None:
        try:
            answer = await ask(question)
            self._runs.answer(self._session, question, answer)
            word = "allows it now" if answer in ("once", "session") else "does not allow it"
            first_line = question.partition("\n")[0]
            self._news.append(f"The user was asked {first_line!r}, and {word}.")
            self.answered.set()
        finally:
            self._asking.pop(question, None)

    def news(self) -> str:
        """What was answered since this was asked last, for the model."""
        news, self._news = self._news, []
        self.answered.clear()
        return " ".join(news)

    async def aclose(self) -> None:
        """Nobody is asked any more."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
