"""Code that means harm, one snippet after the other in two real kernels under bubblewrap.

Each is contained, says how it ended, and leaves a kernel that computes. What a snippet would reach
is really there: a home with keys, other sessions, a server on this machine, a terminal.
"""

import asyncio
import os
import platform
import pty
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
import pytest_asyncio

from qchat_tools.kernel import kernel as kernels
from qchat_tools.kernel import overflow, process
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.parts import Part, as_text
from qchat_tools.sandbox import guard
from qchat_tools.sandbox.guard import Limits
from qchat_tools.sandbox.sandbox import find_sandbox
from tests.live.kernel.runs import process_id

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        find_sandbox("auto") is None, reason="bubblewrap is missing or forbidden on this machine"
    ),
]
SECRET = "a-secret-that-must-not-be-seen"
FOLDER_LIMIT = 200 << 20


class Prey(NamedTuple):
    """What hostile code would like to reach."""

    kernel: Kernel
    home: Path
    port: int
    terminal: str
    heard: list[bytes]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prey]:
    home = tmp_path_factory.mktemp("home")
    for name in (".ssh/id_ed25519", "qchat/keys.toml", "qchat/sessions.db", "qchat/work/other/a"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(SECRET)
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    leader, follower = pty.openpty()
    kernel = Kernel(
        home / "qchat/work/mine",
        files_dir=home / "qchat/files",
        sandbox=find_sandbox("auto"),
        timeout_s=40,
        limits=Limits(900 << 20, FOLDER_LIMIT),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "GRACE_S", 0.7)
        patch.setattr(guard, "EVERY_S", 0.2)
        patch.setattr(process, "LOST_AFTER_S", 1.0)
        patch.setattr(overflow, "MAX_FILE_CHARACTERS", 4 << 20)
        port = server.sockets[0].getsockname()[1]
        yield Prey(kernel, home, port, os.ttyname(follower), heard)
        await kernel.aclose()
    server.close()
    await server.wait_closed()
    os.close(leader)
    os.close(follower)
    assert (home / ".ssh/id_ed25519").read_text() == SECRET
    assert (home / "qchat/sessions.db").read_text() == SECRET
    assert heard == []
    assert not (home / ".bashrc").exists()  # what looks like the home in there is none


CONTAINED = "died (|had to be killed|restarted"
"""Outcomes in which the kernel goes with the code."""

SNIPPETS = {
    "read the user's ssh key": ("open('{home}/.ssh/id_ed25519').read()", "FileNotFoundError"),
    "read it by the real home": (
        "import pathlib; [p.read_text() for p in pathlib.Path('/root/.ssh').iterdir()]",
        "FileNotFoundError|PermissionError",
    ),
    "read qchat's keys": ("open('{home}/qchat/keys.toml').read()", "FileNotFoundError"),
    "read qchat's sessions": (
        "import sqlite3; sqlite3.connect('file:{home}/qchat/sessions.db?mode=ro', uri=True)",
        "OperationalError",
    ),
    "read another session's files": ("open('../other/a').read()", "FileNotFoundError"),
    "list what lies beside the folder": ("import os; os.listdir('..')", "['work']"),
    "read the passwords": ("open('/etc/shadow').read()", "FileNotFoundError"),
    "read the parent's environment": (
        "import os; open(f'/proc/{{os.getppid()}}/environ').read().count('SECRET')",
        "0",
    ),
    "write into the home": ("open('{home}/.bashrc', 'a').write('evil')", "4|FileNotFoundError"),
    "write into the system": ("open('/usr/bin/evil', 'w')", "Errno 30|PermissionError"),
    "write into Python itself": (
        "import json; open(json.__file__, 'a')",
        "Errno 30|PermissionError",
    ),
    "write a device": ("open('/dev/evil', 'w')", "Errno 30|PermissionError"),
    "a link out of the folder": (
        "import os; os.symlink('{home}/qchat/keys.toml', 'link'); open('link').read()",
        "FileNotFoundError",
    ),
    "network by socket": (
        "import socket; socket.create_connection(('127.0.0.1', {port}), 2).send(b'x')",
        "ConnectionRefusedError",
    ),
    "network by urllib": (
        "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=2)",
        "URLError",
    ),
    "names by DNS": (
        "import socket; socket.getaddrinfo('a.example', 80)",
        "gaierror",
    ),
    "an abstract socket of the host": (
        "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\\0/tmp/.X11-unix/X0')",
        "ConnectionRefusedError",
    ),
    "signal to the parent": ("import os; os.kill({pid}, 9)", "ProcessLookupError"),
    "signal to everybody": ("import os; os.kill(-1, 9)", f"{CONTAINED}|ProcessLookupError"),
    "new privileges": (
        "import subprocess; subprocess.run(['unshare', '-r', 'true'], check=True)",
        "CalledProcessError|FileNotFoundError",
    ),
    "mount": (
        "import ctypes; ctypes.CDLL(None).mount(b'none', b'/tmp', b'tmpfs', 0, None)",
        "-1",
    ),
    "write to the parent's terminal": (
        "open('{terminal}', 'w').write('x')",
        "FileNotFoundError|PermissionError|OSError",
    ),
    "the controlling terminal": ("open('/dev/tty', 'w')", "OSError|FileNotFoundError"),
    "type into the terminal": (
        "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSTI, b'x')",
        "Errno",
    ),
    "fork bomb": (
        "import os\nwhile True:\n    os.fork()",
        f"{CONTAINED}|BlockingIOError|stopped",
    ),
    "more processes than a user may have": (
        "import os, time\nfor _ in range(1200):\n    if not os.fork():\n"
        "        os.execv('/bin/sleep', ['sleep', '180'])\ntime.sleep(180)",
        "started more than 1,024 processes|BlockingIOError",
    ),
    "memory bomb": ("x = []\nwhile True: x.append(bytearray(50_000_000))", "memory|MemoryError"),
    "memory by many": (
        "import os, time\nfor _ in range(8):\n    if not os.fork():\n"
        "        x = bytearray(b'x') * 300_000_000; time.sleep(60)\ntime.sleep(60)",
        "took more than 900 MB of memory",
    ),
    "memory by a scratch file": (
        "f = open('/dev/shm/x', 'wb')\nwhile True: f.write(bytes(10_000_000))",
        "OSError|stopped",
    ),
    "disk fill": (
        "f = open('big', 'wb')\nwhile True: f.write(bytes(5_000_000))",
        "its folder grew to more than 200 MB",
    ),
    "a file of a terabyte": (
        "f = open('x', 'wb', 0)\nf.seek(1 << 40)\nf.write(b'x')",
        "File too large",
    ),
    "memory that is shared": (
        "import mmap, time\nm = mmap.mmap(-1, 1100 << 20)\n"
        "for at in range(0, len(m), 4096): m[at] = 1\ntime.sleep(60)",
        "took more than 900 MB of memory",
    ),
    "memory that is shared by many": (
        "import mmap, os, time\nm = mmap.mmap(-1, 600 << 20)\n"
        "for at in range(0, len(m), 4096): m[at] = 1\n"
        "for _ in range(3):\n    if not os.fork():\n        sum(m[::4096]); time.sleep(60)\n"
        "time.sleep(3); print('counted once'); m.close()",
        "counted once",
    ),
    "memory in three scratch places": (
        "import os, time\nfor place in ('/tmp', '/dev/shm', os.path.expanduser('~')):\n"
        "    with open(place + '/x', 'wb') as f: f.write(bytes(400 << 20))\ntime.sleep(60)",
        "took more than 900 MB of memory",
    ),
    "memory in a scratch file without a name": (
        "import os, time\nheld = []\nfor place in ('/tmp', '/dev/shm', os.path.expanduser('~')):\n"
        "    held.append(open(place + '/y', 'wb', 0)); os.remove(place + '/y')\n"
        "    held[-1].write(bytes(400 << 20))\ntime.sleep(60)",
        "took more than 900 MB of memory",
    ),
    "memory without a file (memfd)": ("import os; os.memfd_create('x')", "OSError"),
    "memory of System V": (
        "import ctypes; ctypes.CDLL(None).shmget(0, 1 << 30, 0o1600)",
        "-1",
    ),
    "messages of System V": ("import ctypes; ctypes.CDLL(None).msgget(0, 0o1600)", "-1"),
    "memory of a process that hides": (
        "import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)",
        "-1",
    ),
    "disk at depth": (
        "import os, time\nos.makedirs('d/' * 40)\n"
        "with open('d/' * 40 + 'x', 'wb') as f: f.write(bytes(300 << 20))\ntime.sleep(60)",
        "its folder grew to more than 200 MB",
    ),
    "disk at a depth that nobody counts": (
        "import os, time\nfor _ in range(300): os.mkdir('d'); os.chdir('d')\n"
        "open('big', 'wb').write(bytes(300 << 20)); time.sleep(60)",
        "its folder grew to more than 200 MB",
    ),
    "disk in the folder of the sockets": (
        "import os, time\n"
        "f = open(os.environ['IPYTHONDIR'] + '/x', 'wb')\nf.write(bytes(300 << 20))\n"
        "f.flush(); time.sleep(60)",
        "its folder grew to more than 200 MB",
    ),
    "disk by a file without a name": (
        "import os, time\nf = open('gone', 'wb', 0)\nos.remove('gone')\n"
        "f.write(bytes(300 << 20))\ntime.sleep(60)",
        "its folder grew to more than 200 MB",
    ),
    "a folder that nobody may read": (
        "import os; os.chmod('.', 0); print('done')",
        "done",
    ),
    "the session keyring": (
        "import ctypes; ctypes.CDLL(None).syscall({keyctl}, 0, -3, 0)",
        "-1",
    ),
    "io_uring": ("import ctypes; ctypes.CDLL(None).syscall(425, 4, bytes(200))", "-1"),
    "bpf": ("import ctypes; ctypes.CDLL(None).syscall({bpf}, 5, bytes(128), 128)", "-1"),
    "perf events": (
        "import ctypes; ctypes.CDLL(None).syscall({perf}, bytes(128), 0, -1, -1, 0)",
        "-1",
    ),
    "page faults of its own": ("import ctypes; ctypes.CDLL(None).syscall({userfaultfd}, 0)", "-1"),
    "another user namespace": (
        "import ctypes; ctypes.CDLL(None).unshare(0x10000000)",
        "-1",
    ),
    "a socket to the machine below": (
        "import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
        "Errno 97",
    ),
    "sockets of other kinds": (
        "import socket\nmade = []\nfor family in range(3, 46):\n"
        "    if family in (10, 16): continue\n    for kind in (1, 2, 3, 5):\n"
        "        try: socket.socket(family, kind); made.append(family)\n"
        "        except OSError: pass\nprint('made', made)",
        "made []",
    ),
    "where the mounts come from": (
        "import glob\nprint('told', ''.join(open(p).read() for p in"
        " ('/proc/self/mountinfo', '/proc/self/mounts', '/proc/thread-self/mountinfo')))\n"
        "for p in glob.glob('/proc/1/mount*') + glob.glob('/proc/1/task/1/mount*'):\n"
        "    try: print('seen' if open(p).read() else '')\n    except OSError: pass",
        "^told$",
    ),
    "the user's name": (
        "import getpass, os, socket\nprint(getpass.getuser(), socket.gethostname())\n"
        "print({name!r} in os.environ.values(), {home!r} in str(dict(os.environ)))",
        "sandbox sandbox\\nFalse False",
    ),
    "command lines of the sandbox": (
        "import glob\nprint(any({home!r} in open(p, errors='replace').read()"
        " for p in glob.glob('/proc/[0-9]*/cmdline')))",
        "False",
    ),
    "the machine's keys by name": (
        "open('/proc/keys').read()",
        "PermissionError|FileNotFoundError",
    ),
    "a message with a date beyond all dates": (
        "k = get_ipython().kernel\n"
        "m = k.session.msg('stream', {'name': 'stdout', 'text': 'x'})\n"
        "m['header']['date'] = '99999-12-31T25:61:61Z'\n"
        "m['parent_header'] = k.get_parent()['header']\n"
        "k.session.send(k.iopub_socket, m)\nprint('after')",
        "after",
    ),
    "a message that cannot be read": (  # signed by nobody
        "k = get_ipython().kernel\n"
        "k.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', b'', b'{', b'', b''])\nprint('after')",
        "after",
    ),
    "an end that is forged": (
        "import time\nk = get_ipython().kernel\n"
        "idle = {'execution_state': 'idle'}\n"
        "k.session.send(k.iopub_socket, 'status', idle, parent=k.get_parent())\n"
        "time.sleep(1)\nprint('still here')",
        "still here",
    ),
    "the other channel closed": (
        "k = get_ipython().kernel\nk.shell_channel_thread.io_loop.add_callback("
        "k.shell_stream.close)\nimport time; time.sleep(1)",
        f"{CONTAINED}|stopped|time limit",
    ),
    "1 GB of output": (
        "for _ in range(1000): print('x' * 1_000_000)",
        "printed more than can be kept|MB of memory",  # whichever is noticed first
    ),
    "endless loop that catches KeyboardInterrupt": (
        "import time\nend = time.time() + 600\nwhile time.time() < end:\n"
        "    try: time.sleep(1)\n    except KeyboardInterrupt: pass",
        "time limit.*had to be killed",
    ),
    "os._exit": ("import os; os._exit(3)", "died \\(exit status 3\\)"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "died \\(killed by SIGSEGV\\)"),
    "closing its own channels": (
        "get_ipython().kernel.iopub_socket.close(); 1",
        f"{CONTAINED}|lost",
    ),
    "closing all its files": ("import os; os.closerange(3, 1000)", f"{CONTAINED}|stopped|OSError"),
    "escape sequences in output": ("print('\\x1b]0;evil\\x07\\x1b[2Jshown')", "shown"),
    "a file name with a newline": ("open('two\\nlines', 'w').close()", "two\\\\nlines"),
    "deep recursion": ("def f(): f()\nf()", "RecursionError"),
    "a thousand threads": (
        "import threading, time\n"
        "for _ in range(1000): threading.Thread(target=time.sleep, args=(2,)).start()\n"
        "print('all')",
        "all|can't start new thread",
    ),
    "a picture of 20,000 by 20,000": (
        "import struct, zlib\nfrom IPython.display import Image\n"
        "def chunk(k, d): return struct.pack('>I', len(d)) + k + d"
        " + struct.pack('>I', zlib.crc32(k + d))\n"
        "head = struct.pack('>IIBBBBB', 20000, 20000, 1, 0, 0, 0, 0)\n"
        "rows = zlib.compress(bytes(2501 * 20000))\n"
        "Image(b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', head) + chunk(b'IDAT', rows)"
        " + chunk(b'IEND', b''))",
        "20000 by 20000 pixels is too large to be drawn",
    ),
}

ENDLESS = (
    "endless loop that catches KeyboardInterrupt",
    "the other channel closed",
    "fork bomb",
)
NAMES = ("{keyctl}", "{bpf}", "{perf}", "{userfaultfd}")
CALLS = {
    "x86_64": dict(zip(NAMES, ("250", "321", "298", "323"), strict=True)),
    "aarch64": dict(zip(NAMES, ("219", "280", "241", "282"), strict=True)),
}
"""What a system call is numbered on this processor."""


async def test_the_battery_is_large_enough() -> None:
    assert len(SNIPPETS) >= 60


@pytest.mark.parametrize("name", SNIPPETS)
async def test_hostile_code_is_contained(
    name: str, prey: Prey, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, outcome = SNIPPETS[name]
    if name.startswith("disk") or r"died \(" in outcome:
        await afresh(prey)  # the memory that earlier code took may end it first
    if name in ENDLESS:
        monkeypatch.setattr(prey.kernel, "timeout_s", 2)
    elif "processes" in name:  # a busy machine takes long to start a thousand
        monkeypatch.setattr(prey.kernel, "timeout_s", 150)
    for placeholder, value in (
        ("{home}", prey.home),
        ("{port}", prey.port),
        ("{pid}", os.getpid()),
        ("{terminal}", prey.terminal),
        ("{name!r}", repr(os.environ.get("USER") or "nobody-of-that-name")),
        ("{home!r}", repr(str(prey.home))),
        *CALLS[platform.machine()].items(),
    ):
        code = code.replace(placeholder, str(value))
    code = code.replace("{{", "{").replace("}}", "}")
    parts = await asyncio.wait_for(run(prey.kernel, code), 200)
    monkeypatch.undo()
    told = as_text(parts)
    assert SECRET not in told
    assert any(re.search(expected, told, re.DOTALL) for expected in alternatives(outcome)), told
    if name.startswith("disk"):
        await afresh(prey)
    assert "42" in as_text(await run(prey.kernel, "6 * 7"))


async def afresh(prey: Prey) -> None:
    """Empty the folder and begin with a new kernel, in whatever order the tests come.

    One that begins in a folder that is full may go on from there; and where many files took long
    to count, they are counted again later.
    """
    prey.kernel.work_dir.mkdir(parents=True, exist_ok=True)
    for left in prey.kernel.work_dir.iterdir():
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
    await prey.kernel.restart()


def alternatives(outcome: str) -> list[str]:
    """Patterns between `|`; what is no pattern is taken literally."""
    return [
        part if re.search(r"\\|\.\*|\^", part) else re.escape(part) for part in outcome.split("|")
    ]


async def run(kernel: Kernel, code: str) -> list[Part]:
    return [part async for part in kernel.execute(code)]


@pytest.mark.parametrize(
    ("what", "held"),
    [
        ("memory", "x = bytearray(b'x') * (1100 << 20)"),
        ("folder", "open('after', 'wb').write(bytes(300 << 20))"),
    ],
)
async def test_what_outlives_its_run_is_held_too(what: str, held: str, prey: Prey) -> None:
    await afresh(prey)
    code = f"import os, time\nif not os.fork():\n    time.sleep(1); {held}; time.sleep(60)\n"
    await run(prey.kernel, code)
    await asyncio.to_thread(psutil.Process(process_id(prey.kernel)).wait, 60)
    told = as_text(await run(prey.kernel, "6 * 7"))
    assert re.search(rf"restarted, since its .*{what}.*: earlier variables are gone", told), told
    await afresh(prey)


async def test_nothing_of_it_is_left(prey: Prey) -> None:
    """A fork bomb, say, has no children that live on outside of the kernel that is there now."""
    await prey.kernel.restart()
    assert prey.kernel.live is not None
    family = psutil.Process(prey.kernel.live.pid).children(recursive=True)
    assert len(family) < 10
