"""LaTeX as readable Unicode: `\\frac{1}{2} x^2` becomes `1/2 x²`.

The parsing is pylatexenc's; what it leaves in braces is brought into a line of text here.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from qchat.tui.render.formula_macros import bare, spaced, specifications, unknown

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac")
BINOMIALS = ("binom", "dbinom", "tbinom")
BRACES = ("underbrace", "overbrace")
MAX_CHARACTERS = 2_000
"""Characters of a formula that is rendered; a longer one is shown as it is."""
MAX_DEPTH = 30
"""Braces inside braces."""

_RAISED = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzβγδθφχT∘⊤",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵝᵞᵟᶿᵠᵡᵀ°ᵀ",
        strict=True,
    )
)
_LOWERED = dict(
    zip(
        "0123456789+-−=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)


def raised(text: str) -> str | None:
    """The text as superscript, None where Unicode lacks a letter of it."""
    return _in_small(text, _RAISED)


def lowered(text: str) -> str | None:
    """The text as subscript, None where Unicode lacks a letter of it."""
    return _in_small(text, _LOWERED)


def _in_small(text: str, table: dict[str, str]) -> str | None:
    small = [table.get(character) for character in text]
    return None if None in small else "".join(filter(None, small))


_SCRIPT = re.compile(r"([\^_])\s*(?:\{([^{}]*)\}|([^\s{}]))")
_GROUP = re.compile(r"\{([^{}]*)\}")
# What stands for braces that are to be seen, while braces still group.
_OPEN, _CLOSE = "\ue000", "\ue001"
# Marks of scripts that Unicode cannot raise or lower: done, and not to be found again.
_UP, _DOWN = "\ue002", "\ue003"
_SEEN = str.maketrans({_OPEN: "{", _CLOSE: "}", _UP: "^", _DOWN: "_"})
_INSIDE = re.compile(r"(?<=\() +| +(?=\))")
_RELATION = re.compile(r"\s*([=<>≤≥≠≈≡∼∝→←↔⇒⇔↦⟺⟹⟸∈∉⊂⊆⊃⊇∣|])\s*")


def readable(latex: str) -> str:
    """A formula as text of one line or several; what cannot be read is given back as it is."""
    if len(latex) > MAX_CHARACTERS or _depth(latex) > MAX_DEPTH:
        return latex
    try:
        text = spaced(_convert(latex.replace(r"\{", _OPEN).replace(r"\}", _CLOSE)))
    except Exception:  # noqa: BLE001  a stranger's formula, a parser with errors of its own
        return latex
    lines = [_INSIDE.sub("", _RELATION.sub(r" \1 ", _scripts(ln))) for ln in text.split("\n")]
    lines = [" ".join(line.split()) for line in lines]
    return "\n".join(line for line in lines if line).translate(_SEEN) or latex


def _depth(latex: str) -> int:
    depth = deepest = 0
    for character in latex:
        depth += (character == "{") - (character == "}")
        deepest = max(deepest, depth)
    return deepest


def _scripts(text: str) -> str:
    """Raise and lower what stands behind `^` and `_`, innermost first; then braces are done."""
    for _ in range(MAX_DEPTH):
        raised = _SCRIPT.sub(_script, text)
        if raised == text:
            grouped = _GROUP.sub(r"\1", text, count=1)
            if grouped == text:
                break
            text = grouped
        else:
            text = raised
    return text


def _script(match: re.Match[str]) -> str:
    mark, group, single = match.groups()
    inner = (group if group is not None else single).strip()
    table = _RAISED if mark == "^" else _LOWERED
    compact = inner.replace(" ", "")
    if inner == "′" or all(character in table for character in compact):
        return "".join(table.get(character, character) for character in compact)
    done = _UP if mark == "^" else _DOWN
    return f"{done}{inner}" if len(inner) == 1 else f"{done}({inner})"


def _convert(latex: str) -> str:
    converter, known = _converter()
    return str(converter.latex_to_text(latex, latex_context=known))


@cache
def _converter() -> tuple["LatexNodes2Text", Any]:
    """The converter, and the macros whose arguments its parser shall know."""
    from pylatexenc import latex2text, latexwalker, macrospec  # noqa: PLC0415  slow to load

    def fraction(node: Any, l2tobj: Any) -> str:
        above, below = (_whole(l2tobj, argument) for argument in node.nodeargd.argnlist[-2:])
        return f"{above}/{below}"

    def binomial(node: Any, l2tobj: Any) -> str:
        above, below = (l2tobj.nodelist_to_text([n]) for n in node.nodeargd.argnlist)
        return f"C({bare(above)}, {bare(below)})"

    def root(node: Any, l2tobj: Any) -> str:
        degree, inside = node.nodeargd.argnlist
        power = f"^{{{bare(l2tobj.nodelist_to_text([degree]))}}}" if degree is not None else ""
        return f"{power}√{_whole(l2tobj, inside)}"

    spec = latex2text.MacroTextSpec
    texts, taken = specifications(spec, macrospec.std_macro)
    context = latex2text.get_default_latex_context_db()
    context.add_context_category(
        "qchat",
        prepend=True,
        macros=[
            *texts,
            *(spec(name, simplify_repl=fraction) for name in FRACTIONS),
            *(spec(name, simplify_repl=binomial) for name in BINOMIALS),
            spec("sqrt", simplify_repl=root),
            spec("pmod", simplify_repl=" (mod %s)"),
            *(spec(name, simplify_repl="(%s)") for name in BRACES),
        ],
    )
    context.set_unknown_macro_spec(spec("", simplify_repl=unknown))
    known = latexwalker.get_default_latex_context_db()
    taken += [macrospec.std_macro(name, "{{") for name in (*FRACTIONS, *BINOMIALS)]
    taken += [macrospec.std_macro(name, "{") for name in ("pmod", *BRACES)]
    known.add_context_category("qchat", prepend=True, macros=taken)
    converter = latex2text.LatexNodes2Text(
        latex_context=context,
        math_mode="text",
        keep_braced_groups=True,
        strict_latex_spaces="based-on-source",
    )
    return converter, known


def _whole(l2tobj: Any, argument: Any) -> str:
    """An argument, in parentheses where it is more than one thing."""
    text = bare(l2tobj.nodelist_to_text([argument]))
    return text if re.fullmatch(r"[\w.′√∞]+|\(.*\)", _scripts(text)) else f"({text})"
