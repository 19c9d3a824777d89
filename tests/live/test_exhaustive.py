"""A new kind of event cannot be forgotten: every view of them refuses to be type-checked then."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

VIEWS = {
    "qchat/backends/connection_test.py",
    "qchat/console/ask.py",
    "qchat/console/renderer.py",
    "qchat/conversation/reply.py",
    "qchat/egress/ledger.py",
    "qchat/export/blocks.py",
    "qchat/protocol/events.py",
    "qchat/protocol/fold.py",
    "qchat/store/index.py",
    "qchat/store/writer.py",
    "qchat/tui/activity.py",
    "qchat/tui/transcript/sections.py",
    "qchat/tui/transcript/turn.py",
}
ROOT = Path(__file__).parents[2]
NEW_KIND = '''
class Surprise(_Event, frozen=True, kw_only=False):
    """A kind of event that nobody has heard of."""


Event = (
    Surprise
    | Thinking
'''


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_new_kind_of_event_is_refused_by_every_view(tmp_path: Path) -> None:
    for folder in ("qchat", "tools", "memory", "themes"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    events = tmp_path / "qchat/protocol/events.py"
    text = events.read_text(encoding="utf-8")
    assert "\nEvent = (\n    Thinking\n" in text
    events.write_text(text.replace("\nEvent = (\n    Thinking\n", NEW_KIND), encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *sorted(VIEWS)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    refused = re.findall(r"^([\w/\\]+\.py):\d+: error: .*Surprise", checked.stdout, re.MULTILINE)
    assert {path.replace("\\", "/") for path in refused} == VIEWS, checked.stdout[-2_000:]
