"""The forms of sentences that say one thing of something, and of the questions that ask for it.

Of things of which there is one at a time; in English, and the commonest in German and Chinese.
Texts come here in small letters, without accents and marks at the end.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from qchat_memory.language.lazy_patterns import later

Rule = tuple[str, str]
"""A sentence form, and how what it speaks of is filled from it."""


class Forms(NamedTuple):
    """The forms of one language; most texts have none of its `signs`, and need no more than a look.

    Whatever one of the forms matches has one of the signs. `of_names`: a value must be a name.
    """

    signs: tuple[str, ...]
    rules: tuple[tuple["re.Pattern[str]", str], ...]
    of_names: bool = False


def forms(signs: tuple[str, ...], rules: Iterable[Rule], *, of_names: bool = False) -> Forms:
    """Each is compiled at its first use."""
    return Forms(signs, tuple((later(form), about) for form, about in rules), of_names)


_OWNER = r"(?:my|our|the|the user's|his|her|their|[\w-]+(?: [\w-]+)?'s)"
_THING = rf"(?P<thing>{_OWNER} [\w' -]{{2,60}}?)"
_I = r"(?P<who>i|we|the user|[a-z][\w-]+)"
_NOW = r"(?: (?:now|currently|again|actually|finally|recently|just))?"
_VALUE = r"(?P<value>.+)"
_SINGLE = (
    "name|surname|nickname|address|number|birthday|age|size|height|weight|job|email|e-mail|phone"
    "|manager|boss|doctor|dentist|timezone|time zone|city|employer|salary|rent|password|code|pin"
    "|wifi|deadline|type|plan|goal|title|editor|bank|language|hometown|home town|wife|husband"
    "|partner|landlord|flight|train|appointment|meeting|exam|interview|port|host|domain|budget"
    "|nationality|major|school|university|company|team|car|laptop|favou?rite [\\w ]+?"
)


_MOVED = r"(?:moved|relocated)(?: back)?(?: from (?:(?! to ).)+)? to"
_LIVES = r"(?:lives?|am living|is living|are living|resides?|am based|is based|are based) in"
_WORKS = r"(?:works?|am working|is working|are working) (?:at|for|with)"
_DOES = r"(?:works?|am working|is working) as"
_ENGLISH: tuple[Rule, ...] = (
    (rf"{_I}(?: have| has)?{_NOW} (?:{_LIVES}|{_MOVED}){_NOW} {_VALUE}", "{who} live"),
    (rf"{_I}{_NOW} {_WORKS}{_NOW} {_VALUE}", "{who} employer"),
    (rf"{_I}{_NOW} {_DOES}{_NOW} {_VALUE}", "{who} job"),
    (rf"{_I}{_NOW} drives?{_NOW} {_VALUE}", "{who} car"),
    (rf"{_I} (?:am|is|are){_NOW} (?P<value>\d+)(?: years old)?", "{who} age"),
    (rf"{_THING} (?:is|are){_NOW} (?:called|named) {_VALUE}", "{thing} name"),
    (rf"{_THING}(?:'s)? name is{_NOW} {_VALUE}", "{thing} name"),
    (rf"{_I} (?:am|is) (?:called|named) {_VALUE}", "{who} name"),
    (
        rf"(?P<thing>{_OWNER} (?:[\w'-]+ ){{0,4}}?(?:{_SINGLE})(?: (?:of|for|in|at) [\w' -]+?)?)"
        rf" (?:is|are){_NOW}(?: (?:on|at|in|due))? {_VALUE}",
        "{thing}",
    ),
    (rf"{_THING} {_LIVES}{_NOW} {_VALUE}", "{thing} live"),
    (rf"{_THING}(?: has)?{_NOW} {_MOVED} {_VALUE}", "{thing} live"),
    (rf"{_THING} {_WORKS}{_NOW} {_VALUE}", "{thing} employer"),
)
_DO = r"(?:do|does|did|am|is|are)"
_THE = rf"(?P<thing>{_OWNER} [\w' -]{{2,60}}?)"
_END = r"(?: (?:now|currently|again|at the moment|these days|at present|today))?"
_ENGLISH_QUESTIONS: tuple[Rule, ...] = (
    (
        rf"where {_DO} {_I}(?: currently| now)? (?:live|living|based){_END}",
        "{who} live",
    ),
    (
        rf"(?:which|what) (?:city|town|village|country|place|street) {_DO} {_I}"
        rf" (?:live|living|based)(?: in| at)?{_END}",
        "{who} live",
    ),
    (rf"where {_DO} {_THE} live{_END}", "{thing} live"),
    (rf"(?:where|who) {_DO} {_I} work(?: for| at| with)?{_END}", "{who} employer"),
    (rf"what {_DO} {_I} (?:do for (?:a living|work)|work as){_END}", "{who} job"),
    (rf"what is my (?:job|work|profession|occupation){_END}", "i job"),
    (rf"(?:what|which) car {_DO} {_I} drive{_END}", "{who} car"),
    (rf"how old {_DO} {_I}{_END}", "{who} age"),
    (rf"(?:what is|what are|how is) {_THE} (?:called|named){_END}", "{thing} name"),
    (rf"what is {_THE}'?s? name{_END}", "{thing} name"),
    (rf"what is the name of {_THE}{_END}", "{thing} name"),
    (rf"(?:what|who|which|when|how \w+) (?:is|are) {_THE}{_END}", "{thing}"),
)

_MY = r"(?P<thing>(?:meine?|unsere?) [\w -]{2,40}?)"
_JETZT = r"(?: (?:jetzt|nun|inzwischen|mittlerweile))?"
_EINS = (
    r"name|adresse|\w*nummer|geburtstag|alter|grosse|gewicht|beruf|job|e-?mail(?:-?adresse)?|telefon"
    r"|chef|chefin|arzt|arztin|zahnarzt|zahnarztin|frau|mann|partner|partnerin|vermieter|vermieterin"
    r"|gehalt|miete|passwort|kennwort|stadt|arbeitgeber|lieblings\w+|muttersprache|bank|firma|auto"
    r"|laptop"
)
_GERMAN: tuple[Rule, ...] = (
    (rf"ich (?:wohne|lebe){_JETZT} in {_VALUE}", "i live"),
    (rf"ich bin{_JETZT} (?:.* )?nach {_VALUE} (?:um)?gezogen", "i live"),
    (rf"ich hei(?:ss|ß)e{_JETZT} {_VALUE}", "i name"),
    (rf"ich arbeite{_JETZT} (?:bei|fur) {_VALUE}", "i employer"),
    (rf"ich arbeite{_JETZT} als {_VALUE}", "i job"),
    (rf"{_MY} (?:wohnt|lebt){_JETZT} in {_VALUE}", "{thing} live"),
    (rf"{_MY} hei(?:ss|ß)t{_JETZT} {_VALUE}", "{thing} name"),
    (
        rf"(?P<thing>(?:meine?|unsere?) (?:\w+ ){{0,2}}?(?:{_EINS})) (?:ist|lautet){_JETZT}"
        rf" {_VALUE}",
        "{thing}",
    ),
)
_GERMAN_QUESTIONS: tuple[Rule, ...] = (
    (rf"wo (?:wohne|lebe) ich{_JETZT}", "i live"),
    (rf"wie hei(?:ss|ß)e ich{_JETZT}", "i name"),
    (rf"(?:wo|bei wem|fur wen) arbeite ich{_JETZT}", "i employer"),
    (rf"als was arbeite ich{_JETZT}", "i job"),
    (rf"wo (?:wohnt|lebt){_JETZT} {_MY}", "{thing} live"),
    (rf"wie hei(?:ss|ß)t{_JETZT} {_MY}", "{thing} name"),
    (rf"(?:was|wer|wie|wann|wie hoch) (?:ist|lautet){_JETZT} {_MY}", "{thing}"),
)

_WO = r"(?P<thing>我|我的\w{1,8}?)"
_YI = (
    r"经理|老板|医生|牙医|妻子|丈夫|老婆|老公|电话号码|手机号码?|地址|生日|年龄|职业|邮箱|密码|公司|银行"
    r"|最喜欢的\w{1,6}?"
)
_ONE = rf"(?P<thing>我的?(?:{_YI}))"
_CHINESE: tuple[Rule, ...] = (
    (rf"{_WO}(?:现在)?(?:住在|搬到了?){_VALUE}", "{thing} 住"),
    (rf"{_WO}(?:现在)?(?:叫|名字是|的名字是){_VALUE}", "{thing} 叫"),
    (rf"{_WO}(?:现在)?在(?P<value>.+?)(?:工作|上班)", "{thing} 工作"),
    (rf"{_ONE}(?:现在)?是{_VALUE}", "{thing}"),
)
_CHINESE_QUESTIONS: tuple[Rule, ...] = (
    (rf"{_WO}(?:现在)?住在?(?:哪里|哪儿|什么地方)", "{thing} 住"),
    (rf"{_WO}(?:现在)?叫什么(?:名字)?", "{thing} 叫"),
    (rf"{_WO}(?:现在)?在(?:哪里|哪儿|哪家公司|什么公司)(?:工作|上班)", "{thing} 工作"),
    (rf"{_ONE}(?:现在)?是(?:谁|什么|多少|哪\w{{1,3}})", "{thing}"),
)

FORMS = (
    forms(
        (
            *("live", "living", "reside", "based", "moved", "relocated", "work", "drive", "name"),
            *(" am ", " is ", " are "),
        ),
        _ENGLISH,
    ),
    forms(("wohn", "leb", "gezogen", "heis", "hei\u00df", "arbeite", " ist ", " lautet "), _GERMAN),
    forms(("我",), _CHINESE),
)
QUESTIONS = (*_ENGLISH_QUESTIONS, *_GERMAN_QUESTIONS, *_CHINESE_QUESTIONS)
