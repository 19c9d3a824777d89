"""Looking things up: queries, result pages with distractors, answers that cite, failures."""

import re
from dataclasses import dataclass
from random import Random

from data import phrases, sums, words
from data.dialogue import Step, Turn, output, parts, wording

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
ABOUT = phrases.lines("web", "about")
LEADS = phrases.lines("web", "leads")
JOBS = phrases.lines("web", "jobs")
KINDS = phrases.lines("web", "kinds")


ROLES = phrases.lines("web", "roles")


@dataclass(frozen=True)
class Topic:
    """Something to look up: how it is asked, searched, and said by a page."""

    question: str
    query: str
    answer: str
    """The sentence of a page that answers, with its full stop."""
    entity: str
    number: str = ""


def _measure(draw: Random) -> Topic:
    kind, noun, unit, verbs = draw.choice(
        [
            ("Mount {}", "height", "metres", "high"),
            ("the {} Tower", "height", "metres", "tall"),
            ("Lake {}", "depth", "metres", "deep"),
            ("the river {}", "length", "kilometres", "long"),
            ("the {} Bridge", "length", "metres", "long"),
            ("{}", "population", "inhabitants", ""),
            ("{}", "area", "square kilometres", ""),
            ("the {} tunnel", "length", "kilometres", "long"),
            ("{}", "price", "euros", ""),
            ("the {} train", "speed", "km/h", "fast"),
            ("the {} museum", "number of visitors", "people", ""),
            ("{}", "number of members", "members", ""),
            ("planet {}", "diameter", "kilometres", ""),
        ]
    )
    entity = kind.format(words.name(draw) if noun != "population" else words.place(draw))
    number = words.number(draw) if draw.random() < 0.8 else str(draw.randint(1, 9999) / 10)
    asked = [f"what is the {noun} of {entity}?"] * 3 + [f"{noun} of {entity}"]
    query = f"{noun} of {entity}"
    if verbs and draw.random() < 0.35:
        asked, query = [f"how {verbs} is {entity}?"], f"how {verbs} is {entity}"
    said = [
        f"The {noun} of {entity} is {number} {unit}.",
        f"{entity[0].upper()}{entity[1:]} has a {noun} of {number} {unit}.",
        f"With a {noun} of {number} {unit}, {entity} is well known.",
    ]
    if verbs:
        said.append(f"{entity[0].upper()}{entity[1:]} is {number} {unit} {verbs}.")
    return Topic(draw.choice(asked), query, draw.choice(said), entity, number)


def _relation(draw: Random) -> Topic:
    noun, value = draw.choice(
        [
            ("capital", words.place(draw)),
            ("currency", words.single(draw)),
            ("president", words.person(draw)),
            ("mayor", words.person(draw)),
            ("author", words.person(draw)),
            ("director", words.person(draw)),
            ("founder", words.person(draw)),
            ("inventor", words.person(draw)),
            ("latest version", f"{draw.randint(0, 30)}.{draw.randint(0, 20)}"),
            ("official language", words.single(draw)),
            ("address", words.address(draw)),
            ("phone number", words.phone(draw)),
            ("largest city", words.place(draw)),
            ("chemical symbol", words.code(draw)),
            ("nickname", words.name(draw)),
            ("national dish", words.name(draw)),
            ("owner", words.person(draw)),
            ("head office", words.place(draw)),
            (draw.choice(["flag", "motto", "anthem", "symbol", "logo"]), words.title(draw)),
            (draw.choice(["release date", "opening date", "birthday"]), words.date(draw)),
            (draw.choice(ROLES), words.person(draw)),
            (draw.choice(ROLES), words.person(draw)),
        ]
    )
    entity = (
        words.title(draw)
        if noun in ("author", "director")
        else words.place(draw)
        if noun in ("capital", "mayor", "president", "currency")
        else words.name(draw)
    )
    said = draw.choice(
        [
            f"The {noun} of {entity} is {value}.",
            f"The {noun} of {entity} is {value}.",
            f"{value} is the {noun} of {entity}.",
            f"{entity} has {value} as its {noun}.",
        ]
    )
    ask = draw.choice(
        ["what is the {} of {}?", "what's the {} of {}?", "{} of {}", "what is the {} of {}"]
    )
    if (
        noun in ("president", "mayor", "author", "director", "founder", "inventor", "owner", *ROLES)
        and draw.random() < 0.6
    ):
        ask = "who is the {} of {}?"
        return Topic(ask.format(noun, entity), f"who is the {noun} of {entity}", said, entity)
    return Topic(ask.format(noun, entity), f"{noun} of {entity}", said, entity)


