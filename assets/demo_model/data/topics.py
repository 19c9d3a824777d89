"""What there is to look up: how it is asked, what is searched for, what a page says of it."""

from dataclasses import dataclass
from random import Random

from data import phrases, words

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


def who(draw: Random) -> Topic:
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


def where(draw: Random) -> Topic:
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


def about(draw: Random) -> Topic:
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
    kinds = [_measure, _relation, _when, who, where, _now, about]
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
