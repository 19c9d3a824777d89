"""What a refusal teaches: the length of a context, fields that are not taken, what is final.

Servers say so in words alone. The patterns here are from public reports, one a line with whose
they are; `tests/wire/refusals.toml` holds the sentences.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from qchat.protocol.errors import StatusError

MIN_CONTEXT, MAX_CONTEXT = 256, 100_000_000
"""Tokens; other numbers in a refusal are not the length of a context."""

_N = r"(\d[\d,_]*(?:\.\d+)?)\s*(k\b|m\b)?"
_LIMITS = tuple(
    re.compile(pattern, re.I | re.S)
    for pattern in (
        rf"(?:max_seq_len|n_ctx)\D{{0,12}}{_N}",  # TabbyAPI, ExLlama, llama-cpp-python
        rf"\d\s*(?:tokens?\s*)?(?:/|vs\.?)\s*{_N}",  # 40000/32768
        rf">\s*{_N}",  # Anthropic: 208310 tokens > 200000 maximum
        rf"\[\s*\d+\s*,\s*{_N}\s*\]",  # DashScope: should be [1, 30720]
        rf"\bmax(?:imum)?\b[^\d]{{0,60}}?{_N}",  # OpenAI, vLLM, DeepSeek, xAI, Gemini
        rf"(?:<=|less than|at most|up to|not? more than|exceeds?(?!\w)|only)\D{{0,20}}{_N}",  # TGI
        rf"{_N}[\s-]*(?:tokens?\s*)?(?:max|context|limit)",  # Mistral: with 32768 maximum context
        rf"(?:最[大多长高]|上限|不能?超过|仅支持|maximal\w*|m[aá]xim\w+)[^\d]{{0,30}}?{_N}",
        # SGLang:
        rf"(?:context|token|window)s?[ _-]?(?:length|size|window|limit)(?!_ex)\D{{0,40}}?{_N}",
        rf"(?:available|allowed|limit)\D{{0,30}}?{_N}",
        rf"(?:context|window|size)(?: is| of|:)?[\s(]*{_N}",  # GitHub: Max size: 8000 tokens
        rf"(?:максимальн\w+|최대)[^\d]{{0,30}}?{_N}",
        rf"(?:exceed\w*|长度|上下文)\D{{0,30}}?{_N}",  # LMDeploy: exceeds session_len 4096
    )
)
_CODE = re.compile(r"\((\d{4})\)\W*\Z")
_BY = re.compile(r"\bby\s*\Z", re.I)
"""Before a number that is how much there was too much."""
_OVERFLOW = re.compile(
    r"context[ _-]?(?:length|size|window|limit)|context\W.{0,30}(?:exceed|overflow)"
    r"|exceed.{0,40}\bcontext|max\w* (?:model|prompt|input|sequence)\W? ?len|max_seq_len"
    r"|(?:prompt|input|messages?|conversation|request \(\d+ tokens\)).{0,40}too (?:long|many)"
    r"|(?:input|prompt) (?:length|token)|token limit|too many tokens|number of tokens"
    r"|inputs`? (?:tokens?|must)|reduce the length|exceed_context|maximum context"
    r"|(?:prompt|input|request|messages?|tokens?)\b.{0,60}(?:can only (?:handle|take|process)"
    r"|too (?:large|big|long) for (?:the |this )?model|exceeds? \S+ tokens)"
    r"|上下文|输入.{0,12}(?:过长|太长|超过|超出|长度)|超[过出].{0,20}(?:长度|token)"
    r"|コンテキスト|longueur.{0,30}contexte|kontextl(?:ä|ae)nge|longitud.{0,30}contexto"
    r"|(?:prompt|input|tokens?\b).{0,40}exceeds? (?:the )?(?:max|model limit)|tokens_limit_reached"
    r"|max size:? \d+ tokens|context.{0,20}overflow|(?:prompt|input) has [\d,]+ tokens|contexto"
    r"|more than the context|n_ctx|контекст|컨텍스트"
    r"|session_len|\bKV ?(?:cache )?(?:size|slot)|NoKvCacheSlot|超长|长度.{0,12}(?:超|过长)",
    re.I | re.S,
)
_RATE = re.compile(r"per (?:min|hour|day|sec)|\b[tr]p[md]\b|rate.?limit|retry (?:in|after)", re.I)
_PASSING = re.compile(
    r"\b(?:monthly|weekly|daily|hourly|usage|quota|wait|too many requests)\b", re.I
)
"""Words of a limit in time, with which a status of 429 is about no prompt."""
_NO_TOKENS = re.compile(r"string too long|\bcharacters?\b|\bbytes\b", re.I)
_ANSWER_ONLY = re.compile(r"max_(?:completion_|output_|new_)?tokens", re.I)
_FINAL = re.compile(
    r"insufficient[_ -]?(?:user[_ -]?)?(?:quota|balance|credit|fund)"
    r"|exceeded your current quota|billing|out of credit|more credits|arrearage|overdue|payment"
    r"|free ?tier"
    r"|account.{0,30}(?:suspend|disabl)|quota.{0,30}exhausted|usage (?:limit|quota)"
    r"|(?:spending|key|credit) limit|(?:hour|week|month)(?:ly)? allocated quota"
    r"|credits have been|(?:add|buy|purchase)(?: more)? credits|quota.{0,60}not enough|欠费|充值"
    r"|(?:余额|额度)(?:不足|已用[尽完])",
    re.I,
)
_WITHHELD = re.compile(r"data_?inspection|content_?filter|inappropriate content", re.I)
_BY_THE_DAY = re.compile(r"\bper[- ]day\b|\bdaily\b|\b[rt]pd\b", re.I)
_WRONG_REQUEST = re.compile(
    r"invalid[_ ]?request|bad ?request|not support|unsupported|invalid_?parameter|requires --"
    r"|does not exist|not found|template", re.I
)  # fmt: skip
_REFUSES = re.compile(
    r"support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|forbidden|extra|invalid"
    r"|additional propert|must (?:not|be)|cannot|can't|exclusive|together|not greater|should be"
    r"|not enabled|out of range|too (?:large|high|big)|deprecated|only|not a valid|disallowed"
    r"|requires",
    re.I,
)
_ONE_OF_TWO = re.compile(r"only one|not both|cannot both|both be specified", re.I)
_EVERY = re.compile(
    r"unknown name|not permitted|extra_forbidden|additional propert|unrecogni[sz]ed", re.I
)
_TOOLS = re.compile(
    r"support[s]? (?:for )?(?:tool|function)"
    r"|(?:tool|function)[ -](?:use|call\w*).{0,40}(?:support|enabled)"
    r"|enable-auto-tool-choice|tool-call-parser|--jinja"
    r"|\btools?\b.{0,30}(?:not|un)[ -]?support", re.I
)  # fmt: skip
_THINKING = re.compile(
    r"support (?:thinking|reasoning)|(?:thinking|reasoning) is not|\bthink\b.{0,20}not", re.I
)

NEEDED = frozenset({"model", "messages", "stream", "system"})
"""What a request cannot do without."""
WITH_TOOLS = frozenset({"tools", "parallel_tool_calls", "tool_stream", "tool_choice"})
FOR_THINKING = frozenset({
    "enable_thinking", "thinking_budget", "reasoning_effort", "preserve_thinking", "thinking",
    "chat_template_kwargs", "reasoning_budget_tokens", "reasoning_budget_message",
    "reasoning_control", "reasoning", "output_config",
})  # fmt: skip
ANSWER_LIMITS = ("max_tokens", "max_completion_tokens")
IN_MESSAGES = ("reasoning_content", "reasoning")
"""Fields of messages, which can be left out of all of them."""


class Lesson(msgspec.Struct, frozen=True):
    """What to do otherwise, from here on."""

    without: tuple[str, ...] = ()
    """Fields to leave out, of the request or of its messages."""
    renamed: tuple[str, str] | None = None
    """A field that is to have another name."""
    longest: int = 0
    """Tokens that an answer may have at most."""


def overflowed(error: StatusError) -> bool:
    """Whether a prompt was too long for the context."""
    text = f"{error.code} {error}"
    if error.context or "exceed_context" in text or "context_length_exceeded" in text:
        return True
    if _RATE.search(text) or error.status in (401, 402, 403, 404):
        return False
    if error.status == 429 and _PASSING.search(text):
        return False
    if error.status == 413:  # often from a proxy, which knows bytes and no tokens
        return True
    answer_only = _ANSWER_ONLY.search(text) and not re.search("context|input|prompt", text, re.I)
    return _OVERFLOW.search(text) is not None and not answer_only


def told_context(error: StatusError) -> int:
    """The context in tokens that a refused prompt was too long for; 0 where that is not told."""
    text = str(error)
    if error.context or _NO_TOKENS.search(text):
        return error.context
    text = text.partition(": ")[2] or text
    code = _CODE.search(text)  # as MiniMax ends its words
    known = code is not None and "token" not in text.lower()
    return _limit_in(text, no=code.group(1) if code is not None and known else error.code)


def final(error: StatusError) -> bool:
    """Whether asking again would be refused again: no quota, or a request that cannot work."""
    text = f"{error.code} {error}"
    if (
        unpaid(text)
        or _WITHHELD.search(text)
        or (error.status == 429 and _BY_THE_DAY.search(text) is not None)
    ):
        return True
    return error.status >= 500 and (overflowed(error) or _WRONG_REQUEST.search(text) is not None)


def unpaid(text: str) -> bool:
    """Whether a refusal is about money or a quota that does not come back by waiting."""
    plain = re.search("insufficient_quota|arrearage|insufficient balance", text, re.I)
    return plain is not None or (_FINAL.search(text) is not None and _RATE.search(text) is None)


def lesson_of(error: StatusError, body: Mapping[str, Any]) -> Lesson | None:
    """What to leave out of a refused request so that it may be taken; None for nothing."""
    if error.status not in (0, 400, 404, 405, 415, 422, 500, 501) or overflowed(error):
        return None
    text = f"{error.param} {error.code} {error}"
    if _TOOLS.search(text) and "tools" in body:
        return Lesson(tuple(name for name in body if name in WITH_TOOLS))
    named = _named(text, body)
    if not named or _REFUSES.search(text) is None:
        thinking = tuple(name for name in body if name in FOR_THINKING)
        return Lesson(thinking) if thinking and _THINKING.search(text) else None
    limits = [name for name in named if name in ANSWER_LIMITS]
    if limits:
        return _other_limit(limits[0], text, body)
    if "tools" in named:
        return Lesson(tuple(name for name in body if name in WITH_TOOLS))
    if len(named) == 2 and _ONE_OF_TWO.search(text):
        return Lesson(named[1:])
    excluded = "reasoning_effort" in named and len(named) > 1 and not _EVERY.search(text)
    return Lesson(("reasoning_effort",) if excluded else named)


def _named(text: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of the request that a refusal names: the one that it is about, or several."""
    known = [name for name in body if name not in NEEDED]
    known += [name for name in IN_MESSAGES if any(name in said for said in body["messages"])]
    known += [name for name in body.get("chat_template_kwargs", ()) if name not in known]
    places = {name: _place(name, text) for name in known}
    found = sorted((at, name) for name, at in places.items() if at >= 0)
    if not found:  # as Gemini and DashScope say it, without the field's name
        return tuple(name for name in known if "penalty" in name and "penalt" in text.lower())
    several = _EVERY.search(text) or re.search("together|exclusive|both|beside", text, re.I)
    if re.search("expected one of|valid fields|allowed (?:fields|values)", text, re.I):
        several = None  # it lists all that it knows
    names = [name for _, name in found][: None if several else 1]
    inner = set(body.get("chat_template_kwargs", ())) - set(body)
    return tuple(dict.fromkeys("chat_template_kwargs" if one in inner else one for one in names))


