"""Which declarations win for an element: selectors by cssselect2, the order by CSS Cascade 5."""

import re
from collections.abc import Mapping
from typing import Any

import cssselect2
import msgspec
import tinycss2
from lxml import etree
from lxml.html import HtmlElement

from qchat_tools.web.css.declarations import Declaration, declared
from qchat_tools.web.css.presentation import presentational, user_agent
from qchat_tools.web.css.stylesheet import Rule, split_selectors

Declared = dict[str, str]
"""The winning value of each property of one element."""

_AT_REST_FALSE_NAMES = """
    target target-within focus-within focus-visible fullscreen modal popover-open autofill
    user-invalid user-valid playing seeking buffering picture-in-picture open current past
    future active-view-transition -webkit-autofill -webkit-any-link-active
"""
_AT_REST_FALSE = frozenset(_AT_REST_FALSE_NAMES.split())
"""States that a page at rest is not in."""
_AT_REST_TRUE = frozenset(["paused"])
_UNTOLD_NAMES = """
    defined dir read-only read-write placeholder-shown default indeterminate valid invalid
    in-range out-of-range blank state has-slotted heading muted volume-locked stalled host
    host-context
"""
_UNTOLD = frozenset(_UNTOLD_NAMES.split())
"""Pseudo-classes that browsers know, and that are not worked out here."""
_CLASS_VALUES = etree.XPath("//@class")
_CLASS_OF_KEY = re.compile(r"\.(-?[A-Za-z_][\w-]*)(?=[^\s>+~,]*$)")


class Match(msgspec.Struct, frozen=True):
    """A rule that matches, and by how specific a selector."""

    rule: Rule
    certain: bool


class Cascade:
    """The rules of a page, asked element by element."""

    def __init__(self, rules: list[Rule], tree: HtmlElement) -> None:
        self._matcher = cssselect2.Matcher()
        self.is_certain = True
        self._empty = True
        classes = _classes(tree)
        for rule in rules:
            for selector in split_selectors(rule.selectors):
                if _can_match(selector, classes):
                    self._add(selector, rule)

    def _add(self, selector: str, rule: Rule) -> None:
        certain = rule.certain
        try:
            compiled = cssselect2.compile_selector_list(selector)
        except (cssselect2.SelectorError, ValueError, RecursionError, SyntaxError, MemoryError):
            relaxed, told = _relaxed(selector)
            try:
                compiled = cssselect2.compile_selector_list(relaxed) if relaxed else []
            except (cssselect2.SelectorError, ValueError, RecursionError, SyntaxError, MemoryError):
                return  # what no browser understands either
            certain = certain and told
        for one in compiled:
            if one.pseudo_element is None:
                self._matcher.add_selector(one, Match(rule, certain))
                self._empty = False
                self.is_certain = self.is_certain and certain

    def declared(self, wrapper: Any, *, doubtful: bool) -> Declared:
        """What holds for an element; `doubtful` takes in rules that perhaps hold."""
        element = wrapper.etree_element
        style = element.get("style")
        matches = [] if self._empty else self._matcher.match(wrapper)
        won = dict(user_agent(element))
        if not matches and not style:
            won |= presentational(element)
            return won
        ranked: list[tuple[tuple[Any, ...], Declaration]] = [
            ((0, (), (0, 0, 0), -1), Declaration(name, value, False))
            for name, value in presentational(element).items()
        ]
        for specificity, order, _, match in matches:
            if match.certain or doubtful:
                for declaration in match.rule.declarations:
                    key = _rank(declaration.important, match.rule.layer, specificity, order)
                    ranked.append((key, declaration))
        for declaration in declared(style) if style else ():
            key = _rank(declaration.important, None, (9, 9, 9, 9), 0)
            ranked.append((key, declaration))
        ranked.sort(key=lambda pair: pair[0])  # stable: later ones of a block win
        for _, (name, value, _) in ranked:
            _set(won, name, value)
        return won


def _rank(
    important: bool, layer: tuple[int, ...] | None, specificity: tuple[int, ...], order: int
) -> tuple[Any, ...]:
    """Later wins: layers in turn before what has none, and the other way round if important."""
    if important:
        places = tuple(-place for place in layer) if layer is not None else (-1_000_000,)
        return (2, places, specificity, order)
    return (1, layer if layer is not None else (1_000_000,), specificity, order)


def _set(won: Declared, name: str, value: str) -> None:
    if name == "all":
        if value in ("initial", "unset", "revert", "revert-layer"):
            for known in [k for k in won if not k.startswith("--")]:
                del won[known]
            won["display"] = "inline" if value in ("initial", "unset") else "block"
        return
    won[name] = value


def _classes(tree: HtmlElement) -> frozenset[str]:
    found: set[str] = set()
    for value in _CLASS_VALUES(tree):
        found.update(value.split())
    return frozenset(found)


def _can_match(selector: str, classes: Mapping[str, Any] | frozenset[str]) -> bool:
    """False where the last compound names a class that nothing on the page has."""
    if "\\" in selector or ":" in selector or "[" in selector:
        return True
    return all(name in classes for name in _CLASS_OF_KEY.findall(selector))


def _relaxed(selector: str) -> tuple[str, bool]:
    """A selector without the pseudo-classes that are not understood, and whether it is certain."""
    tokens = tinycss2.parse_component_value_list(selector, skip_comments=True)
    out, certain = _without_unknown(tokens)
    return (out, certain) if out is not None else ("", True)


def _without_unknown(tokens: list[Any]) -> tuple[str | None, bool]:
    out: list[str] = []
    certain = True
    colon = False
    for token in tokens:
        if token == ":":
            if colon:
                return None, True  # a pseudo-element of newer days
            colon = True
            continue
        name = getattr(token, "lower_value", getattr(token, "lower_name", ""))
        if colon:
            colon = False
            if name in _AT_REST_FALSE:
                out.append(":hover")  # never holds at rest
            elif name in _AT_REST_TRUE or name == "scope":
                out.append(":root" if name == "scope" else "")
            elif name in _UNTOLD:
                certain = False
            elif token.type == "function" and name in ("is", "where", "not", "has", "-webkit-any"):
                inner, told = _without_unknown(token.arguments)
                if inner is None:
                    return None, True
                certain = certain and told
                wanted = "is" if name == "-webkit-any" else name
                out.append(f":{wanted}({inner})" if inner.strip() else "")
            else:
                out.append(":" + tinycss2.serialize([token]))
            continue
        out.append(tinycss2.serialize([token]))
    text = "".join(out).strip()
    return (text or "*"), certain
