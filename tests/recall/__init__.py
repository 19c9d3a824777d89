"""Long conversations of two people, and questions with the lines that answer them.

Written for measuring recall. Each line is one memory. A line may carry a tag in brackets; a
question names the tags of the lines that are its evidence, or none where nothing was ever said.
Weights and bar were fitted to the first conversation, those of speakers and of what is said beside
to the first three; the limits of candidates (120 and 80) were chosen with these in view. The last
two are held out.
"""

from pathlib import Path
from typing import NamedTuple

from qchat_memory.memory import Memory

FOLDER = Path(__file__).parent
DEVELOPMENT = "nora_tomas"
CHECK = ("amara_lee", "ines_viktor")
HELD_OUT = ("dmitri_yuki", "mbali_oskar")
"""Written later, in another style, before recall was run on them; nothing was chosen on them."""


class Question(NamedTuple):
    kind: str
    text: str
    evidence: frozenset[str]
    """Ids of the memories that answer it."""


class Conversation(NamedTuple):
    name: str
    memories: tuple[Memory, ...]
    questions: tuple[Question, ...]


def conversation(name: str) -> Conversation:
    """Read one of the files here."""
    speakers: dict[str, str] = {}
    memories: list[Memory] = []
    tags: dict[str, str] = {}
    questions: list[Question] = []
    said_at = ""
    for line in (FOLDER / f"{name}.txt").read_text("utf-8").splitlines():
        head, _, rest = line.partition(" ")
        match head:
            case "":
                pass
            case "=":
                speakers = {f"{who[0]}:": who for who in rest.split(", ")}
            case "@":
                said_at, turn = rest.replace(" ", "T") + ":00+00:00", 0
            case "?":
                kind, text, *evidence = (part.strip() for part in rest.split("|"))
                wanted = evidence[0].split(", ") if evidence else []
                questions.append(Question(kind, text, frozenset(tags[tag] for tag in wanted)))
            case _:
                turn += 1
                tag, _, text = rest[1:].partition("] ") if rest[0] == "[" else ("", "", rest)
                id_ = f"{len(memories):08x}"
                if tag:
                    tags[tag] = id_
                text = f"{speakers[head]}: {text}"
                memories.append(
                    Memory(id_, text, said_at=said_at, session=said_at[:10], turn=str(turn))
                )
    return Conversation(name, tuple(memories), tuple(questions))
