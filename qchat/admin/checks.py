"""What `qchat doctor` tries: every part as it is configured, by using it."""

import asyncio
import importlib.metadata
import shutil
import socket
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from qchat import __version__
from qchat.admin.leaving import note, note_asking
from qchat.backends.base import Backend
from qchat.backends.catalog import open_backend
from qchat.backends.trial import trial
from qchat.config import credentials as keys
from qchat.config.settings import BUILT_IN, BackendSettings, Settings
from qchat.conversation.toolbox import open_kernel
from qchat.conversation.web import provider
from qchat.egress.traffic import Traffic
from qchat.knowledge.library import Library
from qchat.local.hardware import look, unused_gpu
from qchat.memory.opening import embedder_of, open_memory
from qchat.protocol.errors import AuthenticationError, QchatError, StatusError
from qchat.protocol.events import Sent
from qchat.protocol.wording import counted
from qchat.runtime import offline
from qchat.runtime.paths import Paths
from qchat.store import Store
from qchat_themes import load_themes
from qchat_tools.kernel.gateway import Gateway, running
from qchat_tools.sandbox.sandbox import find_sandbox

DISTRIBUTION = "qchat-terminal"
TAKEN_NAME = "qchat"
NO_SANDBOX = "none: code of the model is asked for before it runs (on Linux install bubblewrap)"


class Remark(msgspec.Struct, frozen=True):
    """It works, but the user should know this."""

    text: str


Verdict = str | Remark


def on_the_path() -> Verdict:
    """Which `qchat` a shell would start: on the public index that name is somebody else's."""
    own = Path(sys.executable).parent
    found = shutil.which("qchat")
    if found is None:
        return Remark(f"no qchat is on the PATH; this one is in {own}")
    first = Path(found)
    if first.parent == own or first.resolve().parent == own.resolve():
        return found
    mine = own / first.name
    start = mine if mine.exists() else f"{sys.executable} -m qchat"
    return Remark(f"another qchat comes first on the PATH: {found}. This one is {start}")


def distribution() -> Verdict:
    """Whether another distribution writes the same files: until 0.2.0 this one was named `qchat`,
    and on the package index that name is somebody else's."""
    try:
        other = importlib.metadata.version(TAKEN_NAME)
    except importlib.metadata.PackageNotFoundError:
        return f"{DISTRIBUTION} {__version__}"
    return Remark(
        f"the package {TAKEN_NAME!r} ({other}) is installed beside {DISTRIBUTION!r} and has the"
        f" same files. Uninstall {TAKEN_NAME!r}, then install {DISTRIBUTION!r} again"
    )


def engine() -> Verdict:
    try:
        return f"xllamacpp {importlib.metadata.version('xllamacpp')}"
    except importlib.metadata.PackageNotFoundError as error:
        raise QchatError(
            "xllamacpp is not installed. Install it: pip install xllamacpp."
        ) from error


def other_engines() -> Verdict:
    """Engines that a backend may name instead; none is needed."""
    found = []
    with suppress(importlib.metadata.PackageNotFoundError):
        found.append(f"llama-cpp-python {importlib.metadata.version('llama-cpp-python')}")
    binary = shutil.which("llama-server")
    found += [f"llama-server at {binary}"] if binary else []
    return ", ".join(found) or "no llama-cpp-python, no llama-server on the path (not needed)"


def machine() -> Verdict:
    gpu = unused_gpu()
    unused = f"; xllamacpp as installed cannot use the {gpu}"
    return look().text + (unused if gpu and not look().devices else "")


def sessions(paths: Paths) -> Verdict:
    store = Store(paths.sessions_db)
    store.close()
    return str(paths.sessions_db)


REACHED_S = 5.0
"""How long an address is waited for."""
SHARED_TOO = (
    "The server also has memories that qchat 0.1 kept under the user's name alone, where every"
    " account could read them: `qchat memory identity shared` goes on with those"
)


def memory(holds: Settings, paths: Paths, user: str) -> Verdict:
    store = open_memory(holds.memory, paths, user, Traffic())
    if store is None:
        return "off"
    try:
        mended = store.mend()
        said = [f"{counted(store.count(), 'memory')} of {user}"]
        said += [str(mended)] if mended is not None else []
        said += [SHARED_TOO] if store.has_shared() else []
        return ". ".join(said)
    finally:
        store.close()


def embedder(holds: Settings) -> Verdict:
    """Make a vector, as memories and folders are found by."""
    wanted = holds.memory.embedder
    if "://" in wanted:
        return _reached(wanted)
    made = embedder_of(holds.memory, Traffic())
    try:
        made.embed(["a word"])
    finally:
        made.close()
    return wanted


def web(holds: Settings) -> Verdict:
    """Whether the search has what it needs; nothing is searched for."""
    if not holds.web.enabled:
        return "off"
    provider(holds.web)
    if holds.web.search_url:
        return _reached(holds.web.search_url)
    return f"{holds.web.search} (not asked)"


