"""What a service says when it refuses: code, message and request id, in whatever shape they come.

Everything in it was written by the other side: it is cut to one line of printable text.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from qchat.protocol.errors import ProtocolError, StatusError

LONGEST = 400
"""Characters of a service's own message that are shown."""


class Fault(msgspec.Struct, frozen=True):
    """A refusal in the service's own words; empty where it gave none."""

    message: str = ""
    code: str = ""
    request_id: str = ""
    status: int = 0

    def __str__(self) -> str:
        code = f"{self.code}: " if self.code and self.code not in self.message else ""
        request = f" (request id {self.request_id})" if self.request_id else ""
        return f"{code}{self.message or 'no reason given'}{request}"


def fault_in(body: Any) -> Fault | None:
    """Find the refusal in a decoded body or chunk; None when it holds none.

    Known shapes: `{"error": {...}}` (OpenAI, llama.cpp, vLLM), `{"error": "text"}` (Ollama),
    `{"code", "message", "request_id"}` (DashScope), `{"object": "error", "message"}` and
    `{"detail": ...}` (FastAPI servers).
    """
    if not isinstance(body, Mapping):
        return None
    error = body.get("error")
    if isinstance(error, str) and error:
        return Fault(one_line(error), "", _request_id(body))
    if isinstance(error, Mapping) and error:
        return _fault(error, _request_id(body))
    if body.get("message") and (body.get("code") or body.get("object") == "error"):
        return _fault(body, _request_id(body))
    if body.get("detail"):
        return Fault(one_line(str(body["detail"])))
    return None


def failure_in(server: str, data: str) -> StatusError | ProtocolError:
    """What a piece of a stream says that is no piece of a reply: an error, or nonsense."""
    try:
        body = msgspec.json.decode(data)
    except msgspec.DecodeError:
        body = None
    fault = fault_in(body)
    if fault is None and isinstance(body, Mapping) and body.get("type") == "error":
        fault = Fault()
    if fault is None:
        shown = repr(one_line(data, 120))
        return ProtocolError(f"{server} sent something that is no piece of a reply: {shown}")
    text = f"{server} reported an error in mid-reply: {fault}"
    return StatusError(text, fault.status, fault.code, fault.request_id)


def _fault(error: Mapping[str, Any], request_id: str) -> Fault:
    code = error.get("code") or error.get("type") or ""
    status = code if isinstance(code, int) and 400 <= code < 600 else 0
    name = error.get("type") if status else code
    message = one_line(str(error.get("message") or ""))
    return Fault(message, one_line(str(name or "")), request_id or _request_id(error), status)


def _request_id(body: Mapping[str, Any]) -> str:
    return one_line(str(body.get("request_id") or ""))


def one_line(text: str, longest: int = LONGEST) -> str:
    """Make a stranger's text fit to stand in an error: one line, printable, not endless."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
