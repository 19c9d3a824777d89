"""The kernel that the tests of a file share, with and without a sandbox."""

import asyncio
import gc
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from qchat_tools.kernel.kernel import Kernel
from qchat_tools.sandbox.sandbox import Sandbox, find_sandbox
from tests.live.kernel.runs import left_in


@pytest.fixture(scope="module", params=["sandbox", "no sandbox"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox | None:
    found = find_sandbox("auto") if request.param == "sandbox" else None
    if request.param == "sandbox" and found is None:
        pytest.skip("bubblewrap is missing or forbidden on this machine")
    return found


@pytest.fixture(scope="module", autouse=True)
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for the private folders of kernels, with a short path: none may be left in it."""
    tmp_path_factory.getbasetemp()  # made now, in its usual place
    with tempfile.TemporaryDirectory(prefix="q") as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", place)
        yield Path(place)
        assert not left_in(place)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(
    sandbox: Sandbox | None, places: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Kernel]:
    folder = tmp_path_factory.mktemp("kernel")
    kernel = Kernel(folder / "work", files_dir=folder / "files", sandbox=sandbox, timeout_s=20)
    kernel.start()
    yield kernel
    await kernel.aclose()
    await kernel.aclose()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [task for task in others if "kernel" in repr(task).lower()]
    assert not left_in(places)
    gc.collect()  # a socket or process that was forgotten warns, and a warning is an error
