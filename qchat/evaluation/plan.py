"""What an evaluation is: the questions, the modes, the budget, and how it is asked."""

import msgspec

from qchat.evaluation.question import Question

EVALUATOR = "eval"
"""The user whose conversations an evaluation's are: no memory of a person is in them, and their
lists of conversations stay as they were."""


class Trust(msgspec.Struct, frozen=True):
    """With what a model can be trusted whose share reaches the bar for certain."""

    what: str
    bar: float


class Plan(msgspec.Struct, frozen=True):
    """One evaluation. Modes are kept apart from what makes it another one: more can be added."""

    name: str
    form: str
    questions: tuple[Question, ...]
    modes: tuple[str, ...]
    backend: str
    model: str
    tokens: int = 16_384
    """Tokens that each mode may have the model write for a question."""
    seed: int = 0
    parallel: int = 4
    judge: str = ""
    """The backend that judges where a rubric asks for it; empty: the one that answers."""
    price: tuple[float, float] | None = None
    """Of a million tokens, in and out, in any money."""
    max_cost: float = 0.0
    """0 sets no limit."""
    trust: Trust | None = None
    """What a built-in evaluation shows; None for a set."""

    def cost(self, prompt_tokens: int, tokens: int) -> float:
        """What so many tokens cost; 0 where the price is not known."""
        price_in, price_out = self.price or (0.0, 0.0)
        return (prompt_tokens * price_in + tokens * price_out) / 1e6
