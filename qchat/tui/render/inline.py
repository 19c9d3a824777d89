"""What stands inside of a paragraph, as styled text: emphasis, links, formulas, some of HTML."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote

from markdown_it.token import Token
from rich.segment import Segment
from rich.style import Style

from qchat.conversation.citations import Known
from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.tui.render.bare_addresses import bare_addresses
from qchat.tui.render.click_targets import cite, link
from qchat.tui.render.formula import lowered, raised, readable
from qchat.tui.render.palette import Palette

Runs = list[Segment]

_BOLD, _ITALIC, _STRUCK = Style(bold=True), Style(italic=True), Style(strike=True)
_UNDERLINED = Style(underline=True)
_OPENS = {"strong_open": _BOLD, "em_open": _ITALIC, "s_open": _STRUCK}
_TAG = re.compile(r"<(/?)([a-z]+)\s*(/?)>", re.IGNORECASE)
_BREAK = "br"
_TAGS = {
    "b": _BOLD,
    "strong": _BOLD,
    "i": _ITALIC,
    "em": _ITALIC,
    "u": _UNDERLINED,
    "ins": _UNDERLINED,
    "s": _STRUCK,
    "del": _STRUCK,
    "strike": _STRUCK,
}
"""Elements that are only a style; with attributes they are shown as they were written."""
_SMALL = {"sub": (lowered, "_"), "sup": (raised, "^")}
_WRITTEN = re.compile("(?:%[89a-fA-F][0-9a-fA-F])+")
"""Letters beyond ASCII, as addresses write them."""


class Inline(NamedTuple):
    """How what stands inside of lines is drawn: the theme, and which sources may be cited."""

    colours: Palette
    known: Known

    def runs(self, tokens: Sequence[Token], style: Style) -> Runs:
        """Styled text; `\\n` in it is a line break."""
        return _Walk(self, tokens, style).runs()


class _Walk:
    """Goes over the tokens of one paragraph, once."""

    def __init__(self, inline: Inline, tokens: Sequence[Token], style: Style) -> None:
        self._colours, self._known = inline
        self._tokens = tokens
        self._styles = [style]
        self._links: list[tuple[str, str]] = []
        self._pairs = _pairs(tokens)
        self._out: Runs = []
        self._begun: list[int] = []
        """How much had come where each open `<sub>` or `<sup>` began."""

    def runs(self) -> Runs:
        for place, token in enumerate(self._tokens):
            self._take(place, token)
        return self._out

    @property
    def _style(self) -> Style:
        return self._styles[-1]

    def _add(self, text: str, style: Style) -> None:
        if text:
            self._out.append(Segment(safe(text), style))

    def _push(self, style: Style) -> None:
        self._styles.append(self._style + style)

    def _pop(self) -> None:
        if len(self._styles) > 1:
            self._styles.pop()

    def _take(self, place: int, token: Token) -> None:
        match token.type:
            case "text" | "text_special":
                self._text(token)
            case "code_inline":
                self._add(token.content, self._style + self._colours.code)
            case "formula_inline":
                formula = readable(token.content.strip()).replace("\n", "; ")
                self._add(formula, self._style + self._colours.code)
            case "softbreak" | "hardbreak":
                self._add("\n" if token.type == "hardbreak" else " ", self._style)
            case "strong_open" | "em_open" | "s_open":
                self._push(_OPENS[token.type])
            case "strong_close" | "em_close" | "s_close":
                self._pop()
            case "link_open":
                self._links.append(_address(token, "href"))
                self._push(self._colours.link + link(str(token.attrs.get("href", ""))))
            case "link_close":
                self._pop()
                self._goes_to(*self._links.pop())
            case "image":
                self._image(token)
            case "html_inline":
                self._html(place, token)
            case "note_mark":
                self._add(note_number(token.content), self._style + self._colours.accent)
            case _:
                self._add(token.content, self._style)

    def _text(self, token: Token) -> None:
        if self._links or token.type == "text_special":
            self._add(token.content, self._style)
            return
        end = 0
        for start, stop in bare_addresses(token.content):
            self._cite(token.content[end:start])
            address, end = token.content[start:stop], stop
            leads_to = link(address if "://" in address else f"http://{address}")
            self._add(address, self._style + self._colours.link + leads_to)
        self._cite(token.content[end:])

    def _cite(self, text: str) -> None:
        if text:
            self._out += cite(text, self._style, self._colours, self._known)

    def _image(self, token: Token) -> None:
        inline = Inline(self._colours, self._known)
        alt = "".join(run.text for run in inline.runs(token.children or [], self._style))
        self._add(tr("[picture: {alt}]", alt=alt), self._style + self._colours.dim)
        self._goes_to(*_address(token, "src"))

    def _goes_to(self, address: str, title: str) -> None:
        """Show where a link goes: a terminal shows no tooltip, and a name may lie."""
        before = "".join(run.text for run in self._out[-8:])
        known = before.endswith((address, address.removeprefix("mailto:")))
        about = " ".join([*([] if known else [address]), *([f'"{title}"'] if title else [])])
        if about.strip():
            self._add(f" ({about})", self._style + self._colours.dim + link(address))

    def _html(self, place: int, token: Token) -> None:
        tag = self._pairs.get(place)
        if tag == _BREAK:
            self._add("\n", self._style)
        elif tag is None:
            self._add(token.content, self._style)
        elif token.content.startswith("</"):
            self._close(tag)
        else:
            self._open(tag)

    def _open(self, tag: str) -> None:
        self._begun.append(len(self._out))
        match tag:
            case "kbd":
                self._push(self._colours.key)
                self._add(" ", self._style)
            case "code":
                self._push(self._colours.code)
            case "mark":
                self._push(self._colours.accent + Style(reverse=True))
            case "summary":
                self._push(self._colours.strong)
            case _:
                self._push(_TAGS.get(tag, Style.null()))

    def _close(self, tag: str) -> None:
        begun = self._begun.pop() if self._begun else len(self._out)
        if tag == "kbd":
            self._add(" ", self._style)
        if tag in _SMALL:
            convert, mark = _SMALL[tag]
            inside, self._out = self._out[begun:], self._out[:begun]
            self._out += _small(inside, convert, mark)
        self._pop()


def _small(runs: Runs, convert: object, mark: str) -> Runs:
    """Raised or lowered where Unicode has the letters, else with a mark before it."""
    assert callable(convert)
    text = "".join(run.text for run in runs)
    if convert(text) is not None:
        return [Segment(convert(run.text), run.style) for run in runs]
    style = runs[0].style if runs else None
    return [Segment(f"{mark}(", style), *runs, Segment(")", style)]


def _pairs(tokens: Sequence[Token]) -> dict[int, str]:
    """The places of tags that are obeyed: breaks, and those that are opened and closed here."""
    found: dict[int, str] = {}
    opened: list[tuple[str, int]] = []
    for place, token in enumerate(tokens):
        tag = _TAG.fullmatch(token.content) if token.type == "html_inline" else None
        if tag is None:
            continue
        name = tag[2].lower()
        if name == _BREAK:
            found[place] = name
        elif not tag[1] and (name in _TAGS or name in _SMALL or name in _OTHERS):
            opened.append((name, place))
        elif tag[1] and opened and opened[-1][0] == name:
            found[opened.pop()[1]] = found[place] = name
    return found


_OTHERS = ("kbd", "code", "mark", "summary")


def safe(text: str) -> str:
    """Text in which control characters are seen: an entity may have written one."""
    return text if text.isprintable() else sanitize_for_terminal(text).replace("\t", " ")


def note_number(label: str) -> str:
    """The mark of a footnote: small, where its label is a number."""
    return (raised(label) or label) if label.isdecimal() else f"[{label}]"


def _address(token: Token, attribute: str) -> tuple[str, str]:
    """Where a link goes, in letters that can be read, and its title."""
    address = readable_address(str(token.attrs.get(attribute, "")))
    return address, str(token.attrs.get("title", "") or "")


def readable_address(address: str) -> str:
    """An address whose letters beyond ASCII are letters again, where that is safe to show."""
    return _WRITTEN.sub(_letters, address)


def _letters(written: re.Match[str]) -> str:
    letters = unquote(written[0], errors="strict") if _is_utf8(written[0]) else written[0]
    safe = sanitize_for_terminal(letters) == letters and letters.isprintable()
    return letters if safe else written[0]


def _is_utf8(written: str) -> bool:
    try:
        unquote(written, errors="strict")
    except UnicodeDecodeError:
        return False
    return True
