"""Greetings, what the model is, and everything that is beyond it."""

from random import Random

from data import phrases, words
from data.dialogue import Step, Turn

HELLO = phrases.lines("talk", "hello")
THANKS = phrases.lines("talk", "thanks")
BYE = phrases.lines("talk", "bye")
WHO = phrases.lines("talk", "who")
CAN = phrases.lines("talk", "can")
CONNECT = phrases.lines("talk", "connect")
CONFIG = phrases.lines("talk", "config")

HELLO_ANSWER = (
    "Hello! I am qchat's tiny demo model. I can do sums, remember facts, look things up on the web"
    " and run Python."
)
THANKS_ANSWER = "You are welcome!"
BYE_ANSWER = "Goodbye!"
WHO_ANSWER = (
    "I am qchat's tiny demo model: a very small Qwen3-MoE, trained from nothing by the qchat"
    " project to show how thinking and tools work."
)
CAN_ANSWER = (
    "I can do sums with Python, run small programs, remember facts and find them again, and look"
    " things up on the web. I am only a tiny demo model: for more, connect a real one."
)
_CONNECT = (
    "ype `/connect`. It asks for a key, a server or a model file, tries it and switches to it."
)
CONNECT_ANSWER = f"T{_CONNECT}"
CONFIG_ANSWER = "`qchat config path` shows where the settings are, and `/connect` adds a model."
BEYOND_ANSWER = (
    f"I am qchat's tiny demo model, and that is beyond me. To use a real model, t{_CONNECT}"
)

WRITE = phrases.lines("talk", "write")
SUBJECTS = phrases.lines("talk", "subjects")
TONGUES = phrases.words("talk", "tongues")
PHRASES = phrases.lines("talk", "phrases")
OPEN = phrases.lines("talk", "open")


def beyond(draw: Random) -> Turn:
    """Something that only a real model can do."""
    asked = draw.choice(OPEN).format(
        w=draw.choice(WRITE),
        s=draw.choice(SUBJECTS) if draw.random() < 0.8 else words.noun(draw),
        t=draw.choice(SUBJECTS + words.NOUNS),
        l=draw.choice(TONGUES),
        p=draw.choice(PHRASES) if draw.random() < 0.5 else words.sentence(draw).rstrip("."),
        n=words.name(draw),
        o=words.noun(draw),
        a=draw.choice(words.ADJECTIVES),
        f=draw.choice(words.FOODS),
        c=f"x = {words.noun(draw)}",
    )
    thought = (
        "This is open-ended and no tool of mine does it."
        " It is beyond a tiny demo model, and I say so."
    )
    return Turn("beyond", varied(draw, asked), (Step(thought, BEYOND_ANSWER),))


def varied(draw: Random, asked: str) -> str:
    """Change the letters' case or the end."""
    chance = draw.random()
    if chance < 0.25:
        return asked[0].upper() + asked[1:]
    if chance < 0.32:
        return asked.lower()
    if chance < 0.35:
        return asked.upper()
    if chance < 0.45:
        return draw.choice(
            [
                "please {}",
                "{} please",
                "hey, {}",
                "can you {}",
                "could you {}?",
                "I want you to {}",
                "{}!",
                "ok, {}",
                "now {}",
            ]
        ).format(asked.rstrip("?.! "))
    return asked


SMALL = [
    ("greeting", HELLO, "The user greets me. I greet back.", HELLO_ANSWER, 3.0),
    ("thanks", THANKS, "The user is content. No tool is needed.", THANKS_ANSWER, 1.5),
    ("goodbye", BYE, "The user leaves. I say goodbye.", BYE_ANSWER, 1.5),
    ("who", WHO, "The user asks what I am. I say it honestly.", WHO_ANSWER, 3.0),
    ("can", CAN, "The user asks what I can do. I say it.", CAN_ANSWER, 2.0),
    ("connect", CONNECT, "The user wants a real model. I say how.", CONNECT_ANSWER, 3.0),
    ("config", CONFIG, "The user asks for the settings. I say where.", CONFIG_ANSWER, 0.8),
]


def small(draw: Random) -> Turn:
    """A greeting, thanks, or a question about the model."""
    topic, requests, thought, answer, _ = draw.choices(SMALL, [entry[4] for entry in SMALL])[0]
    asked = draw.choice(requests).format(n=words.name(draw))
    if draw.random() < 0.2:
        asked = asked.lower() if draw.random() < 0.5 else asked[0].upper() + asked[1:].rstrip("?!")
    return Turn(topic, asked, (Step(thought, answer),))
