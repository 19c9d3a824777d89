"""A unit test starts no process, opens no connection and sleeps not: such tests go elsewhere."""

import sys
from collections.abc import Iterator

import pytest

from qchat_tools.sandbox.sandbox import find_sandbox

ELSEWHERE = {
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "socket.bind",
    "socket.connect",
    "subprocess.Popen",
    "time.sleep",
}
NEEDS_A_NEW_PYTHON = "test_imports.py"
_running = [""]


def _refuse(event: str, _arguments: tuple[object, ...]) -> None:
    if event in ELSEWHERE and _running[0]:
        raise RuntimeError(f"{_running[0]} does {event!r}: tests/README.md says where it belongs")


sys.addaudithook(_refuse)


@pytest.fixture(autouse=True)
def nothing_outside(request: pytest.FixtureRequest) -> Iterator[None]:
    """Refuse it for as long as the test runs; what sandbox there is is found out once, before."""
    find_sandbox("auto")
    if request.path.name != NEEDS_A_NEW_PYTHON and sys.platform != "win32":
        _running[0] = request.node.name
    yield
    _running[0] = ""
