"""Jupyter notebooks: what their cells say, and what came out as text."""

from typing import Any

import msgspec

from qchat.knowledge.reading.base import Section, UnreadableError

MAX_OUTPUT = 4_000


def from_notebook(data: bytes) -> list[Section]:
    """A section for each cell."""
    try:
        notebook = msgspec.json.decode(data)
        cells = notebook["cells"]
        if not isinstance(cells, list):
            raise TypeError("no list of cells")
    except (msgspec.DecodeError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableError("no notebook, or a damaged one") from error
    found = ((number, _cell(cell)) for number, cell in enumerate(cells, 1))
    return [Section(f"#cell={number}", f"cell {number}", text) for number, text in found if text]


def _cell(cell: Any) -> str:
    if not isinstance(cell, dict):
        return ""
    source = _joined(cell.get("source"))
    if cell.get("cell_type") != "code":
        return source
    outputs = cell.get("outputs") if isinstance(cell.get("outputs"), list) else []
    texts = [source, *(_output(output) for output in outputs or [])]
    return "\n".join(text for text in texts if text)


def _output(output: Any) -> str:
    if not isinstance(output, dict):
        return ""
    data = output.get("data")
    shown = data.get("text/plain") if isinstance(data, dict) else output.get("text")
    return _joined(shown)[:MAX_OUTPUT]


def _joined(value: Any) -> str:
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str))
