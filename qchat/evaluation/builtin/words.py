"""Names and sentences out of a seed: they mean nothing, so no model can know them."""

import random


def _words(text: str) -> list[str]:
    return text.split()


_SYLLABLES = _words("zu bi ko lo ma ri ta vo na pe du fi ga je li so wa tu bra tri plo mer dan tol")
PETS = _words("parrot dog cat hamster horse goldfish rabbit turtle canary snake pony ferret hen")
PEOPLE = _words("sister brother boss teacher neighbour aunt uncle cousin dentist doctor landlord")
THINGS = _words("car boat bike laptop guitar robot plant company team band ship shop van tractor")
_NOUNS = _words(
    "river garden window engine bottle mountain castle lantern harbour meadow bridge market "
    "village forest island temple tunnel station museum theatre bakery library tower valley"
)
_ADJECTIVES = _words(
    "old new small large quiet noisy bright dark famous hidden ancient modern gentle heavy early"
)
_VERBS = ("opens near", "lies behind", "was built before", "is older than", "stands beside")


def name(draw: random.Random, syllables: int = 3) -> str:
    """A made-up name."""
    return "".join(draw.choice(_SYLLABLES) for _ in range(syllables)).capitalize()


def noun(draw: random.Random) -> str:
    return draw.choice(_NOUNS)


def sentence(draw: random.Random) -> str:
    """A sentence that says nothing."""
    a, b = (f"{draw.choice(_ADJECTIVES)} {noun(draw)}" for _ in range(2))
    when = draw.choice(["In spring", "On Mondays", "Every year", "As a rule", "At night"])
    return f"{when} the {a} {draw.choice(_VERBS)} the {b}."


def subjects(draw: random.Random) -> list[str]:
    """What a person may have that has a name, in an order of its own."""
    every = [*PETS, *PEOPLE, *THINGS]
    draw.shuffle(every)
    return every
