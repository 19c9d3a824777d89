"""Fragments of tool calls, put together: each call once, whole, under an id of its own.

Servers identify a fragment by index, by id, by name, or not at all, and each of these alone is
wrong somewhere: indices that are always 0, an id that changes with each fragment, a name that is
repeated, the whole call once more at its end. So they are weighed together with whether the call
that a fragment could belong to is already complete.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from qchat.protocol.call_ids import CallIds, new_id
from qchat.protocol.events import ToolDraft
from qchat.wire.arguments import bare_argument, missing_end, read_arguments
from qchat.wire.lenient_json import count, loads, mapping, word
from qchat.wire.schema_arguments import fitted
from qchat.wire.surrogates import Mender

_AROUND_NAME = re.compile(r"[.:/]+|__")
_TAGGED_NAME = re.compile(r"<?function=[\"']?([^>\"']+)[\"']?>?")


class Fragment(msgspec.Struct, frozen=True):
    """A piece of a call; empty fields were not given."""

    index: int | None = None
    id: str = ""
    name: str = ""
    arguments: str = ""


def fragment(value: object) -> Fragment | None:
    """Read one element of `tool_calls`, in whatever shape; None for what is no call at all."""
    call = mapping(value)
    function = call.get("function") or call.get("custom")
    if isinstance(function, str) and function.lstrip().startswith("{"):  # quoted once more
        function = _loaded(function)
    function = mapping(function) or call
    given = next(
        (function[key] for key in ("arguments", "parameters", "input") if key in function), None
    )
    name = function.get("name") or (
        call.get("function") if function is call and isinstance(call.get("function"), str) else ""
    )
    id_ = word(call.get("id"))
    read = Fragment(
        count(call.get("index")), "" if id_ in ("null", "None") else id_, word(name), text_of(given)
    )
    return read if (read.id or read.name or read.arguments or read.index is not None) else None


def _loaded(text: str) -> object:
    try:
        return loads(text)
    except ValueError:
        return None


def text_of(arguments: object) -> str:
    """Arguments as text; some servers send the object itself."""
    if isinstance(arguments, str):
        return arguments
    if arguments is None:
        return ""
    try:
        return msgspec.json.encode(arguments).decode()
    except (TypeError, ValueError, UnicodeError, RecursionError):
        return ""


def same_call(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Whether two calls, each a name and its arguments as text, ask for the same thing."""
    if first[0] != second[0]:
        return False
    mine, other = (read_arguments(text, name, whole=True) for name, text in (first, second))
    return mine is not None and other is not None and _plain(mine) == _plain(other)


