"""What LaTeX's macros become as text, where the library that parses them has no words for them.

It drops what it does not know: `a \\iff b` would be read as `a b`. So whatever is not known shows
its name, and only what lays out or decorates shows nothing but what it is about.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

Texts = Callable[[Any], str]

WORD = "\ue004"
"""Stands at both ends of a name, until it is known what stands beside it."""

SYMBOLS = {
    "iff": "⟺", "implies": "⟹", "impliedby": "⟸", "gets": "←", "longmapsto": "⟼",
    "land": "∧", "lor": "∨", "lnot": "¬", "neg": "¬", "models": "⊨", "Re": "ℜ", "Im": "ℑ",
    "lt": "<", "gt": ">", "colon": ":", "|": "‖", "Vert": "‖", "vert": "|",
    "checkmark": "✓", "triangle": "△", "dag": "†", "ddag": "‡", "dagger": "†", "ddagger": "‡",
    "degree": "°", "celsius": "°C", "idotsint": "∫⋯∫", "blacksquare": "■", "qed": "∎",
    "S": "§", "P": "¶", "pounds": "£", "euro": "€", "yen": "¥", "copyright": "©",
    "nearrow": "↗", "searrow": "↘", "swarrow": "↙", "nwarrow": "↖", "circledast": "⊛",
    "dotsc": "…", "dotsb": "⋯", "dotsm": "⋯", "dotsi": "⋯", "lbrace": "\ue000", "rbrace": "\ue001",
    "mod": " mod ", "bmod": " mod ", "ne": "≠", "bot": "⊥", "leadsto": "⇝", "vDash": "⊨",
    "nsim": "≁", "thicksim": "∼", "thickapprox": "≈", "varpropto": "∝", "coloneqq": "≔",
    "coloneq": "≔", "eqqcolon": "≕", "vcentcolon": ":", "hdots": "…", "imath": "ı", "jmath": "ȷ",
    "lhd": "⊲", "rhd": "⊳", "unlhd": "⊴", "unrhd": "⊵", "Join": "⋈", "Box": "□", "Diamond": "◇",
    "clubsuit": "♣", "diamondsuit": "♢", "heartsuit": "♡", "spadesuit": "♠", "bigstar": "★",
    "bigsqcup": "⨆", "bigodot": "⨀", "biguplus": "⨄", "iiiint": "⨌", "smallint": "∫",
    "lbrack": "[", "rbrack": "]", "lgroup": "⟮", "rgroup": "⟯", "micro": "µ", "ohm": "Ω",
    "angstrom": "Å", "R": "ℝ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "C": "ℂ",
}  # fmt: skip
NAMED = {"arcsin", "arccos", "arctan", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh",
         "tanh", "coth", "log", "ln", "lg", "exp", "arg", "min", "max", "inf", "sup", "lim", "det",
         "dim", "ker", "deg", "hom", "gcd", "Pr", "limsup", "liminf"}  # fmt: skip
"""Functions: the library writes some without a space before what they are of, and others not."""
SILENT = {
    "displaystyle", "textstyle", "scriptstyle", "scriptscriptstyle", "limits", "nolimits",
    "nonumber", "notag", "left", "right", "middle", "big", "Big", "bigg", "Bigg", "bigl", "bigr",
    "Bigl", "Bigr", "biggl", "biggr", "Biggl", "Biggr", "bigm", "Bigm", "hline", "toprule",
    "midrule", "bottomrule", "centering", "rm", "bf", "it", "sf", "tt", "cal", "mathstrut", "strut",
    "relax", "allowbreak", "nobreak", "noindent", "hfill", "vfill", "hfil", "smallskip", "medskip",
    "bigskip", "mathopen", "mathclose", "mathpunct", "mathrel", "mathbin", "mathord", "mathinner",
    "mathop", "operatorname", "operatornamewithlimits", "boldsymbol", "bm", "pmb", "boxed", "fbox",
    "mbox", "hbox", "ce", "cancel", "bcancel", "xcancel", "unit", "si", "num", "SI", "qty", "smash",
    "mathclap", "mathllap", "mathrlap", "clap", "llap", "rlap", "ensuremath", "intertext",
    "shortintertext", "texttt", "textsf", "textsc", "textup", "textmd", "textnormal", "mathnormal",
    "underline", "label", "color", "thinspace", "enspace", "negthinspace", "phantom", "hphantom",
    "vphantom", "cr", "tiny", "small", "normalsize", "large", "Large", "LARGE", "huge", "Huge",
}  # fmt: skip
"""What lays out, or changes how something looks: only what it is about is read."""
ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
    "bar": "\u0305", "overline": "\u0305", "dot": "\u0307", "ddot": "\u0308", "dddot": "\u20db",
    "vec": "\u20d7", "overrightarrow": "\u20d7", "overleftarrow": "\u20d6",
    "overleftrightarrow": "\u20e1", "check": "\u030c", "breve": "\u0306", "acute": "\u0301",
    "grave": "\u0300", "mathring": "\u030a",
}  # fmt: skip
ARROWS = {"xrightarrow": "→", "xleftarrow": "←", "xleftrightarrow": "↔", "xmapsto": "↦",
          "xRightarrow": "⇒", "xLeftarrow": "⇐", "xhookrightarrow": "↪"}  # fmt: skip
MAX_ACCENTED = 3
"""Letters of which each gets the accent; of more, its name says what it is about."""
UNREAD = ("label", "color", "hspace", "vspace")
"""Their arguments are none of the formula: names of places and colours, lengths."""

_NAME = re.compile(rf"([^\W_]\{{?|[)\]}}])?{WORD}([^{WORD}]*){WORD}(?=([^\W_]|[{{√])?)")


def spaced(text: str) -> str:
    """Set the names apart from what they would run into."""

    def apart(match: re.Match[str]) -> str:
        before, name, behind = match.groups()
        return f"{f'{before} ' if before else ''}{name}{' ' if behind else ''}"

    return _NAME.sub(apart, text.replace(WORD * 2, f"{WORD} {WORD}")).replace(WORD, "")


def specifications(text_spec: Any, macro_spec: Any) -> tuple[list[Any], list[Any]]:
    """How macros become text, and which arguments they take, as the library wants to be told."""
    texts = [text_spec(name, simplify_repl=_always(sign)) for name, sign in SYMBOLS.items()]
    texts += [text_spec(name, simplify_repl=_always(_word(name))) for name in NAMED]
    texts += [text_spec(name, simplify_repl=_accented) for name in ACCENTS]
    texts += [text_spec(name, simplify_repl=_arrow) for name in ARROWS]
    texts += [text_spec(name, simplify_repl=_always("")) for name in UNREAD]
    texts += [
        text_spec("operatorname", simplify_repl=_operator),
        text_spec("overset", simplify_repl=_above),
        text_spec("stackrel", simplify_repl=_above),
        text_spec("underset", simplify_repl=_below),
        text_spec("substack", simplify_repl=_stack),
        text_spec("tag", simplify_repl=_tag),
        text_spec("href", simplify_repl=_link),
        text_spec("braket", simplify_repl="⟨%s⟩"),
        text_spec("bra", simplify_repl="⟨%s|"),
        text_spec("ket", simplify_repl="|%s⟩"),
    ]
    one = (*ACCENTS, "substack", "braket", "bra", "ket", "label", "texttt", "textsf", "mbox")
    taken = [macro_spec(name, "{") for name in one]
    taken += [macro_spec(name, "{{") for name in ("overset", "underset", "stackrel", "href")]
    taken += [macro_spec(name, "[{") for name in ARROWS]
    taken += [macro_spec(name, "*{") for name in ("operatorname", "tag", "hspace", "vspace")]
    taken.append(macro_spec("color", "[{"))
    return texts, taken


def unknown(node: Any, l2tobj: Any) -> str:
    """What nobody has told: its name, and what it was given."""
    given = " ".join(filter(None, _arguments(node, l2tobj)))
    if node.macroname in SILENT:
        return given
    name = _word(node.macroname) if node.macroname.isalpha() else ""
    return f"{name}{given}"


def _word(name: str) -> str:
    return f"{WORD}{name}{WORD}"


def _always(text: str) -> Callable[[Any], str]:
    def said(_node: Any) -> str:
        return text

    return said


def _arguments(node: Any, l2tobj: Any) -> Sequence[str]:
    given = node.nodeargd.argnlist if node.nodeargd is not None else None
    return [
        "" if argument is None else bare(l2tobj.nodelist_to_text([argument]))
        for argument in given or ()
    ]


def bare(text: str) -> str:
    """A text without the braces around all of it."""
    text = text.strip()
    return text[1:-1].strip() if text.startswith("{") and text.endswith("}") else text


def _accented(node: Any, l2tobj: Any) -> str:
    """The accent on each of a few letters; what is longer stands behind the accent's name."""
    (text,) = _arguments(node, l2tobj)
    if text.isalnum() and len(text) <= MAX_ACCENTED:
        mark = ACCENTS[node.macroname]
        return "".join(f"{letter}{mark}" for letter in text)
    return f"{_word(node.macroname)}({text})"


def _arrow(node: Any, l2tobj: Any) -> str:
    below, above = _arguments(node, l2tobj)
    said = "; ".join(filter(None, (above, below.strip("[]"))))
    return f" {ARROWS[node.macroname]}{f'[{said}]' if said else ''} "


def _operator(node: Any, l2tobj: Any) -> str:
    return _word(" ".join(_arguments(node, l2tobj)[-1].replace(WORD, "").split()))


def _above(node: Any, l2tobj: Any) -> str:
    above, below = _arguments(node, l2tobj)
    return f"{below}^{{{above}}}"


def _below(node: Any, l2tobj: Any) -> str:
    below, above = _arguments(node, l2tobj)
    return f"{above}_{{{below}}}"


def _stack(node: Any, l2tobj: Any) -> str:
    return ", ".join(filter(None, map(str.strip, _arguments(node, l2tobj)[0].split("\n"))))


def _tag(node: Any, l2tobj: Any) -> str:
    star, name = _arguments(node, l2tobj)
    return f" {name}" if star else f" ({name})"


def _link(node: Any, l2tobj: Any) -> str:
    address, text = _arguments(node, l2tobj)
    return f"{text} ({address})"
