"""The rules of a style sheet that hold in the window pages are judged in."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import tinycss2

from qchat_tools.web.css.declarations import Declaration, of_nodes
from qchat_tools.web.css.media import query_holds, supports_holds

MAX_NESTING = 12
_MAY_TELL = re.compile(
    r"\\|displa|visib|opaci|positi|left|right|top|bottom|width|height|overflow|clip|transf|transl"
    r"|scale|rotate|zoom|filter|mask|blend|color|fill|back|font|indent|spacing|margin|padding"
    r"|shadow|stroke|z-index|animat|content|contain|flex|grid|offset|inset|size|all|outline|decorat|aspect|--",
    re.IGNORECASE,
)


class Rule(msgspec.Struct, frozen=True):
    """Declarations for what a list of selectors matches."""

    selectors: str
    declarations: tuple[Declaration, ...]
    layer: tuple[int, ...] | None
    """Place of its cascade layer; None for none, which wins."""
    certain: bool
    """False where it cannot be told whether it holds."""


class Import(msgspec.Struct, frozen=True):
    """A sheet that another one names."""

    address: str
    layer: str | None
    """The cascade layer that it is put into; empty for one without a name, None for none."""
    certain: bool


class Collected(msgspec.Struct):
    """What the sheets of a page say, in order."""

    rules: list[Rule] = msgspec.field(default_factory=list)
    keyframes: dict[str, dict[float, tuple[Declaration, ...]]] = msgspec.field(default_factory=dict)
    variables: dict[str, str] = msgspec.field(default_factory=dict)
    """What `@property` gives them."""
    local: dict[str, str] = msgspec.field(default_factory=dict)
    """Of these: such as no element inherits."""
    imports: list["Import"] = msgspec.field(default_factory=list)
    """Further sheets, in the order in which they are named."""
    layers: dict[str, tuple[int, ...]] = msgspec.field(default_factory=dict)


class _Context(msgspec.Struct, frozen=True):
    parent: str = ""
    layer: str = ""
    layered: bool = False
    certain: bool = True
    depth: int = 0


def collect(css: str, into: Collected, *, certain: bool = True, layers: Sequence[str] = ()) -> None:
    """Add the rules of a sheet; those that cannot tell of what is seen are left out.

    `layers`: those that it is imported into, from the outermost one on.
    """
    context = _Context(certain=certain)
    for name in layers:
        full = _layer(name or f"anonymous {len(into.layers)}", into, context)
        context = msgspec.structs.replace(context, layer=full, layered=True)
    _walk(tinycss2.parse_stylesheet(css, True, True), into, context)


def _walk(nodes: Sequence[Any], into: Collected, context: _Context) -> None:
    if context.depth > MAX_NESTING:
        return
    for node in nodes:
        if node.type == "qualified-rule":
            _qualified(node, into, context)
        elif node.type == "at-rule":
            _at_rule(node, into, context)


def _qualified(node: Any, into: Collected, context: _Context) -> None:
    content = tinycss2.parse_blocks_contents(node.content, True, True)
    selectors = nested_selectors(tinycss2.serialize(node.prelude).strip(), context.parent)
    if selectors:
        _contents(content, into, _deeper(context, parent=selectors))


def _contents(content: Sequence[Any], into: Collected, context: _Context) -> None:
    """Declarations and nested rules, each in the order in which it is written."""
    run: list[Any] = []
    for child in content:
        if child.type in ("qualified-rule", "at-rule"):
            _add(context.parent, run, into, context)
            run = []
            _walk([child], into, context)
        else:
            run.append(child)
    _add(context.parent, run, into, context)


def _add(selectors: str, content: Sequence[Any], into: Collected, context: _Context) -> None:
    declarations = tuple(of_nodes(content))
    if declarations:
        layer = into.layers[context.layer] if context.layered else None
        into.rules.append(Rule(selectors, declarations, layer, context.certain))


def _at_rule(node: Any, into: Collected, context: _Context) -> None:
    name = node.lower_at_keyword
    if node.content is None:
        if name == "import":
            _import(node, into)
        elif name == "layer":
            for layer in tinycss2.serialize(node.prelude).split(","):
                _layer(layer.strip(), into, context)
        return
    match name:
        case "media":
            holds = query_holds(node.prelude)
        case "supports":
            holds = supports_holds(node.prelude)
        case "layer":
            words = tinycss2.serialize(node.prelude).strip() or f"anonymous {len(into.layers)}"
            full = _layer(words, into, context)
            _inside(node, into, msgspec.structs.replace(context, layer=full, layered=True))
            return
        case "scope":
            _scope(node, into, context)
            return
        case "container" | "when" | "-moz-document" | "document":
            holds = None
        case "property":
            _property(node, into)
            return
        case "keyframes" | "-webkit-keyframes" | "-moz-keyframes":
            _keyframes(node, into)
            return
        case _:
            return
    if holds is not False:
        certain = context.certain and holds is True
        _inside(node, into, msgspec.structs.replace(context, certain=certain))


def _scope(node: Any, into: Collected, context: _Context) -> None:
    """`@scope (root) to (limit)`: what is below a root; where a limit is, that cannot be told."""
    blocks = [token for token in node.prelude if token.type == "() block"]
    root = tinycss2.serialize(blocks[0].content).strip() if blocks else ":root"
    certain = context.certain and len(blocks) == 1
    content = tinycss2.parse_blocks_contents(node.content, True, True)
    inner = _deeper(msgspec.structs.replace(context, certain=certain), parent=root)
    _walk(content, into, inner)


def _inside(node: Any, into: Collected, context: _Context) -> None:
    content = tinycss2.parse_blocks_contents(node.content, True, True)
    inner = _deeper(context, parent=context.parent)
    if context.parent:  # a condition within a rule: its declarations are the rule's
        _contents(content, into, inner)
    else:
        _walk(content, into, inner)


def _deeper(context: _Context, *, parent: str) -> _Context:
    return msgspec.structs.replace(context, parent=parent, depth=context.depth + 1)


def _import(node: Any, into: Collected) -> None:
    for n, token in enumerate(node.prelude):
        if token.type in ("url", "string"):
            address = token.value
        elif token.type == "function" and token.lower_name == "url":
            address = next((t.value for t in token.arguments if t.type == "string"), "")
        else:
            continue
        words = node.prelude[n + 1 :]
        layer = next((t for t in words if _named(t) == "layer"), None)
        name = (
            None if layer is None else tinycss2.serialize(getattr(layer, "arguments", [])).strip()
        )
        holds = query_holds([t for t in words if _named(t) not in ("layer", "supports")])
        if holds is not False and len(into.imports) < 20:
            into.imports.append(Import(address, name, holds is True))
        return


def _named(token: Any) -> str:
    return str(getattr(token, "lower_name", getattr(token, "lower_value", "")))


def _layer(name: str, into: Collected, context: _Context) -> str:
    """Remember a layer's place: layers come in the order in which they are first named."""
    full = f"{context.layer}.{name}" if context.layer else name
    outer = into.layers.get(context.layer, ())
    into.layers.setdefault(full, (*outer, len(into.layers)))
    return full


