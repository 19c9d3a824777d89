"""What of Textual is private stands in one module, which says for which version it holds."""

import ast
import importlib.metadata
import inspect
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from textual.app import App
from textual.driver import Driver
from textual.message_pump import MessagePump
from textual.widget import Widget

from qchat import tui
from qchat.tui import textual_private

FOLDER = Path(tui.__path__[0])
SOURCES = [path for path in sorted(FOLDER.rglob("*.py")) if path.name != "textual_private.py"]
APP = ("_driver", "_screen_stack", "_exception", "_exit_renderables")
WIDGET = ("_size_updated", "_styles_cache", "_box_model_cache")
FATAL = "_fatal_error"
"""What `BaseApp` replaces, to end by the functions of that module."""


def test_it_holds_for_the_version_that_is_installed() -> None:
    installed = importlib.metadata.version("textual")
    assert installed == textual_private.HOLDS_FOR, (
        "Textual is another version: run this file's other tests, the pictures and the terminal "
        "tests with it, look at the window, and then set HOLDS_FOR"
    )


def test_textual_still_has_what_is_used_of_it() -> None:
    app, widget = _known(App), _known(Widget)
    assert set(APP) <= app, set(APP) - app
    assert set(WIDGET) <= widget, set(WIDGET) - widget
    assert FATAL in vars(App)
    assert hasattr(MessagePump, "_close_messages_no_wait")
    assert "_file" in _known(textual_private.TextualDriver)
    assert hasattr(textual_private.TextualDriver, "_enable_mouse_support")
    assert issubclass(textual_private.TextualDriver, Driver)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_other_module_touches_what_is_private(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not re.match(r"textual\.(_|.*\._)", node.module or ""), node.module
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            private = node.attr in {*APP, *WIDGET}
            assert not private, f"{ast.unparse(node)} in line {node.lineno}"


def test_no_name_of_ours_is_one_of_textuals() -> None:
    """A private attribute that Textual has too would be overwritten, without a word."""
    found = {
        f"{ours.__module__}.{ours.__qualname__}.{name}"
        for ours in _ours()
        for name in _assigned(ours) | _defined(ours)
        for theirs in ours.__mro__
        if theirs.__module__.startswith("textual") and name in _assigned_or_defined(theirs)
    }
    assert found == {f"qchat.tui.base_app.BaseApp.{FATAL}"}


def _ours() -> Iterator[type]:
    for module in walk_packages(tui.__path__, "qchat.tui."):
        if module.name != textual_private.__name__:
            for _, ours in inspect.getmembers(import_module(module.name), inspect.isclass):
                if ours.__module__ == module.name and issubclass(ours, MessagePump | Driver):
                    yield ours


@cache
def _assigned(kind: type) -> frozenset[str]:
    source = inspect.getsource(kind)
    return frozenset(re.findall(r"self\.(_[a-z]\w*)(?::[^=\n]+)? =", source))


def _defined(kind: type) -> set[str]:
    """Methods and properties, and not what Textual notes in each class by itself."""
    kinds = (property, staticmethod, classmethod)
    return {
        name
        for name, value in vars(kind).items()
        if _is_private(name) and (inspect.isfunction(value) or isinstance(value, kinds))
    }


def _assigned_or_defined(kind: type) -> frozenset[str]:
    return _assigned(kind) | {name for name in vars(kind) if _is_private(name)}


def _known(kind: type) -> set[str]:
    return {
        name
        for base in kind.__mro__
        if base.__module__.startswith("textual")
        for name in _assigned_or_defined(base)
    }


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
