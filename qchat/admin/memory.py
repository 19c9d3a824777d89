"""`qchat memory`: see, add, search, pin, forget and take away what is remembered."""

import argparse
import sys
from collections.abc import Callable

from qchat.admin.actions import Actions, Common, action
from qchat.errors import QchatError, UsageError
from qchat.paths import Paths
from qchat.toolbox import memory_line
from qchat.visible import visible
from qchat_memory.errors import MemoryStoreError
from qchat_memory.store import MemoryStore

Work = Callable[[argparse.Namespace, MemoryStore], int]


def add(commands: Actions, common: Common) -> None:
    memory = commands.add_parser("memory", help="what is remembered about you")
    actions = memory.add_subparsers(title="actions", metavar="ACTION", required=True)
    action(actions, "list", common, _with_store(_list), "all of it, the newest first")
    text = action(actions, "add", common, _with_store(_add), "remember a text")
    text.add_argument("text", nargs="+")
    words = action(actions, "search", common, _with_store(_search), "what fits some words best")
    words.add_argument("words", nargs="+")
    for name, work, about in (
        ("pin", _pin, "keep one always in front of the model"),
        ("unpin", _unpin, "no longer do so"),
    ):
        action(actions, name, common, _with_store(work), about).add_argument("id")
    forget = action(actions, "forget", common, _with_store(_forget), "remove one, or everything")
    forget.add_argument("id", nargs="?")
    forget.add_argument("--all", action="store_true", help="everything, files included")
    action(actions, "export", common, _with_store(_export), "JSON lines on standard output")
    action(actions, "import", common, _with_store(_import), "JSON lines from standard input")


def _with_store(work: Work) -> Callable[[argparse.Namespace, Paths], int]:
    def run(options: argparse.Namespace, paths: Paths) -> int:
        store = MemoryStore(paths.memory_dir, options.user)
        try:
            return work(options, store)
        except MemoryStoreError as error:
            raise QchatError(str(error)) from error
        finally:
            store.close()

    return run


def _list(_options: argparse.Namespace, store: MemoryStore) -> int:
    for memory in store.list():
        _write(memory_line(memory))
    return 0


def _add(options: argparse.Namespace, store: MemoryStore) -> int:
    _write(memory_line(store.save(" ".join(options.text))))
    return 0


def _search(options: argparse.Namespace, store: MemoryStore) -> int:
    for hit in store.search(" ".join(options.words)):
        _write(f"{hit.score:.2f} {memory_line(hit.memory)}")
    return 0


def _pin(options: argparse.Namespace, store: MemoryStore) -> int:
    _write(memory_line(store.pin(options.id)))
    return 0


def _unpin(options: argparse.Namespace, store: MemoryStore) -> int:
    _write(memory_line(store.pin(options.id, pinned=False)))
    return 0


def _forget(options: argparse.Namespace, store: MemoryStore) -> int:
    if options.all == bool(options.id):
        raise UsageError("qchat memory forget takes an ID, or --all")
    if options.all:
        _write(f"forgot all: {store.forget_all()} memories")
    else:
        _write(f"forgot {memory_line(store.forget(options.id))}")
    return 0


def _export(_options: argparse.Namespace, store: MemoryStore) -> int:
    for line in store.export_lines():
        sys.stdout.write(f"{line}\n")
    return 0


def _import(_options: argparse.Namespace, store: MemoryStore) -> int:
    _write(f"imported {store.import_lines(sys.stdin)} memories")
    return 0


def _write(line: str) -> None:
    sys.stdout.write(f"{visible(line)}\n")
