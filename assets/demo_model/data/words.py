"""Names and words of very many kinds, so that the model learns to copy and not to recite.

A tenth of everything (by checksum) is held out: training never sees it, evaluation only that.
"""

import string
from collections.abc import Callable, Sequence
from random import Random
from zlib import crc32

from data import phrases

FIRST = phrases.words("words", "first")
FAMILY = phrases.words("words", "family")
PLACES = phrases.words("words", "places")
NOUNS = phrases.words("words", "nouns")
ADJECTIVES = phrases.words("words", "adjectives")
COLOURS = phrases.words("words", "colours")
FOODS = phrases.words("words", "foods")
MONTHS = phrases.words("words", "months")
DAYS = phrases.words("words", "days")
TONGUES = ("japanese", "mixed", "german", "slavic", "elvish", "chinese", "invented")
SYLLABLES = [phrases.words("syllables", tongue) for tongue in TONGUES]
SCRIPTS = {
    "cyrillic": "абвгдежзийклмнопрстуфхцчшыьэюя",
    "greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "kana": "あいうえおかきくけこさしすせそたちつてとなにぬねのまみむめもらりるれろアイカクケコ",
    "hangul": "가나다라마바사아자차카타파하고노도로모보소오조민수지영현",
    "devanagari": "कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह",
    "latin": "àáâãäåæçèéêëìíîïñòóôõöøùúûüýčďěłńřšťůžğışăț",
    "chinese": (
        "小大明红龙花美丽天地山水火木金月日星云雨雪风春夏秋冬东西南北王李张刘陈杨赵黄周吴"
        "国家学生老师朋友猫狗鸟鱼马牛羊京上海广州深圳杭成都武汉安宁平和乐文书画音"
    ),
}
EMOJI = "🐦🐶🐱🦜🌍🚀🎉🍕🌸⭐🔥💡📚🎸🏠🌙🍀🐢🦊🎂"

Source = Random
"""Where chance comes from; `heldout(source)` says which side of the split it draws."""


class Draw(Random):
    """A random source that knows whether it draws held-out names, and what it draws more often."""

    held_out = False
    brief = 0.2
    """The share of web results without filler: short, so that citing is practised often."""
    loud = 0.08
    """The share of questions about the user in capitals: hard, since memories are not in them."""


def known(draw: Random, make: Callable[[], str]) -> str:
    """Draw until the word lies on this source's side of the split."""
    while True:
        word = make()
        if (crc32(word.lower().encode()) % 10 == 0) == getattr(draw, "held_out", False):
            return word


def syllables(draw: Random) -> str:
    """Say a made-up word in one of several tongues."""
    style = draw.choice(SYLLABLES)
    return "".join(draw.choices(style, k=draw.randint(2, 4 if len(style) > 16 else 3)))


def letters(draw: Random) -> str:
    """Draw letters at random: what no rule can predict must be copied."""
    return "".join(draw.choices(string.ascii_lowercase, k=draw.randint(3, 8)))


def foreign(draw: Random) -> str:
    """Make a word of another script, or of Latin letters with accents."""
    script = draw.choice(list(SCRIPTS))
    size = draw.randint(1, 4) if script == "chinese" else draw.randint(2, 7)
    if script == "latin":
        parts = [
            draw.choice(SCRIPTS[script] if draw.random() < 0.4 else "aeiounrstlm")
            for _ in range(size)
        ]
        return "".join(parts).capitalize()
    word = "".join(draw.choices(SCRIPTS[script], k=size))
    return word.capitalize() if script in ("cyrillic", "greek") else word


