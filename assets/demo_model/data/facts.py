"""Facts about a user: how they are said, asked for, searched and told back."""

import re
from dataclasses import dataclass
from random import Random

from data import phrases, words

RELATIONS = phrases.words("facts", "relations")
PETS = phrases.words("facts", "pets")
THINGS = phrases.words("facts", "things")
CALLED = [*RELATIONS, *PETS, *PETS, *THINGS]
PROPERTIES: dict[str, tuple[str, ...]] = {
    "name": ("favourite colour", "colour"),
    "colour": ("favourite colour", "favorite color", "car colour"),
    "number": (
        "lucky number",
        "locker code",
        "PIN",
        "shoe size",
        "room number",
        "rent",
        "house number",
        "bus",
        "seat",
        "height in cm",
        "salary",
        "age",
        "weight",
        "budget",
        "score",
        "flat number",
        "debt",
    ),
    "date": (
        "birthday",
        "wedding day",
        "anniversary",
        "holiday",
        "exam date",
        "deadline",
        "moving day",
    ),
    "phone": ("phone number", "mobile number", "office number"),
    "email": ("email", "email address", "work address"),
    "address": ("address", "home address", "new address"),
    "code": (
        "licence plate",
        "wifi password",
        "flight",
        "booking code",
        "membership number",
        "gate code",
        "order number",
    ),
    "title": ("favourite book", "favourite film", "favourite song", "favourite game"),
    "food": ("favourite food", "favourite dish", "favourite drink"),
    "place": ("home town", "birthplace", "favourite city", "next stop", "holiday destination"),
    "time": ("appointment", "train", "alarm time", "lunch break", "bedtime"),
    "person": ("best friend", "favourite author", "favourite singer", "emergency contact"),
    "single": (
        "nickname",
        "user name",
        "team",
        "favourite brand",
        "job",
        "hobby",
        "employer",
        "password hint",
    ),
}
EVENTS = phrases.words("facts", "events")


@dataclass(frozen=True)
class Fact:
    """A statement without its full stop, the questions it answers, and the words to search."""

    statement: str
    asked: tuple[str, str]
    """One way to ask for it, and the query that finds it."""
    subject: str
    number: str = ""
    value: str = ""
    """What another time could have been something else; empty where that is not known."""


def sentence(statement: str) -> str:
    """Write a statement as it is saved: first letter large, a full stop at its end."""
    stop = "。" if statement.startswith("我") else "."
    start = statement[:1].upper() + statement[1:] if _plain(statement) else statement
    return start if start.endswith((".", "!", "?", "。")) else start + stop


def _plain(statement: str) -> bool:
    return statement.split(" ", maxsplit=1)[0] in (
        "my",
        "the",
        "our",
        "i",
        "we",
        "on",
        "every",
        "mein",
        "meine",
        "ich",
        "a",
        "in",
        "at",
    )


PERSONS = {
    "My": "Your",
    "my": "your",
    "MY": "Your",
    "Our": "Your",
    "our": "your",
    "I am": "You are",
    "I was": "You were",
    "I": "You",
    "i": "you",
    "Mein": "Dein",
    "Meine": "Deine",
    "We": "You",
    "I'm": "You are",
}
_PERSON = re.compile(r"\b(I am|I was|I'm|My|my|MY|Our|our|I|We|Mein|Meine)\b(?!-)")


def told(text: str) -> str:
    """Tell a saved sentence back to the one who said it: `my` becomes `your`, once."""
    if text.startswith("我"):
        return "你" + text[1:]
    return _PERSON.sub(lambda found: PERSONS[found[0]], text, count=1)


