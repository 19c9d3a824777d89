"""`config.toml`: what may stand there, and how clearly a mistake is named."""

from pathlib import Path

import pytest

from qchat.config.settings import load, parse
from qchat.protocol.errors import SettingsError, UsageError


def test_a_missing_file_gives_the_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path / "config.toml")
    assert settings.backend == "demo"
    assert {"demo", "cloud"} <= set(settings.backends)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('bakend = "demo"', "there is no key bakend"),
        ("theme = 3", "key theme"),
        ('[python]\ntimeout_s = "long"', "key python.timeout_s"),
        (
            '[backends.ok]\nkind = "openai"\n[backends."my.own"]\nkind = "magic"',
            "key backends.my.own.kind: Invalid enum value 'magic'; "
            "it may be llama.cpp, openai, anthropic",
        ),
        ('pictures = "off "', "it may be auto, kitty, sixel, blocks, off"),
        ('[backends.mine]\nkind = "openai"\nbase = "x"', "there is no key backends.mine.base"),
        ('[backends.mine]\nkind = "llama.cpp"\ncontext = -5', "backends.mine.context: Expected"),
        ('[backends.mine]\nkind = "llama.cpp"\nthreads = -3', "backends.mine.threads: Expected"),
        ('[backends.mine]\nkind = "llama.cpp"\ngpu_layers = -2', "backends.mine.gpu_layers"),
        ("max_steps = -1", "key max_steps: Expected `int` >= 0"),
        ("[python]\ntimeout_s = nan", "key python.timeout_s"),
        ('[profiles.mine]\nthinking = "maybe"', "profiles.mine.thinking: Invalid enum value"),
        ('[profiles.mine]\nmatch = "qwen*"', "key profiles.mine.match: Expected `array`"),
        ('[backends.mine]\nmodel = "x"', "`kind`"),
        ('backend = "nope"', "nope"),
        ("backend = ", "not valid TOML"),
    ],
)
def test_a_mistake_is_one_line_that_names_file_and_key(text: str, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(text, "config.toml")
    assert named in str(caught.value)
    assert str(caught.value).startswith("config.toml")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot read"):
        load(file)


def test_ones_own_backend_stands_beside_the_built_in_ones() -> None:
    settings = parse('[backends.mine]\nkind = "openai"\nbase_url = "http://127.0.0.1/v1"', "f")
    assert settings.named("mine").kind == "openai"
    assert settings.named("demo").kind == "llama.cpp"


def test_an_unknown_backend_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="known are: cloud, demo, local"):
        parse("", "f").named("nope")
