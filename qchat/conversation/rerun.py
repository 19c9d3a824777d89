"""Code that ran in a conversation runs again in a new kernel, where the user wants it.

After a kill, and whenever a conversation goes on in another process, the kernel is new: variables
and imports are gone. Only code that ended well runs again, in its order; what it wrote or
reached is written and reached again, which is said.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing

from qchat.conversation.tool_runner import run_calls
from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import Event, Notice, Told, ToolFinished, ToolStarted
from qchat.protocol.wording import counted, in_english
from qchat.runtime.language import tr
from qchat.store import Turn
from qchat_memory.origin import CODE, QCHAT
from qchat_tools.base import Tool
from qchat_tools.kernel.python import PythonTool
from qchat_tools.parts import as_text

PYTHON = PythonTool.spec.name
MAX_NAMED, MAX_WHY = 3, 160
"""Cells that failed this time and are named, and characters of why."""


def kept_cells(turns: Iterable[Turn]) -> list[str]:
    """The code of these turns that ended well, the model's and the user's, in its order."""
    cells: list[str] = []
    for turn in turns:
        started = {e.call_id: e for e in turn.events if isinstance(e, ToolStarted)}
        done = (e for e in turn.events if isinstance(e, ToolFinished) and e.ok)
        ran = (started[e.call_id] for e in done if e.call_id in started)
        cells += [str(e.arguments.get("code", "")) for e in ran if e.name == PYTHON]
    return [cell for cell in cells if cell.strip()]


async def rerun(cells: list[str], tools: Mapping[str, Tool]) -> AsyncGenerator[Event, None]:
    """Run them one after the other; gives what the user is shown, then what the model is told.

    Why one failed is what code says, which may be anybody's words.
    What they print is what they printed before, and is not shown again. Ended in the middle, the
    model is told nothing of it.
    """
    yield Notice(
        tr(
            "The Python kernel is new: {cells} of before run again.",
            cells=counted(len(cells), "cell"),
        )
    )
    failed: list[str] = []
    for number, cell in enumerate(cells, 1):
        call = ToolCall(f"again-{number}", PYTHON, {"code": cell})
        async with aclosing(run_calls([call], tools, _allow, caller="user")) as events:
            async for event in events:
                if isinstance(event, ToolFinished) and not event.ok:
                    why = as_text(event.parts).strip().splitlines()[-1:]
                    failed.append(f"cell {number}: {''.join(why)[:MAX_WHY]}")
    text = f"{in_english(len(cells), 'cell')} that had ended well before ran in it again, in order"
    said = tr("{cells} ran again, in order.", cells=counted(len(cells), "cell"))
    if failed:
        named = "; ".join(failed[:MAX_NAMED])
        text += f"; {len(failed)} failed this time: {named}"
        said = tr(
            "{cells} ran again, in order; {failed} failed this time: {named}.",
            cells=counted(len(cells), "cell"),
            failed=len(failed),
            named=named,
        )
    yield Notice(said, "warning" if failed else "info")
    yield Told(
        f"The Python kernel is new. {text}: variables and imports are there again, and what those"
        " cells wrote to files or reached was written and reached again.",
        CODE if failed else QCHAT,
    )


async def _allow(_topic: str, _question: str) -> bool:
    return True
