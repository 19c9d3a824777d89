"""Which layers of a PDF its readers do not see (ISO 32000-2, 8.11: optional content)."""

from typing import Any

from pypdf import PdfReader

_MAX_DEPTH = 20


class Layers:
    """The optional-content groups of a file, as a viewer shows them when it opens it."""

    def __init__(self, reader: PdfReader) -> None:
        try:
            self._off = _groups_that_are_off(reader)
        except (KeyError, TypeError, AttributeError):
            self._off = frozenset()

    def is_off(self, group: Any) -> bool:
        """Whether a group, or what depends on some, is not shown."""
        try:
            found = group.get_object()
            if found.get("/Type") != "/OCMD":
                return _number(group) in self._off
            if "/VE" in found:
                return not self._holds(found["/VE"], 0)
            members = found.raw_get("/OCGs") if "/OCGs" in found else []
            members = members if isinstance(members, list) else [members]
            off = [_number(member) in self._off for member in members]
            return bool(off) and not _POLICIES.get(found.get("/P", "/AnyOn"), _any_on)(off)
        except (AttributeError, KeyError, TypeError, RecursionError):
            return False

    def _holds(self, expression: Any, depth: int) -> bool:
        """Whether a visibility expression says that what depends on it is shown."""
        found = expression.get_object() if hasattr(expression, "get_object") else expression
        if not isinstance(found, list) or depth > _MAX_DEPTH:
            return _number(expression) not in self._off
        parts = (self._holds(part, depth + 1) for part in found[1:])
        match found[0]:
            case "/And":
                return all(parts)
            case "/Or":
                return any(parts)
            case _:
                return not all(parts)


def _any_on(off: list[bool]) -> bool:
    return not all(off)


_POLICIES = {
    "/AnyOn": _any_on,
    "/AllOn": lambda off: not any(off),
    "/AnyOff": any,
    "/AllOff": all,
}


def _number(reference: Any) -> int:
    return int(getattr(reference, "idnum", -1))


def _groups_that_are_off(reader: PdfReader) -> frozenset[int]:
    root: Any = reader.trailer["/Root"]
    properties = root["/OCProperties"]
    default = properties["/D"]
    off = {_number(r) for r in default.get("/OFF", [])}
    if default.get("/BaseState") == "/OFF":
        groups = {_number(r) for r in properties.get("/OCGs", [])}
        off |= groups - {_number(r) for r in default.get("/ON", [])}
    for usage in default.get("/AS", []):
        usage = usage.get_object()  # noqa: PLW2901
        if usage.get("/Event") != "/View":
            continue
        for group in usage.get("/OCGs", []):
            state = group.get_object().get("/Usage", {}).get("/View", {}).get("/ViewState")
            (off.add if state == "/OFF" else off.discard)(_number(group))
    return frozenset(off)
