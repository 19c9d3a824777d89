"""Which of several found memories contradict each other, and in which order they are given.

One that is kept takes the place of what it contradicts. Two may stand side by side all the same:
one about a project and one about everywhere, or two that were imported.
"""

from collections.abc import Sequence

from qchat_memory.language.canonical import affirmed, canonical_form
from qchat_memory.language.statements import statement
from qchat_memory.memory import Hit, Memory


def newest_first(hits: Sequence[Hit]) -> list[Hit]:
    """The hits in their order, but of those that contradict each other the newest comes first."""
    order: list[int] = []
    seen: dict[str, list[int]] = {}
    for number, hit in enumerate(hits):
        seen.setdefault(_thing(hit.memory), []).append(number)
    for number, hit in enumerate(hits):
        same = seen[_thing(hit.memory)]
        newest = sorted(same, key=lambda n: -hits[n].memory.moment)
        order.append(newest[same.index(number)])
    return [hits[n] for n in order]


def _thing(memory: Memory) -> str:
    """Equal for two memories of which only one holds."""
    said = statement(memory.text)
    if said is not None:
        return f"about {said.about}"
    return affirmed(memory.text) or canonical_form(memory.text)
