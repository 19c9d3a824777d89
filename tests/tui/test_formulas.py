"""LaTeX in answers reads as text; footnotes are marked; foreign scripts keep the columns."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.pilot import Pilot

from qchat.protocol.events import Text, TurnFinished
from qchat.tui.blocks.answer import AnswerBlock
from qchat.tui.render.formula import readable
from qchat.tui.render.formula_macros import ACCENTS, ARROWS, NAMED, SILENT, SYMBOLS
from qchat.tui.transcript.conversation import Conversation
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, drawn, screen, wait_until
from tests.tui.markdown_documents import strips_of as document_of
from tests.tui.textual_private import strips_of


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"E = mc^2", "E = mc²"),
        (r"\frac{a+b}{c}", "(a+b)/c"),
        (r"\sum_{i=1}^{n} x_i^2", "∑ᵢ₌₁ⁿ xᵢ²"),
        (r"\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}", "∫₀^∞ e^(-x²) dx = √π/2"),
        (r"\alpha \leq \beta", "α ≤ β"),
        (r"\binom{n}{k}", "C(n, k)"),
        (r"\sqrt[3]{x+1}", "³√(x+1)"),
        (r"\{x \mid x > 0\}", "{x | x > 0}"),
        (r"\begin{cases} 1 & x>0 \\ 0 & \text{otherwise}\end{cases}", "1 x > 0\n0 otherwise"),
        (r"a \equiv b \pmod{n}", "a ≡ b (mod n)"),
        (r"\left( \frac{a}{b} \right)^2 + \underbrace{x+y}_{c}", "(a/b)² + (x+y)_c"),
        (r"\unknown{x}", "unknown x"),
        (
            r"a \ne b \iff \neg(c \land d) \implies \gcd(a, b) = 1",
            "a ≠ b ⟺ ¬(c ∧ d) ⟹ gcd(a, b) = 1",
        ),
        (r"2\sin\theta\cos{x} + \sin^2 x + x_{\max}", "2 sin θ cos x + sin² x + xₘₐₓ"),
        (r"\operatorname*{arg\,max}_{x \in \R} f", "arg max_(x ∈ ℝ) f"),
        (r"\overline{A \cup B} + \vec{AB} + \hat y", "overline(A ∪ B) + A⃗B⃗ + ŷ"),
        (r"\cfrac{1}{1+x} + {n \choose k}", "1/(1+x) + n choose k"),
        (r"\overset{!}{=} \underset{x}{\min} A^T 20^\circ", "= ^! minₓ Aᵀ 20°"),
        (r"A \xrightarrow[\Delta]{\text{heat}} B \tag{3}", "A → [heat; Δ] B (3)"),
        (r"\sum_{\substack{i \\ j}} x + \SI{5}{\meter}", "∑_(i, j) x + 5 meter"),
        ("{" * 500, "{" * 500),
        ("x" * 5000, "x" * 5000),
    ],
)
def test_a_formula_reads_as_text(latex: str, text: str) -> None:
    assert readable(latex) == text


@pytest.mark.parametrize(
    "macro", sorted({*SYMBOLS, *NAMED, *ARROWS, "rank", "ngeq", "nobodyknowsit"})
)
def test_what_a_macro_says_is_seen(macro: str) -> None:
    """The library drops what it does not know, so that `a \\iff b` was read as `a b`."""
    assert len(readable(rf"a \{macro} b").replace(" ", "")) > len("ab")
    assert "QQ" in readable(rf"\{macro}{{QQ}}")


@pytest.mark.parametrize("macro", sorted({*SILENT, *ACCENTS} - {"label", "color"}))
def test_what_a_macro_is_about_is_seen(macro: str) -> None:
    letters = "".join(c for c in readable(rf"\{macro}{{PQ}} b") if not unicodedata.combining(c))
    assert "PQ" in letters and "b" in letters


@given(st.text(alphabet=r"\{}^_$&%#~ abc12" + "\n", max_size=60))
def test_no_formula_breaks_anything(latex: str) -> None:
    assert isinstance(readable(latex), str)


async def answer(pilot: Pilot[int], text: str) -> str:
    conversation = pilot.app.query_one(Conversation)
    conversation.begin("go")
    for character in text:
        conversation.feed(Text(character, at=1.0))
    conversation.feed(TurnFinished("stop", at=2.0))
    await drawn(pilot)
    return screen(pilot)


async def test_formulas_and_footnotes_in_an_answer(chats: Chats) -> None:
    text = (
        "Inline $x^2$ and \\(\\alpha\\), but $5 and $10 are prices; a fact[^1] and one[^b].\n\n"
        "$$\n\\frac{1}{2}\n$$\n\n\\[\ny_1 = 2\n\\]\n\n[^1]: The note.\n[^b]: Another note."
    )
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        shown = await answer(pilot, text)
        assert "Inline x² and α, but $5 and $10 are prices; a fact¹ and one[b]." in shown
        assert "1/2" in shown
        assert "y₁ = 2" in shown
        assert "¹ The note." in shown
        assert "[b] Another note." in shown
        pilot.app.screen.set_focus(pilot.app.query(AnswerBlock).last())
        await pilot.press("s")
        await wait_until(pilot, lambda: "\\frac{1}{2}" in screen(pilot))


async def test_formulas_of_several_lines_and_in_the_midst_of_text(chats: Chats) -> None:
    text = (
        "First:\n$$\nx^2 = 1\\\\\ny^2 = 2\n$$\nthen $$z^2$$ at once.\n\n"
        "1. a step\n   $$\n   \\alpha = 3\n   $$\n2. a price of $$5"
    )
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        lines = [line.strip(" ▌") for line in (await answer(pilot, text)).splitlines()]
        for shown in ("First:", "x² = 1", "y² = 2", "then z² at once.", "2. a price of $$5"):
            assert shown in lines
        assert "α = 3" in lines[lines.index("1. a step") :]


async def test_formulas_in_fences_and_environments(chats: Chats) -> None:
    text = (
        "The $n$th and $k$-th:\n```math\na^2 + b^2 = c^2\n```\nso\n\\begin{align*}\n"
        "x &= \\alpha_1 \\\\\n&= 2\n\\end{align*}\n\n- in a list\n\n  ~~~ math\n\n  y_1\n  ~~~\n\n"
        "```mathematica\nx^2\n```\n\n\\begin{itemize}\n\\item z\n\\end{itemize}\n\n```math\nz^3\n"
    )
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        lines = [line.strip(" ▌•") for line in (await answer(pilot, text)).splitlines()]
        for shown in ("The nth and k-th:", "a² + b² = c²", "x = α₁", "= 2", "in a list", "y₁"):
            assert shown in lines
        for as_written in ("x^2", "\\begin{itemize} \\item z \\end{itemize}", "z^3"):
            assert as_written in lines
        for end in range(0, len(text), 11):  # the same at each moment, however it came
            moment = text[:end]
            assert document_of([*moment], close=False) == document_of([moment], close=False)


async def test_formulas_in_emphasis_and_as_github_writes_them(chats: Chats) -> None:
    text = (
        "**Answer: $x_1 = 2$** and *$y^2$*, ~~$z_0$~~, **答案：$a_1$**。\n\n"
        "GitHub's $`b_1 + c`$, and \\[d_1\\] in text.\n\n"
        "*$HOME* and *$PATH*, **$5** or **$6**, `$*` `$`, a box \\[x\\], set $`pwd` or `$`.\n"
    )
    async with chats.chat(ScriptedBackend(says("")), size=(90, 30)) as pilot:
        shown = await answer(pilot, text)
        assert "Answer: x₁ = 2 and y², z₀, 答案：a₁。" in shown
        assert "GitHub's b₁ + c, and d₁ in text." in shown
        assert "$HOME and $PATH, $5 or $6, $* $, a box [x], set $pwd or $." in shown


@pytest.mark.parametrize("opening", ["- an item\n  $$", "- an item\n\n  $$", "- $$"])
async def test_a_formula_in_a_list_may_have_several_lines(chats: Chats, opening: str) -> None:
    text = f"{opening}\n  x^2 = 1\\\\\n  y^2 = 2\n  $$\n- costs\n  $$5 or so\n\n  more\n\nend"
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        lines = [line.strip(" ▌•") for line in (await answer(pilot, text)).splitlines()]
        for shown in ("x² = 1", "y² = 2", "costs $$5 or so", "more", "end"):
            assert shown in lines


async def test_foreign_scripts_keep_the_columns(chats: Chats) -> None:
    rows = [
        "你好世界",
        "日本語の文",
        "한국어",
        "שלום עולם",
        "مرحبا بالعالم",
        "é̂ (combining)",
        "👩‍👩‍👧 family",
    ]
    rows.append("नमस्ते")
    table = "| text | end |\n|---|---|\n" + "".join(f"| {row} | here |\n" for row in rows)
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await answer(pilot, table)
        strips = strips_of(pilot.app)
        ends = []
        for strip in strips:
            before, found, _ = "".join(s.text for s in strip).partition("here")
            if found:
                ends.append(cell_len(before))
            assert sum(s.cell_length for s in strip) == 100
        assert len(ends) == len(rows)
        assert len(set(ends)) == 1, "the second column is straight"
