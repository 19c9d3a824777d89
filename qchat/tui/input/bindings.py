"""The table of keys as Textual's bindings."""

from collections.abc import Mapping

from textual.binding import Binding, BindingType

from qchat.config.keymap import ACTIONS, Scope, named

HIDDEN = {"editing"}


def bindings(scope: Scope) -> list[BindingType]:
    """What a widget (or the app, for `chat`) declares; the user's own keys replace these by id."""
    return [
        Binding(a.keys, a.does, a.help, id=a.id, priority=a.priority)
        for a in ACTIONS
        if a.scope == scope and a.does
    ]


def key_help(keys: Mapping[str, str]) -> list[tuple[str, str]]:
    """Every key and what it does, for the help."""
    return [(named(keys[a.id]), a.help) for a in ACTIONS if a.id not in HIDDEN]