def called(draw: Random) -> Fact:
    """Somebody's or something's name."""
    noun = draw.choice(CALLED) if draw.random() < 0.85 else words.noun(draw)
    name = words.name(draw)
    chance = draw.random()
    if chance < 0.6:
        said = f"my {noun} is called {name}"
    elif chance < 0.8:
        said = f"my {noun}'s name is {name}"
    elif chance < 0.9:
        said = f"the name of my {noun} is {name}"
    else:
        said = f"our {noun} is named {name}"
    asked = draw.choice(
        [
            (f"what is my {noun} called?", f"{noun} called"),
            (f"what is my {noun} called?", f"{noun} called"),
            (f"what's my {noun} called", f"{noun} called"),
            (f"how is my {noun} called?", f"{noun} called"),
            (f"do you know what my {noun} is called?", f"{noun} called"),
            (f"tell me what my {noun} is called", f"{noun} called"),
            (f"what is the name of my {noun}?", f"{noun} name"),
            (f"what is my {noun}'s name?", f"{noun} name"),
            (f"whats my {noun}s name", f"{noun} name"),
            (f"do you remember my {noun}'s name?", f"{noun} name"),
            (f"tell me the name of my {noun}", f"{noun} name"),
            (f"who is my {noun}?", noun),
            (f"which name did I give my {noun}?", f"{noun} name"),
            (f"I forgot my {noun}'s name, what was it?", f"{noun} name"),
            (f"my {noun} is called what?", f"{noun} called"),
        ]
    )
    return Fact(said, asked, noun, value=name)


def has(draw: Random) -> Fact:
    """A property: my lucky number is 37."""
    kind = draw.choice(list(PROPERTIES))
    noun = draw.choice(PROPERTIES[kind])
    value = _value(draw, kind)
    said = f"my {noun} is {value}"
    asked = draw.choice(
        [
            f"what is my {noun}?",
            f"what's my {noun}?",
            f"whats my {noun}",
            f"do you remember my {noun}?",
            f"tell me my {noun}",
            f"can you tell me my {noun}?",
            f"my {noun}?",
            f"do you know my {noun}?",
            f"what was my {noun} again?",
            f"what did I say my {noun} was?",
            f"I forgot my {noun}",
            f"please tell me my {noun}",
            f"remind me of my {noun}",
            f"what is my {noun}",
        ]
    )
    return Fact(said, (asked, noun), noun, value if kind == "number" else "", value)


def _value(draw: Random, kind: str) -> str:
    if kind == "food":
        return draw.choice(words.FOODS) if draw.random() < 0.6 else words.name(draw)
    if kind == "colour":
        return draw.choice(words.COLOURS)
    if kind == "time":
        return f"at {words.time(draw)}"
    made = getattr(words, kind)(draw)
    return str(made)


def am(draw: Random) -> Fact:
    """What a user says of himself."""
    place, name, thing = words.place(draw), words.name(draw), words.noun(draw)
    where = draw.choice(
        [
            "in the kitchen",
            f"under the {words.noun(draw)}",
            f"in the {words.noun(draw)}",
            f"at {words.single(draw)}'s",
        ]
    )
    food = draw.choice(words.FOODS) if draw.random() < 0.7 else words.single(draw)
    options = [
        (
            f"I live in {place}",
            ["where do I live?", "where do i live", "in which town do I live?"],
            "live",
        ),
        (f"I work at {name}", ["where do I work?", "who do I work for?"], "work"),
        (
            f"I am allergic to {food}",
            ["what am I allergic to?", "which allergy do I have?"],
            "allergic",
        ),
        (f"I like {food}", ["what do I like?", "do you know what I like?"], "like"),
        (f"I am from {place}", ["where am I from?", "where do I come from?"], "from"),
        (
            f"I was born in {draw.randint(1930, 2020)}",
            ["when was I born?", "in which year was I born?"],
            "born",
        ),
        (
            f"I am {draw.randint(6, 99)} years old",
            ["how old am I?", "what is my age?"],
            "years old",
        ),
        (
            f"my name is {name}",
            [
                "what is my name?",
                "whats my name",
                "do you know my name?",
                "who am I?",
                "what am I called?",
                "do you remember my name?",
            ],
            "name",
        ),
        (
            f"I parked on level {words.code(draw)}",
            ["where did I park?", "where is my car parked?"],
            "parked",
        ),
        (f"I study {thing}s", ["what do I study?"], "study"),
        (
            f"I put the {thing} {where}",
            [f"where did I put the {thing}?", f"where is the {thing} I put away?"],
            thing,
        ),
        (f"my {thing} is {where}", [f"where is my {thing}?", f"where's my {thing}?"], thing),
        (
            f"I meet {name} on {draw.choice(words.DAYS)}",
            ["who do I meet?", "when do I meet someone?"],
            "meet",
        ),
    ]
    said, questions, query = draw.choice(options)
    return Fact(said, (draw.choice(questions), query), query)