def _when(draw: Random) -> Topic:
    verb = draw.choice(
        [
            "founded",
            "built",
            "released",
            "discovered",
            "opened",
            "invented",
            "published",
            "born",
            "sold",
            "closed",
        ]
    )
    entity = words.person(draw) if verb == "born" else words.name(draw)
    year = str(draw.randint(1000, 2026))
    when = f"in {year}" if draw.random() < 0.6 else f"on {words.date(draw)}"
    said = draw.choice(
        [
            f"{entity} was {verb} {when}.",
            f"{entity} was {verb} {when} in {words.place(draw)}.",
            f"{when.capitalize()}, {entity} was {verb}.",
        ]
    )
    question = draw.choice(
        [
            f"when was {entity} {verb}?",
            f"when was {entity} {verb}?",
            f"in which year was {entity} {verb}?",
        ]
    )
    return Topic(question, question.rstrip("?"), said, entity, year if year in said else "")


def _who(draw: Random) -> Topic:
    if draw.random() < 0.5:
        entity = words.person(draw)
        job = draw.choice(JOBS)
        said = draw.choice(
            [
                f"{entity} is a {job} from {words.place(draw)}.",
                f"{entity} was a {job} who lived in {words.place(draw)}.",
                f"{entity} is the {job} behind {words.title(draw)}.",
            ]
        )
        return Topic(f"who {draw.choice(['is', 'was'])} {entity}?", "", said, entity)
    verb = draw.choice(
        [
            "wrote",
            "invented",
            "founded",
            "discovered",
            "designed",
            "painted",
            "won",
            "directed",
            "owns",
            "leads",
        ]
    )
    entity = words.title(draw) if verb in ("wrote", "directed", "painted") else words.name(draw)
    who = words.person(draw)
    said = draw.choice(
        [
            f"{who} {verb} {entity}.",
            f"{who} {verb} {entity} in {draw.randint(1800, 2026)}.",
            f"It was {who} who {verb} {entity}.",
        ]
    )
    return Topic(f"who {verb} {entity}?", "", said, entity)


def _where(draw: Random) -> Topic:
    entity, adjective = words.name(draw), draw.choice(words.ADJECTIVES)
    said = draw.choice(
        [
            f"{entity} is in {words.place(draw)}.",
            f"{entity} lies near {words.place(draw)}.",
            f"{entity} can be found in the {adjective} part of {words.place(draw)}.",
        ]
    )
    return Topic(f"where is {entity}?", "", said, entity)


