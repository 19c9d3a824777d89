"""Keys that can be changed, and what is said of those that cannot stand."""

from pathlib import Path

import pytest

from qchat.config.keymap import ACTIONS, keymap, named, normal
from qchat.config.settings import load
from qchat.protocol.errors import SettingsError


def test_the_shipped_keys_have_no_conflict_and_are_normal() -> None:
    keys = keymap({})
    assert all(normal(key) == key for key in keys.values())
    assert len(keys) == len(ACTIONS)


def test_ones_own_take_the_place_of_the_shipped_ones() -> None:
    assert keymap({"thinking": "Alt+W, F11"})["thinking"] == "alt+w,f11"


def test_a_key_that_was_given_up_is_free_for_another() -> None:
    keys = keymap({"thinking": "f11", "tools": "ctrl+t"})
    assert (keys["thinking"], keys["tools"]) == ("f11", "ctrl+t")


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"thinking": "ctrl+o"}, ("ctrl+o", "thinking", "tools")),
        ({"thinking": "f11", "tools": "f11"}, ("f11", "thinking", "tools")),
        ({"thinking": "ctrl+k"}, ("ctrl+k", "editing", "thinking")),
        ({"sessions": "ctrl+i"}, ("tab", "complete", "sessions")),
        ({"sessions": "Ctrl+M"}, ("enter", "send", "sessions")),
        ({"fold": "ctrl+t"}, ("ctrl+t", "fold", "thinking")),
        ({"thnking": "f11"}, ("keys.thnking", "not an action", "thinking")),
        ({"send": "f11"}, ("keys.send", "cannot be changed")),
        ({"thinking": "ctrl+shft+t"}, ("keys.thinking", "shft", "not a key")),
        ({"thinking": ""}, ("keys.thinking", "not a key")),
    ],
)
def test_what_cannot_stand_is_an_error_that_names_it(
    tmp_path: Path, own: dict[str, str], said: tuple[str, ...]
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[keys]\n" + "".join(f'{action} = "{key}"\n' for action, key in own.items()))
    with pytest.raises(SettingsError) as raised:
        load(file)
    for word in (str(file), *said):
        assert word in str(raised.value)


def test_keys_are_named_as_they_are_printed_on_them() -> None:
    assert named("ctrl+t,f2,pageup") == "Ctrl+T, F2, PgUp"