def event(draw: Random) -> Fact:
    """When something is."""
    what = draw.choice(EVENTS)
    if draw.random() < 0.4:
        what = f"{what} with {words.name(draw)}"
    when = draw.choice(
        [
            f"on {words.date(draw)}",
            f"at {words.time(draw)}",
            f"on {draw.choice(words.DAYS)} at {words.time(draw)}",
        ]
    )
    owner = draw.choice(["the", "my"])
    asked = draw.choice(
        [
            f"when is {owner} {what}?",
            f"when's {owner} {what}",
            f"at what time is {owner} {what}?",
            f"do you know when {owner} {what} is?",
        ]
    )
    return Fact(f"{owner} {what} is {when}", (asked, what), what)


def other_tongue(draw: Random) -> Fact:
    """Facts in German and Chinese."""
    name = words.name(draw)
    if draw.random() < 0.5:
        noun, mein = draw.choice(
            [
                ("Papagei", "mein"),
                ("Hund", "mein"),
                ("Katze", "meine"),
                ("Schwester", "meine"),
                ("Bruder", "mein"),
            ]
        )
        return Fact(
            f"{mein} {noun} heißt {name}",
            (f"{draw.choice(['Wie', 'wie'])} heißt {mein} {noun}?", f"{noun} heißt"),
            noun,
        )
    noun = draw.choice(["鹦鹉", "狗", "猫", "老师", "姐姐", "弟弟"])
    return Fact(
        f"我的{noun}叫{name}",
        (f"我的{noun}叫什么{draw.choice(['?', '？', '名字?'])}", f"{noun}叫"),
        noun,
    )


def older(draw: Random, fact_: Fact) -> str:
    """What the same fact was before, as a saved sentence; empty where there is no such thing."""
    if len(fact_.value) < 2 or fact_.statement.count(fact_.value) != 1:
        return ""
    other = words.number(draw) if fact_.number else words.name(draw)
    said = sentence(fact_.statement.replace(fact_.value, other))
    return said if other != fact_.value else ""


def loose(draw: Random) -> str:
    """Something to keep that no question here asks for: free sentences, copied as they are."""
    a, b, c = words.noun(draw), words.value(draw), words.name(draw)
    return draw.choice(
        [
            f"the {a} code is {b}",
            f"{c} likes {draw.choice(words.FOODS)}",
            f"{c} is the {a} of {words.place(draw)}",
            f"the {a} is in the {words.noun(draw)}",
            f"I owe {c} {words.number(draw)} euros",
            f"{c} owes me {words.number(draw)} dollars",
            f"we need {a}s and {words.noun(draw)}s",
            f"buy {a}s, {words.noun(draw)}s and {words.noun(draw)}s",
            f"{c} = {b}",
            f"the password of the {a} is {words.code(draw)}",
            f"{c}'s birthday is {words.date(draw)}",
            f"{c} lives at {words.address(draw)}",
            f"call {c} at {words.phone(draw)}",
            f"{b}",
            f"every {draw.choice(words.DAYS)} I go to the {a}",
            f"the {words.noun(draw)} of {c} costs {words.number(draw)}",
        ]
    )


def fact(draw: Random) -> Fact:
    """Draw a fact that can be asked for."""
    return draw.choices([called, has, am, event, other_tongue], [5, 5, 3, 1.5, 0.8])[0](draw)


def unrelated(draw: Random, subject: str, count: int) -> list[str]:
    """Draw saved sentences that have nothing to do with a subject."""
    out: list[str] = []
    while len(out) < count:
        other = fact(draw)
        if draw.random() < 0.3:
            out.append(sentence(loose(draw)))
        elif not _overlap(other.subject, subject):
            out.append(sentence(other.statement))
    return out


def _overlap(one: str, two: str) -> bool:
    return one.lower() in two.lower() or two.lower() in one.lower()
