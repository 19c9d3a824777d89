"""Why a reply ended, in every server's words: an end is one thing, what looks like it another."""

import re
from typing import Literal

Ending = Literal["", "end", "length", "withheld", "paused", "broken", "unknown"]
"""Not yet; by the model; no room; by a filter; until it is asked on; broken off; nobody knows."""

WORDS: dict[Ending, str] = {
    "": "null none unspecified",
    "end": """
        stop endturn stopsequence stopstring stopped end eos eostoken endofturn endofsequence
        complete completed finish finished done success normal ok
        toolcalls toolcall tooluse functioncall functioncalls calltool
    """,
    "length": """
        length maxtokens maxlength maxoutputtokens maxnewtokens maxcompletiontokens tokenlimit
        outputlimit modellength modelcontextwindowexceeded contextlengthexceeded contextlength
        contextwindowexceeded contextsize truncated limit
    """,
    "withheld": """
        contentfilter contentfiltered filtered contentblocked blocked blocklist safety imagesafety
        recitation prohibitedcontent spii refusal sensitive guardrailintervened guardrail
        moderation datainspectionfailed language
    """,
    "paused": "pauseturn paused pause",
    "broken": """
        abort aborted error errored failed failure networkerror insufficientsystemresource timeout
        timedout cancel canceled cancelled interrupted disconnect disconnected preempted
        malformedfunctioncall malformedresponse malformedtooluse malformedmodeloutput
        load unload unexpectedtoolcall toomanytoolcalls repetition repetitiontruncation
        servererror internalerror overloaded incomplete loop unknown other
    """,
}
_ENDINGS: dict[str, Ending] = {
    word: ending for ending, words in WORDS.items() for word in words.split()
}
_PARTS: tuple[tuple[Ending, re.Pattern[str]], ...] = (
    ("withheld", re.compile("filter|safety|block|moderat|sensitiv|policy|inspect|refus|guard")),
    (
        "broken",
        re.compile(
            "error|fail|abort|cancel|time|interrupt|crash|disconnect|unavailab|overload|exception"
            "|kill|reject|quota|incomplete|malformed|unfinished"
        ),
    ),
    ("length", re.compile("maxtoken|length|context|truncat|limit|budget|cachefull|exceed")),
    ("end", re.compile("stop|endof|eos|toolcall|tooluse|complete|finish")),
)
"""What a word that nobody has listed says all the same, the worse of two meanings first."""
CALLS = frozenset({"toolcalls", "toolcall", "tooluse", "functioncall", "functioncalls", "calltool"})
_NOT_LETTERS = re.compile(r"[^a-z0-9]")
_PREFIX = re.compile(r"\A(?:finishreason|stopreason)(?=.)")


def plain(reason: str) -> str:
    """A reason without its dress: `FinishReason.TOOL_CALLS` and `tool-calls` are one."""
    return _PREFIX.sub("", _NOT_LETTERS.sub("", reason.lower()))


def ending(reason: str) -> Ending:
    """What a server's word for the end of a reply means."""
    word = plain(reason)
    if not word or word in _ENDINGS:
        return _ENDINGS.get(word, "")
    return next((ending for ending, part in _PARTS if part.search(word)), "unknown")


def ends_in_calls(reason: str) -> bool:
    """Whether the server says that the reply ends with calls, and so that they are whole."""
    return plain(reason) in CALLS
