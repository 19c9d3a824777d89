"""A question in the line-by-line chat: a prompt as any other, which allows nothing by itself.

What is typed while a question opens is the user's next prompt. It stands in the line as it was
begun, and waits its turn when it is sent (decision 0060). Only a command allows something; what
running code asks for is answered by any line that was begun when the question stood there.
"""

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prompt_toolkit import PromptSession
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.patch_stdout import patch_stdout

from qchat.commands import Answer, CommandContext, execute, is_command
from qchat.commands.approvals import COMMANDS
from qchat.console.line_prompt import LinePrompt
from qchat.console.typeahead import Typing
from qchat.protocol.permission import Permission
from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat_tools.base import InputRequest

SHOWN_CODE = 1_000
WORDS = ("y", "yes", "a", "always", "n", "no", "v", "never", "是", "否")
ANSWERING = {f"/{command.name}" for command in COMMANDS}
PERMISSION_KEYS = "Answer with /yes, /always (in this conversation), /no or /never."
LINE_KEYS = "Write a line to answer; /no ends its input."
HIDDEN_LINE_KEYS = "/answer opens a line in which nothing is shown; /no ends its input."


class Stopped(Exception):
    """The user wants the turn to end, and not only this question."""


class LineQuestion:
    """Asks one question at a time; lines that are no answers are kept in `later`."""

    def __init__(self, prompt: LinePrompt, later: deque[str], typing: Typing) -> None:
        self._prompt = prompt
        self._later = later
        self._typing = typing
        self._one = asyncio.Lock()
        self.secret = False
        """Whether what is asked for is to be seen nowhere."""

    @property
    def open(self) -> bool:
        """Whether something is asked."""
        return self._one.locked()

    async def permission(self, question: str, context: CommandContext) -> Permission:
        """Ask whether something is allowed. Raises Stopped."""
        async with self._one:
            _say(f"{question}\n{tr(PERMISSION_KEYS)}")
            while (answer := await self._answer(context, PERMISSION_KEYS)) is not None:
                if answer.permission is not None:
                    return answer.permission
                _say(tr(PERMISSION_KEYS))
            return "no"

    async def line(self, request: InputRequest, context: CommandContext) -> str | None:
        """Ask for the line that running code waits for; None ends its input. Raises Stopped."""
        keys = HIDDEN_LINE_KEYS if request.password else LINE_KEYS
        async with self._one, self._asking(secret=request.password):
            begun = self._typing.waits or self._waits_in_prompt()
            code = request.code[:SHOWN_CODE]
            _say(f"[{tr('code in the kernel asks')}]\n{code}\n{request.prompt}\n{tr(keys)}")
            while (line := await self._line()) is not None:
                if (answer := await _answer_of(line, context)) is not None:
                    if answer.permission is None:
                        return answer.line or await self._field(request)
                    if answer.permission in ("no", "never"):
                        return None
                    _say(tr(keys))
                elif request.password or is_command(line) or (begun and not self._prompt.emptied):
                    self._keep(line, keys)
                else:
                    return line
                begun = begun and self._waits_in_prompt()
            return None

    async def _answer(self, context: CommandContext, keys: str) -> Answer | None:
        """The next command that answers; None at the end of the input."""
        while (line := await self._line()) is not None:
            if (answer := await _answer_of(line, context)) is not None:
                return answer
            if line.strip().lower() in WORDS:
                _say(tr("Nothing was allowed yet.") + " " + tr(keys))
            else:
                self._keep(line, keys)
        return None

    async def _line(self) -> str | None:
        try:
            with patch_stdout(raw=True):
                return await self._prompt.read("? ")
        except EOFError:
            return None
        except KeyboardInterrupt:
            raise Stopped from None

    @asynccontextmanager
    async def _asking(self, *, secret: bool) -> AsyncIterator[None]:
        self.secret = secret
        try:
            yield
        finally:
            self.secret = False

    def _keep(self, line: str, keys: str) -> None:
        """It was meant for something else: it is done when the turn is over."""
        if line.strip():
            self._later.append(line.strip())
            _say(tr("This waits until the answer is done.") + " " + tr(keys))

    def _waits_in_prompt(self) -> bool:
        """Whether keys came together with the line before that are not taken yet."""
        keys = get_typeahead(self._prompt.app.input)
        store_typeahead(self._prompt.app.input, keys)
        return bool(keys)

    @staticmethod
    async def _field(request: InputRequest) -> str | None:
        """A line of its own, because the user called for it."""
        field: PromptSession[str] = PromptSession(is_password=request.password)
        try:
            with patch_stdout(raw=True):
                return await field.prompt_async(sanitize_for_terminal(request.prompt))
        except (EOFError, KeyboardInterrupt):
            return None


async def _answer_of(line: str, context: CommandContext) -> Answer | None:
    """What a line says to the question, if it is one of the commands that do."""
    first = line.split(maxsplit=1)[:1]
    if not first or first[0] not in ANSWERING or not is_command(line.strip()):
        return None
    outcome = await execute(line.strip(), context)
    return outcome if isinstance(outcome, Answer) else None


def _say(text: str) -> None:
    sys.stdout.write(f"{sanitize_for_terminal(text)}\n")
    sys.stdout.flush()
