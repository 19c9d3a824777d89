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
from qchat.admin.egress_notes import note, note_asking
from qchat.backends.base import Backend
from qchat.backends.catalog import open_backend
from qchat.backends.connection_test import trial
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
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat.store import Store
from qchat_themes import load_themes
from qchat_tools.base import ToolError
from qchat_tools.kernel.gateway import Gateway, running
from qchat_tools.sandbox.sandbox import find_sandbox
from qchat_tools.web.search import Provider, Query

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
        return Remark(tr("no qchat is on the PATH; this one is in {own}", own=own))
    first = Path(found)
    if first.parent == own or first.resolve().parent == own.resolve():
        return found
    mine = own / first.name
    start = mine if mine.exists() else f"{sys.executable} -m qchat"
    return Remark(
        tr(
            "another qchat comes first on the PATH: {found}. This one is {start}",
            found=found,
            start=start,
        )
    )


def distribution() -> Verdict:
    """Whether another distribution writes the same files: until 0.2.0 this one was named `qchat`,
    and on the package index that name is somebody else's."""
    try:
        other = importlib.metadata.version(TAKEN_NAME)
    except importlib.metadata.PackageNotFoundError:
        return f"{DISTRIBUTION} {__version__}"
    return Remark(
        tr(
            "the package {taken_name!r} ({other}) is installed beside {distribution!r} "
            "and has the same files. Uninstall {taken_name!r}, then install "
            "{distribution!r} again",
            taken_name=TAKEN_NAME,
            other=other,
            distribution=DISTRIBUTION,
        )
    )


def engine() -> Verdict:
    try:
        return f"xllamacpp {importlib.metadata.version('xllamacpp')}"
    except importlib.metadata.PackageNotFoundError as error:
        raise QchatError(
            tr("xllamacpp is not installed. Install it: pip install xllamacpp.")
        ) from error


def other_engines() -> Verdict:
    """Engines that a backend may name instead; none is needed."""
    found = []
    with suppress(importlib.metadata.PackageNotFoundError):
        found.append(f"llama-cpp-python {importlib.metadata.version('llama-cpp-python')}")
    binary = shutil.which("llama-server")
    found += [tr("llama-server at {binary}", binary=binary)] if binary else []
    return ", ".join(found) or tr("no llama-cpp-python, no llama-server on the path (not needed)")


def machine() -> Verdict:
    gpu = unused_gpu()
    unused = tr("; xllamacpp as installed cannot use the {gpu}", gpu=gpu)
    return look().text + (unused if gpu and not look().devices else "")


def sessions(paths: Paths) -> Verdict:
    """Open the conversations, and let SQLite look at every page of them."""
    store = Store(paths.sessions_db)
    try:
        damage = store.damage()
    finally:
        store.close()
    if damage:
        raise QchatError(
            tr(
                "The conversations in {file} are damaged ({damage}). Copy that file away first."
                " `qchat sessions export` still saves those that can be read; `qchat restore FILE`"
                " puts a backup in its place.",
                file=paths.sessions_db,
                damage=damage,
            )
        )
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
        return tr("off")
    try:
        mended = store.mend()
        said: list[str] = [
            tr("{count} of {user}", count=counted(store.count(), "memory"), user=user)
        ]
        said += [str(mended)] if mended is not None else []
        said += [tr(SHARED_TOO)] if store.has_shared() else []
        return ". ".join(said)
    finally:
        store.close()


def embedder(holds: Settings, paths: Paths, user: str) -> Verdict:
    """Make a vector of a word, as memories and folders are found by."""
    wanted = holds.memory.embedder
    if "://" in wanted and _not_to_ask(wanted):
        return tr("not tried: offline")
    traffic = Traffic()
    made = embedder_of(holds.memory, traffic)
    try:
        numbers = made.embed(["a word"]).shape[1]
    finally:
        made.close()
        note(paths, user, traffic.taken())
    return tr("{embedder}, vectors of {numbers} numbers", embedder=wanted, numbers=numbers)


def web(holds: Settings, paths: Paths, user: str, *, search: bool) -> Verdict:
    """Whether the search has what it needs; a word is searched for only where that is asked."""
    if not holds.web.enabled:
        return tr("off")
    searches = provider(holds.web)
    if search:
        return asyncio.run(_searched(searches, holds, paths, user))
    if holds.web.search_url:
        return _reached(holds.web.search_url)
    return tr("{search} (not asked; --search asks it)", search=holds.web.search)


