"""`qchat memory`: see, add, search, pin, change, forget and take away what is remembered."""

import argparse
import sys
from collections.abc import Callable

from qchat.admin.actions import Actions, Common, action
from qchat.admin.progress import progress
from qchat.config import settings
from qchat.egress.traffic import Traffic
from qchat.memory.memories import (
    FULL,
    NEVER,
    NO_PROJECT,
    changed_line,
    listed_line,
    memory_line,
)
from qchat.memory.opening import open_memory
from qchat.protocol.errors import QchatError, UsageError
from qchat.protocol.wording import counted
from qchat.runtime.language import tr, verbatim
from qchat.runtime.paths import Paths
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat_memory.errors import MemoryStoreError
from qchat_memory.language.secret import secret_in
from qchat_memory.memory import KINDS
from qchat_memory.storage import installation, library
from qchat_memory.store import MemoryStore
from qchat_tools.typed_path import typed_path

ID = "its id, as `qchat memory list` shows it"
Work = Callable[[argparse.Namespace, MemoryStore], int]


def add(commands: Actions, common: Common, about: str) -> None:
    memory = commands.add_parser("memory", help=about, description=about)
    actions = memory.add_subparsers(title="actions", metavar="ACTION", required=True)
    every = action(actions, "list", common, _with_store(_list), "list it, the newest first")
    every.add_argument("--all", action="store_true", help="those about other projects, too")
    text = action(actions, "add", common, _with_store(_add), "remember a text")
    text.add_argument("text", nargs="+", metavar="TEXT", help="what to remember")
    text.add_argument(
        "--kind", choices=KINDS, default="fact", help="kind of memory (default: %(default)s)"
    )
    text.add_argument("--yes", action="store_true", help="keep it even if it looks like a secret")
    text.add_argument(
        "--project",
        action="store_true",
        help="it is about this folder's project, and recalled there alone",
    )
    words = action(
        actions, "search", common, _with_store(_search), "list what fits some words best"
    )
    words.add_argument("words", nargs="+", metavar="WORD", help="what to look for")
    for name, work, what in (
        ("pin", _pin, "keep one always before the model"),
        ("unpin", _unpin, "no longer keep one always before the model"),
    ):
        action(actions, name, common, _with_store(work), what).add_argument(
            "id", metavar="ID", help=ID
        )
    undo = action(
        actions, "undo", common, _with_store(_undo), "take back the last step, or one memory's"
    )
    undo.add_argument("id", nargs="?", metavar="ID", help="take back what this one said last")
    edit = action(actions, "edit", common, _with_store(_edit), "correct the wording of one")
    edit.add_argument("id", metavar="ID", help=ID)
    edit.add_argument("text", nargs="+", metavar="TEXT", help="the new wording")
    edit.add_argument("--yes", action="store_true", help="keep it even if it looks like a secret")
    forget = action(actions, "forget", common, _with_store(_forget), "delete one, or everything")
    forget.add_argument("id", nargs="?", metavar="ID", help=ID)
    forget.add_argument("--all", action="store_true", help="delete everything, files included")
    action(
        actions,
        "export",
        common,
        _with_store(_export),
        "write all as JSON lines on standard output",
    )
    action(actions, "import", common, _with_store(_import), "read JSON lines from standard input")
    action(
        actions,
        "reembed",
        common,
        _with_store(_reembed),
        "make new vectors for all with memory.embedder",
    )
    own = action(
        actions, "identity", common, _identity, "show or move this installation's name on a server"
    )
    own.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="be the installation of that name, and see its memories; `shared` as qchat 0.1 did",
    )
    server = action(actions, "serve", common, _serve, "be a Chroma server, for those who share one")
    server.add_argument("folder", metavar="FOLDER", help="where it keeps what it is told")
    server.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen at (default: %(default)s, this machine alone)",
    )
    server.add_argument(
        "--port", type=int, default=8000, help="port to listen at (default: %(default)s)"
    )


def _serve(options: argparse.Namespace, _paths: Paths) -> int:
    """Serve until a signal ends it; whoever reaches the port reads everything."""
    try:
        library.serve(typed_path(options.folder), options.host, options.port)
    except MemoryStoreError as error:
        raise QchatError(verbatim(str(error))) from error
    return 0


def _identity(options: argparse.Namespace, paths: Paths) -> int:
    """Show or move the name by which a Chroma server knows this installation."""
    try:
        if options.name:
            installation.take(paths.memory_dir, options.name)
        name = installation.identity(paths.memory_dir)
    except MemoryStoreError as error:
        raise QchatError(verbatim(str(error))) from error
    _write(name or installation.SHARED)
    return 0


def _with_store(work: Work) -> Callable[[argparse.Namespace, Paths], int]:
    def run(options: argparse.Namespace, paths: Paths) -> int:
        wanted = settings.load(*paths.settings_files(options.user)).memory
        store = open_memory(wanted, paths, options.user, Traffic())
        if store is None:
            raise QchatError(tr(NEVER))
        try:
            try:
                status = work(options, store)
            finally:
                for mended in store.take_mended():
                    sys.stderr.write(f"{sanitize_for_terminal(str(mended))}.\n")
                if store.take_full():
                    _remark(f"{tr(FULL)}.")
            _keep_up(store)
            return status
        except MemoryStoreError as error:
            raise QchatError(verbatim(str(error))) from error
        finally:
            store.close()

    return run


