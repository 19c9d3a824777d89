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
_NAMES = etree.XPath("//@class|//@id")
_CLASS_OF_KEY = re.compile(r"\.(-?[A-Za-z_][\w-]*)(?=[^\s>+~,]*$)")


class Match(msgspec.Struct, frozen=True):
    """A rule that matches, and by how specific a selector."""

    rule: Rule
    certain: bool


class Cascade:
    """The rules of a page, asked element by element."""

    def __init__(self, rules: list[Rule], tree: HtmlElement, *, quirks: bool = False) -> None:
        """`quirks`: the page is of the kind in which the case of classes does not count."""
        if quirks:
            for attribute in _NAMES(tree):
                element = attribute.getparent()
                element.set(attribute.attrname, attribute.lower())
        self._matcher = cssselect2.Matcher()
        self._generated = cssselect2.Matcher()
        self.is_certain = True
        self.draws = False
        """Whether a sheet draws something before or after elements, at a place of its own."""
        self._empty = True
        classes = _classes(tree)
        for rule in rules:
            self._add_all(rule, classes, quirks=quirks)

    def _add_all(self, rule: Rule, classes: frozenset[str], *, quirks: bool) -> None:
        found, certain = [], rule.certain
        for selector in split_selectors(rule.selectors):
            if quirks and "[" not in selector:
                selector = selector.lower()  # noqa: PLW2901
            if _can_match(selector, classes):
                compiled, told = _compiled(selector)
                found += [(one, told) for one in compiled]
                certain = certain and bool(compiled)  # one that nobody knows voids the whole list
        for one, told in found:
            self._add(one, Match(rule, certain and told))

    def _add(self, selector: Any, match: Match) -> None:
        match selector.pseudo_element:
            case None:
                pass
            case "first-line":  # perhaps all of an element's text stands in it
                match = Match(match.rule, certain=False)
            case "before" | "after":
                self._generated.add_selector(selector, match)
                self.draws = self.draws or any(
                    declaration.name == "position" for declaration in match.rule.declarations
                )
                return
            case _:
                return
        self._matcher.add_selector(selector, match)
        self._empty = False
        self.is_certain = self.is_certain and match.certain

    def generated(self, wrapper: Any) -> list[Declared]:
        """What is drawn before and after an element."""
        boxes: dict[str, list[Ranked]] = {}
        for specificity, order, pseudo, match in self._generated.match(wrapper):
            rows = boxes.setdefault(pseudo, [])
            rows += _ranked(match.rule, specificity, order)
        found = [_won({}, ranked) for ranked in boxes.values()]
        return [won for won in found if won.get("content", "none") not in ("none", "normal")]

    def declared(self, wrapper: Any, *, doubtful: bool) -> Declared:
        """What holds for an element; `doubtful` takes in rules that perhaps hold."""
        element = wrapper.etree_element
        style = element.get("style")
        matches = [] if self._empty else self._matcher.match(wrapper)
        won = dict(user_agent(element))
        hints = presentational(element)
        if hints.get("display") == "none":  # `hidden`: the browser's own sheet says it
            won["display"] = "none"
        if not matches and not style:
            won |= hints
            return won
        ranked: list[Ranked] = [
            ((0, (), (0, 0, 0), -1), Declaration(name, value, False))
            for name, value in hints.items()
        ]
        for specificity, order, _, match in matches:
            if match.certain or doubtful:
                ranked += _ranked(match.rule, specificity, order)
        for declaration in declared(style) if style else ():
            key = _rank(declaration.important, None, (9, 9, 9, 9), 0)
            ranked.append((key, declaration))
        return _won(won, ranked)


Ranked = tuple[tuple[Any, ...], Declaration]
"""A declaration, and what tells whether it wins over another."""


def _ranked(rule: Rule, specificity: tuple[int, ...], order: int) -> list[Ranked]:
    return [
        (_rank(declaration.important, rule.layer, specificity, order), declaration)
        for declaration in rule.declarations
    ]


_UNLAYERED = 1_000_000


