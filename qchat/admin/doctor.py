"""`qchat doctor`: try everything that qchat needs, and say what to do where it does not work."""

import argparse
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial

from qchat import __version__
from qchat.admin import checks
from qchat.admin.actions import Actions, Common, action
from qchat.admin.checks import Remark, Verdict
from qchat.config import settings
from qchat.config.settings import Settings
from qchat.local.gguf import read_head
from qchat.protocol.errors import QchatError
from qchat.runtime.cell_width import padded, width, wrapped
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat_assets import demo_model_path
from qchat_memory.errors import MemoryStoreError
from qchat_tools.kernel.link import KernelError

_NAME_CELLS = 11
_MIN_TEXT_CELLS = 20
Check = tuple[str, Callable[[], Verdict]]
DETAILS = (
    "Tries every part as it is configured: loads the default model, asks each server that you set "
    "up for its models with its key, computes in the kernel or at the gateway, opens "
    "conversations and memories, makes a vector, checks that web search has its key or "
    "that its server answers. Exit status 1 if anything does not work."
)


def add(commands: Actions, common: Common, about: str) -> None:
    doctor = action(commands, "doctor", common, _doctor, about)
    doctor.description = DETAILS
    doctor.add_argument(
        "--search",
        action="store_true",
        help="search the web for a word too, Qwen; otherwise nobody is asked",
    )


def _doctor(options: argparse.Namespace, paths: Paths) -> int:
    sys.stdout.write(f"qchat {__version__}, Python {platform.python_version()}\n")
    healthy = True
    for name, check in _checks(paths, options.user, search=options.search):
        try:
            verdict = check()
        except (QchatError, MemoryStoreError, KernelError) as error:
            healthy = False
            _write(tr("FAIL"), name, str(error))
        else:
            match verdict:
                case Remark(text):
                    _write(tr("note"), name, text)
                case str():
                    _write(tr("  ok"), name, verdict)
    return 0 if healthy else 1


def _checks(paths: Paths, user: str, *, search: bool) -> Iterator[Check]:
    """Each is made when the one before is done: settings with a mistake end the list."""
    loaded: list[Settings] = []

    def read() -> str:
        loaded.append(settings.load(*paths.settings_files(user)))
        return checks.files(paths, user)

    yield tr("command"), checks.on_the_path
    yield tr("package"), checks.distribution
    yield tr("settings"), read
    yield tr("engine"), checks.engine
    yield tr("others"), checks.other_engines
    yield tr("machine"), checks.machine
    yield tr("demo model"), lambda: read_head(demo_model_path()).name
    yield tr("sessions"), partial(checks.sessions, paths)
    if not loaded:  # a mistake in the file: what it sets up cannot be tried
        return
    holds = loaded[0]
    yield tr("memory"), partial(checks.memory, holds, paths, user)
    if holds.memory.enabled:
        yield tr("embedder"), partial(checks.embedder, holds, paths, user)
    yield tr("knowledge"), partial(checks.knowledge, holds, paths, user)
    yield tr("sandbox"), partial(checks.sandbox, holds)
    yield tr("kernel"), partial(checks.kernel, holds, paths)
    yield tr("web"), partial(checks.web, holds, paths, user, search=search)
    yield tr("theme"), partial(checks.theme, holds, paths)
    for name in checks.backends(holds):
        mark = "*" if name == holds.backend else ""
        yield f"{mark}{name}", partial(checks.backend, name, holds, paths, user)


def _write(verdict: str, name: str, text: str) -> None:
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for line in lines(verdict, name, sanitize_for_terminal(text), columns):
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def lines(verdict: str, name: str, text: str, columns: int) -> list[str]:
    """What is said of one part: in one line for other programs, where `columns` is 0.

    For people the texts stand below each other; a name that is too long for that stands above.
    """
    head = f"{verdict}  {padded(name, _NAME_CELLS)} "
    if not columns:
        return [head + text]
    indent = width(f"{verdict}  ") + _NAME_CELLS + 1
    pieces = wrapped(text, max(_MIN_TEXT_CELLS, columns - indent))
    rest = [" " * indent + piece for piece in pieces]
    if width(head) > indent:
        return [head.rstrip(), *rest]
    return [head + pieces[0], *rest[1:]]
