"""Runs `qchat` as a person does: as a process of its own, with a home of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

QCHAT = (sys.executable, "-m", "qchat")


def environment(home: Path) -> dict[str, str]:
    """This process's environment with another home, and no key of whoever runs the tests."""
    kept = {k: v for k, v in os.environ.items() if not k.endswith(("_API_KEY", "_TOKEN"))}
    keyring = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    return kept | keyring | {"QCHAT_HOME": str(home), "NO_PROXY": "*"}


def qchat(
    home: Path,
    *arguments: str,
    stdin: str = "",
    wrapper: tuple[str, ...] = (),
    timeout_s: float = 120,
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Run it to its end; standard input is `stdin`."""
    return subprocess.run(
        [*wrapper, *QCHAT, *arguments],
        env=environment(home),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        **options,
    )


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The JSON lines on standard output, after a look at the exit status."""
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def answer(events: list[dict[str, Any]]) -> str:
    """The text of the answer."""
    return "".join(event["text"] for event in events if event["type"] == "text")
