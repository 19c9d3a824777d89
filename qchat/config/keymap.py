"""What keys do: one table, from which bindings, the help and the check of `[keys]` are made.

A key is named as Textual names it (`ctrl+t`, `f2`, `shift+tab`); several are joined by commas.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Literal

import msgspec

Scope = Literal["chat", "prompt", "block"]
"""Where a key counts: everywhere, while one writes, or on a block that was walked to."""


class Action(msgspec.Struct, frozen=True):
    """Something that a key does; `does` is the name of Textual's action.

    Fixed ones belong to the keyboard itself and cannot be changed.
    """

    id: str
    keys: str
    help: str
    does: str = ""
    scope: Scope = "chat"
    fixed: bool = False
    priority: bool = False
    """Comes before whatever has the focus."""


ACTIONS = (
    Action("send", "enter", "send; while the model is busy it waits its turn", "", "prompt", True),
    Action("newline", "shift+enter,alt+enter,ctrl+j", "break the line", "", "prompt", True),
    Action("complete", "tab", "take the marked command; Up and Down mark", "", "prompt", True),
    Action("history", "up,down", "move by lines, then to earlier prompts", "", "prompt", True),
    Action("search_history", "ctrl+r", "find an earlier prompt", "", "prompt", True),
    Action("editor", "ctrl+x", "Ctrl+X Ctrl+E: write in your editor", "", "prompt", True),
    Action("end_of_input", "ctrl+d", "in an empty prompt: end qchat", "", "prompt", True),
    Action(
        "editing",
        "left,right,home,end,backspace,delete,"
        "ctrl+a,ctrl+e,ctrl+k,ctrl+u,ctrl+v,ctrl+w,ctrl+y,ctrl+z,alt+d,f6,f7",
        "edit the line",
        "",
        "prompt",
        True,
    ),
    Action("page", "pageup,pagedown", "scroll by a page", fixed=True),
    Action("stop", "escape", "stop the turn; what was streamed is kept", "stop", fixed=True),
    Action(
        "answer",
        "ctrl+g",
        "go to what is asked: y, a, n, v answer it there",
        "answer",
        priority=True,
    ),
    Action("answer_now", "ctrl+n", "answer now: end the thinking", "answer_now"),
    Action("again", "alt+r", "ask the last prompt again, as after a failure", "ask_again"),
    Action("thinking", "ctrl+t", "fold or open all thinking", "fold_all('thinking')"),
    Action("tools", "ctrl+o", "fold or open all tool calls", "fold_all('tool')"),
    Action("blocks", "shift+tab", "go to the blocks, and up", "to_blocks", priority=True),
    Action("previous_prompt", "alt+up,ctrl+up", "go to the prompt before", "jump(-1)"),
    Action("next_prompt", "alt+down,ctrl+down", "go to the prompt behind", "jump(1)"),
    Action("think_once", "alt+t,f8", "think, or not, about the next message alone", "think_once"),
    Action("queue", "alt+q", "prompts that wait: Enter edits, Del removes", "queue"),
    Action(
        "find", "ctrl+f", "find in this conversation: Enter, Up, Down go on", "find", priority=True
    ),
    Action("end", "ctrl+end", "go to the end", "to_end"),
    Action("walk", "up,down,j,k", "walk the blocks; Tab goes back", "", "block", True),
    Action("fold", "space", "fold or open a block", "fold", "block"),
    Action("press", "enter", "open the marked link; else fold or open", "press", "block"),
    Action("mark_next", "right,l", "mark the next link or code in a block", "mark(1)", "block"),
    Action("mark_previous", "left,h", "mark the one before", "mark(-1)", "block"),
    Action("copy", "y", "copy what is marked, else the block", "copy", "block"),
    Action("run", "r", "run code of a block in the kernel", "run_code", "block"),
    Action(
        "edit",
        "e",
        "change a prompt (the old one stays, as a branch), or a saved memory",
        "edit",
        "block",
    ),
    Action("undo", "u", "take back a saved memory; once more: bring it back", "undo", "block"),
    Action("pin", "p", "pin a saved memory, or no longer", "pin", "block"),
    Action("retry", "t", "ask a prompt again, likewise; Left, Right: the others", "retry", "block"),
    Action("delete", "d", "take a prompt out of the conversation; /undelete", "delete", "block"),
    Action("source", "s", "show a block as it was written", "raw", "block"),
    Action("help", "f1", "this help", "help"),
    Action("sessions", "f2,ctrl+s", "sessions", "panel('sessions')"),
    Action("memory", "f3", "memory: find, pin, edit, forget", "panel('memory')"),
    Action("kernel", "f4", "kernel: variables, files, restart", "panel('kernel')"),
    Action("egress", "f5", "what left this machine", "panel('egress')"),
    Action("mouse", "f9", "release the mouse for the terminal's own selection", "mouse"),
    Action("details", "f10,alt+i", "what answers, and what it costs", "details"),
    Action("palette", "ctrl+p", "all commands", "command_palette"),
    Action("interrupt", "ctrl+c", "stop; twice: end qchat", "interrupt", fixed=True, priority=True),
    Action("quit", "ctrl+q", "end qchat", "quit", priority=True),
)

_SAME = {"ctrl+h": "backspace", "ctrl+i": "tab", "ctrl+m": "enter", "ctrl+[": "escape"}
"""Terminals send the same for both."""
_MODIFIERS = {"alt", "ctrl", "hyper", "meta", "shift", "super"}
_NAMED = re.compile(
    r"f\d{1,2}|enter|escape|space|tab|backspace|delete|insert|home|end|page(up|down)|up|down|left"
    r"|right|[a-z]+(_[a-z]+)+|\S"
)


def normal(keys: str) -> str:
    """Bring keys into the form of the table: lower case, modifiers in order, no blanks.

    Raises ValueError that names the key that is none.
    """
    return ",".join(_normal(key) for key in keys.split(","))


def _normal(key: str) -> str:
    *modifiers, name = [part.strip() for part in key.strip().split("+")]
    modifiers = [part.lower() for part in modifiers]
    if len(name) > 1 or modifiers:
        name = name.lower()
    if not _NAMED.fullmatch(name) or not _MODIFIERS.issuperset(modifiers):
        raise ValueError(f"{key.strip()!r} is not a key. Write it like ctrl+t, f7 or alt+left.")
    key = "+".join([*sorted(modifiers), name])
    return _SAME.get(key, key)


def keymap(own: Mapping[str, str]) -> dict[str, str]:
    """The keys of every action, with the user's own in place.

    Raises ValueError for an unknown action, a key that is none, and two actions on one key.
    """
    actions = {action.id: action for action in ACTIONS}
    keys = {id_: action.keys for id_, action in actions.items()}
    for id_, wanted in own.items():
        action = actions.get(id_)
        if action is None or action.fixed:
            known = ", ".join(sorted(a.id for a in ACTIONS if not a.fixed))
            what = "cannot be changed" if action else "is not an action"
            raise ValueError(f"keys.{id_} {what}; those that can be changed are {known}.")
        try:
            keys[id_] = normal(wanted)
        except ValueError as error:
            raise ValueError(f"keys.{id_}: {error}") from error
    for key, first, second in _conflicts(keys, ACTIONS):
        raise ValueError(
            f"{key} is used for two actions: {first.id} ({first.help}) and {second.id}"
            f" ({second.help}); give one of them another key in [keys]."
        )
    return keys


def _conflicts(
    keys: Mapping[str, str], actions: Iterable[Action]
) -> Iterator[tuple[str, Action, Action]]:
    for first, second in combinations(actions, 2):
        if first.scope == second.scope or "chat" in (first.scope, second.scope):
            both = {*keys[first.id].split(",")} & {*keys[second.id].split(",")}
            for key in sorted(both):
                yield key, first, second


def named(keys: str) -> str:
    """Keys as the user reads them: `Ctrl+T, F2`."""
    return ", ".join(
        "+".join(_SHORT.get(part, part.capitalize()) for part in key.split("+"))
        for key in keys.split(",")
    )


_SHORT = {"escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn", "delete": "Del"}