def _keyframes(node: Any, into: Collected) -> None:
    name = tinycss2.serialize(node.prelude).strip().strip("\"'").lower()
    frames: dict[float, tuple[Declaration, ...]] = {}
    for rule in tinycss2.parse_rule_list(node.content, True, True):
        if rule.type != "qualified-rule":
            continue
        declarations = tuple(of_nodes(tinycss2.parse_blocks_contents(rule.content, True, True)))
        for place in tinycss2.serialize(rule.prelude).lower().split(","):
            frames[_percent(place.strip())] = declarations
    into.keyframes[name] = frames


def _property(node: Any, into: Collected) -> None:
    """`@property`: the value that a variable has where nobody sets it."""
    name = tinycss2.serialize(node.prelude).strip()
    said = {
        declaration.lower_name: tinycss2.serialize(declaration.value).strip().lower()
        for declaration in tinycss2.parse_blocks_contents(node.content, True, True)
        if declaration.type == "declaration"
    }
    if "initial-value" in said:
        into.variables[name] = said["initial-value"]
        if said.get("inherits") == "false":
            into.local[name] = said["initial-value"]


def _percent(place: str) -> float:
    if place in ("from", "to"):
        return 0.0 if place == "from" else 100.0
    try:
        return float(place.rstrip("%"))
    except ValueError:
        return 50.0


def nested_selectors(prelude: str, parent: str) -> str:
    """Selectors of a nested rule as they would stand at the top (CSS Nesting)."""
    if not parent:
        return prelude.replace("&", ":root") if "&" in prelude else prelude
    return ", ".join(_nested(selector, parent) for selector in split_selectors(prelude))


def _nested(selector: str, parent: str) -> str:
    scope = f":is({parent})"
    selector = selector.replace(":scope", "&")
    if "&" in selector:
        return re.sub(r"&([a-zA-Z*])", lambda m: f"{m[1]}", selector).replace("&", scope)
    return f"{scope} {selector}"


def split_selectors(prelude: str) -> Iterator[str]:
    """The selectors of a list, split at the commas that stand outside of brackets."""
    current: list[Any] = []
    for token in tinycss2.parse_component_value_list(prelude, skip_comments=True):
        if token == ",":
            yield tinycss2.serialize(current).strip()
            current = []
        else:
            current.append(token)
    yield tinycss2.serialize(current).strip()


def may_tell(css: str) -> bool:
    """Whether a sheet can say anything of what is seen, before it is parsed."""
    return _MAY_TELL.search(css) is not None
