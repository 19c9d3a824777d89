"""Text of a page that its readers do not see is taken out: whoever wrote it did not mean people.

What scripts do to a page stays unknown; see `css.visibility` for what is worked out.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import cssselect2
import msgspec
from lxml import etree
from lxml.html import HtmlElement

from qchat_tools.web.css.cascade import Cascade, Declared
from qchat_tools.web.css.computed import Box, ComputedStyle
from qchat_tools.web.css.covers import covers, is_opaque
from qchat_tools.web.css.declarations import Declaration, declared
from qchat_tools.web.css.harmless import are_harmless
from qchat_tools.web.css.lengths import Base, length
from qchat_tools.web.css.overlaps import Styled, covered, is_pulled
from qchat_tools.web.css.pictures import OnPictures
from qchat_tools.web.css.presentation import UNRENDERED, presentational
from qchat_tools.web.css.stylesheet import Collected
from qchat_tools.web.css.visibility import Verdict, entered, is_on_picture, seen, text_height
from qchat_tools.web.page import StyleSheet
from qchat_tools.web.page_stylesheets import sheets_of

_UNSEEN = etree.XPath(
    "//*[@hidden]|//*[@popover]|//dialog[not(@open)]|//comment()|//processing-instruction()"
)
_UNRENDERED = sorted(UNRENDERED - {"style", "script", "head", "title", "base", "link", "meta"})
_STYLED = etree.XPath("//*[@style]")
_PRESENTED = etree.XPath(
    "//*[self::bdo or self::font or @bgcolor or @color or @background or @text or @hidden"
    " or @popover or @mathcolor or @mathbackground or @mathsize or self::maction or self::mpadded]"
)
_INVISIBLE_ROOTS = ("html", "body")
_APPEARING = "opacity visibility transform translate scale filter clip-path animation-name"
_REVEALED = frozenset(_APPEARING.split())
"""What a script that lets a page appear bit by bit begins with."""


class Hidden(msgspec.Struct):
    """What was taken out of a page, in characters."""

    characters: int = 0
    undecided: int = 0
    """Of these: where it could not be told whether they are seen."""


def drop_hidden(
    tree: HtmlElement,
    url: str = "",
    sheets: Sequence[StyleSheet] = (),
    *,
    revealed: bool = False,
    styled: bool = True,
) -> Hidden:
    """Take out what is not shown. `revealed`: as if scripts had made appear what they will.

    `styled`: False where no element has an attribute that styles it, as `may_be_styled` tells.
    """
    collected = sheets_of(tree, url, sheets)
    declarations = _of_sheets(collected)
    if styled:
        declarations = chain(declarations, _of_attributes(tree))
    harmless = (
        not revealed
        and are_harmless(declarations)
        and not (styled and _may_be_shown(tree, collected))
        and next(tree.iter("maction"), None) is None
        and not _DARK(tree)
    )
    hidden = Hidden()
    if harmless:
        for element in [*_UNSEEN(tree), *tree.iter(*_UNRENDERED)]:
            hidden.characters += drop(element)
        return hidden
    for element in _COMMENTS(tree):
        drop(element)
    cascade = Cascade(collected.rules, tree, quirks=_is_quirky(tree))
    for doubtful in (False,) if cascade.is_certain else (False, True):
        walk = _Walk(cascade, collected, doubtful=doubtful, revealed=revealed)
        walk.run(tree)
        found = walk.remove()
        hidden.characters += found.characters
        hidden.undecided += found.characters if doubtful else found.undecided
    return hidden


def _may_be_shown(tree: HtmlElement, collected: Collected) -> bool:
    """Whether what an attribute hides may be shown by a declaration."""
    if not _HIDDEN_BY_ATTRIBUTES(tree):
        return False
    everywhere = chain(_of_sheets(collected), *(declared(e.get("style")) for e in _STYLED(tree)))
    return any(declaration.name in ("display", "all") for declaration in everywhere)


def _is_quirky(tree: HtmlElement) -> bool:
    """Whether a page says of no standard that it follows it (HTML, 13.2.6.4.1)."""
    return tree.tag == "html" and not (tree.getroottree().docinfo.doctype or "")


_DARK = etree.XPath(
    "boolean(//meta[translate(@name, 'COLRSHEM', 'colrshem') = 'color-scheme'"
    " and (normalize-space(@content) = 'dark' or normalize-space(@content) = 'only dark')])"
)
"""Whether a page asks for dark colours of the browser, whatever its reader prefers."""
_HIDDEN_BY_ATTRIBUTES = etree.XPath("boolean(//*[@hidden or @popover]|//dialog[not(@open)])")
_COMMENTS = etree.XPath("//comment()|//processing-instruction()")


def may_be_styled(source: str) -> bool:
    """Whether an attribute that styles its element may stand in a page's text."""
    return _STYLING.search(source) is not None


_STYLING = re.compile(
    r"style\s*=|<bdo|color|background\s*=|hidden|popover|<font|math(?:size|back)|<maction|<mpadded|\btext\s*=|srcdoc|shadowroot",
    re.IGNORECASE,
)


