"""`qchat config set` refuses what cannot hold, in the settings' own words, and changes nothing."""

from pathlib import Path

import pytest

from qchat import cli


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("backend", "nope", "backend must be one of cloud, demo, local, not 'nope'"),
        ("think", "yes", "think must be true or false, not 'yes'"),
        ("thinking_budget", "-3", "thinking_budget must be a whole number from 0 on, not -3"),
        ("thinking_budget", "9999999", "up to 1000000"),
        ("theme", "nope", "Unknown theme 'nope'. Themes: "),
        ("backends.x.kind", "foo", "must be one of llama.cpp, openai, anthropic, not 'foo'"),
        ("backends.x.model", "foo", "backends.x needs kind"),
        ("python.timeout_s", "abc", "python.timeout_s must be a number, not 'abc'"),
        ("memory.pinned_tokens", "1.5", "memory.pinned_tokens must be a whole number"),
        ("web.search", "google", "web.search must be one of ddgs, searxng, brave, tavily, cloud"),
        ("backend.cloud.model", "x", "backend"),
        ("keys.sessions", "ctrl+zzz", "ctrl+zzz"),
        ("python.gateway_url", "gateway:8888", "must be an address, like http://"),
        ("memory.chroma_token_env", "sk-1", "must be the name of an environment variable"),
        ("python.memory_mb", "99999999999999999999", "up to 1000000000000"),
        ("offline", "maybe", "offline must be true or false"),
        ("nokey", "3", "unknown setting nokey"),
        ("pyton.timeout_s", "3", "unknown setting pyton (did you mean python?)"),
    ],
)
def test_a_wrong_value_is_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    key: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.setenv("QCHAT_HOME", str(tmp_path))
    assert cli.main(["config", "set", key, value]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert "`" not in error.replace("`qchat connect`", "")
    assert not (tmp_path / "config.toml").exists()


def test_users_of_one_installation_have_settings_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QCHAT_HOME", str(tmp_path / "home"))
    shared = tmp_path / "shared.toml"
    shared.write_text('theme = "paper"\nlocked = ["web.enabled"]\n[web]\nenabled = false\n')
    monkeypatch.setenv("QCHAT_SHARED_CONFIG", str(shared))
    assert cli.main(["config", "set", "think", "false", "--user", "ada"]) == 0
    assert cli.main(["config", "show", "--user", "ada"]) == 0
    ada = capsys.readouterr().out
    assert cli.main(["config", "show"]) == 0
    other = capsys.readouterr().out
    assert "think = false" in ada
    assert "think = true" in other
    assert 'theme = "paper"' in ada
    assert str(shared) in ada
    assert cli.main(["config", "set", "web.enabled", "true", "--user", "ada"]) == 2
    assert "set by the administrator" in capsys.readouterr().err
