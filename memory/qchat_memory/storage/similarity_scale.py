"""How far apart an embedder's likenesses lie: measured on sentences, once for each embedder.

The cosines of a contextual model are crowded: two sentences that have nothing to do with each
other have 0.75 in one model and 0.3 in the next. A bar means the same for all only when the
likeness of strangers counts as none, and that of a question and its answer as much with each.
"""

from typing import TYPE_CHECKING

import msgspec

from qchat_memory.language.words import wanted

if TYPE_CHECKING:
    from qchat_memory.storage.embed import Embedder, Vectors

MIN_APART = 0.01
"""An embedder whose answers are not even so much more alike than strangers tells nothing."""
RELATED = 0.33
"""How much a question and its answer count as alike: weights and the bar go by it."""

PAIRS = (
    ("My parrot can whistle.", "What can my parrot do?"),
    ("We bought a sofa in grey.", "Which colour is the sofa?"),
    ("I get up at six every day.", "When do I usually get up?"),
    ("The plumber comes on Tuesday.", "When is the plumber coming?"),
    ("Mein Cousin lebt in Oslo.", "Wo lebt mein Cousin?"),
    ("Mi abuela hace un pan muy bueno.", "¿Qué sabe hacer mi abuela?"),
    ("我女儿喜欢画画。", "我女儿有什么爱好？"),
    ("父は毎朝散歩をします。", "父は毎朝何をしますか？"),
    ("Мой сын учится играть на гитаре.", "На чём играет мой сын?"),
    ("مكتبي في الطابق الثالث.", "أين يقع مكتبي؟"),
)


class Spread(msgspec.Struct, frozen=True):
    """The likeness of strangers, and of questions with their answers."""

    strangers: float = 0.0
    related: float = RELATED

    def of(self, likeness: "Vectors") -> "Vectors":
        """Likenesses on the scale that all embedders share.

        None at all where strangers are as alike as answers are: noise must not pass for certainty.
        """
        apart = self.related - self.strangers
        share = RELATED / apart if apart >= MIN_APART else 0.0
        spread: Vectors = (likeness - self.strangers) * share
        return spread


def measure(embedder: "Embedder") -> Spread:
    """Embed the pairs. Raises MemoryStoreError."""
    told = embedder.embed([text for text, _ in PAIRS])
    likeness = [
        told @ embedder.ask(question, [*wanted(question).values()])[0] for _, question in PAIRS
    ]
    related = [float(row[n]) for n, row in enumerate(likeness)]
    strangers = [float(x) for n, row in enumerate(likeness) for m, x in enumerate(row) if m != n]
    mean = sum(strangers) / len(strangers)
    off = (sum((x - mean) ** 2 for x in strangers) / len(strangers)) ** 0.5
    return Spread(mean + off, sum(related) / len(related))
