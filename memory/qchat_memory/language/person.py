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
_UNSPACED = re.compile(
    "我|咱|私|僕|俺|うち|わたし|ぼく|ผม|ฉัน|내|우리|저는|나는"
    # Said so only of one's own: Japanese names the families of others with an honorific.
    "|(?<![お御])(?:父|母|兄|姉)(?![さ子親国校語の日])|(?<![お御])(?:娘|息子|弟|妹|甥|姪|祖父|祖母|叔父|叔母|義理の)"
    "(?!さ)|(?:妻|夫)(?:は|の|が|に|と|を)|老公|老婆|媳妇|爸爸|妈妈|女儿|儿子|房东|大家さん"
)
_OWN_NAMES = (
    "dad mum mom grandma grandpa papa mama oma opa мама маме маму мамы папа папе папу папы отцу"
    " отца отец мать матери жена жене жену жены муж мужу мужа сын сыну сына дочь дочери брат"
    " брата брату сестра сестре сестру сестры бабушка бабушке дедушка дедушке кошка кошке кошки"
    " собака собаке собаки мужем женой мне"
)
_OWN = frozenset(_OWN_NAMES.split())
"""Who is named without "my" is one's own: of a stranger's father more is said."""
_KANA = re.compile(r"[\u3041-\u3096]")
_ARABIC = re.compile(r"(?<!\w)(?!ال)[\u0621-\u064a]{2,}(?:ي|نا)(?!\w)")
"""A word with "my" or "our" behind it; one with an article has none."""
_ARABIC_OTHERS = frozenset({"في", "التي", "الذي", "هي", "أي", "اي", "لي", "حتى"})
_ORDER = re.compile(
    r"(?:how (?:do|can|could|should|would) (?:i|we)|how to|wie (?:\w+) (?:ich|wir)|"
    r"(?:can|could|may|should|shall|kann|darf|soll|sollte) (?:i|we|ich|wir))\b|"
    r"(?:请|帮|给|替|教|告诉)我|(?:скажи|расскажи|объясни|помоги|напиши|дай|покажи|переведи)\w* мне"
)
"""How something is done is asked for by all: these words are no longer looked at."""

_FORMS_OF_ALL = (
    r"(?:explain|describe|define|erkläre?|beschreibe?|definiere?)\b(?!['’])",
    r"(?:explica|expl[ií]came|объясни|опиши|解释|说明|اشرح|عرف)",
    r"(?:how|why|what|where|when) (?:do|are|can) (?:[a-z]+s|fish|people|children) \w",
    r"(?:can|do|are) (?:[a-z]+s|fish|people|children) \w",
    r"(?:how|why|what|where) (?:does|is) an? ",
    r"(?:wie|warum|was|wo|wann) \w+ eine? ",
    r"(?:wie|warum|was|wo|wann) \w+en (?!wir\b|sie\b)\w+\W*$",
    r"können (?!wir|sie|die|der|das)\w+e \w+en\b",
    r"wie funktionier",
    r"c[oó]mo funciona",
    r"(?:para )?qu[eé] (?:sirven?|significan?) ",
    r"(?:qu[eé]|c[oó]mo|d[oó]nde|por qu[eé]|cu[aá]nto|pueden) (?:se )?\w+[nr] l[ao]s \w+s\W*$",
    r"как (?:работа[ею]т|устроен)",
    r"(?:почему|как) \w+[ыи] \w+[уюая]т\W*$",
    r"(?:что|где|как|сколько) \w+[уюая]т \w+[ыи]\W*$",
    r".*(?:工作原理|怎么(?:工作|运作|起作用)|是什么意思|仕組み|類語|どういう意味)",
    r".*(?:كيف [يت]عمل|ما معنى)",
)
_OF_ALL = re.compile("|".join(_FORMS_OF_ALL))
"""How things are in the world, asked without naming one's own: "How do trees drink?"."""


def asks_of_all(prompt: str) -> bool:
    """Whether it asks for what everybody may know, and not for what the user has told."""
    text = without_invisible(prompt).lstrip(" \n\t¿¡\"'«„“")
    first, rest = text[:1].lower(), text[1:]
    return _OF_ALL.match(first + rest) is not None


def speaks_of_user(prompt: str) -> bool:
    """Whether the speaker, or something of theirs, is in the prompt."""
    text = _ORDER.sub(" ", without_invisible(prompt).casefold())
    there = set(re.findall(r"\w+", text))
    if _UNSPACED.search(text) or not (_WORDS | _OWN).isdisjoint(there):
        return True
    return any(word not in _ARABIC_OTHERS for word in _ARABIC.findall(text))


def leaves_out_subject(prompt: str) -> bool:
    """Whether it is in a language whose sentences mostly name no subject: in Japanese."""
    return _KANA.search(prompt) is not None