def code(draw: Random) -> str:
    """Make a code such as XK-204, b7f2, R2D2."""
    kinds = (
        lambda: (
            "".join(draw.choices(string.ascii_uppercase, k=draw.randint(1, 3)))
            + f"-{draw.randint(1, 9999)}"
        ),
        lambda: "".join(draw.choices(string.ascii_uppercase + string.digits, k=draw.randint(3, 7))),
        lambda: "".join(draw.choices(string.ascii_lowercase + string.digits, k=draw.randint(4, 8))),
        lambda: f"{draw.choice(string.ascii_uppercase)}{draw.randint(1, 99)}",
    )
    return draw.choice(kinds)()


def camel(draw: Random) -> str:
    """Join two words in CamelCase, or with a mark between them."""
    first, second = draw.choice(NOUNS).capitalize(), syllables(draw).capitalize()
    return draw.choice(["{}{}", "{}{}", "{}-{}", "{}_{}", "{}.{}"]).format(first, second)


def single(draw: Random) -> str:
    """Draw a name of one word, of any kind."""
    kinds: Sequence[tuple[float, Callable[[], str]]] = (
        (5, lambda: draw.choice(FIRST)),
        (6, lambda: syllables(draw).capitalize()),
        (2, lambda: syllables(draw)),
        (1.5, lambda: letters(draw).capitalize()),
        (0.5, lambda: letters(draw)),
        (1, lambda: camel(draw)),
        (1, lambda: code(draw)),
        (1, lambda: foreign(draw)),
        (1, lambda: draw.choice(NOUNS).capitalize()),
        (0.7, lambda: syllables(draw).upper()),
        (0.5, lambda: syllables(draw).capitalize() + draw.choice(EMOJI)),
        (0.4, lambda: syllables(draw).capitalize() + foreign(draw)),
        (
            0.3,
            lambda: draw.choice(["Mr. ", "Dr. ", "Lady ", "Captain ", "St. "]) + draw.choice(FIRST),
        ),
    )
    make = draw.choices([k for _, k in kinds], [w for w, _ in kinds])[0]
    return known(draw, make)


def name(draw: Random) -> str:
    """Draw a name of one to three words."""
    chance = draw.random()
    if chance < 0.7:
        return single(draw)
    if chance < 0.85:
        return f"{known(draw, lambda: draw.choice(FIRST))} {draw.choice(FAMILY)}"
    if chance < 0.97:
        return f"{single(draw)} {single(draw)}"
    return f"{single(draw)} {draw.choice(['of', 'von', 'de'])} {single(draw)}"


def person(draw: Random) -> str:
    """Draw a person's name: mostly first and family name."""
    if draw.random() < 0.5:
        return f"{known(draw, lambda: draw.choice(FIRST))} {draw.choice(FAMILY)}"
    return f"{syllables(draw).capitalize()} {name(draw)}"


def place(draw: Random) -> str:
    """Draw a town, country or made-up place."""
    chance = draw.random()
    if chance < 0.4:
        return known(draw, lambda: draw.choice(PLACES))
    if chance < 0.5:
        return f"{draw.choice(['New', 'North', 'San', 'Port', 'Upper', 'Bad'])} {single(draw)}"
    return single(draw)


def noun(draw: Random) -> str:
    """Draw a common noun, now and then one that does not exist."""
    return draw.choice(NOUNS) if draw.random() < 0.8 else known(draw, lambda: syllables(draw))


def date(draw: Random) -> str:
    """Draw a date in one of the ways that people write it."""
    day, month, year = draw.randint(1, 28), draw.randint(1, 12), draw.randint(1900, 2035)
    named = MONTHS[month - 1]
    return draw.choice(
        [
            f"{named} {day}",
            f"{day} {named}",
            f"{day} {named} {year}",
            f"{named} {day}, {year}",
            f"{year}-{month:02}-{day:02}",
            f"{day}.{month}.{year}",
            f"{day}/{month}/{year}",
            f"{draw.choice(DAYS)}, {named} {day}",
            f"the {day}th of {named}",
        ]
    )


def iso_date(draw: Random) -> str:
    """Draw a date as tools print it."""
    return f"{draw.randint(2024, 2029)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"


