"""The tool that computes: code goes to the session's kernel, what it printed comes back."""

import contextlib
from collections.abc import AsyncGenerator

import msgspec

from qchat_memory.localized_text import tr
from qchat_memory.origin import CODE, MODEL
from qchat_tools.base import AskInput, Call, Refused, ToolError, parse, spec
from qchat_tools.kernel.arithmetic import functions_used, is_plain_arithmetic
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.parts import Part, TextPart


class PythonArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a call of the tool must say."""

    code: str


class PythonTool:
    """Runs code in the kernel that the user works in too; asks first where no sandbox holds it."""

    spec = spec(
        "python",
        "Run Python code in a Jupyter kernel and get what it printed and the value of its last "
        "expression. Variables stay for the next call. Use it for every calculation.",
        PythonArguments,
    )
    origin = CODE

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Run the model's code; an exception in it is a part of stream "error".

        Raises ToolError for arguments that are wrong, a refusal, and a kernel that cannot start.
        """
        code = parse(PythonArguments, call.arguments).code
        _check(code)
        danger = await self._danger(code, tainted=call.provenance.tainted)
        if danger and not await call.confirm(
            f"{tr('Run this Python code {danger}?', danger=danger)}\n{code}"
        ):
            raise Refused()
        computed = is_plain_arithmetic(code) and not await self.kernel.alters(functions_used(code))
        async with contextlib.aclosing(self.kernel.execute(code, call.ask_input)) as parts:
            async for part in parts:
                yield _by_the_model(part) if computed else part

    def run_code(self, code: str, ask_input: AskInput | None = None) -> AsyncGenerator[Part, None]:
        """Run the user's own code, for which nothing is asked. Raises ToolError as `run` does."""
        _check(code)
        return self.kernel.execute(code, ask_input)

    async def _danger(self, code: str, *, tainted: bool) -> str:
        """Say why code must be asked for; empty where it need not."""
        kernel = self.kernel
        if kernel.sandbox is not None:
            reaches = kernel.where.network and tainted
            return tr("with network, after text from others was read") if reaches else ""
        if is_plain_arithmetic(code) and not await kernel.alters(functions_used(code)):
            return ""
        if kernel.remote is not None:
            return tr("at {url}", url=kernel.remote.url)
        return tr("without a sandbox")


def _by_the_model(part: Part) -> Part:
    """What plain arithmetic prints follows from the code alone: nobody else had a hand in it."""
    return msgspec.structs.replace(part, origin=MODEL) if isinstance(part, TextPart) else part


def _check(code: str) -> None:
    if not code.strip():
        raise ToolError("there is no code to run: `code` is empty")
    if "\0" in code:
        raise ToolError("the code contains a null character, which Python does not allow")
