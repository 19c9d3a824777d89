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
        ('bakend = "demo"', "unknown setting bakend (did you mean backend?)"),
        ("theme = 3", "theme must be text, not 3"),
        ('[python]\ntimeout_s = "long"', "python.timeout_s must be a number, not 'long'"),
        (
            '[backends.ok]\nkind = "openai"\n[backends."my.own"]\nkind = "magic"',
            "backends.my.own.kind must be one of llama.cpp, openai, anthropic, not 'magic'",
        ),
        (
            'pictures = "off "',
            "pictures must be one of auto, kitty, sixel, blocks, off, not 'off '",
        ),
        (
            '[backends.mine]\nkind = "openai"\nbase = "x"',
            "unknown setting backends.mine.base (did you mean backends.mine.base_url?)",
        ),
        (
            '[backends.mine]\nkind = "llama.cpp"\ncontext = -5',
            "backends.mine.context must be a whole number from 0 on, not -5",
        ),
        ('[backends.mine]\nkind = "llama.cpp"\nthreads = -3', "backends.mine.threads must be"),
        ('[backends.mine]\nkind = "llama.cpp"\ngpu_layers = -2', "backends.mine.gpu_layers"),
        ("max_steps = -1", "max_steps must be a whole number from 0 on, not -1"),
        ("[python]\ntimeout_s = nan", "python.timeout_s must be a number"),
        (
            '[profiles.mine]\nthinking = "maybe"',
            "profiles.mine.thinking must be one of switch, always, never, unknown",
        ),
        ('[profiles.mine]\nmatch = "qwen*"', "profiles.mine.match must be a list"),
        (
            '[backends.mine]\nmodel = "x"',
            "backends.mine needs kind: one of llama.cpp, openai, anthropic",
        ),
        ('backend = "nope"', "nope"),
        ("backend = ", "not valid TOML"),
        (
            "language = 'en'\ntheme = dark",
            '(at line 2, column 9); texts stand in quotes: theme = "…"',
        ),
        ("[backends.a]\nmodel = ~/a.gguf", 'texts stand in quotes: model = "…"'),
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
    with pytest.raises(SettingsError, match="Cannot read"):
        load(file)


def test_ones_own_backend_stands_beside_the_built_in_ones() -> None:
    settings = parse('[backends.mine]\nkind = "openai"\nbase_url = "http://127.0.0.1/v1"', "f")
    assert settings.named("mine").kind == "openai"
    assert settings.named("demo").kind == "llama.cpp"


def test_an_unknown_backend_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="Backends: cloud, demo, local"):
        parse("", "f").named("nope")


def test_users_have_their_own_settings_over_shared_ones(tmp_path: Path) -> None:
    shared, own, ada = (tmp_path / name for name in ("shared.toml", "config.toml", "ada.toml"))
    shared.write_text(
        'backend = "vllm"\ntheme = "paper"\nlocked = ["python.memory_mb"]\n'
        "[python]\nmemory_mb = 2048\n"
        '[backends.vllm]\nkind = "openai"\nmodel = "big"\nbase_url = "http://127.0.0.1:8000/v1"\n'
    )
    own.write_text('theme = "qchat-light"\n[python]\ntimeout_s = 5\n')
    ada.write_text('[backends.vllm]\nmodel = "small"\n')
    holds = load(shared, own, ada)
    assert (holds.backend, holds.theme) == ("vllm", "qchat-light")
    assert (holds.python.memory_mb, holds.python.timeout_s) == (2048, 5)
    assert holds.backends["vllm"].model == "small"
    assert holds.backends["vllm"].base_url == "http://127.0.0.1:8000/v1"
    own.write_text("[python]\nmemory_mb = 0\n")
    with pytest.raises(
        SettingsError, match=r"python\.memory_mb is set by the admin.*config\.toml cannot"
    ):
        load(shared, own, ada)
    own.write_text("[backends.vllm]\nmodel = 3\n")
    with pytest.raises(SettingsError, match=r"config\.toml: backends\.vllm\.model must be text"):
        load(shared, own)
    own.write_text("locked = []\n")
    with pytest.raises(SettingsError, match="unknown setting locked"):
        load(shared, own)
