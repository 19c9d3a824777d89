"""A conversation as a Jupyter notebook that runs from top to bottom.

What was said becomes Markdown, what ran becomes code with its outputs. Code that failed may fail
again and the rest goes on; code that was stopped would not end by itself, and is not run.
"""

import base64
import html
import importlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, assert_never

from qchat.export.blocks import TurnBlocks, left
from qchat.protocol.events import ToolFinished, ToolStarted
from qchat.store import Conversation, Turn
from qchat_tools.files import path_of
from qchat_tools.parts import (
    ClearPart,
    FilePart,
    ImagePart,
    Part,
    RunPart,
    SavedMemory,
    SourcePart,
    TablePart,
    TextPart,
    as_text,
)

KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
_ASKS = re.compile(r"\b(input|getpass)\s*\(")


def notebook(conversation: Conversation, files_dir: Path) -> str:
    """The whole conversation as the text of an `.ipynb` file, with the pictures of `files_dir`."""
    nbformat: Any = importlib.import_module("nbformat")
    info = conversation.info
    cells = [nbformat.v4.new_markdown_cell(f"# {info.title or info.id}")]
    for turn in conversation.turns:
        cells += _cells(turn, files_dir, conversation.trails)
    if sent := left(conversation):
        cells.append(nbformat.v4.new_markdown_cell("\n\n".join(sent)))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # the same text for the same conversation
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "title": info.title}
    return str(nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=metadata))) + "\n"


def _format() -> Any:
    """The library's makers of cells; it is slow to load, and only a notebook needs it."""
    return importlib.import_module("nbformat.v4")


def _cells(turn: Turn, files_dir: Path, trails: Sequence[Turn]) -> Iterator[Any]:
    v4 = _format()
    blocks = TurnBlocks(turn, trails)
    if turn.kind == "chat":
        yield v4.new_markdown_cell(f"**{blocks.head()}**\n\n{blocks.prompt()}")
    finished = {e.call_id: e for e in turn.events if isinstance(e, ToolFinished)}
    ran: set[str] = set()
    for event in turn.events:
        if isinstance(event, ToolStarted) and (code := _python(event)):
            ran.add(event.call_id)
            yield _code(code, finished.get(event.call_id), files_dir)
        elif not (isinstance(event, ToolFinished) and event.call_id in ran):
            said = "\n\n".join(blocks.of(event))
            if said.strip():
                yield v4.new_markdown_cell(said)
    if sent := "\n\n".join(blocks.left()):
        yield v4.new_markdown_cell(sent)


def _python(event: ToolStarted) -> str:
    """The code that a call runs in the kernel, where it does."""
    code = event.arguments.get("code") if event.name == "python" else None
    return code if isinstance(code, str) else ""


def _code(code: str, result: ToolFinished | None, files_dir: Path) -> Any:
    v4 = _format()

    parts = result.parts if result is not None else ()
    if result is None or _was_stopped(parts):
        why = as_text(parts) if parts else "it did not finish"
        return v4.new_raw_cell(f"# not run again: {' '.join(why.split())[-200:]}\n{code}")
    number = next((part.number for part in parts if isinstance(part, RunPart)), None)
    outputs = [output for part in parts for output in _outputs(part, parts, number, files_dir)]
    cell = v4.new_code_cell(code, outputs=outputs, execution_count=number)
    if not result.ok or _ASKS.search(code):
        cell["metadata"]["tags"] = ["raises-exception"]
    return cell


def _was_stopped(parts: Sequence[Part]) -> bool:
    """Whether something else than the code itself ended it: then there is no traceback of it."""
    errors = [p.text for p in parts if isinstance(p, TextPart) and p.stream == "error"]
    raised = any(isinstance(p, TextPart) and p.stream == "traceback" for p in parts)
    return bool(errors) and (not raised or errors[-1].startswith("Error: KeyboardInterrupt"))


def _outputs(
    part: Part, parts: Sequence[Part], number: int | None, files_dir: Path
) -> Iterator[Any]:
    v4 = _format()

    match part:
        case TextPart(stream="stdout" | "stderr"):
            yield v4.new_output("stream", name=part.stream, text=part.text.replace("\r", ""))
        case TextPart(stream="error"):
            yield _error(part, parts)
        case TextPart(stream="traceback"):
            pass  # stands in the error
        case TextPart(stream="result", id=""):
            yield v4.new_output("execute_result", {"text/plain": part.text}, execution_count=number)
        case TextPart() | FilePart():
            yield v4.new_output("display_data", {"text/plain": as_text([part])})
        case ImagePart():
            yield v4.new_output("display_data", _picture(part, files_dir))
        case TablePart():
            data = {"text/html": _table(part), "text/plain": as_text([part])}
            yield v4.new_output("display_data", data)
        case SourcePart():
            yield v4.new_output("display_data", {"text/plain": as_text([part])})
        case RunPart() | ClearPart() | SavedMemory():
            pass  # the number stands at the cell; the rest is for the application
        case _:
            assert_never(part)


def _error(part: TextPart, parts: Sequence[Part]) -> Any:
    v4 = _format()

    name, _, message = part.text.removeprefix("Error: ").partition("\n")[0].partition(": ")
    lines = [p.text for p in parts if isinstance(p, TextPart) and p.stream == "traceback"]
    return v4.new_output("error", ename=name, evalue=message, traceback=lines or [part.text])


def _picture(part: ImagePart, files_dir: Path) -> dict[str, str]:
    described = {"text/plain": as_text([part])}
    try:
        data = path_of(part.sha256, files_dir).read_bytes()
    except (OSError, ValueError):
        return described
    if part.media_type == "image/svg+xml":
        return {part.media_type: data.decode("utf-8", "replace"), **described}
    return {part.media_type: base64.b64encode(data).decode(), **described}


def _table(part: TablePart) -> str:
    def row(cells: Iterable[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

    body = "".join(row(cells, "td") for cells in part.rows)
    return f"<table><thead>{row(part.head, 'th')}</thead><tbody>{body}</tbody></table>"
