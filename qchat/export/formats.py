"""What a conversation can be written as, and a file of it."""

import os
from collections.abc import Callable
from pathlib import Path

from qchat.export.notebook import notebook
from qchat.export.transcript import json_lines, markdown
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr
from qchat.store import Conversation


def _markdown(conversation: Conversation, _files_dir: Path) -> str:
    return markdown(conversation)


def _lines(conversation: Conversation, _files_dir: Path) -> str:
    return "".join(f"{line.decode()}\n" for line in json_lines(conversation))


FORMATS: dict[str, Callable[[Conversation, Path], str]] = {
    "md": _markdown,
    "jsonl": _lines,
    "ipynb": notebook,
}
"""By the ending of the file; each is given where pictures are kept."""


def write(path: Path, form: str, conversation: Conversation, files_dir: Path) -> None:
    """Write a new file that its owner alone can read. Raises UsageError."""
    text = FORMATS[form](conversation, files_dir)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text.encode("utf-8", "replace"))
    except FileExistsError:
        raise UsageError(
            tr(
                "{path} exists already. Use another name: /export {form} PATH.",
                path=path,
                form=form,
            )
        ) from None
    except OSError as error:
        raise UsageError(
            tr("Cannot write {path}: {error}.", path=path, error=error.strerror or error)
        ) from error
