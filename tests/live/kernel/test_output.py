"""What code gives back: output, results, errors, pictures, tables, files, questions."""

import asyncio
import base64
import itertools
import os
import re
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from qchat_tools.base import Call, InputRequest
from qchat_tools.files import path_of
from qchat_tools.kernel import kernel as kernels
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.kernel.python import PythonTool
from qchat_tools.parts import (
    FilePart,
    ImagePart,
    RunPart,
    TablePart,
    TextPart,
    as_text,
)
from qchat_tools.sandbox.sandbox import Sandbox
from tests.live.kernel.runs import TIME_LIMIT_S, begun, is_traceback, run, text

pytestmark = pytest.mark.asyncio(loop_scope="module")

PNG_1X1 = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
    "hgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_what_is_printed_comes_back_exactly(kernel: Kernel) -> None:
    assert await text(kernel, "print(127*45)") == "5715"


async def test_the_last_expression_is_the_result(kernel: Kernel) -> None:
    assert await run(kernel, "x = 5\nx * 2") == (TextPart("10", "result"),)
    assert await run(kernel, "None") == ()


async def test_state_lives_from_run_to_run(kernel: Kernel) -> None:
    await run(kernel, "kept = 41")
    assert await text(kernel, "kept + 1") == "42"


async def test_streams_are_told_apart_and_arrive_while_the_code_runs(kernel: Kernel) -> None:
    code = """
import sys, time
for stream, said in ((sys.stdout, "out"), (sys.stderr, "err")):
    stream.write(said)  # in one piece: print writes the line's end by itself
    stream.flush()
while True: time.sleep(.01)
"""
    async with aclosing(kernel.execute(code)) as parts:
        assert await begun(parts) == TextPart("out", "stdout")
        assert await anext(parts) == TextPart("err", "stderr")


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
    monkeypatch.setattr(kernels, "_EVALUATE_TIMEOUT_S", 0.5)
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
    assert {"data.csv", "made.txt"} <= {file.name for file in await kernel.files()}
    assert (await kernel.save_file("made.txt", tmp_path)).read_text() == "A,B\n1,2\n"


async def test_a_picture_is_kept_as_a_file(kernel: Kernel) -> None:
    code = f"from IPython.display import Image\nimport base64\nImage(base64.b64decode({PNG_1X1!r}))"
    (part,) = await run(kernel, code)
    assert isinstance(part, ImagePart)
    assert (part.width, part.height) == (1, 1)
    assert path_of(part.sha256, kernel.files_dir).is_file()


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
    monkeypatch.setattr(kernel, "timeout_s", TIME_LIMIT_S)

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
    assert path_of(file.sha256, kernel.files_dir).read_bytes().startswith(b"<svg")
    broken, _ = await run(kernel, "Drawing('<rect')")
    assert isinstance(broken, ImagePart)
    assert broken.media_type == "image/svg+xml"


async def test_new_files_are_told(kernel: Kernel) -> None:
    parts = await run(kernel, "open('report.txt', 'w').write('five!');")
    assert FilePart("report.txt", 5) in parts
    assert await run(kernel, "None") == ()
    await run(kernel, "import os; os.remove('report.txt')")


async def test_long_output_is_a_file_for_the_reader_and_head_and_tail_for_the_model(
    kernel: Kernel,
) -> None:
    parts = await run(kernel, "for n in range(60_000): print(f'{n:09}')")
    file = parts[-1]
    assert isinstance(file, FilePart)
    whole = path_of(file.sha256, kernel.files_dir).read_text()
    assert whole.split() == [f"{n:09}" for n in range(60_000)]
    seen = as_text(parts, limit=900)
    assert seen.startswith("000000000\n000000001\n")
    assert "000059999" in seen
    left_out = re.search(r"\[(\d+) characters left out\]", seen)
    assert left_out is not None
    assert abs(int(left_out[1]) - (600_000 - 900)) < 150


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
async def test_a_flood_of_output_leaves_time_for_others(kernel: Kernel) -> None:
    code = """
import os
os.mkfifo("printed")
for i in range(5000): print(i, flush=True)
open("printed", "w").close()
"""
    turns = []  # what was computed here until then, however busy all else is

    async def take_turns() -> None:
        while True:
            turns.append(time.thread_time())
            await asyncio.sleep(0.001)

    parts = kernel.execute(code)
    first = await begun(parts)
    pipe = kernel.work_dir / "printed"
    pipe.read_bytes()  # nobody here has a turn until all is printed, and waits to be read
    others = asyncio.create_task(take_turns())
    printed = as_text([first, *[part async for part in parts]], 10**6)
    others.cancel()
    pipe.unlink()
    assert printed.split() == [str(number) for number in range(5000)]
    longest = max(after - before for before, after in itertools.pairwise(turns))
    assert longest < (turns[-1] - turns[0]) / 2


async def test_hostile_messages_do_no_harm(kernel: Kernel) -> None:
    code = """
k = get_ipython().kernel
for content in ({}, {"name": 5, "text": []}, {"data": {"image/png": "x"}}, {"traceback": [1]}):
    for kind in ("stream", "error", "display_data", "status", "execute_input", "nope"):
        k.session.send(k.iopub_socket, kind, content, parent=k.get_parent())
k.iopub_socket.send_multipart([b"not", b"a", b"message"])
print("fine")
"""
    unread = "[some output of the kernel could not be read]"
    assert await text(kernel, code) == f"{unread}\nfine"


async def test_the_tool_gives_the_result_of_the_session_kernel(kernel: Kernel) -> None:
    tool = PythonTool(kernel)

    async def confirm(question: str) -> bool:
        return True

    await run(kernel, "mine = 20")
    parts = [p async for p in tool.run(Call("1", {"code": "print(mine + 1)"}, confirm))]
    assert as_text(parts) == "21"
    assert TextPart("20", "result") in [p async for p in tool.run_code("mine")]


async def test_a_name_that_stands_for_code_makes_plain_arithmetic_asked_for(
    kernel: Kernel, sandbox: Sandbox | None, tmp_path: Path
) -> None:
    """IPython runs such code in the place of `m = 1`: what is judged would not be what is run."""
    await run(kernel, "from IPython.core.macro import Macro")
    assert not await kernel.alters(frozenset(("print",)))
    await run(kernel, "m = Macro('made = 5')")
    assert await kernel.alters(frozenset(("print",)))
    await run(kernel, "del m")
    assert not await kernel.alters(frozenset(("print",)))
    fresh = Kernel(tmp_path, files_dir=tmp_path, sandbox=sandbox)
    try:
        assert not await fresh.alters(frozenset(("print",)))
        assert fresh.ready, "one with a past before its first run is asked, not passed over"
    finally:
        await fresh.aclose()