def _place(name: str, text: str) -> int:
    first, *others = name.split("_")
    camel = first + "".join(map(str.capitalize, others))
    found = re.search(rf"(?<![A-Za-z0-9_])(?:{re.escape(name)}|{camel})(?![A-Za-z0-9_])", text)
    return found.start() if found else -1


def _other_limit(name: str, text: str, body: Mapping[str, Any]) -> Lesson | None:
    """A limit of the answer by its other name, or as far as the server goes."""
    other = next(one for one in ANSWER_LIMITS if one != name)
    if _place(other, text) >= 0 and re.search("instead|use", text, re.I):
        return Lesson(renamed=(name, other))
    most = _limit_in(text)
    if most and most < int(body[name]):
        return Lesson(longest=most)
    return Lesson((name,)) if "system" not in body and not most else None


def _limit_in(text: str, no: str = "") -> int:
    """The limit that a text names; a number is `no` limit where it is the code of the error."""
    for pattern in _LIMITS:
        for found in pattern.finditer(text):
            if found.group(1) == no or _BY.search(text[: found.start(1)]):
                continue
            number = float(found.group(1).replace(",", "").replace("_", "").rstrip("."))
            scale = {"k": 1000, "m": 1_000_000}.get((found.group(2) or "").lower(), 1)
            if MIN_CONTEXT <= number * scale <= MAX_CONTEXT:
                return int(number * scale)
    return 0
