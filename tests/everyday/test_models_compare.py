"""`qchat models compare`: which of two models can be trusted with what."""

from pathlib import Path

import pytest

from tests.modelserver import model_server
from tests.program import qchat


@pytest.mark.slow
def test_two_models_side_by_side(tmp_path: Path) -> None:
    """The demo model against a server that never thinks and never calls a tool."""
    with model_server(says="I do not know.") as server:
        (tmp_path / "config.toml").write_text(
            f'[backends.box]\nkind = "openai"\nmodel = "qwen-test"\n'
            f'base_url = "http://{server.address}/v1"\n'
        )
        command = ["models", "compare", "demo", "box", "--only", "thinkfollow,tooluse"]
        done = qchat(tmp_path, *command, "--limit", "40")
    assert done.returncode == 0, done.stderr
    assert "**demo** can be trusted with using qchat's tools" in done.stdout
    assert "**box** cannot be trusted with switching thinking on and off" in done.stdout
    assert "demo is better at switching thinking on and off" in done.stdout
    assert "demo is better at using qchat's tools" in done.stdout
    assert "✗" in done.stdout


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = qchat(tmp_path, "models", "compare", "demo", "qwen9-900b")
    assert done.returncode == 2
    assert "'qwen9-900b' is not a backend (cloud, demo, local)" in done.stderr
    assert done.stderr.count("\n") == 1
