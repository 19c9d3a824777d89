"""`/think` and `/no_think` in what was typed: read once, where it comes in, and a field from there.

Models read such words for all that follows, but qchat's users mean this one message: so they are
not sent, and thinking is switched per request.
"""

import re

_SWITCH = re.compile(r"(?:^|(?<=\s))/(no_think|think)(?=\s|$)")


def switch_text(think: bool | None) -> str:
    """How a message would say it at its end; empty where it says nothing."""
    return {None: "", True: " /think", False: " /no_think"}[think]


def soft_switch(typed: str) -> tuple[str, bool | None]:
    """What was typed without its switches, and what they say; the last wins, None without one."""
    found = _SWITCH.findall(typed)
    if not found:
        return typed, None
    return _SWITCH.sub("", typed).strip(), found[-1] == "think"