def _rank(
    important: bool, layer: tuple[int, ...] | None, specificity: tuple[int, ...], order: int
) -> tuple[Any, ...]:
    """Later wins: layers in turn before what has none, and the other way round if important.

    What stands in a layer itself is to the layers in it as what has no layer is to all of them.
    """
    places = (*(layer or ()), _UNLAYERED)
    if important:
        places = tuple(-place for place in places)
    return (2 if important else 1, places, specificity, order)


def _won(won: Declared, ranked: list[Ranked]) -> Declared:
    """What is declared in the end; `won`: by the browser's own sheet."""
    ranked.sort(key=lambda pair: pair[0])  # stable: later ones of a block win
    browser = dict(won)
    lower = dict(won)  # what held before the layer that is being read
    layer: tuple[Any, ...] = ()
    for key, (name, value, _) in ranked:
        if key[:2] != layer:
            layer, lower = key[:2], dict(won)
        if value == "revert-layer" and name != "all":
            _put(won, name, lower.get(name))
        elif value == "revert" and name != "all":
            _put(won, name, browser.get(name))
        else:
            _set(won, name, value)
    return won


def _put(won: Declared, name: str, value: str | None) -> None:
    if value is None:
        won.pop(name, None)
    else:
        won[name] = value


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


def _compiled(selector: str) -> tuple[list[Any], bool]:
    """A selector for matching, and whether it is certain; empty if no browser understands it."""
    found = _try(selector)
    if found is not None:
        return found, True
    relaxed, told = _relaxed(selector)
    return (_try(relaxed) or [] if relaxed else []), told


def _try(selector: str) -> list[Any] | None:
    try:
        return list(cssselect2.compile_selector_list(selector))
    except (cssselect2.SelectorError, ValueError, RecursionError, SyntaxError, MemoryError):
        return None


def _relaxed(selector: str) -> tuple[str, bool]:
    """A selector without the pseudo-classes that are not understood, and whether it is certain."""
    tokens = tinycss2.parse_component_value_list(selector, skip_comments=True)
    for n, token in enumerate(tokens):
        if token == ":" and tokens[n + 1 : n + 2] == [":"] and n + 2 < len(tokens):
            return _of_tree(tokens[:n], tokens[n + 2]), False
    out, certain = _without_unknown(tokens)
    return (out, certain) if out is not None else ("", True)


def _of_tree(before: list[Any], name: Any) -> str:
    """The elements that a pseudo-element stands for; empty for none."""
    match getattr(name, "lower_name", getattr(name, "lower_value", "")):
        case "slotted":
            return f":is({tinycss2.serialize(name.arguments)})"
        case "part":
            parts = tinycss2.serialize(name.arguments).split()
            return "".join(f"[part~='{part}']" for part in parts if part.isidentifier())
        case "details-content":
            return f"{tinycss2.serialize(before)} > :not(summary)"
        case _:
            return ""


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
            elif token.type == "function" and name in ("is", "where", "-webkit-any", "matches"):
                kept, told = _forgiven(token.arguments)
                certain = certain and told
                out.append(f":{name if name == 'where' else 'is'}({kept})")
            elif token.type == "function" and name in ("not", "has"):
                inner, told = _without_unknown(token.arguments)
                if inner is None:
                    return None, True
                certain = certain and told
                out.append(f":{name}({inner})" if inner.strip() else "")
            else:
                out.append(":" + tinycss2.serialize([token]))
            continue
        out.append(tinycss2.serialize([token]))
    text = "".join(out).strip()
    return (text or "*"), certain


def _forgiven(arguments: list[Any]) -> tuple[str, bool]:
    """The selectors of an `:is()` that are understood: what is not is passed over."""
    kept, certain = [], True
    for selector in split_selectors(tinycss2.serialize(arguments)):
        found, told = (selector, True) if _try(selector) else _relaxed(selector)
        if found and all(one.pseudo_element is None for one in _try(found) or []) and _try(found):
            kept.append(found)
            certain = certain and told
    return ", ".join(kept) or ":hover", certain  # an empty list matches nothing