def _list(options: argparse.Namespace, store: MemoryStore) -> int:
    every = store.list()
    memories = [m for m in every if options.all or m.holds_in(store.project)]
    for memory in memories:
        _write(listed_line(memory))
    if not memories:
        _remark(tr("Nothing is remembered."))
    if others := len(every) - len(memories):
        _remark(tr("{others} more about other projects: --all lists them.", others=others))
    return 0


def _add(options: argparse.Namespace, store: MemoryStore) -> int:
    text = _allowed(options)
    if options.project and not store.project:
        raise QchatError(tr(NO_PROJECT))
    project = store.project if options.project else ""
    _write(memory_line(store.keep(text, kind=options.kind, project=project).memory))
    return 0


def _allowed(options: argparse.Namespace) -> str:
    """The text that is given, unless it looks like a secret and nobody says yes."""
    text = " ".join(options.text)
    secret = secret_in(text)
    if secret and not (
        options.yes or _yes(tr("Keep this memory? It looks like {secret}.", secret=secret))
    ):
        raise QchatError(tr("Not kept: it looks like {secret}. --yes keeps it.", secret=secret))
    return text


def _yes(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{question} [y]es, [n]o: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _search(options: argparse.Namespace, store: MemoryStore) -> int:
    words = " ".join(options.words)
    if not words.strip():
        raise UsageError(tr("Say what to search for: qchat memory search WORD…"))
    hits = store.search(words)
    for hit in hits:
        _write(f"{hit.score:.2f} {listed_line(hit.memory)}")
    if not hits:
        _remark(tr("No memory fits."))
    return 0


def _pin(options: argparse.Namespace, store: MemoryStore) -> int:
    _write(memory_line(store.pin(options.id)))
    return 0


def _unpin(options: argparse.Namespace, store: MemoryStore) -> int:
    _write(memory_line(store.unpin(options.id)))
    return 0


def _undo(options: argparse.Namespace, store: MemoryStore) -> int:
    if not options.id:
        for changed in store.undo_last():
            _write(changed_line(changed))
        return 0
    left = store.undo(options.id)
    _write(
        tr("it says again: {left}", left=memory_line(left))
        if left
        else tr("taken back: {id}", id=options.id)
    )
    return 0


def _edit(options: argparse.Namespace, store: MemoryStore) -> int:
    _write(memory_line(store.edit(options.id, _allowed(options)).memory))
    return 0


def _forget(options: argparse.Namespace, store: MemoryStore) -> int:
    if options.all == bool(options.id):
        raise UsageError(tr("Say which memory: qchat memory forget ID, or --all."))
    if options.all:
        _write(tr("forgot all: {forget_all}", forget_all=_memories(store.forget_all())))
    else:
        _write(tr("forgot {id}", id=memory_line(store.forget(options.id))))
    return 0


def _export(_options: argparse.Namespace, store: MemoryStore) -> int:
    empty = True
    for line in store.export_lines():
        sys.stdout.write(f"{line}\n")
        empty = False
    if empty:
        _remark(tr("Nothing is remembered."))
    return 0


def _import(_options: argparse.Namespace, store: MemoryStore) -> int:
    with progress(sys.stderr, "memories") as show:
        number = store.import_lines(_lines(), show)
    _write(tr("imported {number}", number=_memories(number)))
    return 0


def _keep_up(store: MemoryStore) -> None:
    """After a change of embedder: make what is missing, where somebody sees it and may stop it."""
    if sys.stderr.isatty() and store.stale():
        sys.stderr.write(
            tr("The embedder is another: memories get new vectors. Ctrl+C is no harm.\n")
        )
        with progress(sys.stderr, "memories") as show:
            store.reembed(show)


def _reembed(_options: argparse.Namespace, store: MemoryStore) -> int:
    with progress(sys.stderr, "memories") as show:
        made = store.reembed(show)
    _write(
        tr(
            "{made} got new vectors; all are by {name}",
            made=counted(made, "memory"),
            name=store.embedder.name,
        )
    )
    return 0


def _lines() -> list[str]:
    """Standard input as text. Raises QchatError where it is none."""
    try:
        # By newlines alone: a text may hold the other marks at which Python would split.
        return sys.stdin.buffer.read().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise QchatError(
            tr(
                "This is not an export of memories: it is not UTF-8 at byte {start}.",
                start=error.start,
            )
        ) from error


def _memories(number: int) -> str:
    return counted(number, "memory")


def _remark(line: str) -> None:
    """Say why there is nothing; standard output stays empty for whoever reads it."""
    sys.stderr.write(f"{line}\n")


def _write(line: str) -> None:
    sys.stdout.write(f"{sanitize_for_terminal(line)}\n")
