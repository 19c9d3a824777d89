"""Keeping facts and finding them again."""

from random import Random

from data import facts, phrases, sums, words
from data.dialogue import Step, Turn, output, wording
from data.facts import Fact

BEFORE = phrases.lines("memory", "before")
GERMAN = phrases.lines("memory", "german")
CHINESE = phrases.lines("memory", "chinese")
SAVE_FAILURES = phrases.lines("memory", "save_failures")
SEARCH_FAILURES = phrases.lines("memory", "search_failures")
UNKNOWN = "I do not know that: nothing in my memory answers it. Tell me with: remember that ..."
LIST_QUERY = "the user"
BEFORE_CHANGE = phrases.lines("memory", "before_change")
WHEN_SAID = phrases.lines("memory", "when_said")
LISTS = phrases.lines("memory", "lists")
FORGETS = phrases.lines("memory", "forgets")
FORGET_ALL = phrases.lines("memory", "forget_all")
FORGET_ANSWER = (
    "I forget one thing at a time. Use /memory to see what is saved and /forget to remove it."
)
KEEP_ANSWER = "If you want me to keep that, start with: remember that ..."


def memory_id(draw: Random) -> str:
    """Draw an id as the memory gives them."""
    return f"{draw.randrange(16**8):08x}"


def statement(draw: Random) -> str:
    """Draw something worth keeping."""
    if draw.random() < 0.62:
        return facts.fact(draw).statement
    return facts.loose(draw)


def cased(draw: Random, said: str) -> str:
    """Write it in small or large letters now and then."""
    chance = draw.random()
    return said.lower() if chance < 0.12 else said.upper() if chance < 0.2 else said


def request(draw: Random, said: str) -> str:
    """Ask to keep a statement, in one of many ways."""
    if said.startswith("我"):
        return draw.choice(CHINESE).format(said)
    if said.startswith(("mein ", "meine ")):
        return draw.choice(GERMAN).format(said)
    frame = draw.choice(BEFORE[:3]) if draw.random() < 0.3 else draw.choice(BEFORE)
    if frame.startswith("{}"):
        said = (
            said[0].upper() + said[1:]
            if draw.random() < 0.5 and facts.sentence(said)[0] == said[0].upper()
            else said
        )
    elif draw.random() < 0.15:
        said = facts.sentence(said)
    if said.isupper() and draw.random() < 0.6:
        frame = frame.upper()
    asked = frame.format(said)
    chance = draw.random()
    if chance < 0.12 and not asked.endswith((".", "?", "!")):
        return (
            asked + draw.choice([".", "!", ", please", " please"])
            if not said.endswith(".")
            else asked
        )
    return asked.lower() if 0.12 < chance < 0.16 and said == said.lower() else asked


def past(draw: Random, fact: Fact, share: float = 0.15) -> wording.Past | None:
    """What a memory said before it was replaced, now and then."""
    older = facts.older(draw, fact) if draw.random() < share else ""
    return wording.Past(words.iso_date(draw), older) if older else None


def save(text: str, draw: Random, thinking: str, before: wording.Past | None = None) -> Step:
    """The step that keeps a sentence, or puts it in the place of what was said before."""
    id_ = memory_id(draw)
    result = output(wording.updated(id_, text, before) if before else wording.saved(id_, text))
    return Step(thinking, tool="memory_save", arguments={"text": text}, result=result)


def keep(draw: Random, said: str | None = None) -> Turn:
    """Keep what the user asks to keep."""
    before = None
    if said is None and draw.random() < 0.1:
        fact = draw.choice([facts.called, facts.has])(draw)
        said, before = fact.statement, past(draw, fact, share=1)
    said = cased(draw, statement(draw)) if said is None else said
    text = facts.sentence(said)
    step = save(text, draw, f"The user wants me to remember a fact: {text} I save it.", before)
    asked = request(draw, said)
    if draw.random() < 0.06:
        message = sums.failure(draw, SAVE_FAILURES)
        step = Step(step.thinking, "", step.tool, step.arguments, output(wording.error(message)))
        return Turn(
            "save",
            asked,
            (
                step,
                Step(f"Saving failed: {message}. I say so.", f"I could not save that: {message}"),
            ),
        )
    last = Step("It is saved. I confirm it.", f"I will remember that: {text}")
    if before:
        last = Step("It took an older memory's place. I say so.", f"I have updated that: {text}")
    return Turn("save", asked, (step, last))


