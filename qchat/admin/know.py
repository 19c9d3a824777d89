"""`qchat know`: the user's own folders, which questions can be about."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from qchat.admin.actions import Actions, Common, action
from qchat.admin.progress import progress
from qchat.config import settings
from qchat.egress.traffic import Traffic
from qchat.knowledge.library import Library
from qchat.knowledge.wording import changes_line, folder_line, passage_lines
from qchat.protocol.errors import QchatError, UsageError
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat.runtime.sanitize import sanitize_for_terminal

Work = Callable[[argparse.Namespace, Library], None]
NAME = "the folder's name, as `qchat know list` shows it"
MAX_NAMED = 20


def add(commands: Actions, common: Common, about: str) -> None:
    know = commands.add_parser("know", help=about, description=about)
    actions = know.add_subparsers(title="actions", metavar="ACTION", required=True)
    new = action(actions, "add", common, _with(_add), "read a folder, so that it can be asked")
    new.add_argument("path", metavar="PATH", help="the folder")
    new.add_argument("--name", default="", metavar="NAME", help="its name (default: its own)")
    action(actions, "list", common, _with(_list), "list the folders that are known")
    again = action(actions, "sync", common, _with(_sync), "read what has changed")
    again.add_argument(
        "name", nargs="?", default="", metavar="NAME", help=tr("{what}; else all", what=tr(NAME))
    )
    gone = action(actions, "remove", common, _with(_remove), "forget a folder; its files stay")
    gone.add_argument("name", metavar="NAME", help=NAME)
    search = action(actions, "search", common, _with(_search), "list the passages that fit best")
    search.add_argument("words", nargs="+", metavar="WORD", help="a question or a few words")
    search.add_argument(
        "--in", dest="scope", default="", metavar="NAME", help="a folder, or a path like notes/2025"
    )


def _with(work: Work) -> Callable[[argparse.Namespace, Paths], int]:
    def run(options: argparse.Namespace, paths: Paths) -> int:
        wanted = settings.load(*paths.settings_files(options.user)).memory
        library = Library(paths, options.user, wanted, Traffic())
        try:
            work(options, library)
        finally:
            library.close()
        return 0

    return run


def _add(options: argparse.Namespace, library: Library) -> None:
    folder = library.add(Path(options.path), options.name)
    _read(library, folder.name)
    _write(
        tr('Ask about it with @know:{name}, as in: qchat ask "@know:{name} …"', name=folder.name)
    )


def _sync(options: argparse.Namespace, library: Library) -> None:
    names = [options.name] if options.name else [folder.name for folder in library.folders()]
    if not names:
        _remark(tr("No folder is known yet. qchat know add PATH reads one."))
    failures: list[QchatError] = []
    for name in names:
        try:
            _read(library, name)
        except QchatError as error:
            failures.append(error)
    for failure in failures[:-1]:
        _remark(str(failure))
    if failures:
        raise failures[-1]


def _read(library: Library, name: str) -> None:
    with (
        progress(sys.stderr, "files") as show,
        progress(sys.stderr, "passages") as embedding,
    ):
        (changes,) = library.sync(name, show, embedding)
    _write(changes_line(name, changes))
    for problem in changes.problems[:MAX_NAMED]:
        _remark(tr("Not read: {problem}.", problem=problem))
    if (more := len(changes.problems) - MAX_NAMED) > 0:
        _remark(tr("Not read: {more} more.", more=more))


def _list(_options: argparse.Namespace, library: Library) -> None:
    folders = library.folders()
    for folder in folders:
        _write(folder_line(folder))
    if not folders:
        _remark(tr("No folder is known yet. qchat know add PATH reads one."))


def _remove(options: argparse.Namespace, library: Library) -> None:
    folder = library.remove(options.name)
    _write(
        tr(
            "Forgot {name}. The files in {path} are as they were.",
            name=folder.name,
            path=folder.path,
        )
    )


def _search(options: argparse.Namespace, library: Library) -> None:
    question = " ".join(options.words)
    if not question.strip():
        raise UsageError(tr("Say what to search for: qchat know search WORD…"))
    if not library.exists:
        raise UsageError(tr("No folder is known yet. qchat know add PATH reads one."))
    found = library.search(question, library.scope(options.scope))
    for passage in found:
        for line in passage_lines(passage):
            _write(line)
    if not found:
        _remark(tr("Nothing in these files fits."))


def _write(line: str) -> None:
    sys.stdout.write(f"{sanitize_for_terminal(line)}\n")


def _remark(line: str) -> None:
    sys.stderr.write(f"{sanitize_for_terminal(line)}\n")
