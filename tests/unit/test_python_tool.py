"""When the tool asks, what it refuses, and that nothing heavy loads before it runs."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from qchat_memory.origin import CODE, Origin
from qchat_tools.base import Call, Tool, ToolError
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.kernel.python import PythonTool
from qchat_tools.provenance import TRUSTED, Provenance
from qchat_tools.sandbox.bubblewrap import Bubblewrap
from qchat_tools.sandbox.sandbox import Sandbox

SANDBOX = Bubblewrap("bwrap", ())
READ = Provenance((), (Origin("web"),))


class Person:
    """Someone who gives the same answer to every question, and remembers the questions."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer
        self.questions: list[str] = []

    async def confirm(self, question: str) -> bool:
        self.questions.append(question)
        return self.answer


@pytest.fixture
def tool(tmp_path: Path) -> PythonTool:
    return PythonTool(Kernel(tmp_path, files_dir=tmp_path))


async def refusal(
    tool: PythonTool, arguments: dict[str, Any], person: Person, tainted: bool = False
) -> str:
    with pytest.raises(ToolError) as caught:
        await anext(
            aiter(tool.run(Call("1", arguments, person.confirm, READ if tainted else TRUSTED)))
        )
    return str(caught.value)


@pytest.mark.parametrize("arguments", [{}, {"code": 5}, {"code": None}, {"code": "1", "extra": 2}])
async def test_wrong_arguments_are_told_in_one_line(
    tool: PythonTool, arguments: dict[str, Any]
) -> None:
    message = await refusal(tool, arguments, Person(True))
    assert message.startswith("wrong arguments: ")
    assert "\n" not in message


@pytest.mark.parametrize("code", ["", " \n\t", "1\0"])
async def test_code_that_is_none_is_told(tool: PythonTool, code: str) -> None:
    assert "code" in await refusal(tool, {"code": code}, Person(True))
    with pytest.raises(ToolError):
        tool.run_code(code)


async def test_without_a_sandbox_reaching_out_is_asked_for(tool: PythonTool) -> None:
    person = Person(False)
    code = "import os"
    assert await refusal(tool, {"code": code}, person) == "the user did not allow this"
    assert person.questions == [f"Run this Python code without a sandbox?\n{code}"]


@pytest.mark.parametrize("tainted", [False, True])
@pytest.mark.parametrize(
    ("code", "sandbox"), [("1 + 1", None), ("import os", SANDBOX), ("1 + 1", SANDBOX)]
)
async def test_otherwise_nothing_is_asked(
    code: str, sandbox: Sandbox | None, tainted: bool, tmp_path: Path
) -> None:
    person = Person(False)
    kernel = Kernel(tmp_path, files_dir=tmp_path, sandbox=sandbox)
    await kernel.aclose()
    message = await refusal(PythonTool(kernel), {"code": code}, person, tainted=tainted)
    assert message == "the Python kernel of this session is closed"
    assert person.questions == []


async def test_with_network_code_is_asked_for_once_the_web_was_read(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, files_dir=tmp_path, sandbox=SANDBOX, network=True)
    await kernel.aclose()
    person = Person(False)
    assert "closed" in await refusal(PythonTool(kernel), {"code": "import os"}, person)
    assert person.questions == []
    message = await refusal(PythonTool(kernel), {"code": "import os"}, person, tainted=True)
    assert message == "the user did not allow this"
    assert "with network" in person.questions[0]


async def test_it_is_a_tool(tool: PythonTool) -> None:
    as_tool: Tool = tool
    parts: AsyncIterator[object] = as_tool.run(Call("1", {}, Person(True).confirm))
    assert as_tool.spec.parameters["required"] == ["code"]
    assert as_tool.origin == CODE
    with pytest.raises(ToolError):
        await anext(aiter(parts))
