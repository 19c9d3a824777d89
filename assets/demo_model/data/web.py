"""Looking things up: queries, result pages with distractors, answers that cite, failures."""

import re
from random import Random

from data import phrases, sums, topics, words
from data.dialogue import Step, Turn, output, parts, wording
from data.topics import Topic

FAILURES = [
    wording.no_network("web_search"),
    wording.no_network("web_search"),
    wording.no_network("web_search"),
    "web_search failed: timed out after {} s",
    "web_search failed: too many requests, try again in {} s",
    "web_search failed: HTTP 503",
    "web_search failed: no search engine answered",
    "web_search failed: no search engine answered (connection refused)",
    "the user did not allow this",
    "web search is switched off",
]
READ_FAILURES = [
    wording.no_network("web_read"),
    "404: there is no such page on that host",
    "the page is empty",
    "web_read failed: timed out after {} s",
    "web_read failed: private addresses are not read",
    "the user did not allow this",
]
NOT_SAID = "The web results do not answer that. I will not guess."


def _words(entity: str) -> str:
    return (
        "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in entity.lower()).split())
        or "page"
    )


def address(draw: Random, about: str = "") -> str:
    """Draw the address of a page."""
    host = (
        draw.choice(["www.", "", "en.", "news.", "blog."])
        + words.syllables(draw)
        + draw.choice([".org", ".com", ".net", ".info", ".io"])
    )
    path = draw.choice(
        ["/", "/wiki/", f"/{draw.randint(1, 99999)}/", "/articles/", "/p/"]
    ) + _words(about or words.noun(draw))
    return f"https://{host}{path if draw.random() < 0.85 else ''}"


def _extract(draw: Random, sentence: str, long: bool) -> str:
    before = [
        words.sentence(draw) for _ in range(draw.choice([0, 0, 0, 1] if not long else [1, 2, 3, 5]))
    ]
    after = [
        words.sentence(draw) for _ in range(draw.choice([0, 0, 1, 1] if not long else [1, 3, 5]))
    ]
    if draw.random() < 0.1:
        before = [
            draw.choice(["...", "Home | About |", f"{words.iso_date(draw)} -", "Updated today."]),
            *before,
        ]
    extract = " ".join([*before, *([sentence] if sentence else []), *after]) or words.sentence(draw)
    return (
        f"{extract} {words.sentence(draw)[: draw.randint(3, 40)]}…"
        if draw.random() < 0.1
        else extract
    )


def source(
    draw: Random, number: int, about: str, sentence: str, long: bool = False
) -> parts.SourcePart:
    """Make one result, whose extract holds the sentence."""
    title = draw.choice(
        [
            about,
            f"{about} - {words.noun(draw)}",
            f"{words.title(draw)}",
            f"{about} | {words.single(draw)}",
            f"About {about}",
        ]
    )
    date = words.iso_date(draw) if draw.random() < 0.2 else ""
    return parts.SourcePart(
        number, address(draw, about), title, _extract(draw, sentence, long), date
    )


def distractor(draw: Random, made: Topic) -> tuple[str, str]:
    """What another result speaks of: another entity, another property, or nothing in question."""
    chance = draw.random()
    if chance < 0.35:
        other = words.name(draw)
        if set(other.lower().split()) & set(made.entity.lower().split()):
            return distractor(draw, made)
        said = re.sub(
            r"\d", lambda _: str(draw.randint(0, 9)), made.answer.replace(made.entity, other)
        )
        return other, said if made.entity in made.answer else words.sentence(draw)
    if chance < 0.65:
        other_topic = topics.topic(draw)
        if set(other_topic.entity.lower().split()) & set(made.entity.lower().split()):
            return distractor(draw, made)
        return other_topic.entity, other_topic.answer
    return (made.entity if chance < 0.8 else words.name(draw)), ""


def results(draw: Random, made: Topic) -> tuple[str, int]:
    """Print results of which one answers; return them and its number."""
    count = draw.choice([1, 2, 2, 3, 3, 4, 5])
    right = draw.randint(1, count)
    long = draw.random() < 0.05
    made_sources = []
    numbers = numbered(draw, count)
    brief = draw.random() < getattr(draw, "brief", 0.0)
    for place, number in enumerate(numbers, start=1):
        about, said = (made.entity, made.answer) if place == right else distractor(draw, made)
        if brief:
            extract = said or words.sentence(draw)
            made_sources.append(parts.SourcePart(number, address(draw), about, extract))
        else:
            made_sources.append(source(draw, number, about, said, long))
    return output(*wording.search_results(made_sources)), numbers[right - 1]


