"""Source code as coloured lines, each coloured from the state in which the one before it ended.

So a line of code that streams costs as much in a long program as in a short one. What Pygments
would say of the whole is looked up once, when the code is complete.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rich.segment import Segment
from rich.style import Style

from qchat.tui.render.click_targets import PAD
from qchat.tui.render.contrast import readable
from qchat.tui.render.palette import Palette
from qchat.tui.render.selection import MARGIN
from qchat.tui.render.wrap import Line, fold, width_of

if TYPE_CHECKING:
    from pygments.lexer import Lexer

MAX_COLOURED = 60_000
"""Characters of code that are coloured; what follows is plain, since colouring would be felt."""
MAX_WHOLE = 20_000
"""Characters of code that are looked at as a whole once they are complete."""

TAB = 4

Tokens = list[tuple[Any, str]]
"""Kinds of token, as Pygments names them, and their texts: one line."""

_LANGUAGE = re.compile(r"[\w+#.-]+")
_COMMENTS = {"/*": "*/", "<!--": "-->", "{-": "-}", "(*": "*)"}


class CodeLines:
    """The lines of one piece of code, as they come."""

    def __init__(self, language: str, meta: Style | None = None) -> None:
        """`language` is what stands behind the opening of a fence; all lines get `meta`."""
        self._meta = meta or Style.null()
        self._language = language
        self._colouring = _Colouring(language)
        self._lines: list[str] = []
        self._tokens: list[Tokens] = []
        self._open: str | None = None
        """The last line, as long as it may grow; several, where all may be something else yet."""
        self._length = 0
        self._closed = False
        self._drawn: list[Line] = []
        self._drawn_lines = 0
        self._drawn_for: tuple[int, Palette] | None = None

    @property
    def text(self) -> str:
        """The code as it can be copied and run."""
        lines = self._lines if self._open is None else [*self._lines, self._open]
        return "\n".join([*lines, ""]) if lines else ""

    def goes_on(self, language: str, lines: Sequence[str]) -> bool:
        """Whether code is what was taken before and more."""
        known = len(self._lines)
        return not self._closed and language == self._language and lines[:known] == self._lines

    def take(self, lines: list[str], *, closed: bool) -> None:
        """Take all lines of the code as they are now."""
        done = len(lines) if closed else max(len(lines) - 1, 0)
        last = None if closed or not lines else lines[-1]
        self.extend(lines[len(self._lines) : done], last, closed=closed)

    def extend(self, lines: Iterable[str], last: str | None, *, closed: bool) -> None:
        """Take more complete lines, and what there is of the next one."""
        for line in lines:
            self._length += len(line) + 1
            self._tokens.append(self._tokens_of(line, keep=True))
            self._lines.append(line)
        self._open = last
        if closed and not self._closed:
            self._look_at_the_whole()
        self._closed = closed

    def draw(self, width: int, colours: Palette) -> list[Line]:
        """Its lines at a width."""
        return [*self.steady(width, colours), *self.open(width, colours)]

    def steady(self, width: int, colours: Palette) -> list[Line]:
        """The complete lines; the list grows as long as it is the same list."""
        if self._drawn_for != (width, colours):
            self._drawn, self._drawn_lines, self._drawn_for = [], 0, (width, colours)
        for tokens in self._tokens[self._drawn_lines :]:
            self._drawn += self._line(tokens, width, colours)
        self._drawn_lines = len(self._tokens)
        return self._drawn

    def open(self, width: int, colours: Palette) -> list[Line]:
        """The line that may still grow, or those of what may yet turn out to be a formula."""
        if self._open is None:
            return []
        drawn: list[Line] = []
        for line in self._open.split("\n"):
            drawn += self._line(self._tokens_of(line, keep=False), width, colours)
        return drawn

    def _tokens_of(self, line: str, *, keep: bool) -> Tokens:
        if self._length > MAX_COLOURED:
            return [(None, line)] if line else []
        return self._colouring.line(line, keep=keep)

    def _line(self, tokens: Tokens, width: int, colours: Palette) -> list[Line]:
        """One line of code, folded where it must be, on the ground of code to its end."""
        ground = colours.code_ground + self._meta
        runs = [
            Segment(text, token_style(kind, colours) + self._meta)
            for kind, text in _without_tabs(tokens)
        ]
        inner = max(width - 2 * len(PAD), 1)
        lines = []
        for line in fold(runs, inner):
            rest = max(inner - width_of(line), 0)
            lines.append([Segment(PAD, ground + MARGIN), *line, Segment(PAD + " " * rest, ground)])
        return lines

    def _look_at_the_whole(self) -> None:
        if not self._lines or self._length > MAX_WHOLE:
            return
        whole = self._colouring.whole(self._lines)
        if whole is None:
            return
        if whole != self._tokens:
            self._tokens, self._drawn_for = whole, None


class _Colouring:
    """Pygments' lexer for a language, and the state between two lines."""

    def __init__(self, language: str) -> None:
        self._lexer = _lexer(language)
        self._stack: list[str] = ["root"]
        self._comment = ""
        """What ends the comment that is open."""

    def line(self, text: str, *, keep: bool) -> Tokens:
        """The tokens of the next line; `keep` says whether the one after it follows on it."""
        if self._lexer is None:
            return [(None, text)] if text else []
        before = list(self._stack), self._comment
        try:
            return _tidy(self._line(text))
        except Exception:  # noqa: BLE001  a lexer for a stranger's code, with faults of its own
            return [(None, text)] if text else []
        finally:
            if not keep:
                self._stack, self._comment = before

    def _line(self, text: str) -> Tokens:
        from pygments.token import Comment  # noqa: PLC0415  slow to load

        if self._comment:
            inside, found, behind = text.partition(self._comment)
            if not found:
                return [(Comment.Multiline, text)]
            closing, self._comment = self._comment, ""
            return [(Comment.Multiline, inside + closing), *self._line(behind)]
        for mark, closing in _COMMENTS.items():
            begin = self._left_open(text, mark, closing) if mark in text else None
            if begin is not None:
                tokens = self._lex(text[:begin]) if begin else []
                self._comment = closing
                return [*tokens, (Comment.Multiline, text[begin:])]
        return self._lex(text)

    def _left_open(self, text: str, mark: str, closing: str) -> int | None:
        """Where a comment begins that goes on: it is one if its end is put behind the line."""
        before, at = list(self._stack), 0
        tokens = self._lex(f"{text}{closing}")
        self._stack = before
        for _, token in tokens:
            if at + len(token) > len(text):
                return at if at < len(text) and token.startswith(mark) else None
            at += len(token)
        return None

    def _lex(self, text: str) -> Tokens:
        from pygments.lexer import ExtendedRegexLexer, LexerContext, RegexLexer  # noqa: PLC0415

        lexer: Any = self._lexer
        own = type(lexer).get_tokens_unprocessed
        if not isinstance(lexer, RegexLexer) or own is not RegexLexer.get_tokens_unprocessed:
            tokens = lexer.get_tokens_unprocessed(f"{text}\n")
            return [(kind, token) for _, kind, token in tokens]
        context = LexerContext(f"{text}\n", 0, list(self._stack))
        out = ExtendedRegexLexer.get_tokens_unprocessed(lexer, context=context)
        tokens = [(kind, token) for _, kind, token in out]
        self._stack = context.stack
        return tokens

    def whole(self, lines: Sequence[str]) -> list[Tokens] | None:
        """The tokens of each line as Pygments finds them in all the code; None if it fails."""
        if self._lexer is None:
            return None
        out: list[Tokens] = [[]]
        try:
            for _, kind, text in self._lexer.get_tokens_unprocessed("\n".join([*lines, ""])):
                first, *others = text.split("\n")
                out[-1].append((kind, first))
                for other in others:
                    out.append([(kind, other)])
        except Exception:  # noqa: BLE001  as above
            return None
        tidy = [_tidy(line) for line in out[: len(lines)]]
        same = len(tidy) == len(lines) and all(
            "".join(token for _, token in tokens) == line
            for tokens, line in zip(tidy, lines, strict=True)
        )
        return tidy if same else None


