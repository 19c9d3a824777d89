"""`--offline` is kept: by every request, and by the conversation that was begun with it."""

from pathlib import Path

from tests.program import answer, lines, qchat

FAR = """
[backends.far]
kind = "openai"
base_url = "http://192.0.2.1/v1"
model = "m"
"""


def test_offline_is_obeyed_and_kept(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(FAR)
    refused = qchat(tmp_path, "ask", "--offline", "--backend", "far", "hello", "--no-tools")
    assert refused.returncode == 1
    assert "offline, so 192.0.2.1 is not asked" in refused.stderr
    session = qchat(tmp_path, "sessions", "list").stdout.split()[0]
    again = qchat(tmp_path, "ask", "--session", session, "--backend", "far", "hello")
    assert "offline, so 192.0.2.1 is not asked" in again.stderr

    here = qchat(tmp_path, "ask", "--offline", "--json", "Hello!", "--no-tools")
    assert answer(lines(here))  # the model on this machine is reached all the same