def _of_sheets(collected: Collected) -> Iterator[Declaration]:
    for rule in collected.rules:
        yield from rule.declarations
    for frames in collected.keyframes.values():
        for frame in frames.values():
            yield from frame


def _of_attributes(tree: HtmlElement) -> Iterator[Declaration]:
    for element in _STYLED(tree):
        yield from declared(element.get("style"))
    for element in _PRESENTED(tree):
        for name, value in presentational(element).items():
            if not (name == "display" and value == "none"):
                yield Declaration(name, value, False)


class _Walk:
    """One pass over a page, from top to bottom, with what each element inherits."""

    def __init__(
        self, cascade: Cascade, collected: Collected, *, doubtful: bool, revealed: bool
    ) -> None:
        self._cascade = cascade
        self._keyframes = collected.keyframes
        self._variables = collected.variables
        self._local = collected.local
        self._doubtful = doubtful
        self._revealed = revealed
        self._flow = 0.0
        self._lengths: dict[Any, int] = {}
        self._dropped: list[HtmlElement] = []
        self._texts: list[tuple[HtmlElement, bool]] = []
        self._hidden = Hidden()
        self._verdicts: dict[int, tuple[ComputedStyle, Verdict]] = {}
        self._seen: list[tuple[HtmlElement, bool, Box]] = []
        self._covers: list[Box] = []
        self._on_pictures = OnPictures()
        self._styled: dict[HtmlElement, Styled] = {}
        self._pulled = False

    def run(self, tree: HtmlElement) -> None:
        """Decide of each text whether it is seen."""
        self._lengths = _text_lengths(tree)
        root = cssselect2.ElementWrapper.from_html_root(tree)
        dark = bool(_DARK(tree))
        start = ComputedStyle(variables=self._variables, local=self._local, dark=dark)
        stack: list[tuple[Any, ComputedStyle, bool]] = [(root, start, False)]
        while stack:
            wrapper, state, is_tail = stack.pop()
            element = wrapper.etree_element
            if is_tail:
                self._judge(element, element.tail, state, tail=True)
                continue
            inner = self._entered(wrapper, state)
            if inner is None:
                continue
            if element.tag == "br":
                self._flow += inner.font_size
            self._judge(element, element.text, inner, tail=False)
            for child in reversed(list(wrapper.iter_children())):
                if child.etree_element.tail:
                    stack.append((child, inner, True))
                stack.append((child, inner, False))

    def _entered(self, wrapper: Any, state: ComputedStyle) -> ComputedStyle | None:
        element = wrapper.etree_element
        style = self._cascade.declared(wrapper, doubtful=self._doubtful)
        if not style:
            return state
        if self._revealed:
            style = {name: value for name, value in style.items() if name not in _REVEALED}
        characters = self._lengths.get(element, 0)
        inner = entered(
            state,
            style,
            self._keyframes,
            characters=characters,
            flow=self._flow,
            tag=element.tag,
        )
        if element.tag in ("col", "colgroup") and style.get("visibility") == "collapse":
            self._dropped += _column(element)
        opaque = element.tag in _PICTURES or is_opaque(style)
        self._note(element, state, inner, opaque=opaque)
        bare = not self._revealed and not characters
        if bare and opaque and covers(style, inner, state.containing):
            self._covers.append(state.containing)
        if not self._revealed and self._cascade.draws:
            self._cover(wrapper, inner)
        if inner.hidden and element.tag not in _INVISIBLE_ROOTS:
            if element.tag not in ("head", "style", "script"):
                self._dropped.append(element)
                self._hidden.characters += characters if element.tag not in _NO_TEXT else 0
            return None
        if not characters and style.get("position") not in ("absolute", "fixed"):
            self._flow += _spacing(style, inner)
        return inner

    def _note(
        self, element: HtmlElement, state: ComputedStyle, inner: ComputedStyle, *, opaque: bool
    ) -> None:
        """Keep what tells where an element lies, for the case that one is drawn over another."""
        x, y = inner.x - state.x, inner.y - state.y
        solid = opaque and not inner.hidden and inner.opacity >= MIN_OPACITY and not inner.behind
        self._styled[element] = Styled(inner.own, inner.font_size, x, y, solid)
        self._pulled = self._pulled or is_pulled(inner.own, x, y)

    def _cover(self, wrapper: Any, state: ComputedStyle) -> None:
        """What a sheet draws before or after an element may lie over the text in it."""
        for drawn in self._cascade.generated(wrapper):
            if drawn.get("position") == "absolute" and is_opaque(drawn):
                box = entered(state, drawn, self._keyframes, characters=0, flow=self._flow)
                if covers(drawn, box, state.containing):
                    self._covers.append(state.containing)
            elif is_opaque(drawn) and wrapper.etree_element in self._styled:
                self._note_drawn(wrapper.etree_element, state, drawn)

    def _note_drawn(self, element: HtmlElement, state: ComputedStyle, drawn: Declared) -> None:
        box = entered(state, drawn, self._keyframes, characters=0, flow=self._flow)
        x, y = box.x - state.x, box.y - state.y
        if not box.hidden and box.opacity >= MIN_OPACITY:
            known = self._styled[element]
            one = Styled(box.own, box.font_size, x, y, opaque=True)
            self._styled[element] = known._replace(drawn=(*known.drawn, one))
            self._pulled = self._pulled or is_pulled(box.own, x, y)

    def _judge(
        self, element: HtmlElement, text: str | None, state: ComputedStyle, *, tail: bool
    ) -> None:
        if not text or text.isspace():
            return
        known = self._verdicts.get(id(state))
        characters = len(text.strip())
        if known is None:
            verdict = seen(state, characters, self._flow)
            if not (state.x or state.y or state.clips or "text-indent" in state.values):
                self._verdicts[id(state)] = (state, verdict)  # of any text: kept while it lives
        else:
            verdict = known[1]
        self._flow += text_height(characters, state.font_size) if verdict is Verdict.SEEN else 0
        if verdict is Verdict.SEEN:
            self._seen.append((element, tail, state.containing))
        elif verdict is Verdict.UNDECIDED and is_on_picture(state):
            colour = state.colour if state.fill is None else state.fill
            there = (element, tail, state.containing)
            self._on_pictures.add(state.ground.image, colour, characters, there)
        else:
            self._texts.append((element, tail))
            self._hidden.characters += characters
            self._hidden.undecided += characters if verdict is Verdict.UNDECIDED else 0

    def remove(self) -> Hidden:
        """Take out of the page what is not seen."""
        elsewhere = sum(len((e.tail if t else e.text) or "") for e, t, _ in self._seen)
        seen_there, hidden_there = self._on_pictures.settle(elsewhere)
        self._seen += seen_there
        for element, tail, _ in hidden_there:
            characters = len(((element.tail if tail else element.text) or "").strip())
            self._texts.append((element, tail))
            self._hidden.characters += characters
            self._hidden.undecided += characters
        for containing in self._covers:
            self._texts += self._under(containing)
        if self._pulled and not self._revealed:
            self._texts += self._overlapped()
        for element, tail in self._texts:
            if tail:
                element.tail = " "
            else:
                element.text = None
        for element in self._dropped:
            drop(element)
        return self._hidden

    def _overlapped(self) -> list[tuple[HtmlElement, bool]]:
        """Texts that a later box was drawn over from its own place."""
        texts = {(element, tail) for element, tail, _ in self._seen} - set(self._texts)
        root = next(iter(self._lengths))
        under = list(covered(root, self._styled, texts))
        self._hidden.characters += sum(
            len(((e.tail if t else e.text) or "").strip()) for e, t in under
        )
        return under

    def _under(self, containing: Box) -> list[tuple[HtmlElement, bool]]:
        """Texts that something lies over: what is itself positioned lies above that."""
        under = [(element, tail) for element, tail, box in self._seen if box is containing]
        self._hidden.characters += sum(len((e.tail if t else e.text) or "") for e, t in under)
        return under


