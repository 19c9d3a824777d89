"""The ids of memories: 8 hexadecimal digits, which people and models can copy."""

import re
import secrets
from collections.abc import Container

from qchat_memory.errors import MemoryStoreError
from qchat_memory.localized_text import tr


def bare(id_: str) -> str:
    """An id without the brackets in which it is shown."""
    return id_.strip("[] \n")


def free(taken: Container[str], wanted: str = "") -> str:
    """The wanted id if it is one and free, else a new one."""
    id_ = wanted
    while not re.fullmatch("[0-9a-f]{8}", id_) or id_ in taken:
        id_ = secrets.token_hex(4)
    return id_


def unknown(id_: str) -> MemoryStoreError:
    """What to raise where there is no such memory."""
    return MemoryStoreError(
        tr("there is no memory {id!r:.40}: the list shows each one's id", id=id_)
    )
