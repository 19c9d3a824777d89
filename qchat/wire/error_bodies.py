"""What a service says when it refuses: code, message and request id, in whatever shape they come.

Everything in it was written by the other side: it is cut to one line of printable text.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from qchat.protocol.errors import StatusError
from qchat.runtime.language import tr
from qchat.wire.lenient_json import count, loads, python_value

MAX_CHARACTERS = 400
"""Characters of a service's own message that are shown."""
MAX_DEPTH = 6

_STATUSES = {
    "rate_limit": 429, "ratelimit": 429, "throttling": 429, "overloaded": 529,
    "internalserver": 500, "serviceunavailable": 503, "modelstreamerror": 502,
}  # fmt: skip
"""Statuses by a part of the name that an error without a number has."""
_MESSAGES = (
    "message", "msg", "error_msg", "errorMessage", "error_message", "detail", "details",
    "status_msg", "description", "error_description", "title", "reason", "Message", "faultstring",
    "errmsg", "errMsg", "err_msg", "retmsg", "exception",
)  # fmt: skip
_CODES = (
    "code", "type", "status_code", "errorCode", "error_code", "__type", "name",
    "errcode", "retcode",
)  # fmt: skip
_WRAPPERS = ("error", "errors", "base_resp", "fault", "response", "Error", "err")
"""Keys under which the error itself stands."""
_AROUND = ("data", "result", "Response", "ResponseMetadata", "detail")
"""Those that most often hold something else, and those that hold the error deeper."""
_SAY_SO = (
    "errmsg", "errMsg", "err_msg", "error_msg", "error_message", "errorMessage", "retmsg",
    "exception",
)  # fmt: skip
"""Names of a message that itself says that something is wrong."""
_ADDRESSES = ("about:", "http:", "https:")
"""What stands for a type in RFC 9457."""
_RAW = ("metadata", "raw", "innererror", "inner_error", "cause", "upstream_error", "body")
"""Keys within an error under which an error of a server behind it stands."""
_TRACEBACK = "Traceback (most recent call last)"
_QUOTED = re.compile(r"[{\[].*[}\]]", re.S)


class Fault(msgspec.Struct, frozen=True):
    """A refusal in the service's own words; empty where it gave none."""

    message: str = ""
    code: str = ""
    request_id: str = ""
    status: int = 0
    context: int = 0
    """The context in tokens that it told beside its message; 0 where it did not."""
    param: str = ""
    """The field of the request that it is about, as far as that is told apart."""

    def __str__(self) -> str:
        code = f"{self.code}: " if self.code and self.code not in self.message else ""
        request = f" (request id {self.request_id})" if self.request_id else ""
        return f"{code}{self.message or 'no reason given'}{request}"


def fault_in(body: Any) -> Fault | None:
    """Find the refusal in a decoded body or chunk; None when it holds none.

    Known shapes: `{"error": {...}}` (OpenAI, llama.cpp, vLLM), `{"error": "text"}` (Ollama),
    `{"code", "message", "request_id"}` (DashScope), `{"object": "error", "message"}`,
    `{"detail": ...}` (FastAPI), `{"base_resp": {"status_code", "status_msg"}}` (MiniMax), a list of
    errors (Gemini), and an error within another's message or metadata (proxies, OpenRouter).
    """
    if isinstance(body, list):
        return next((fault for one in body if (fault := fault_in(one)) is not None), None)
    if not isinstance(body, Mapping):
        return None
    if len(body) == 1:  # Bedrock names the exception, and puts its message below
        ((key, inner),) = body.items()
        if str(key).endswith(("Exception", "Error")) and isinstance(inner, Mapping):
            return _fault({"code": key, **inner}, body)
    for key in (*_WRAPPERS, *_AROUND):
        inner = body.get(key)
        if key in _AROUND:
            if isinstance(inner, Mapping) and (inner.get("error") or inner.get("Error")):
                return fault_in(inner)
        elif inner and (fault := _fault(inner, body)) is not None:
            return fault
    named = body.get("code") or body.get("object") == "error" or body.get("type") == "error"
    failed = body.get("success") is False or body.get("ok") is False or body.get("error") is True
    failed = failed or body.get("status") in ("error", "failed")
    failed = failed or any(body.get(key) for key in _SAY_SO)
    numbered = isinstance(body.get("status"), int) and body.get("status", 0) >= 400
    if not (named or failed or numbered or body.get("detail") or len(body) == 1):
        return None
    fault = _fault(body, body)
    told = fault is not None and (fault.message or body.get("type") == "error")
    return fault if told else None


def failure_in(server: str, data: str, piece: Any = None) -> StatusError:
    """What an event says that is called an error: a text, or a piece of any shape."""
    body = piece if piece is not None else _loaded(data)
    fault = _fault_of_choices(body) or fault_in(body)
    if fault is None and isinstance(body, str | None) and data.strip():
        fault = Fault(one_line(body or data))
    if fault is None and isinstance(body, Mapping):
        fault = _fault(body, body)
    return failure(server, fault or Fault())