def _now(draw: Random) -> Topic:
    place = words.place(draw)
    degrees, sky = draw.randint(0, 40), draw.choice(["sunny", "cloudy", "rainy", "windy", "foggy"])
    question, query, said = draw.choice(
        [
            (
                f"what is the weather in {place}?",
                f"weather in {place}",
                f"The weather in {place}: {degrees} degrees and {sky}.",
            ),
            (
                f"how is the weather in {place} today?",
                f"weather in {place} today",
                f"Today in {place}: {degrees} degrees, {sky}.",
            ),
            (
                f"weather forecast for {place}",
                f"weather forecast for {place}",
                f"The weather in {place}: {degrees} degrees and {sky}.",
            ),
            (
                f"how's the weather in {place}?",
                f"weather in {place}",
                f"In {place} it is {sky}, {degrees} degrees.",
            ),
            (
                f"is it {sky} in {place}?",
                f"weather in {place}",
                f"In {place} it is {sky}, {degrees} degrees.",
            ),
            (
                f"what is the latest news about {place}?",
                f"latest news about {place}",
                f"News about {place}: {words.sentence(draw)}",
            ),
            (
                f"news about {place}",
                f"news about {place}",
                f"News about {place}: {words.sentence(draw)}",
            ),
            (
                f"how far is it from {place} to Berlin?",
                f"how far is it from {place} to Berlin",
                f"From {place} to Berlin it is {degrees * 37} km.",
            ),
            (
                f"what is the stock price of {place}?",
                f"stock price of {place}",
                f"The stock price of {place} is {degrees}.{draw.randint(10, 99)} dollars.",
            ),
        ]
    )
    return Topic(question, query, said, place)


def _about(draw: Random) -> Topic:
    entity = draw.choice([words.name, words.title, words.person])(draw)
    adjective = draw.choice(words.ADJECTIVES)
    said = draw.choice(
        [
            f"{entity} is a {draw.choice(KINDS)} in {words.place(draw)}.",
            f"{entity} is a {adjective} {draw.choice(KINDS)} made by {words.person(draw)}.",
            f"{entity}: the {draw.choice(KINDS)} from {words.place(draw)}.",
        ]
    )
    return Topic(draw.choice(ABOUT).format(entity), entity, said, entity)


def topic(draw: Random) -> Topic:
    """Draw something to look up; `query` is the question itself where nothing else was set."""
    if draw.random() < 0.12:
        made = draw.choice([_measure, _relation])(draw)
        if not made.query.startswith(("how", "who")):
            question = draw.choice(ABOUT).format(draw.choice([made.query, f"the {made.query}"]))
            return Topic(question, made.query, made.answer, made.entity, made.number)
    kinds = [_measure, _relation, _when, _who, _where, _now, _about]
    made = draw.choices(kinds, [4, 5, 2.5, 3, 1, 1.2, 4])[0](draw)
    query = made.query or made.question.rstrip("?")
    if made.query != made.entity and draw.random() < 0.3:
        made = Topic(
            draw.choice(LEADS).format(made.question), query, made.answer, made.entity, made.number
        )
    return Topic(made.question, query, made.answer, made.entity, made.number)


def asked(draw: Random, made: Topic) -> Topic:
    """Change the letters' case or the mark at the end; the query follows its first letter only."""
    chance = draw.random()
    question = made.question
    if chance < 0.35:
        return Topic(
            question[0].upper() + question[1:], made.query, made.answer, made.entity, made.number
        )
    if chance > 0.95:
        return Topic(question.upper(), made.query.upper(), made.answer, made.entity, made.number)
    if chance > 0.89:
        return Topic(question.lower(), made.query.lower(), made.answer, made.entity, made.number)
    if chance < 0.45:
        question = question.rstrip("?.")
    elif chance < 0.52:
        question = draw.choice(["hey, {}", "please: {}", "{} please", "ok, {}"]).format(
            question.rstrip("?")
        )
    return Topic(question, made.query, made.answer, made.entity, made.number)


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
        other_topic = topic(draw)
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
    made = asked(draw, topic(draw))
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
    made = [draw.choice([_about, _who, _where])(draw) for _ in range(draw.randint(2, 4))]
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
    topic_ = Topic(draw.choice(ABOUT).format(query), query, "", query)
    said = " ".join(answers)
    last = Step(f"{sought(topic_)} The results say: {said} I cite them.", said)
    return Turn("web, several", topic_.question, (search(topic_, result), last))


def _nothing(draw: Random) -> Topic:
    return Topic("", "", words.sentence(draw), words.name(draw))


READS = phrases.lines("web", "reads")


def read(draw: Random) -> Turn:
    """Read a page whose address the user gives, and tell its first sentence."""
    made = topic(draw)
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