def _column(col: HtmlElement) -> list[HtmlElement]:
    """The cells of a column of a table, or of a group of them."""
    table = next(col.iterancestors("table"), None)
    if table is None:
        return []
    columns = [c for c in table.iter("col", "colgroup") if c.tag == "col" or c.find("col") is None]
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
    gone: list[HtmlElement] = []
    place = 0
    for column in columns:
        span = column.get("span", "1").strip()
        end = place + min(int(span) if span.isdecimal() else 1, MAX_SPAN)
        if column is col or column.getparent() is col:
            gone += [cell for row in rows for cell in row[place:end]]
        place = end
    return gone


MAX_SPAN = 1_000
MIN_OPACITY = 0.95
"""Of a box through which nothing is read."""
_PICTURES = ("img", "video", "iframe", "canvas", "object")
_NO_TEXT = frozenset(
    ("script", "style", "template", "noscript", "svg", "title", "link", "meta", "iframe")
)
MAX_SPACING = 5_000.0


def _spacing(style: dict[str, str], state: ComputedStyle) -> float:
    """How far an element without text pushes down what follows, as far as it is written down."""
    height = length(style.get("height", style.get("min-height", "")), Base(state.font_size))
    return min(max(height or 0.0, 0.0), MAX_SPACING)


def _text_lengths(tree: HtmlElement) -> dict[Any, int]:
    """Characters within each element."""
    lengths: dict[Any, int] = {}
    for element in tree.iter():
        if isinstance(element.tag, str):
            lengths[element] = len((element.text or "").strip())
    for element in reversed(list(lengths)):
        parent = element.getparent()
        if parent is not None and parent in lengths:
            lengths[parent] += lengths[element] + len((element.tail or "").strip())
    return lengths


def drop(element: HtmlElement) -> int:
    """Take an element out, not the text that follows it; gives how much text it held."""
    parent = element.getparent()
    if parent is None:
        return 0
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    has_text = isinstance(element.tag, str) and element.tag not in _NO_TEXT
    length = len("".join(element.itertext()).strip()) if has_text else 0
    parent.remove(element)
    return length