def numbered(draw: Random, count: int) -> list[int]:
    """Number results: from 1, or as later in a session, where known pages keep their numbers."""
    if draw.random() < 0.85:
        return list(range(1, count + 1))
    start = draw.randint(2, 60)
    numbers = list(range(start, start + count))
    if draw.random() < 0.3:
        numbers[draw.randrange(count)] = draw.randint(1, start - 1)
    return numbers


def cited(answer: str, number: int) -> str:
    """A page's sentence and its source, as they stand at the end of an extract."""
    return f"{answer} [{number}]"


def search(made: Topic, result: str) -> Step:
    """The step that asks the web."""
    thinking = f"The user wants something looked up: {made.query}. I search the web."
    return Step(thinking, tool="web_search", arguments={"query": made.query}, result=result)


def sought(made: Topic) -> str:
    """Name what is sought first: the thought then finds its result, or sees that there is none."""
    return f"The user asks about: {made.query}."


def told_failure(message: str) -> Step:
    """The honest answer when the web could not be asked."""
    return Step(
        f"The web search failed: {message}. I say so and make nothing up.",
        f"I could not look that up: {message}. I will not guess.",
    )


def looked_up(made: Topic, number: int) -> Step:
    """The answer with its source."""
    return Step(
        f"{sought(made)} The results say: {cited(made.answer, number)} I cite it.",
        cited(made.answer, number),
    )


def turn(draw: Random) -> Turn:
    """One thing to look up."""
    made = topics.asked(draw, topics.topic(draw))
    chance = draw.random()
    if chance < 0.22:
        message = sums.failure(draw, FAILURES)
        return Turn(
            "web fails",
            made.question,
            (search(made, output(wording.error(message))), told_failure(message)),
        )
    if chance < 0.3:
        sources = [
            source(draw, n, *distractor(draw, _nothing(draw))) for n in range(1, draw.randint(1, 4))
        ]
        last = Step(f"{sought(made)} No result answers it. I say so.", NOT_SAID)
        return Turn(
            "web", made.question, (search(made, output(*wording.search_results(sources))), last)
        )
    result, number = results(draw, made)
    return Turn("web", made.question, (search(made, result), looked_up(made, number)))


def several(draw: Random) -> Turn:
    """Several things at once, told in the order of the request, each with its own source."""
    made = [
        draw.choice([topics.about, topics.who, topics.where])(draw)
        for _ in range(draw.randint(2, 4))
    ]
    names = [one.entity for one in made]
    query = f"{', '.join(names[:-1])} and {names[-1]}"
    numbers = numbered(draw, len(made))
    shuffled = draw.sample(numbers, len(numbers))
    brief = draw.random() < 0.7
    pages = {}
    for one, number in zip(made, shuffled, strict=True):
        plain = parts.SourcePart(number, address(draw), one.entity, one.answer)
        pages[number] = plain if brief else source(draw, number, one.entity, one.answer)
    result = output(*wording.search_results([pages[number] for number in numbers]))
    answers = [cited(one.answer, number) for one, number in zip(made, shuffled, strict=True)]
    topic_ = Topic(draw.choice(topics.ABOUT).format(query), query, "", query)
    said = " ".join(answers)
    last = Step(f"{sought(topic_)} The results say: {said} I cite them.", said)
    return Turn("web, several", topic_.question, (search(topic_, result), last))


def _nothing(draw: Random) -> Topic:
    return Topic("", "", words.sentence(draw), words.name(draw))


READS = phrases.lines("web", "reads")


def read(draw: Random) -> Turn:
    """Read a page whose address the user gives, and tell its first sentence."""
    made = topics.topic(draw)
    where = address(draw, made.entity)
    thought = f"The user gives an address: {where}. I read it."
    asked_ = draw.choice(READS).format(where)
    if draw.random() < 0.3:
        message = sums.failure(draw, READ_FAILURES)
        step = Step(
            thought,
            tool="web_read",
            arguments={"address": where},
            result=output(wording.error(message)),
        )
        last = Step(
            f"Reading failed: {message}. I say so.", f"I could not read that page: {message}"
        )
        return Turn("read", asked_, (step, last))
    text = " ".join([made.answer, *(words.sentence(draw) for _ in range(draw.randint(0, 4)))])
    number = 1 if draw.random() < 0.6 else draw.randint(2, 60)
    page = parts.SourcePart(number, where, draw.choice([made.entity, words.title(draw)]), text)
    step = Step(
        thought, tool="web_read", arguments={"address": where}, result=output(*wording.page(page))
    )
    return Turn(
        "read",
        asked_,
        (
            step,
            Step(
                f"The page says: {cited(made.answer, number)} I cite it.",
                cited(made.answer, number),
            ),
        ),
    )