def _tidy(tokens: Tokens) -> Tokens:
    return [(kind, text.rstrip("\n")) for kind, text in tokens if text.rstrip("\n")]


@lru_cache(maxsize=64)
def _lexer(language: str) -> "Lexer | None":
    """Pygments' lexer for what stands behind the opening of a fence, None if there is none."""
    name = _LANGUAGE.search(language)
    if name is None:
        return None
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415  slow to load
    from pygments.util import ClassNotFound  # noqa: PLC0415

    try:
        return get_lexer_by_name(name[0].lower())
    except ClassNotFound:
        return None


def _without_tabs(tokens: Tokens) -> Tokens:
    """Blanks to the next stop at every fourth cell, in place of tabs."""
    if not any("\t" in text for _, text in tokens):
        return tokens
    out: Tokens = []
    column = 0
    for kind, text in tokens:
        wide = f"{' ' * (column % TAB)}{text}".expandtabs(TAB)[column % TAB :]
        out.append((kind, wide))
        column += len(wide)
    return out


@lru_cache(maxsize=2048)
def token_style(kind: Any, colours: Palette) -> Style:
    """The style of a kind of token, readable on the grounds that code may stand on."""
    from pygments.token import Generic  # noqa: PLC0415  slow to load

    ground = colours.code_ground
    if kind is None:
        return colours.text + ground
    if kind in Generic.Deleted:
        return colours.bad + ground
    if kind in Generic.Inserted:
        return colours.good + ground
    named = _pygments(colours.pygments).style_for_token(kind)
    colour = f"#{named['color']}" if named["color"] else None
    if colour is None:
        return colours.text + ground + Style(bold=named["bold"] or None)
    return ground + Style(
        color=readable(colour, colours.grounds, colours.contrast),
        bold=named["bold"] or None,
        italic=named["italic"] or None,
    )


@lru_cache(maxsize=8)
def _pygments(name: str) -> Any:
    from pygments.styles import get_style_by_name  # noqa: PLC0415  slow to load
    from pygments.util import ClassNotFound  # noqa: PLC0415

    try:
        return get_style_by_name(name)
    except ClassNotFound:
        return get_style_by_name("default")