def theme(holds: Settings, paths: Paths) -> Verdict:
    known, _ = load_themes(paths.themes_dir)
    if holds.theme not in known:
        raise QchatError(f"Unknown theme {holds.theme!r}. Themes: {', '.join(known)}.")
    return holds.theme


def _reached(address: str) -> Verdict:
    """Whether somebody answers there at all; nothing is said to them. Raises QchatError."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if offline.forbidden() and not offline.loopback(host):
        return "not tried: offline"
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((host, port), REACHED_S).close()
    except OSError as error:
        raise QchatError(f"{address} cannot be reached: {error.strerror or error}.") from error
    return f"{address} can be reached"


def knowledge(holds: Settings, paths: Paths, user: str) -> Verdict:
    library = Library(paths, user, holds.memory, Traffic())
    try:
        mended = library.mend()
        return ". ".join([counted(len(library.names()), "folder"), *mended])
    finally:
        library.close()


def sandbox(holds: Settings) -> Verdict:
    python = holds.python
    if python.gateway_url:
        return f"none here: code runs at {python.gateway_url}, and is asked for before it does"
    if python.sandbox == "off":
        return 'off: python.sandbox = "off"; code of the model is asked for before it runs'
    found = find_sandbox("auto")
    return found.name if found is not None else NO_SANDBOX


def kernel(holds: Settings, paths: Paths) -> Verdict:
    """Compute something where the settings say that code runs."""
    return asyncio.run(_kernel(holds, paths))


async def _kernel(holds: Settings, paths: Paths) -> Verdict:
    work: Path = paths.work_dir / "doctor"
    opened = open_kernel(holds, paths, work)
    others = 0
    try:
        if opened.remote is not None:
            others = await running(opened.remote)
        printed = [part async for part in opened.execute("print(6 * 7)")]
    finally:
        await opened.aclose()
        with suppress(OSError):
            await asyncio.to_thread(work.rmdir)
    if "42" not in str(printed):
        raise QchatError(f"The kernel printed something else than 42: {printed}.")
    return "computes" if opened.remote is None else _shared(opened.remote, others)


def _shared(gateway: Gateway, others: int) -> Remark:
    there = "another kernel runs" if others == 1 else f"{others} other kernels run"
    seen = f"; {there} there now" if others else ""
    return Remark(
        f"computes at {gateway.url}{seen}. Everyone who has its token can see and end these kernels"
        " and reads the same folder: give each user a token, or a server, of their own"
    )


def backends(holds: Settings) -> list[str]:
    """The names of those to try: the default, and whatever the user has set up."""
    own = [name for name, backend in holds.backends.items() if BUILT_IN.get(name) != backend]
    keyed = [
        name for name, b in holds.backends.items() if name not in own and keys.in_environment(b)
    ]
    return list(dict.fromkeys([holds.backend, *own, *keyed]))


def backend(name: str, holds: Settings, paths: Paths, user: str) -> Verdict:
    """Try one: read a model's file, load that of the default; ask a server for its models."""
    chosen = holds.named(name)
    sent: list[Sent] = []
    if chosen.kind != "llama.cpp" and not offline.forbidden():
        note_asking(paths, user, name, chosen)
    try:
        return asyncio.run(_tried(name, chosen, holds, sent))
    finally:
        note(paths, user, sent)


async def _tried(name: str, chosen: BackendSettings, holds: Settings, sent: list[Sent]) -> Verdict:
    opened = open_backend(name, holds)
    try:
        await opened.check()
        if chosen.kind == "llama.cpp":
            if name == holds.backend:
                await opened.start()
                return f"{opened.model} loads"
            return f"{opened.model} can be read"
        return await _asked(name, chosen, opened, sent)
    finally:
        await opened.aclose()


async def _asked(name: str, chosen: BackendSettings, opened: Backend, sent: list[Sent]) -> Verdict:
    """Ask a server whether it takes the key and has the model."""
    if offline.forbidden():
        return "not tried: offline"
    where = chosen.base_url
    try:
        models = await opened.models()
    except AuthenticationError:
        raise
    except StatusError as error:
        if error.status not in (404, 405, 501):
            raise
        models = ()
    if not models:
        await trial(opened, sent.append)
        return f"{opened.model} at {where} answers"
    if opened.model not in models:
        raise QchatError(
            f"{where} has no model {opened.model!r}. It has {', '.join(models[:5])}"
            f"{' …' if len(models) > 5 else ''}: qchat config set backends.{name}.model NAME."
        )
    return f"{opened.model} at {where}, one of {counted(len(models), 'model')}"


def files(paths: Paths, user: str) -> str:
    """Which settings files there are, the strongest last."""
    found = [str(file) for file in paths.settings_files(user) if file.exists()]
    return ", then ".join(found) or f"the defaults; {paths.config_file} would change them"
