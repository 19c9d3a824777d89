"""`@know:…` in a prompt: what it names, and what it may become."""

import pytest

from qchat.knowledge.mentions import completions, named

NAMES = ["notes", "notes-old", "recipes"]


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("@k", ["@know:notes", "@know:notes-old", "@know:recipes"]),
        ("see @know", ["@know:notes", "@know:notes-old", "@know:recipes"]),
        ("see @know:", ["@know:notes", "@know:notes-old", "@know:recipes"]),
        ("see @know:No", ["@know:notes", "@know:notes-old"]),
        ("see @know:r", ["@know:recipes"]),
        ("see @know:notes", []),
        ("see @know:notes/2025", []),
        ("see @know:x", []),
        ("see @know:r when", []),
        ("mail me@know", []),
        ("@", []),
        ("@knob", []),
    ],
)
def test_names_of_folders_are_offered(text: str, offered: list[str]) -> None:
    found = completions(text, lambda: NAMES)
    assert [name for _, name in found] == offered
    for line, name in found:
        assert line.startswith(text[: text.rindex("@")])
        assert named(f"{line}when does it end?") == [name.removeprefix("@know:")]


def test_folders_are_only_asked_for_where_they_are_meant() -> None:
    def names() -> list[str]:
        raise AssertionError

    assert completions("What do I know? @src", names) == []