def time(draw: Random) -> str:
    """Draw a time of day."""
    hour, minute = draw.randint(1, 12), draw.choice([0, 5, 10, 15, 20, 30, 40, 45, 50])
    return draw.choice(
        [
            f"{hour + 11}:{minute:02}",
            f"{hour}:{minute:02} {draw.choice(['am', 'pm'])}",
            f"{hour} o'clock",
            f"{hour} pm",
        ]
    )


def address(draw: Random) -> str:
    """Draw a postal address."""
    street = draw.choice(["Street", "Road", "Lane", "Avenue", "Square", "Way"])
    where = f"{draw.randint(1, 250)} {single(draw)} {street}"
    return where if draw.random() < 0.5 else f"{where}, {draw.randint(10000, 99999)} {place(draw)}"


def email(draw: Random) -> str:
    """Draw an e-mail address."""
    user = draw.choice([syllables(draw), letters(draw), draw.choice(FIRST).lower()])
    mark, count = draw.choice(["", ".", "_"]), draw.choice(["", str(draw.randint(1, 99))])
    return f"{user}{mark}{count}@{syllables(draw)}.{draw.choice(['org', 'com', 'net', 'de'])}"


def phone(draw: Random) -> str:
    """Draw a telephone number."""
    digits = "".join(draw.choices(string.digits, k=draw.randint(6, 10)))
    return draw.choice(
        [
            digits,
            f"+{draw.randint(1, 99)} {digits}",
            f"{digits[:3]}-{digits[3:]}",
            f"0{digits[:3]} {digits[3:]}",
        ]
    )


def title(draw: Random) -> str:
    """Draw the title of a book, film or song."""
    noun_, adjective = noun(draw), draw.choice(ADJECTIVES)
    return draw.choice(
        [
            f"The {adjective.capitalize()} {noun_.capitalize()}",
            f"{noun_.capitalize()} of {place(draw)}",
            f"A {noun_.capitalize()} for {single(draw)}",
            f"{single(draw)}'s {adjective.capitalize()} {noun_.capitalize()}",
            f"{adjective.capitalize()} {noun_.capitalize()}s",
        ]
    )


def number(draw: Random) -> str:
    """Draw a whole number of any length that people remember."""
    return str(draw.randrange(10 ** draw.choice([1, 2, 2, 3, 3, 4, 4, 5, 6])))


def value(draw: Random) -> str:
    """Draw anything that a fact may end in."""
    kinds = (
        name,
        name,
        name,
        single,
        place,
        number,
        date,
        time,
        address,
        email,
        phone,
        title,
        code,
        foreign,
    )
    return draw.choice(kinds)(draw)


def sentence(draw: Random) -> str:
    """Say something grammatical that means little: what surrounds the answer in a web page."""
    a, b = draw.choice(ADJECTIVES), draw.choice(ADJECTIVES)
    return draw.choice(
        [
            f"The {a} {noun(draw)} stands near the {b} {noun(draw)}.",
            f"Many visitors come in {draw.choice(MONTHS)} to see the {noun(draw)}.",
            f"It was described by {person(draw)} in {draw.randint(1700, 2025)}.",
            f"Read more about the {noun(draw)} and the {noun(draw)}.",
            f"There are {draw.randint(2, 900)} {noun(draw)}s in the {a} {noun(draw)}.",
            f"In {draw.randint(1700, 2025)} a {a} {noun(draw)} was added.",
            f"{person(draw)} wrote about the {noun(draw)} and its {b} {noun(draw)}.",
            f"Tickets cost {draw.randint(2, 90)} euros.",
            f"The {noun(draw)} is {a}, {b} and well known in {place(draw)}.",
            f"Some say that the {noun(draw)} was {a}.",
            f"Photos, maps and reviews of the {noun(draw)}.",
            f"See also: {name(draw)}, {name(draw)}.",
        ]
    )
