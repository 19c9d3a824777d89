"""What the user reads when something goes wrong: whole sentences in plain English."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
SENTENCES = ("admin", "cli", "commands", "config", "console", "egress", "export")
"""Wings whose errors are shown as they are; those of others stand behind who failed and a colon."""
PACKAGES = ("qchat", "tools/qchat_tools", "memory/qchat_memory")
OLD_IDIOM = re.compile(
    r"(?<![Tt]here )\bis no \w|\bis meant\b|\bfell silent\b|\banew\b|; there (is|are)\b"
    r"|\bto be had\b|\bbe had\b|\bnobody says\b|[Ss]ee that |thrown away|\bmeant\?"
)
NO_SENTENCE = frozenset({"ValueError", "AssertionError", "OSError", "ArgumentTypeError"})
"""What is raised for the code around it, which makes a sentence of it."""


class Said:
    """One text of an error, with `{…}` where a value stands."""

    def __init__(self, place: str, kind: str, text: str) -> None:
        self.place, self.kind, self.text = place, kind, text

    def __repr__(self) -> str:
        return f"{self.place}: {self.text}"


def text_of(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() as text):
            return re.sub(r"\{[^{}]*\}", "{…}", text)
        case ast.Call(func=ast.Name("tr" | "verbatim"), args=[given, *_]):
            return text_of(given)
        case ast.JoinedStr(values=values):
            return "".join(text_of(v) if isinstance(v, ast.Constant) else "{…}" for v in values)
        case ast.BinOp(left=left, right=right):
            return text_of(left) + text_of(right)
    return ""


def errors(folder: str) -> Iterator[Said]:
    """Every text with which something is raised in a folder."""
    for path in sorted((HOME / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                kind = ast.unparse(node.exc.func).rpartition(".")[2]
                if text := text_of(node.exc.args[0]):
                    yield Said(f"{path.relative_to(HOME)}:{node.lineno}", kind, text)


@pytest.mark.parametrize("wing", SENTENCES)
def test_errors_are_sentences(wing: str) -> None:
    said = [error for error in errors(f"qchat/{wing}") if error.kind not in NO_SENTENCE]
    begins = [error for error in said if not re.match(r"[A-Z{/\-]|qchat |xllamacpp ", error.text)]
    ends = [error for error in said if not re.search(r"[.…}?]$|\{…\}$", error.text)]
    assert (begins, ends) == ([], [])


@pytest.mark.parametrize("package", PACKAGES)
def test_errors_are_plain_english(package: str) -> None:
    assert [error for error in errors(package) if OLD_IDIOM.search(error.text)] == []


def test_the_texts_are_found() -> None:
    assert sum(1 for package in PACKAGES for _ in errors(package)) > 300