async def _searched(searches: Provider, holds: Settings, paths: Paths, user: str) -> Verdict:
    """Search for one word, as the model would. Raises QchatError."""
    address = holds.web.search_url
    if offline.forbidden() and not (address and not _not_to_ask(address)):
        return tr("not tried: offline")
    sent: list[Sent] = []

    def leaves(host: str, size: int) -> None:
        sent.append(Sent(host, size, searches.name))

    try:
        hits = await searches.search(Query("Qwen", 3), leaves)
    except ToolError as error:
        raise QchatError(
            tr("{search} does not answer: {error}.", search=searches.name, error=error)
        ) from error
    finally:
        note(paths, user, sent)
    if not hits:
        raise QchatError(tr("{search} finds nothing for Qwen.", search=searches.name))
    return tr("{search} finds {pages}", search=searches.name, pages=counted(len(hits), "page"))


def theme(holds: Settings, paths: Paths) -> Verdict:
    known, _ = load_themes(paths.themes_dir)
    if holds.theme not in known:
        raise QchatError(
            tr(
                "Unknown theme {theme!r}. Themes: {known}.",
                theme=holds.theme,
                known=", ".join(known),
            )
        )
    return holds.theme


def _reached(address: str) -> Verdict:
    """Whether somebody answers there at all; nothing is said to them. Raises QchatError."""
    if _not_to_ask(address):
        return tr("not tried: offline")
    parts = urlsplit(address)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((host, port), REACHED_S).close()
    except OSError as error:
        raise QchatError(
            tr(
                "{address} cannot be reached: {error}.",
                address=address,
                error=error.strerror or error,
            )
        ) from error
    return tr("{address} can be reached (not asked; --search asks it)", address=address)


def _not_to_ask(address: str) -> bool:
    """Whether qchat is offline and somebody elsewhere would be asked."""
    return offline.forbidden() and not offline.loopback(urlsplit(address).hostname or "")


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
        return tr(
            "none here: code runs at {gateway_url}, and is asked for before it does",
            gateway_url=python.gateway_url,
        )
    if python.sandbox == "off":
        return tr('off: python.sandbox = "off"; code of the model is asked for before it runs')
    found = find_sandbox("auto")
    return found.name if found is not None else tr(NO_SANDBOX)


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
        raise QchatError(
            tr("The kernel printed something else than 42: {printed}.", printed=printed)
        )
    return tr("computes") if opened.remote is None else _shared(opened.remote, others)


def _shared(gateway: Gateway, others: int) -> Remark:
    there = (
        tr("another kernel runs")
        if others == 1
        else tr("{others} other kernels run", others=others)
    )
    seen = tr("; {there} there now", there=there) if others else ""
    return Remark(
        tr(
            "computes at {url}{seen}. Everyone who has its token can see and end these "
            "kernels and reads the same folder: give each user a token, or a server, "
            "of their own",
            url=gateway.url,
            seen=seen,
        )
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
                return tr("{model} loads", model=opened.model)
            return tr("{model} can be read", model=opened.model)
        return await _asked(name, chosen, opened, sent)
    finally:
        await opened.aclose()


async def _asked(name: str, chosen: BackendSettings, opened: Backend, sent: list[Sent]) -> Verdict:
    """Ask a server whether it takes the key and has the model."""
    if offline.forbidden():
        return tr("not tried: offline")
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
        return tr("{model} at {where} answers", model=opened.model, where=where)
    if opened.model not in models:
        raise QchatError(
            tr(
                "{where} has no model {model!r}. It has {models}: qchat config "
                "set backends.{name}.model NAME.",
                where=where,
                model=opened.model,
                models=", ".join(models[:5]) + (" …" if len(models) > 5 else ""),
                name=name,
            )
        )
    return tr(
        "{model} at {where}, one of {models}",
        model=opened.model,
        where=where,
        models=counted(len(models), "model"),
    )


def files(paths: Paths, user: str) -> str:
    """Which settings files there are, the strongest last."""
    found = [str(file) for file in paths.settings_files(user) if file.exists()]
    return tr(", then ").join(found) or tr(
        "the defaults; {config_file} would change them", config_file=paths.config_file
    )
