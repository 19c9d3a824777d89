"""Calls in the ways that other models, and other templates, write them into a text.

A parser that does not know the way leaves such a call where it stood. It counts where a line
begins with it, and only whole: with known names, complete arguments, and its end tag or the end of
the reply behind it. Everything else that looks so is talk.
"""

import json
import re

from qchat.wire.call_text import CALL, END_CALL, CallText, Region, Schemas, calls_in, value_of

_AROUND: dict[str, tuple[str, ...]] = {
    "<tools>": ("</tools>", "</tool>"),  # Qwen2.5-Coder
    "<function>": ("</function>",),  # likewise
    "<function-call>": ("</function-call>",),
    "<tool_calls>": ("</tool_calls>",),
    "<toolcall>": ("</toolcall>",),
    "<TOOLCALL>": ("</TOOLCALL>",),  # Nemotron
    "<function_call>": ("</function_call>",),
    "<functioncall>": ("</functioncall>", "<|endoftext|>"),
    "<|tool_call|>": ("<|/tool_call|>", "</|tool_call|>", "<|tool_call_end|>", "<|tool_call|>"),
    "<|tool_call_start|>": ("<|tool_call_end|>",),
    "<|tool_call_begin|>": ("<|tool_call_end|>",),
}
"""What stands around JSON, and what may end it."""
MISTRAL = "[TOOL_CALLS]"
NAMED = ("<function name=", "<invoke name=")
OPENERS = (*_AROUND, MISTRAL, *NAMED)

_QUOTED_NAME = r"\s+name\s*=\s*[\"']([^\"'<>\n]+)[\"'][^>\n]*>"
_NAMED = re.compile(rf"<(function|invoke){_QUOTED_NAME}")
_NAMED_KEY = re.compile(rf"\s*<(parameter|param|argument|arg){_QUOTED_NAME}")
_GLM_NAME = re.compile(r"\s*([\w.-]+)\s*(?=<arg_key>)")
_GLM_PAIR = re.compile(r"\s*<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)</arg_value>", re.S)
_MISTRAL_NAME = re.compile(r"\s*([\w.-]+)\s*(?:\[CALL_ID\]\w*\s*)?(?:\[ARGS\]\s*)?(?=\{)")
_STUMP = re.compile(r"</?[\w|-]{0,24}\Z")
"""The beginning of an end tag, with which a reply ends."""
_lax = json.JSONDecoder(strict=False)
_BEGINS = re.compile(r"\s*[\[{]")
_NAMED_JSON = re.compile(
    r"\s*(?:<name>\s*([\w.-]+)\s*</name>\s*<(?:arguments|parameters)>|([\w.-]+))\s*(?=\{)"
)
"""A name, in tags or not, before the object: as models write it that were shown other templates."""
_END_ARGUMENTS = re.compile(r"\s*</(?:arguments|parameters)>")
_BEGINS_GLM = re.compile(r"\s*[\w.-]+\s*<arg_key>")
_MAY_GLM = re.compile(r"\s*[\w.-]*\s*(?:<(?:a(?:r(?:g(?:_(?:k(?:e(?:y)?)?)?)?)?)?)?)?\Z")
_MAY_NAMED = re.compile(
    r"\s*(?:<(?:n(?:a(?:m(?:e(?:>\s*[\w.-]*\s*(?:</?[a-z]*>?\s*){0,2})?)?)?)?)?)?\Z"
)
_MAY_MISTRAL = re.compile(r"\s*[\w.-]*\s*(?:\[[A-Z_]*\]?\w*\s*)*\Z")


def begins_other(tag: str, after: str) -> bool | None:
    """Whether what follows a tag shows that it begins a call; None: not yet."""
    if tag in NAMED:
        return True
    if tag == MISTRAL:
        begins = bool(_BEGINS.match(after) or _MISTRAL_NAME.match(after))
        return begins or (None if _MAY_MISTRAL.match(after) else False)
    if tag == CALL:
        inner = after.lstrip()
        if _BEGINS_GLM.match(after) or inner.startswith(NAMED) or _NAMED_JSON.match(after):
            return True
        may = _MAY_GLM.match(after) or any(named.startswith(inner) for named in NAMED)
        may = may or _MAY_NAMED.match(after) is not None
        return None if may else False
    return bool(_BEGINS.match(after)) or (None if not after.strip() else False)


def is_other(text: str) -> bool:
    """Whether a text that begins with a call's tag goes on in another way than Qwen's."""
    return text.startswith(OPENERS) or (
        text.startswith(CALL) and begins_other(CALL, text[len(CALL) :]) is True
    )