def failure(server: str, fault: Fault) -> StatusError:
    """An error that came where a reply was expected, whatever the status said."""
    told = StatusError(
        tr("{server} reported an error: {fault}", server=server, fault=fault),
        fault.status,
        fault.code,
    )
    told.request_id = fault.request_id
    told.context, told.param = fault.context, fault.param
    return told


def _fault_of_choices(body: Any) -> Fault | None:
    """OpenRouter and others put the error into the choice that it ended."""
    choices = body.get("choices") if isinstance(body, Mapping) else None
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, Mapping) and choice.get("error"):
            return _fault(choice["error"], choice)
    return None


def _fault(error: Any, around: Mapping[str, Any]) -> Fault | None:
    """Read one error; None where it says nothing, or that nothing is wrong."""
    if isinstance(error, str):
        nested = _nested(error)
        return nested or _with_its_reason(error, around)
    if isinstance(error, list):
        texts = [_message(one) for one in error]
        told = one_line("; ".join(text for text in texts if text))
        return Fault(told, "", _request_id(around), 0, 0, _param(error)) if told else None
    if not isinstance(error, Mapping) or not error:
        return None
    if (deeper := error.get("error")) and (fault := _fault(deeper, error)) is not None:
        return fault
    given = [error[key] for key in _CODES if error.get(key) not in (None, "", "error")]
    given = [one for one in given if not str(one).startswith(_ADDRESSES)]
    if given and given[0] in (0, "0", 200, "200", "success") and not _nested(_message(error)):
        return None
    given += [error["status"]] if isinstance(error.get("status"), int) else []
    numbers = [number for one in given if (number := count(one)) is not None]
    status = next((number for number in numbers if 400 <= number < 600), 0)
    name = next((str(one) for one in given if count(one) is None), "")
    code = name or next((str(number) for number in numbers if number != status), "")
    message = _message(error)
    inner = _raw(error)
    if inner and inner not in message:
        message = f"{message}: {inner}" if message else inner
    if not (message or code):
        return None
    return Fault(
        one_line(message),
        one_line(code, 80),
        _request_id(error) or _request_id(around),
        status or _status_by_name(code),
        count(error.get("n_ctx")) or 0,
        _param(error.get("param") or error.get("loc") or error.get("detail")),
    )


def _with_its_reason(error: str, around: Mapping[str, Any]) -> Fault:
    """An error that is a word alone, as Spring and NestJS name the status: the reason is beside."""
    beside = next((around[key] for key in _MESSAGES if around.get(key)), "")
    reason = _message(beside) if isinstance(beside, str | list) else ""
    code, told = (error, reason) if reason and reason != error else ("", error)
    return Fault(one_line(told), one_line(code, 80), _request_id(around))


def _message(error: Any, depth: int = 0) -> str:
    """The text of an error, with that of an error which is quoted in it in its place."""
    if isinstance(error, str):
        nested = _nested(error) if depth < MAX_DEPTH else None
        return str(nested.message) if nested is not None and nested.message else error
    if isinstance(error, list):
        return "; ".join(text for one in error if (text := _message(one, depth + 1)))
    if not isinstance(error, Mapping) or depth > MAX_DEPTH:
        return ""
    found = (_message(error[key], depth + 1) for key in (*_MESSAGES, "data") if error.get(key))
    text = next(filter(None, found), "")
    where = error.get("loc")
    return f"{'.'.join(map(str, where))}: {text}" if isinstance(where, list | tuple) else text


def _raw(error: Mapping[str, Any]) -> str:
    """What a server behind this one said, where that is handed on beside a message of its own."""
    for key in _RAW:
        inner = error.get(key)
        if isinstance(inner, Mapping):
            text = _raw(inner) or _message(inner)
        else:
            text = _message(inner) if isinstance(inner, str) else ""
        if text:
            return text
    return ""


def _nested(text: str) -> Fault | None:
    """An error that stands as JSON, or as Python prints it, within a text."""
    found = _QUOTED.search(text)
    value = _loaded(found.group()) if found else None
    if value is None and found:
        value = python_value(found.group())
    return fault_in(value) if isinstance(value, Mapping) else None


def _param(value: Any) -> str:
    """The name of the field that an error is about."""
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], Mapping):
            return _param(value[0].get("loc"))
        value = next((one for one in reversed(value) if isinstance(one, str)), "")
    return one_line(value, 80) if isinstance(value, str) else ""


def _status_by_name(code: str) -> int:
    name = code.lower()
    return next((status for part, status in _STATUSES.items() if part in name), 0)


def _request_id(body: Mapping[str, Any]) -> str:
    found = body.get("request_id") or body.get("requestId") or ""
    return one_line(str(found), 100)


def _loaded(text: str) -> Any:
    try:
        return loads(text)
    except ValueError:
        return None


def _raised(text: str) -> str:
    """What Python's report of an error comes to, which stands at its end."""
    lines = text[text.rindex(_TRACEBACK) :].splitlines()[1:]
    told = [line for line in lines if line.strip() and not line[0].isspace()]
    return told[0] if told else text


def one_line(text: str, longest: int = MAX_CHARACTERS) -> str:
    """Make a stranger's text fit to stand in an error: one line, printable, not endless."""
    if _TRACEBACK in text:
        text = _raised(text)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
