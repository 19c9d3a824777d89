"""The table of keys as Textual's bindings."""

from collections.abc import Mapping

from textual.binding import Binding, BindingType

from qchat.config.keymap import ACTIONS, Scope, named
from qchat.runtime.language import tr

HIDDEN = {"editing"}


def bindings(scope: Scope) -> list[BindingType]:
    """What a widget (or the app, for `chat`) declares; the user's own keys replace these by id."""
    return [
        Binding(a.keys, a.does, a.help, id=a.id, priority=a.priority)
        for a in ACTIONS
        if a.scope == scope and a.does
    ]


PLACES: Mapping[Scope, str] = {
    "prompt": "While you write",
    "chat": "Everywhere",
    "block": "On a block (Shift+Tab leads there, Tab back)",
}
"""Where keys of a scope work, in the order in which the help lists them."""


def key_help(keys: Mapping[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every key and what it does, grouped by where it works, for the help."""
    return [
        (
            tr(title),
            [
                (named(keys[a.id]), tr(a.help))
                for a in ACTIONS
                if a.scope == scope and a.id not in HIDDEN
            ],
        )
        for scope, title in PLACES.items()
    ]