def about(query: str) -> str:
    """Name what is sought first: the thought then finds its line, or sees that there is none."""
    return f"The user asks about: {query}."


def lost(query: str) -> Step:
    """The honest answer when no memory fits."""
    return Step(f"{about(query)} Nothing in my memory answers it. I say so.", UNKNOWN)


def search(query: str, result: str) -> Step:
    """The step that searches what was kept."""
    thinking = f"{about(query)} I search my memory."
    return Step(thinking, tool="memory_search", arguments={"query": query}, result=result)


Pasts = dict[str, wording.Past | None]
"""By the text of a memory: what it said before."""


def listing(draw: Random, texts: list[str], pasts: Pasts | None = None) -> str:
    """Print memories as the search tool does."""
    known = dated(draw, texts, pasts)
    return output(wording.found([wording.Found(memory_id(draw), *memory) for memory in known]))


def dated(draw: Random, texts: list[str], pasts: Pasts | None = None) -> tuple[wording.Known, ...]:
    """Give memories the dates with which a client recalls them."""
    found = pasts or {}
    return tuple(wording.Known(words.iso_date(draw), text, found.get(text)) for text in texts)


def among(draw: Random, text: str, others: list[str]) -> list[str]:
    """Put the memory that answers somewhere among others, mostly first."""
    place = 0 if draw.random() < 0.5 else draw.randint(0, len(others))
    return [*others[:place], text, *others[place:]]


def asked(draw: Random, question: str) -> str:
    """Ask in small letters, without a mark, or politely."""
    chance = draw.random()
    if chance < 0.3:
        return question[0].upper() + question[1:]
    if chance < 0.4:
        return question.rstrip("?").lower()
    if chance > 1 - getattr(draw, "loud", 0.08):
        return question.upper()
    if chance < 0.46:
        return draw.choice(["hey, {}", "please, {}", "{} please", "tell me, {}", "so {}"]).format(
            question
        )
    return question


def from_memory(query: str, text: str) -> Step:
    """The answer that a memory gives."""
    return Step(f"{about(query)} My memory says: {text} That answers it.", facts.told(text))


def recall(draw: Random, fact: Fact | None = None) -> Turn:
    """Answer a question about the user: from what was recalled, or by searching."""
    fact = fact or facts.fact(draw)
    question = asked(draw, fact.asked[0])
    query = fact.asked[1].upper() if question.isupper() else fact.asked[1]
    query = query.lower() if question.islower() else query
    text = facts.sentence(cased(draw, fact.statement))
    pasts = {text: past(draw, fact)}
    others = facts.unrelated(draw, fact.subject, draw.choice([0, 0, 1, 1, 2, 3]))
    if draw.random() < 0.35:
        shown = dated(draw, among(draw, text, others[:3]), pasts)
        step = Step(
            f"{about(query)} The recalled memories say: {text} That answers it.", facts.told(text)
        )
        return Turn("recalled", question, (step,), shown, closed=True)
    recalled = dated(draw, facts.unrelated(draw, fact.subject, draw.choice([0, 0, 1, 2])))
    chance = draw.random()
    if chance < 0.05:
        message = sums.failure(draw, SEARCH_FAILURES)
        broken = search(query, output(wording.error(message)))
        last = Step(
            f"The search failed: {message}. I say so.", f"I could not search my memory: {message}"
        )
        return Turn("recall", question, (broken, last), recalled, closed=True)
    if chance < 0.2:
        last = lost(query)
        return Turn(
            "recall", question, (search(query, listing(draw, others)), last), recalled, closed=True
        )
    listed = listing(draw, among(draw, text, others), pasts)
    steps = (search(query, listed), from_memory(query, text))
    return Turn("recall", question, steps, recalled, closed=True)


