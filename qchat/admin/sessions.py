"""`qchat sessions`: list, show, search, export and delete conversations."""

import argparse
import datetime
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from qchat.admin.actions import Actions, Common, action
from qchat.export.formats import FORMATS
from qchat.export.transcript import markdown
from qchat.runtime.cell_width import aligned_right, padded
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.store import Store

ID = "its id, as `qchat sessions list` shows it, or the beginning of it"


def add(commands: Actions, common: Common, about: str) -> None:
    sessions = commands.add_parser("sessions", help=about, description=about)
    nouns = sessions.add_subparsers(title="actions", metavar="ACTION", required=True)
    action(nouns, "list", common, _list, "list conversations, the newest first")
    show = action(nouns, "show", common, _show, "print one as Markdown")
    show.add_argument("id", metavar="ID", help=ID)
    search = action(
        nouns, "search", common, _search, "find words, in thinking and the output of tools too"
    )
    search.add_argument("words", nargs="+", metavar="WORD", help="what to look for, in any case")
    export = action(nouns, "export", common, _export, "write one to standard output")
    export.add_argument("id", metavar="ID", help=ID)
    export.add_argument(
        "--format", choices=[*FORMATS], default="md", help="kind of file (default: %(default)s)"
    )
    delete = action(nouns, "delete", common, _delete, "delete one with all its branches, for good")
    delete.add_argument("id", metavar="ID", help=ID)


def _list(options: argparse.Namespace, paths: Paths) -> int:
    with _store(paths) as store:
        found = store.sessions(options.user)
        for info in found:
            when = datetime.datetime.fromtimestamp(info.updated_at).isoformat(" ", "minutes")
            _write(f"{info.id}  {when}  {aligned_right(info.length, 9)}  {info.title}")
    if not found:
        _remark(tr("No conversations yet of user {user!r}.", user=options.user))
    return 0


def _show(options: argparse.Namespace, paths: Paths) -> int:
    with _store(paths) as store:
        info = store.session(options.user, options.id)
        _write(markdown(store.conversation(info)).rstrip())
    return 0


def _search(options: argparse.Namespace, paths: Paths) -> int:
    with _store(paths) as store:
        found = store.index.search(options.user, " ".join(options.words))
    for hit in found:
        _write(f"{hit.session}  {padded(hit.where, 8)}  {hit.snippet}")
    if not found:
        _remark(tr("Nothing found for {words!r}.", words=" ".join(options.words)))
    return 0


def _export(options: argparse.Namespace, paths: Paths) -> int:
    with _store(paths) as store:
        info = store.session(options.user, options.id)
        conversation = store.conversation(info)
    text = FORMATS[options.format](conversation, paths.files_dir)
    sys.stdout.write(sanitize_for_terminal(text) if sys.stdout.isatty() else text)
    return 0


def _delete(options: argparse.Namespace, paths: Paths) -> int:
    with _store(paths) as store:
        info = store.session(options.user, options.id, or_hidden=True)
        gone = store.delete_session(info.id)
        store.forget_kept(gone, paths.files_dir, paths.runs_dir)
    _write(tr("deleted {id}: {title}", id=info.id, title=info.title))
    files = paths.work_dir / info.id
    if files.is_dir() and any(files.iterdir()):
        _write(tr("the files that its code left are still in {files}", files=files))
    return 0


@contextmanager
def _store(paths: Paths) -> Iterator[Store]:
    store = Store(paths.sessions_db)
    try:
        yield store
    finally:
        store.close()


def _remark(line: str) -> None:
    """Say why there is nothing; standard output stays empty for whoever reads it."""
    sys.stderr.write(f"{sanitize_for_terminal(line)}\n")


def _write(line: str) -> None:
    sys.stdout.write(f"{sanitize_for_terminal(line)}\n")
