"""Why a reply ended, in every server's words: an end is one thing, what looks like it another."""

import re
from typing import Literal

Ending = Literal["", "end", "length", "withheld", "broken", "unknown"]
"""Not yet; by the model; no room; by a filter; broken off by the server; a word nobody knows."""

WORDS: dict[Ending, str] = {
    "": "null none",
    "end": """
        stop endturn stopsequence stopstring stopped end eos eostoken endofturn endofsequence
        complete completed finish finished done success normal ok
        toolcalls toolcall tooluse functioncall functioncalls calltool pauseturn
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
    "broken": """
        abort aborted error errored failed failure networkerror insufficientsystemresource timeout
        timedout cancel canceled cancelled interrupted disconnect disconnected preempted
        malformedfunctioncall malformedresponse malformedtooluse malformedmodeloutput
        unexpectedtoolcall toomanytoolcalls repetition repetitiontruncation
        servererror internalerror overloaded incomplete loop unknown other
    """,
}
_ENDINGS: dict[str, Ending] = {
    word: ending for ending, words in WORDS.items() for word in words.split()
}
CALLS = frozenset({"toolcalls", "toolcall", "tooluse", "functioncall", "functioncalls", "calltool"})
_NOT_LETTERS = re.compile(r"[^a-z0-9]")
_PREFIX = re.compile(r"\A(?:finishreason|stopreason)(?=.)")


def plain(reason: str) -> str:
    """A reason without its dress: `FinishReason.TOOL_CALLS` and `tool-calls` are one."""
    return _PREFIX.sub("", _NOT_LETTERS.sub("", reason.lower()))


def ending(reason: str) -> Ending:
    """What a server's word for the end of a reply means."""
    word = plain(reason)
    return _ENDINGS.get(word, "unknown") if word else ""


def ends_in_calls(reason: str) -> bool:
    """Whether the server says that the reply ends with calls, and so that they are whole."""
    return plain(reason) in CALLS