def before(draw: Random) -> Turn:
    """Say what a fact was before it changed, or when it was said."""
    fact = draw.choice([facts.called, facts.has])(draw)
    text, gone = facts.sentence(fact.statement), past(draw, fact, share=1)
    others = facts.unrelated(draw, fact.subject, draw.choice([0, 0, 1, 2]))
    memories = dated(draw, among(draw, text, others), {text: gone})
    when = next(memory.date for memory in memories if memory.text == text)
    name = f"my {fact.subject}"
    if gone and draw.random() < 0.6:
        question = draw.choice(BEFORE_CHANGE).format(name)
        said = f"before, {gone.date}: {gone.text}"
        answer = f"On {gone.date} you said: {gone.text}"
    else:
        question = draw.choice(WHEN_SAID).format(name)
        said, answer = f"{when}: {text}", f"You said that on {when}: {text}"
    told = f"{about(fact.subject)} {{}} {said} That answers it."
    question = asked(draw, question).lower()
    if draw.random() < 0.35:
        step = Step(told.format("The recalled memories say,"), answer)
        return Turn("before", question, (step,), memories, closed=True)
    result = output(wording.found([wording.Found(memory_id(draw), *one) for one in memories]))
    steps = (search(fact.subject, result), Step(told.format("My memory says,"), answer))
    return Turn("before", question, steps, closed=True)


def everything(draw: Random) -> Turn:
    """Tell all that is known about the user."""
    texts = facts.unrelated(draw, "-", draw.choice([0, 1, 2, 3, 4]))
    found = search(LIST_QUERY, listing(draw, texts))
    answer = "\n".join(f"- {facts.told(text)}" for text in texts)
    last = Step("I tell what my memory says.", answer) if texts else lost(LIST_QUERY)
    return Turn("list", asked(draw, draw.choice(LISTS)), (found, last), closed=True)


def forget(draw: Random) -> Turn:
    """Find one memory and forget it; for all at once the user has a command."""
    if draw.random() < 0.2:
        return Turn(
            "forget",
            asked(draw, draw.choice(FORGET_ALL)),
            (Step("I can forget only one thing at a time. I name the command.", FORGET_ANSWER),),
        )
    fact = draw.choice([facts.called, facts.has])(draw)
    text, id_ = facts.sentence(fact.statement), memory_id(draw)
    texts = among(draw, text, facts.unrelated(draw, fact.subject, draw.choice([0, 0, 1, 2, 3])))
    thought = f"The user wants something forgotten: {fact.subject}. I search my memory."
    rows = [(id_ if row == text else memory_id(draw), words.iso_date(draw), row) for row in texts]
    found = output(
        wording.found(rows if draw.random() < 0.85 else [row for row in rows if row[2] != text])
    )
    first = Step(thought, tool="memory_search", arguments={"query": fact.subject}, result=found)
    request_ = asked(draw, draw.choice(FORGETS).format(fact.subject)).lower()
    if id_ not in found:
        return Turn("forget", request_, (first, lost(fact.subject)))
    gone = output(wording.forgotten(id_, text))
    second = Step(
        f"To forget: {fact.subject}. My memory says: {text} I forget it.",
        tool="memory_forget",
        arguments={"id": id_},
        result=gone,
    )
    return Turn(
        "forget",
        request_,
        (first, second, Step("It is forgotten. I confirm it.", f"I have forgotten that: {text}")),
    )


def remark(draw: Random) -> Turn:
    """A statement without a wish: say how it would be kept."""
    said = cased(draw, facts.fact(draw).statement)
    said = draw.choice([said, facts.sentence(said), f"by the way, {said}", f"{said}!"])
    return Turn(
        "remark",
        said,
        (Step("The user tells me something but does not ask to keep it.", KEEP_ANSWER),),
    )
