"""Whether a prompt speaks of the user: then what they told is likelier to help with it.

"Where do I keep the spare key?" asks for what was told; "What does a notary do?" does not, however
alike some memory may be. Of the words for the speaker only those count that seldom stand in an
order: "tell me" and "hilf mir" say nothing of the user.
"""

import re

from qchat_memory.language.invisible import without_invisible

_FIRST_PERSON = (
    "i my mine we our ours myself ich mein meine meinem meinen meiner meines mich wir unser unsere"
    " unserem unseren unserer yo mi mis nuestro nuestra nuestros nuestras nos conmigo je j mon ma"
    " mes nous notre nos io mio mia miei mie noi nostro nostra eu meu minha meus minhas nós nosso"
    " nossa ik mijn wij onze ben benim bizim biz я мой моя моё мое мои моего моей моему моим моих"
    " мою моём мы нас наш наша наше наши нашего нашей нашем нашу нашим меня мной"
)
_WORDS = frozenset(_FIRST_PERSON.split())
_UNSPACED = re.compile("我|咱|私|僕|俺|うちの|わたし|ぼく|ผม|ฉัน|내|우리|저는|나는")
_ARABIC = re.compile(r"(?<!\w)(?!ال)[\u0621-\u064a]{2,}(?:ي|نا)(?!\w)")
"""A word with "my" or "our" behind it; one with an article has none."""
_ARABIC_OTHERS = frozenset({"في", "التي", "الذي", "هي", "أي", "اي", "لي", "حتى"})
_ORDER = re.compile(
    r"(?:how (?:do|can|could|should|would) (?:i|we)|how to|wie (?:\w+) (?:ich|wir)|"
    r"(?:can|could|may|should|shall|kann|darf|soll|sollte) (?:i|we|ich|wir))\b|"
    r"(?:请|帮|给|替|教|告诉)我"
)
"""How something is done is asked for by all: these words are no longer looked at."""


def speaks_of_user(prompt: str) -> bool:
    """Whether the speaker, or something of theirs, is in the prompt."""
    text = _ORDER.sub(" ", without_invisible(prompt).casefold())
    if _UNSPACED.search(text) or not _WORDS.isdisjoint(re.findall(r"\w+", text)):
        return True
    return any(word not in _ARABIC_OTHERS for word in _ARABIC.findall(text))
