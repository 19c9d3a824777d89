"""A real kernel, with and without a sandbox: its output, its state, and all the ways to stop it."""

import asyncio
import base64
import gc
import itertools
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from qchat_tools import kernel as kernels
from qchat_tools.base import AskInput, Call, InputRequest, ToolError
from qchat_tools.files import path_of
from qchat_tools.kernel import Kernel
from qchat_tools.parts import (
    FilePart,
    ImagePart,
    Part,
    RunPart,
    TablePart,
    TextPart,
    as_text,
    joined,
)
from qchat_tools.python import PythonTool
from qchat_tools.sandbox import Sandbox, find_sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

PNG_1X1 = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
    "hgGAWjR9awAAAABJRU5ErkJggg=="
)
TIME_LIMIT_S = 1.5


@pytest.fixture(scope="module", params=["sandbox", "no sandbox"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox | None:
    found = find_sandbox("auto") if request.param == "sandbox" else None
    if request.param == "sandbox" and found is None:
        pytest.skip("bubblewrap is missing or forbidden on this machine")
    return found


@pytest.fixture(scope="module", autouse=True)
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for the private folders of kernels, with a short path: none may be left in it."""
    tmp_path_factory.getbasetemp()  # made now, in its usual place
    with tempfile.TemporaryDirectory(prefix="q") as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", place)
        yield Path(place)
        assert not left_in(place)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(
    sandbox: Sandbox | None, places: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Kernel]:
    folder = tmp_path_factory.mktemp("kernel")
    kernel = Kernel(folder / "work", files_dir=folder / "files", sandbox=sandbox, timeout_s=20)
    kernel.start()
    yield kernel
    await kernel.aclose()
    await kernel.aclose()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [task for task in others if "kernel" in repr(task).lower()]
    assert not left_in(places)
    gc.collect()  # a socket or process that was forgotten warns, and a warning is an error


def left_in(folder: str | Path) -> set[Path]:
    return set(Path(folder).glob("qchat-*"))


async def run(kernel: Kernel, code: str, ask_input: AskInput | None = None) -> tuple[Part, ...]:
    """What code gave back, without what is for the reader alone, or stands on every run."""
    parts = [part async for part in kernel.execute(code, ask_input)]
    return joined([p for p in parts if not isinstance(p, RunPart) and not is_traceback(p)])


def is_traceback(part: Part) -> bool:
    return isinstance(part, TextPart) and part.stream == "traceback"


async def begun(parts: AsyncGenerator[Part, None]) -> Part:
    """The first output of a run."""
    part = await anext(parts)
    assert isinstance(part, RunPart)
    return await anext(parts)


async def text(kernel: Kernel, code: str) -> str:
    return as_text(await run(kernel, code))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def process_id(kernel: Kernel) -> int:
    """The outermost process: the sandbox's where there is one."""
    assert kernel._process is not None
    return kernel._process.pid


def streams(parts: Sequence[Part]) -> list[str]:
    return [part.stream for part in parts if isinstance(part, TextPart)]


async def test_what_is_printed_comes_back_exactly(kernel: Kernel) -> None:
    assert await text(kernel, "print(127*45)") == "5715"


async def test_the_last_expression_is_the_result(kernel: Kernel) -> None:
    assert await run(kernel, "x = 5\nx * 2") == (TextPart("10", "result"),)
    assert await run(kernel, "None") == ()


async def test_state_lives_from_run_to_run(kernel: Kernel) -> None:
    await run(kernel, "kept = 41")
    assert await text(kernel, "kept + 1") == "42"


async def test_streams_are_told_apart_and_arrive_while_the_code_runs(kernel: Kernel) -> None:
    code = "import sys\nprint('out', flush=True)\nprint('err', file=sys.stderr, flush=True)\n"
    parts = kernel.execute(code + "import time\nwhile True: time.sleep(.01)")
    assert await begun(parts) == TextPart("out\n", "stdout")
    assert await anext(parts) == TextPart("err\n", "stderr")
    await parts.aclose()


async def test_an_exception_names_its_line_and_has_no_escape_sequences(kernel: Kernel) -> None:
    parts = await run(kernel, "\n\ndef f():\n    return 1 / 0\n\nf()")
    assert parts == (
        TextPart("Error: ZeroDivisionError: division by zero\nline 2: return 1 / 0", "error"),
    )
    assert await text(kernel, "1 +") == "Error: SyntaxError: invalid syntax\nline 1: 1 +"


async def test_a_run_right_after_a_failed_one_is_not_dropped(kernel: Kernel) -> None:
    for number in range(10):
        await run(kernel, "1/0")
        assert await text(kernel, str(number)) == str(number)


async def test_variables_are_listed_without_a_run(kernel: Kernel) -> None:
    await kernel.restart()
    await run(kernel, "import os\ndef f(): pass\nrow = [1, 2, 3]\nword = 'four'\n_hidden = 1")
    await run(kernel, "class Strange:\n  def __len__(self): print('called'); return 10**9")
    before = await text(kernel, "odd = Strange()\nget_ipython().execution_count")
    listed = {variable.name: variable for variable in await kernel.variables()}
    assert set(listed) == {"row", "word", "odd"}
    assert (listed["row"].type, listed["row"].shape) == ("list", "3")
    assert (listed["word"].type, listed["word"].shape) == ("str", "4")
    assert (listed["odd"].type, listed["odd"].shape) == ("Strange", "")
    assert all(variable.size > 0 for variable in listed.values())
    assert int(await text(kernel, "get_ipython().execution_count")) == int(before) + 1
    assert await text(kernel, "_") == str(int(before) + 1)


async def test_a_value_that_lies_or_hangs_does_not_hold_up_the_list(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "_ANSWER_S", 0.5)
    hangs = (
        "class T(list):\n  __module__ = 'numpy'\n  @property\n  def shape(self):\n    while 1: 1"
    )
    await run(kernel, f"{hangs}\nt = T()")
    assert await kernel.variables() == []
    assert await text(kernel, "del t; 1") == "1"


async def test_files_of_the_working_folder_are_listed(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    assert (await kernel.upload(tmp_path / "data.csv")).name == "data.csv"
    await run(kernel, "open('made.txt', 'w').write(open('data.csv').read().upper())")
    assert {"data.csv", "made.txt"} <= {file.name for file in kernel.files()}
    assert (await kernel.save_file("made.txt", tmp_path)).read_text() == "A,B\n1,2\n"


async def test_a_picture_is_kept_as_a_file(kernel: Kernel) -> None:
    code = f"from IPython.display import Image\nimport base64\nImage(base64.b64decode({PNG_1X1!r}))"
    (part,) = await run(kernel, code)
    assert isinstance(part, ImagePart)
    assert (part.width, part.height) == (1, 1)
    assert path_of(part.sha256, kernel._files_dir).is_file()


async def test_an_unknown_magic_fails_at_once(kernel: Kernel) -> None:
    assert "`%nope` not found" in await text(kernel, "%nope")


async def test_input_asks_the_person_and_says_which_code_asks(kernel: Kernel) -> None:
    asked: list[InputRequest] = []

    async def answer(request: InputRequest) -> str | None:
        asked.append(request)
        return None if request.password else "Ada"

    code = "name = input('Your name? ')\nprint('Hello', name)"
    parts = await run(kernel, code, answer)
    assert as_text(parts) == "Hello Ada"
    assert asked == [InputRequest("Your name? ", False, code)]
    assert "EOFError" in as_text(await run(kernel, "import getpass; getpass.getpass()", answer))
    assert asked[1].password


async def test_waiting_for_a_person_costs_no_time_of_the_run(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "_timeout_s", TIME_LIMIT_S)

    async def slow(_request: InputRequest) -> str:
        await asyncio.sleep(TIME_LIMIT_S + 0.3)
        return "5"

    assert as_text(await run(kernel, "print(int(input()) + 1)", slow)) == "6"


async def test_code_that_ends_while_it_is_asked_takes_its_question_back(kernel: Kernel) -> None:
    taken_back = asyncio.Event()

    async def never(_request: InputRequest) -> str:
        await kernel.interrupt()
        try:
            await asyncio.sleep(60)
        finally:
            taken_back.set()
        return ""

    assert "KeyboardInterrupt" in as_text(await run(kernel, "input()", never))
    assert taken_back.is_set()


async def test_where_nobody_can_be_asked_input_fails_at_once(kernel: Kernel) -> None:
    assert "does not support input" in await text(kernel, "input()")


async def test_runs_are_numbered_in_one_sequence(kernel: Kernel) -> None:
    numbers = []
    for code in ("1", "raise ValueError", "2"):
        numbers += [p.number async for p in kernel.execute(code) if isinstance(p, RunPart)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


async def test_a_traceback_is_coloured_for_the_reader_and_short_for_the_model(
    kernel: Kernel,
) -> None:
    parts = [part async for part in kernel.execute("def f():\n    1/0\n\nf()")]
    (coloured,) = (part for part in parts if is_traceback(part))
    assert isinstance(coloured, TextPart)
    assert "\x1b[" in coloured.text
    assert "ZeroDivisionError" in coloured.text
    assert as_text(parts) == "Error: ZeroDivisionError: division by zero\nline 2: 1/0"


async def test_a_progress_bar_is_one_line(kernel: Kernel) -> None:
    code = "from tqdm import tqdm\nimport time\nfor i in tqdm(range(30), ncols=40, mininterval=0):"
    parts = await run(kernel, f"{code}\n    time.sleep(.01)\nprint('end')")
    bar = "".join(part.text for part in parts if isinstance(part, TextPart))
    assert bar.count("%|") == 1
    assert "100%|" in bar


async def test_displays_are_updated_and_cleared(kernel: Kernel) -> None:
    code = """
from IPython.display import display, clear_output
shown = display("old", display_id=True)
print("between")
shown.update("new")
"""
    assert await text(kernel, code) == "'new'\nbetween"
    code = "for i in range(5):\n    clear_output(wait=True)\n    print(i)"
    assert await text(kernel, code) == "4"


async def test_a_table_is_a_table_for_the_reader(kernel: Kernel) -> None:
    code = """
class Frame:
    def _repr_html_(self): return "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>"
    def __repr__(self): return "a: 1"
Frame()
"""
    (table,) = await run(kernel, code)
    assert table == TablePart(("a",), (("1",),), "a: 1")
    assert as_text([table]) == "a: 1"


async def test_a_drawing_is_a_picture_and_a_file(kernel: Kernel, tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes(base64.b64decode(PNG_1X1))
    code = """
from IPython.display import SVG, display
class Drawing:
    def __init__(self, inner): self.inner = inner
    def __repr__(self): return "a red square"
    def _repr_svg_(self):
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">{self.inner}</svg>'
display(Drawing('<rect width="20" height="20" fill="red"/>'))
"""
    picture, file = await run(kernel, code)
    assert isinstance(picture, ImagePart)
    assert isinstance(file, FilePart)
    assert (picture.media_type, picture.width, picture.height) == ("image/png", 1200, 600)
    assert picture.alt == "a red square"
    assert path_of(file.sha256, kernel._files_dir).read_bytes().startswith(b"<svg")
    broken, _ = await run(kernel, "Drawing('<rect')")
    assert isinstance(broken, ImagePart)
    assert broken.media_type == "image/svg+xml"


async def test_new_files_are_told(kernel: Kernel) -> None:
    parts = await run(kernel, "open('report.txt', 'w').write('five!');")
    assert FilePart("report.txt", 5) in parts
    assert await run(kernel, "None") == ()
    await run(kernel, "import os; os.remove('report.txt')")


async def test_runs_wait_for_each_other(kernel: Kernel) -> None:
    codes = [f"import time; time.sleep(.05); print({n})" for n in range(4)]
    assert await asyncio.gather(*(text(kernel, code) for code in codes)) == ["0", "1", "2", "3"]


async def test_cancelling_interrupts_and_leaves_state_and_kernel(kernel: Kernel) -> None:
    await run(kernel, "kept = 'still here'")
    parts = kernel.execute("print('go', flush=True)\nimport time\ntime.sleep(60)")
    await begun(parts)
    waiting = asyncio.ensure_future(anext(parts))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await text(kernel, "kept") == "'still here'"


async def test_cancelling_before_the_code_began_leaves_no_code_behind(kernel: Kernel) -> None:
    await run(kernel, "kept = 'still here'")
    for _ in range(5):
        task = asyncio.ensure_future(run(kernel, "import time; time.sleep(60)"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await text(kernel, "kept") == "'still here'"


async def test_closing_the_generator_interrupts(kernel: Kernel) -> None:
    parts = kernel.execute("print('go', flush=True)\nwhile True: pass")
    await begun(parts)
    await parts.aclose()
    assert await text(kernel, "1") == "1"


async def test_interrupt_is_an_exception_in_the_code(kernel: Kernel) -> None:
    parts = kernel.execute("print('go', flush=True)\nwhile True: pass")
    await begun(parts)
    await kernel.interrupt()
    assert as_text([part async for part in parts]).startswith("Error: KeyboardInterrupt\nline ")


async def test_the_time_limit_interrupts(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_timeout_s", TIME_LIMIT_S)
    await run(kernel, "kept = 'still here'")
    code = "print('begun')\nimport time\ntime.sleep(60)"
    parts = await asyncio.wait_for(run(kernel, code), TIME_LIMIT_S + 2)
    assert parts == (
        TextPart("begun\n", "stdout"),
        TextPart("Error: stopped after the time limit of 1.5 s (python.timeout_s)", "error"),
    )
    assert await text(kernel, "kept") == "'still here'"


async def test_code_that_will_not_stop_is_killed_and_the_loss_is_told(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "_timeout_s", TIME_LIMIT_S)
    monkeypatch.setattr(kernels, "GRACE_S", 0.7)
    deaf = (
        "import time\nwhile True:\n  try:\n    time.sleep(9)\n  except KeyboardInterrupt:\n    pass"
    )
    message = await text(kernel, "kept = 1\n" + deaf)
    assert message.startswith("Error: stopped after the time limit")
    assert message.endswith("it had to be killed, and all variables are gone")
    monkeypatch.setattr(kernel, "_timeout_s", 20)
    assert (
        await text(kernel, "kept") == "Error: NameError: name 'kept' is not defined\nline 1: kept"
    )


async def test_cancelling_deaf_code_kills_it_and_the_next_run_is_told(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "GRACE_S", 0.7)
    deaf = "import signal\nreal, signal.signal = signal.signal, lambda *a: None\n"
    parts = kernel.execute(deaf + "real(2, signal.SIG_IGN)\nprint(1, flush=True)\nwhile True: pass")
    await begun(parts)
    await parts.aclose()
    assert await run(kernel, "print(1)") == (
        TextPart("[the Python kernel was restarted: earlier variables are gone]\n", "stderr"),
        TextPart("1\n", "stdout"),
    )
    assert await text(kernel, "2") == "2"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os._exit(3)", "exit status 3"),
        ("import ctypes; ctypes.string_at(0)", "killed by SIGSEGV"),
    ],
)
async def test_a_kernel_that_dies_in_a_run_is_noticed_and_replaced(
    kernel: Kernel, code: str, reason: str
) -> None:
    parts = await asyncio.wait_for(run(kernel, code), 2)
    expected = f"Error: the Python kernel died ({reason}); all its variables are gone"
    assert as_text(parts).endswith(expected)
    assert await text(kernel, "1") == "1"


async def test_a_kernel_that_dies_between_runs_is_replaced_and_the_next_run_is_told(
    kernel: Kernel,
) -> None:
    await run(kernel, "kept = 1")
    process = kernel._process
    assert process is not None
    os.killpg(process_id(kernel), signal.SIGKILL)
    await process.dead.wait()
    assert streams(await run(kernel, "kept")) == ["stderr", "error"]


async def test_restart_gives_a_fresh_kernel(kernel: Kernel) -> None:
    await run(kernel, "kept = 1")
    old = process_id(kernel)
    await kernel.restart()
    assert not is_alive(old)
    assert streams(await run(kernel, "kept")) == ["stderr", "error"]


async def test_restart_ends_what_runs(kernel: Kernel) -> None:
    parts = kernel.execute("print('go', flush=True)\nwhile True: pass")
    await begun(parts)
    restarting = asyncio.ensure_future(kernel.restart())
    assert streams([part async for part in parts])[-1:] == ["error"]
    await restarting
    assert await text(kernel, "1") == "1"


async def test_long_output_is_a_file_for_the_reader_and_head_and_tail_for_the_model(
    kernel: Kernel,
) -> None:
    parts = await run(kernel, "for n in range(60_000): print(f'{n:09}')")
    file = parts[-1]
    assert isinstance(file, FilePart)
    whole = path_of(file.sha256, kernel._files_dir).read_text()
    assert whole.split() == [f"{n:09}" for n in range(60_000)]
    seen = as_text(parts, limit=900)
    assert seen.startswith("000000000\n000000001\n")
    assert "000059999" in seen
    left_out = re.search(r"\[(\d+) characters left out\]", seen)
    assert left_out is not None
    assert abs(int(left_out[1]) - (600_000 - 900)) < 150


async def test_a_flood_of_output_leaves_time_for_others(kernel: Kernel) -> None:
    turns = [time.monotonic()]

    async def tick() -> None:
        while True:
            await asyncio.sleep(0.005)
            turns.append(time.monotonic())

    ticker = asyncio.create_task(tick())
    printed = as_text(await run(kernel, "for i in range(5000): print(i, flush=True)"), 10**6)
    ticker.cancel()
    assert printed.split() == [str(number) for number in range(5000)]
    longest = max(after - before for before, after in itertools.pairwise(turns))
    assert longest < (turns[-1] - turns[0]) / 10


async def test_hostile_messages_do_no_harm(kernel: Kernel) -> None:
    code = """
k = get_ipython().kernel
for content in ({}, {"name": 5, "text": []}, {"data": {"image/png": "x"}}, {"traceback": [1]}):
    for kind in ("stream", "error", "display_data", "status", "execute_input", "nope"):
        k.session.send(k.iopub_socket, kind, content, parent=k.get_parent())
k.iopub_socket.send_multipart([b"not", b"a", b"message"])
print("fine")
"""
    assert await text(kernel, code) == "fine"


async def test_only_what_is_harmless_of_the_environment_reaches_the_kernel(
    sandbox: Sandbox | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "a-secret")
    kernel = Kernel(tmp_path / "work", files_dir=tmp_path, sandbox=sandbox)
    code = "import os; print(dict(os.environ))"
    if sandbox is not None:  # its own process is the parent that can be seen inside
        code += "; print(open(f'/proc/{os.getppid()}/environ').read())"
    try:
        seen = await text(kernel, code)
    finally:
        await kernel.aclose()
    assert "a-secret" not in seen
    assert "PATH" in seen


async def test_the_tool_gives_the_result_of_the_session_kernel(kernel: Kernel) -> None:
    tool = PythonTool(kernel)

    async def confirm(question: str) -> bool:
        return True

    await run(kernel, "mine = 20")
    parts = [p async for p in tool.run(Call("1", {"code": "print(mine + 1)"}, confirm))]
    assert as_text(parts) == "21"
    assert TextPart("20", "result") in [p async for p in tool.run_code("mine")]


async def test_a_kernelspec_that_does_not_exist_is_one_clear_line(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, files_dir=tmp_path, kernelspec="nope")
    kernel.start()
    for _ in range(2):
        with pytest.raises(
            ToolError, match=r"no Jupyter kernel named 'nope' .*python\.kernel"
        ) as caught:
            await run(kernel, "1")
        assert "\n" not in str(caught.value)
    await kernel.aclose()


async def test_an_installed_kernelspec_is_used(
    sandbox: Sandbox | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "jupyter" / "kernels" / "mine"
    spec.mkdir(parents=True)
    described = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Mine",
        "language": "python",
        "env": {"MINE": "yes"},
    }
    (spec / "kernel.json").write_text(json.dumps(described))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    kernel = Kernel(tmp_path / "work", files_dir=tmp_path, kernelspec="mine", sandbox=sandbox)
    try:
        assert await text(kernel, "import os; print(os.environ['MINE'])") == "yes"
    finally:
        await kernel.aclose()


async def test_another_interpreter_is_used_by_its_path(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nMINE=yes exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    kernel = Kernel(tmp_path / "work", files_dir=tmp_path, kernelspec=str(python))
    try:
        assert await text(kernel, "import os; print(os.environ['MINE'])") == "yes"
    finally:
        await kernel.aclose()


@pytest.mark.parametrize(
    ("script", "why"),
    [("exit 1", "has no ipykernel: install it"), (None, "which is no program")],
)
async def test_an_interpreter_that_cannot_is_one_clear_line(
    script: str | None, why: str, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    if script is not None:
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    kernel = Kernel(tmp_path / "work", files_dir=tmp_path, kernelspec=str(python))
    with pytest.raises(ToolError, match=why):
        await run(kernel, "1")
    await kernel.aclose()


async def test_a_kernel_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "jupyter" / "kernels" / "broken"
    spec.mkdir(parents=True)
    argv = ["sh", "-c", "echo no luck today >&2; exit 7"]
    described = {"argv": argv, "display_name": "Broken", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(described))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    kernel = Kernel(tmp_path / "work", files_dir=tmp_path, kernelspec="broken")
    with pytest.raises(ToolError, match=r"did not start \(exit status 7\): no luck today"):
        await run(kernel, "1")
    await kernel.aclose()


async def test_closing_while_it_starts_leaves_nothing(
    sandbox: Sandbox | None, tmp_path: Path
) -> None:
    before = left_in(tempfile.gettempdir())
    for pause_s in (0, 0.1, 0.3):
        kernel = Kernel(tmp_path, files_dir=tmp_path, sandbox=sandbox)
        kernel.start()
        await asyncio.sleep(pause_s)
        await kernel.aclose()
        with pytest.raises(ToolError, match="closed"):
            await run(kernel, "1")
    assert left_in(tempfile.gettempdir()) == before


async def test_closing_while_code_runs_ends_the_run(
    sandbox: Sandbox | None, tmp_path: Path
) -> None:
    kernel = Kernel(tmp_path, files_dir=tmp_path, sandbox=sandbox)
    parts = kernel.execute("print('go', flush=True)\nwhile True: pass")
    await begun(parts)
    pid = process_id(kernel)
    await kernel.aclose()
    assert [part async for part in parts] == []
    assert not is_alive(pid)
