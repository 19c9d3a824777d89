"""What `make test-cloud` runs is run here too, with a made-up key, at a cloud on loopback."""

import asyncio
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from qchat.backends.models import check_key
from qchat.config.settings import BackendSettings
from qchat.local.engine import Engine
from qchat.protocol.errors import AuthenticationError
from qchat_assets import DEMO_MODEL_NAME, demo_model_path
from tests.cloud import ANTHROPIC, KEY, MODEL, OPENAI, cloud

ROOT = Path(__file__).parents[2]


def command() -> tuple[dict[str, str], list[str]]:
    """The recipe of the Makefile: its variables, and what it gives to Python."""
    recipe = re.search(r"^test-cloud:.*\n\t(.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    words = shlex.split(recipe[1])
    assert words[1] == "$(BIN)/python"
    name, _, value = words[0].partition("=")
    return {name: value}, words[2:]


async def run(base: str, key: str) -> subprocess.CompletedProcess[str]:
    variables, arguments = command()
    here = {"QCHAT_TEST_CLOUD_BASE": base, "QCHAT_TEST_CLOUD_SERVER": "dashscope"}
    environment = {**os.environ, **variables, **here, "DASHSCOPE_API_KEY": key}
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, *arguments, "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


async def test_the_tests_for_the_cloud_pass_at_what_behaves_like_it():
    engine = Engine(demo_model_path(), alias=DEMO_MODEL_NAME)
    await engine.start()
    try:
        async with cloud(engine) as (base, asked):
            done = await run(base, KEY)
            at = f"{base}/compatible-mode/v1"
            settings = BackendSettings(kind="openai", base_url=at, model=MODEL)
            assert "offers 1 model" in await check_key("cloud", settings, KEY)
            with pytest.raises(AuthenticationError, match="Incorrect API key"):
                await check_key("cloud", settings, "sk-wrong")
    finally:
        await engine.aclose()
    assert done.returncode == 0, done.stdout
    passed = re.findall(r"\[cloud-(\w+)\] PASSED", done.stdout)
    assert sorted(passed) == ["anthropic"] * 4 + ["openai"] * 4
    assert KEY not in done.stdout + done.stderr
    bodies = [body for path, body in asked if path == OPENAI]
    assert {body["enable_thinking"] for body in bodies} == {True, False}
    assert 4 in [body.get("thinking_budget") for body in bodies]
    assert any("reasoning_content" in str(body["messages"]) for body in bodies)
    thinking = [body["thinking"]["type"] for path, body in asked if path == ANTHROPIC]
    assert {*thinking} == {"enabled", "disabled"}