class Call:
    """A call in the making; `given` are the server's ids for it."""

    def __init__(self, id_: str, name: str, index: int | None, given: str) -> None:
        self.id = id_
        self.name = name
        self.index = index
        self.given = {given} - {""}
        self.again = ""
        """What came when the call was already complete: most often the same once more."""
        self.shown = False
        """Whether a draft of it has been given out."""
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """The arguments so far."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @property
    def begun(self) -> bool:
        """Whether anything of the arguments has come."""
        return bool(self._pieces)

    @property
    def complete(self) -> bool:
        """Whether the arguments are an object that says something; cheap where they go on."""
        if not self._pieces:
            return False
        last = self._pieces[-1].rstrip() or self.text.rstrip()
        ends = self._pieces[0].lstrip()[:1] + last[-1:]
        return ends in ("{}", '""') and bool(read_arguments(self.text, self.name))

    @property
    def bare(self) -> bool:
        """Whether what has come of the arguments begins as no object does, nor a quoted one."""
        return self.begun and self._pieces[0].lstrip()[:1] not in ("", "{", "[", '"', "<")

    def begins(self, other: "Call") -> bool:
        """Whether another call is the same, or goes on where this one was cut."""
        if self.name != other.name:
            return False
        if self.complete:
            return same_call((self.name, self.text), (other.name, other.text))
        return other.text.startswith(self.text)

    def take_name(self, known: Collection[str]) -> None:
        """Take the name out of the arguments, where the whole call stands in them."""
        said = read_arguments(self.text) or {}
        given = said.get("arguments", said.get("parameters"))
        if said.get("name") in known and isinstance(given, dict):
            self.name = said["name"]
            self._pieces = [text_of(given)]

    def mean(self, text: str) -> None:
        """What the arguments mean, in place of how they came."""
        self._pieces = [text]

    def add(self, text: str) -> None:
        """More of the arguments."""
        if text.strip() or self._pieces:
            self._pieces.append(text)


class CallReader:
    """Fragments in, drafts out; `close` gives what could not be told apart before.

    Ids are unique within a reply; `schemas` are the parameters of the offered tools by name.
    """

    def __init__(
        self,
        make_id: Callable[[], str] = new_id,
        schemas: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._ids = CallIds(make_id)
        self._schemas = schemas or {}
        self._names = frozenset(self._schemas)
        self._calls: list[Call] = []
        self._before: list[Call] | None = None
        """Calls of a reply that has begun again since; those of the second wait for the end."""
        self._mender = Mender()

    @property
    def calls(self) -> list[tuple[str, str]]:
        """Name and arguments of each call so far."""
        every = [*(self._before or ()), *self._calls]
        return [(call.name, call.text) for call in every if call.name or call.begun]

    @property
    def whole(self) -> bool:
        """Whether no call stands in the middle of its arguments."""
        return all(call.complete or not call.begun for call in self._calls)

    def begin_again(self) -> None:
        """A second reply follows: nothing in it goes on with a call of the first."""
        self._before = [*(self._before or ()), *self._calls]
        self._calls = []

    def feed(self, fragments: Collection[Fragment]) -> list[ToolDraft]:
        """Read the fragments of one chunk."""
        return [draft for one in fragments if (draft := self._read(one)) is not None]

    def close(self, *, finished: bool) -> list[ToolDraft]:
        """What waited. `finished`: the server said that the reply ends with whole calls.

        Then brackets that it forgot are put to their end, and a text that stands bare is the one
        argument of its tool; else a call that lacks them was cut.
        """
        drafts = self._said_again() if self._before else []
        for call in tuple(self._calls):
            if not call.name:
                call.take_name(self._names)
            if (call.name or call.begun) and (call.bare or not call.shown):
                call.shown = True
                unread = finished and call.begun and read_arguments(call.text, call.name) is None
                bare = bare_argument(call.text, self._schemas.get(call.name, {})) if unread else ""
                drafts.append(ToolDraft(call.id, call.name, bare or call.text))
                if bare:
                    continue
            schema = self._schemas.get(call.name, {})
            if meant := fitted(call.text, call.name, schema, whole=finished) if call.begun else "":
                call.mean(meant)
                drafts.append(ToolDraft(call.id, call.name, meant, instead=True))
                continue
            lacks = missing_end(call.text) if finished and call.begun else ""
            if lacks and read_arguments(call.text, call.name) is None:
                call.add(lacks)
                drafts.append(ToolDraft(call.id, call.name, lacks))
        return drafts

    def _said_again(self) -> list[ToolDraft]:
        """Of the calls that came behind the first reply, what the first had not said."""
        drafts: list[ToolDraft] = []
        fresh: list[Call] = []
        left = [call for call in self._before or () if call.shown]
        for call in self._calls:
            known = next((old for old in left if old.begins(call)), None)
            if known is None:
                fresh.append(call)
                continue
            left.remove(known)
            if rest := call.text[len(known.text) :] if not known.complete else "":
                known.add(rest)
                drafts.append(ToolDraft(known.id, known.name, rest))
        self._calls = fresh
        return drafts

    def own_id(self) -> str:
        """An id for a call that came without one."""
        return self._ids.take()

    def _read(self, one: Fragment) -> ToolDraft | None:
        text = self._mender.feed(one.arguments)
        one = msgspec.structs.replace(one, arguments=text, name=_name(one.name, self._names))
        call = self._known(one)
        if call is None or self._begins(call, one):
            unnamed = call is not None and not one.name and call.complete
            return self._open(one, call.name if call is not None and unnamed else one.name)
        if one.id:
            call.given.add(one.id)
        if one.name and one.name != call.name and not call.begun:
            both = call.name + one.name  # some servers send the name in pieces, too
            call.name = both if both in self._names or call.name not in self._names else call.name
        if call.complete and text.strip():
            call.again += text
            return self._settled(call)
        call.name = call.name or one.name
        call.add(text)
        return self._draft(call, text)

    def _draft(self, call: Call, text: str) -> ToolDraft | None:
        """What is shown of a call: nothing before it has its whole name, or says something.

        Bare arguments wait for the end, which shows what they are.
        """
        if call.bare or self._before:
            return None
        if call.shown:
            return ToolDraft(call.id, call.name, text) if text else None
        if not call.name or not (call.begun or call.name in self._names):
            return None
        call.shown = True
        return ToolDraft(call.id, call.name, call.text)

    def _open(self, one: Fragment, name: str) -> ToolDraft | None:
        """A new call."""
        if not (one.id or name or one.arguments.strip()):
            return None
        call = Call(self._ids.take(one.id), name, one.index, one.id)
        call.add(one.arguments)
        self._calls.append(call)
        return self._draft(call, one.arguments)

    def _known(self, one: Fragment) -> Call | None:
        """The call that a fragment may belong to: by its id, else its index, else the last one."""
        calls = self._calls[::-1]
        if by_id := [call for call in calls if one.id and one.id in call.given]:
            return by_id[0]
        if one.index is not None:
            if by_index := [call for call in calls if call.index == one.index]:
                if by_index[0].complete and _goes_to(calls[0], one, by_index[0]):
                    calls[0].index = one.index
                    return calls[0]
                return by_index[0]
            goes_on = calls and (not (one.id or one.name) or _restates(calls[0], one))
            return calls[0] if goes_on else None
        return calls[0] if calls and not (one.id and one.name) else None

    def _begins(self, call: Call, one: Fragment) -> bool:
        """Whether a fragment is the beginning of another call than the one that it points to."""
        starts = one.arguments.lstrip().startswith("{")
        new_id = bool(one.id) and bool(call.given) and one.id not in call.given
        if _restates(call, one):
            return False
        if call.complete:
            mine = call.name or one.name  # a name may come behind its arguments
            if not (call.name or new_id or one.arguments.strip()):
                return False
            if same_call((mine, call.text), (one.name or mine, one.arguments)):
                same_place = one.index is not None and one.index == call.index
                return new_id and bool(one.name) and not same_place
            if new_id or (starts and read_arguments(one.arguments) is not None):
                return True
            # With the same id an object in pieces may be the same again: it waits in `again`.
            same_id = bool(one.id) and one.id in call.given
            return bool(one.name) and not same_id and (starts or one.name != call.name)
        if new_id and one.name:
            return starts or not one.arguments or not call.begun or one.name != call.name
        if one.name and call.name and one.name != call.name:
            return call.begun or (call.name in self._names and one.name in self._names)
        return False

    def _settled(self, call: Call) -> ToolDraft | None:
        """What came behind a whole call, once it is whole too: another call, or the same again."""
        again = call.again
        if not again.rstrip().endswith(("}", '"')) or read_arguments(again) is None:
            return None  # goes on, or was cut off
        call.again = ""
        if same_call((call.name, call.text), (call.name, again)):
            return None
        return self._open(Fragment(call.index, "", call.name, again), call.name)


def _goes_to(last: Call, one: Fragment, complete: Call) -> bool:
    """Whether the arguments of the last call begin under the number of one that is complete.

    SGLang numbers the beginning of a second call 1, and its pieces 0.
    """
    begins = one.arguments.lstrip().startswith("{") and not (one.id or one.name or last.begun)
    same = (complete.name, complete.text), (complete.name, one.arguments)
    return begins and not same_call(*same)


def _restates(call: Call, one: Fragment) -> bool:
    """Whether a fragment may begin the same call once more, by the protocol's other way.

    The old way has no index and no id; the new one behind it has, and the call is one.
    """
    unmarked = call.index is None and not call.given
    return unmarked and call.complete and bool(one.id) and one.name == call.name


def _name(given: str, known: Collection[str]) -> str:
    """The tool that is meant: some put a namespace before its name, a counter or a tag behind."""
    if not given or given in known or not known:
        return given
    bare = given.partition("<|")[0].strip().strip("\"'`").removesuffix("()")
    if tagged := _TAGGED_NAME.fullmatch(bare):
        bare = tagged.group(1).strip()
    parts = [part for part in _AROUND_NAME.split(bare) if part and not part.isdecimal()]
    alike = [name for name in known if name.lower() == bare.lower()]
    return next((name for name in (bare, *parts[-1:], *alike[:1]) if name in known), given)


def _plain(value: Any) -> Any:
    """A value to compare by: readers of text may take for text what a server took for a number."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false")):
        return str(value).lower()
    return str(value).strip() if isinstance(value, str | int | float) else value