def read_other(text: str, schemas: Schemas, *, final: bool) -> Region | None:
    """Read the call at the start of a text; None while more of it is needed.

    Where it has no end, or cannot be read, its tag is given back as a region without calls.
    """
    opener = next((one for one in (CALL, *OPENERS) if text.startswith(one)), CALL)
    if opener == MISTRAL:
        found = _mistral(text)
    elif opener in _AROUND:
        found = _around(text, opener, final=final)
    elif text.startswith(CALL) and _BEGINS_GLM.match(text, len(CALL)):
        found = _glm(text, schemas, final=final)
    elif text.startswith(CALL) and _NAMED_JSON.match(text, len(CALL)):
        found = _named_json(text, final=final)
    else:
        found = _named(text, schemas, final=final)
    return found or (Region(len(opener), ()) if final else None)


def _around(text: str, opener: str, *, final: bool) -> Region | None:
    start = len(opener)
    closers = re.compile("|".join(map(re.escape, _AROUND[opener])))
    for shut in closers.finditer(text, start):
        at, end = shut.start(), shut.group()
        calls = calls_in(text[start:at], closed=False)
        if all(call.whole for call in calls):
            return Region(at + (0 if end == opener else len(end)), calls)
    rest = _STUMP.sub("", text[start:]) if final else ""
    calls = calls_in(rest, closed=False) if rest else ()
    return Region(len(text), calls) if calls and all(call.whole for call in calls) else None


def _mistral(text: str) -> Region | None:
    """`[TOOL_CALLS]` before a list of calls, or before a name and its object; ends with it."""
    start = len(MISTRAL)
    named = _MISTRAL_NAME.match(text, start)
    at = named.end() if named else start + len(text[start:]) - len(text[start:].lstrip())
    try:
        value, end = _lax.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None
    if named:
        return Region(end, (CallText(named.group(1), json.dumps(value, ensure_ascii=False)),))
    return Region(end, calls_in(text[at:end], closed=False))


def _named_json(text: str, *, final: bool) -> Region | None:
    """A name before its object, within Qwen's own tag."""
    name = _NAMED_JSON.match(text, len(CALL))
    if name is None:
        return None
    try:
        value, at = _lax.raw_decode(text, name.end())
    except (ValueError, RecursionError):
        return None
    if name.group(1) and (closed := _END_ARGUMENTS.match(text, at)):
        at = closed.end()
    rest = text[at:].lstrip()
    if not (rest.startswith(END_CALL) or (final and not rest)):
        return None
    end = len(text) - len(rest) + (len(END_CALL) if rest else 0)
    called = name.group(1) or name.group(2)
    return Region(end, (CallText(called, json.dumps(value, ensure_ascii=False)),))


def _glm(text: str, schemas: Schemas, *, final: bool) -> Region | None:
    """A name, and pairs of keys and values, each in tags of its own."""
    name = _GLM_NAME.match(text, len(CALL))
    if name is None:
        return None
    properties = schemas.get(name.group(1), {}).get("properties", {})
    arguments: dict[str, object] = {}
    at = name.end()
    while pair := _GLM_PAIR.match(text, at):
        key = pair.group(1).strip()
        arguments[key] = value_of(pair.group(2), properties.get(key))
        at = pair.end()
    rest = text[at:].lstrip()
    if not (rest.startswith(END_CALL) or (final and not rest)):
        return None
    end = len(text) - len(rest) + (len(END_CALL) if rest else 0)
    return Region(end, (CallText(name.group(1), json.dumps(arguments, ensure_ascii=False)),))


def _named(text: str, schemas: Schemas, *, final: bool) -> Region | None:
    """A function whose name, and those of its parameters, are attributes."""
    start = len(CALL) if text.startswith(CALL) else 0
    start += len(text[start:]) - len(text[start:].lstrip())
    found = _NAMED.match(text, start)
    if found is None:
        return None
    name, closer = found.group(2), f"</{found.group(1)}>"
    for shut in re.compile(re.escape(closer)).finditer(text, found.end()):
        arguments = _named_values(text[found.end() : shut.start()], name, schemas)
        if arguments is not None:
            rest = text[shut.end() :].lstrip()
            if start and not final and END_CALL.startswith(rest) and rest != END_CALL:
                return None
            closed = start and rest.startswith(END_CALL)
            end = len(text) - len(rest) + len(END_CALL) if closed else shut.end()
            return Region(end, (CallText(name, arguments),))
    return None


def _named_values(inner: str, name: str, schemas: Schemas) -> str | None:
    """The arguments between the tags; None where they go on behind this end tag."""
    if inner.lstrip().startswith("{"):
        try:
            return json.dumps(_lax.decode(inner.strip()), ensure_ascii=False)
        except ValueError:
            return None
    properties = schemas.get(name, {}).get("properties", {})
    arguments: dict[str, object] = {}
    at = 0
    while key := _NAMED_KEY.match(inner, at):
        shut = re.compile(rf"</{key.group(1)}>\s*(?=<{key.group(1)}\s+name|\Z)").search(
            inner, key.end()
        )
        if shut is None:
            return None
        raw = inner[key.end() : shut.start()]
        arguments[key.group(2)] = value_of(raw, properties.get(key.group(2)))
        at = shut.end()
    return None if inner[at:].strip() else json.dumps(arguments, ensure_ascii=False)
