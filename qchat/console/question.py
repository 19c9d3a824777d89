"""A question in the line-by-line chat: a prompt as any other, which only a command answers.

What is typed while a question opens is the user's next prompt. It stands in the line as it was
begun, and waits its turn when it is sent (decision 0060).
"""

import asyncio
import sys
from collections import deque

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from qchat.commands import Answer, CommandContext, execute, is_command
from qchat.commands.answering import COMMANDS
from qchat.protocol.permission import Permission
from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat_tools.base import InputRequest

SHOWN_CODE = 1_000
WORDS = ("y", "yes", "a", "always", "n", "no", "v", "never", "是", "否")
ANSWERING = {f"/{command.name}" for command in COMMANDS}
PERMISSION_KEYS = "Answer with /yes, /always (in this conversation), /no or /never."
LINE_KEYS = "Answer with /answer and the text; /no ends its input."
HIDDEN_LINE_KEYS = "/answer opens a line in which nothing is shown; /no ends its input."


class Stopped(Exception):
    """The user wants the turn to end, and not only this question."""


class LineQuestion:
    """Asks one question at a time; lines that are no answers are kept in `later`."""

    def __init__(self, prompt: PromptSession[str], later: deque[str]) -> None:
        self._prompt = prompt
        self._later = later
        self._one = asyncio.Lock()

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
        async with self._one:
            code = request.code[:SHOWN_CODE]
            _say(f"[{tr('code in the kernel asks')}]\n{code}\n{request.prompt}\n{tr(keys)}")
            while (answer := await self._answer(context, keys)) is not None:
                if answer.permission in ("no", "never"):
                    return None
                if answer.permission is None:
                    return answer.line or await self._field(request)
                _say(tr(keys))
            return None

    async def _answer(self, context: CommandContext, keys: str) -> Answer | None:
        """The next line that answers; None at the end of the input."""
        while True:
            try:
                with patch_stdout(raw=True):
                    line = (await self._prompt.prompt_async("? ")).strip()
            except EOFError:
                return None
            except KeyboardInterrupt:
                raise Stopped from None
            if line.split(maxsplit=1)[:1] and line.split(maxsplit=1)[0] in ANSWERING:
                outcome = await execute(line, context) if is_command(line) else None
                if isinstance(outcome, Answer):
                    return outcome
            elif line.lower() in WORDS:
                _say(tr("Nothing was allowed yet.") + " " + tr(keys))
            elif line:
                self._later.append(line)
                _say(tr("This waits until the answer is done.") + " " + tr(keys))

    @staticmethod
    async def _field(request: InputRequest) -> str | None:
        """A line of its own, because the user called for it."""
        field: PromptSession[str] = PromptSession(is_password=request.password)
        try:
            with patch_stdout(raw=True):
                return await field.prompt_async(sanitize_for_terminal(request.prompt))
        except (EOFError, KeyboardInterrupt):
            return None


def _say(text: str) -> None:
    sys.stdout.write(f"{sanitize_for_terminal(text)}\n")
    sys.stdout.flush()
