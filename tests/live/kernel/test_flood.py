"""Code that gives out faster than qchat reads loses nothing of it, and does not fill its memory."""

import time
from pathlib import Path

from qchat_tools.kernel.kernel import Kernel
from qchat_tools.parts import FilePart, as_text

MESSAGES = 20_000
CODE = f"""
print("begun", flush=True)
kernel = get_ipython().kernel
for number in range({MESSAGES}):
    content = {{"name": "stdout", "text": f"{{number}}\\n"}}
    kernel.session.send(kernel.iopub_socket, "stream", content, parent=kernel.get_parent())
    if number % 100 == 99:
        open("sent", "a").write(".")
"""


async def test_output_waits_for_a_client_that_is_busy(tmp_path: Path) -> None:
    work = tmp_path / "work"
    kernel = Kernel(work, files_dir=tmp_path / "files", sandbox=None, timeout_s=120)
    try:
        parts = kernel.execute(CODE)
        got = [await anext(parts), await anext(parts)]
        sent = sent_while_nobody_reads(work / "sent")
        got += [part async for part in parts]
    finally:
        await kernel.aclose()
    assert sent < MESSAGES, "it should have waited"
    said = as_text([part for part in got if not isinstance(part, FilePart)], 10**7).split()
    assert said == ["begun", *map(str, range(MESSAGES))]


def sent_while_nobody_reads(file: Path) -> int:
    """Keep this process from reading until the code stands still, or has come to its end."""
    seen, same = 0, 0
    while same < 50:
        now = file.stat().st_size if file.exists() else 0
        same = same + 1 if now == seen and now else 0
        seen = now
        time.sleep(0.01)
    return seen * 100
