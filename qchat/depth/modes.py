"""The modes by their names: another one is a file in `kinds/`, and a line here."""

from collections.abc import Mapping
from types import ModuleType

from qchat.depth.kinds import deep, refine, think, vote
from qchat.depth.mode import Mode, Outcome
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr

__all__ = ["HELP", "MODES", "Mode", "Outcome", "parse_mode", "parse_modes"]

MODES: Mapping[str, ModuleType] = {
    name: kind for kind in (think, vote, refine, deep) for name in kind.NAMES
}
HELP = tuple(kind.HELP for kind in dict.fromkeys(MODES.values()))
"""One line for each kind."""


def parse_mode(text: str) -> Mode:
    """The mode of a name like `think:4000` or `deep:3x2`. Raises UsageError."""
    name, _, argument = text.strip().casefold().partition(":")
    name = name.replace("_", "-")
    if name not in MODES:
        raise UsageError(
            tr(
                "There is no mode {text!r}. There are: {help}.",
                text=text[:40],
                help="; ".join(HELP),
            )
        )
    mode: Mode = MODES[name].parse(name, argument)
    return mode


def parse_modes(text: str) -> list[Mode]:
    """Several of them, with commas between; each once. Raises UsageError."""
    modes = [parse_mode(each) for each in text.split(",") if each.strip()]
    if not modes:
        raise UsageError(tr("Name at least one mode. There are: {help}.", help="; ".join(HELP)))
    return list({mode.name: mode for mode in modes}.values())
