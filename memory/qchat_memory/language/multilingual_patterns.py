"""The forms of sentences that say where one lives and works, in ten more languages.

As in `patterns`: of things of which there is one at a time, so that what is new takes the place of
what was. What they speak of is named alike in all languages, for who speaks several.
"""

from qchat_memory.language.patterns import Rule, forms

_V = r"(?P<value>.+)"
_W = r"(?P<value>.+?)"
_LIVE, _WORK, _NAME = "i live", "i employer", "i name"
_TIMES = r"(?:[^,，、،]{2,30}[,，、،] ?)?"
"""When it began, before it: "Since May, ..."."""


def _spoken(
    lives: str,
    place: str,
    moved: str,
    works: str,
    company: str,
    name: str,
    no_longer: str,
    but: str,
) -> tuple[Rule, ...]:
    """Where the verb comes before the place; `no_longer` takes the verb back before a new place.

    `but` may stand for the verb there, and there alone: "but in winter it is cold" tells nothing.
    """
    before = rf"(?:{no_longer}) .+?(?:[,;.،]| y| e| et| и| و)+ ?"
    return (
        (rf"{_TIMES}{before}(?:(?:{lives}|{but}) )?(?:{place}) {_V}", _LIVE),
        (rf"{_TIMES}(?:{lives}) (?:{place}) {_V}", _LIVE),
        (rf"{_TIMES}(?:{moved}) {_V}", _LIVE),
        (rf"{_TIMES}(?:{works}) (?:{company}) {_V}", _WORK),
        (rf"{_TIMES}(?:{name}) {_V}", _NAME),
    )


_SPANISH = _spoken(
    r"(?:yo )?(?:sino |ahora |actualmente )?(?:vivo|resido)(?: ahora| actualmente)?",
    "en",
    r"(?:yo )?me (?:mude|he mudado|traslade|he trasladado|acabo de mudar)"
    r"(?: (?:de|desde) (?:(?! a ).)+)? a",
    r"(?:yo )?(?:ahora )?trabajo(?: ahora)?",
    "en|para",
    r"(?:ahora )?me llamo|mi nombre es",
    r"(?:yo )?ya no (?:vivo|resido) en",
    "sino|ahora",
)
_FRENCH = _spoken(
    r"(?:maintenant |mais )?(?:j'habite|je vis|je reside)(?: maintenant| desormais)?",
    "a|en|au|aux|dans",
    r"(?:j'ai demenage|je me suis installee?|j'ai emmenage)"
    r"(?: (?:de |du |d')(?:(?! a | en | au ).)+)? (?:a|en|au|aux)",
    r"je travaille(?: maintenant| desormais)?",
    "chez|pour",
    "je m'appelle|mon nom est",
    r"je n'habite plus|je ne vis plus|je n'habite pas",
    "mais|maintenant",
)
_ITALIAN = _spoken(
    r"(?:io )?(?:ora |adesso |ma )?(?:abito|vivo|risiedo)(?: ora| adesso)?",
    "a|ad|in",
    r"(?:mi sono trasferit[oa]|ho traslocato)(?: (?:da|dal|dalla) (?:(?! a | in ).)+)? (?:a|ad|in)",
    r"(?:io )?(?:ora |adesso )?lavoro(?: ora| adesso)?",
    "alla|al|per|da|in|presso",
    "mi chiamo|il mio nome e",
    r"(?:io )?non (?:abito|vivo) piu",
    "ma|ora|adesso",
)
_PORTUGUESE = _spoken(
    r"(?:eu )?(?:agora |mas )?(?:moro|vivo|resido)(?: agora)?",
    "em|no|na",
    r"(?:eu )?(?:me mudei|mudei-me|mudei)(?: (?:de|do|da) (?:(?! para ).)+)? para",
    r"(?:eu )?(?:agora )?trabalho(?: agora)?",
    "em|na|no|para",
    "(?:eu )?(?:me chamo|chamo-me)|(?:o )?meu nome e",
    r"(?:eu )?(?:ja nao (?:moro|vivo)|nao (?:moro|vivo) mais)",
    "mas|agora",
)
_DUTCH = (
    *_spoken(
        r"(?:nu |maar )?(?:ik woon|woon ik)(?: nu| tegenwoordig)?",
        "in|te",
        r"ik ben verhuisd(?: van (?:(?! naar ).)+)? naar",
        r"ik werk(?: nu| tegenwoordig)?",
        "bij|voor",
        "ik heet|mijn naam is",
        r"ik woon niet meer",
        "maar(?: nu)?|nu",
    ),
    (rf"ik ben(?: .+)? naar {_W} verhuisd", _LIVE),
)
_RUSSIAN = _spoken(
    r"(?:я )?(?:а |но )?(?:теперь |сеичас )?(?:я )?живу(?: теперь| сеичас)?",
    "в|во|на",
    r"(?:я |мы )?(?:теперь )?(?:переехал[аи]?|перебрал(?:ся|ась|ись))"
    r"(?: (?:из|с|от) .+?)? (?:в|во|на)",
    r"(?:я )?(?:теперь |сеичас )?(?:я )?(?:работаю|устроил(?:ся|ась))(?: теперь| сеичас)?",
    "в|на",
    "меня зовут|мое имя",
    r"(?:я )?(?:больше|уже) не живу",
    "а|но|теперь|а теперь",
)
_ARABIC = _spoken(
    r"(?:بل |وانا |انا )?(?:الان )?(?:اعيش|اسكن|اقيم)(?: الان| حاليا)?",
    "في",
    r"(?:لقد )?(?:انتقلت|انتقلنا)(?: للعيش)?(?: من .+?)? الى",
    r"(?:انا )?(?:اعمل|اشتغل)(?: الان| حاليا)?",
    "في|لدى|عند|مع",
    "اسمي(?: هو)?",
    r"لم اعد (?:اعيش|اسكن|اقيم)",
    "بل",
)
_LOC, _ABL, _DAT = "'?(?:da|de|ta|te)", "'?(?:dan|den|tan|ten)", "'?(?:ya|ye|a|e)"
_TURKISH: tuple[Rule, ...] = (
    (rf"(?:artık )?.+?{_LOC} degil,? (?:artık )?{_W}{_LOC} (?:yasıyorum|oturuyorum)", _LIVE),
    (rf"(?:ben )?(?:artık |simdi )?{_W}{_LOC}(?: artık)? (?:yasıyorum|oturuyorum)", _LIVE),
    (rf"(?:ben )?(?:.+?{_ABL} )?{_W}{_DAT} tasındım", _LIVE),
    (rf"(?:ben )?(?:artık |simdi )?{_W}{_LOC} calısıyorum", _WORK),
    (rf"(?:benim )?adım {_V}", _NAME),
)
_W_JA = "(?P<value>[^はが]+?)"
_LIVES_JA = r"(?:住んで|暮らして)(?:いる|います|る|ます)"
_JAPANESE: tuple[Rule, ...] = (
    (rf".+?に(?:は)?(?:もう)?住んで(?:いなくて|いません|いない|おらず).*?[、。,. ](?:今は?)?"
     rf"{_W_JA}に{_LIVES_JA}",
     _LIVE),
    (rf"(?:私は)?(?:今は?|現在は?)?、?{_W_JA}[にで]{_LIVES_JA}", _LIVE),
    (rf"(?:私は)?(?:.+?から)?{_W_JA}[にへ](?:引っ越し|引越し|転居し|移り住み)(?:た|ました)", _LIVE),
    (rf"(?:私は)?(?:今は?|現在は?)?、?{_W_JA}(?:で働いて|に勤めて)(?:いる|います|る|ます)", _WORK),
    (rf"(?:私は)?(?:.+?から)?{_W_JA}[にへ]転職し(?:た|ました)", _WORK),
    (rf"(?:私の)?名前は{_W_JA}(?:です|だ)?", _NAME),
)  # fmt: skip
_W_KO = "(?P<value>(?:(?![은는이가] ).)+?)"
_I_KO = r"(?:(?:저는|나는|전|난) )?"
_NOW_KO = r"(?:(?:지금은?|이제는?|현재는?) )?"
_KOREAN: tuple[Rule, ...] = (
    (
        rf"{_I_KO}.+?에 (?:더 이상 )?(?:살지 않고|안 살고),? {_NOW_KO}{_W_KO}에서?"
        r" (?:살아요|삽니다|산다)",
        _LIVE,
    ),
    (rf"{_I_KO}{_NOW_KO}{_W_KO}에서? (?:살아요|삽니다|산다|살고 있(?:어요|습니다|다))", _LIVE),
    (rf"{_I_KO}(?:.+?에서 )?{_W_KO}(?:으로|로) 이사(?:했|왔|갔)(?:어요|습니다|다)", _LIVE),
    (
        rf"{_I_KO}{_NOW_KO}{_W_KO}에서 (?:일해요|일합니다|일하고 있(?:어요|습니다)|근무합니다)",
        _WORK,
    ),
    (rf"{_I_KO}(?:.+?에서 )?{_W_KO}(?:으로|로) 이직(?:했어요|했습니다|했다)", _WORK),
    (rf"(?:제|내) 이름은 {_W_KO}(?:이에요|예요|입니다|이다|야)", _NAME),
)
# What was taken back in the same breath, in the languages of `patterns`.
_SAME_BREATH: tuple[Rule, ...] = (
    (rf"i (?:no longer|do not|don't) live in .+?(?:,|;|\.| but| and)+ ?(?:i )?(?:now )?(?:live )?"
     rf"(?:now )?in {_V}", _LIVE),
    (rf"i (?:no longer|do not|don't) work (?:for|at) .+?(?:,|;|\.| but| and)+ ?(?:i )?(?:now )?"
     rf"(?:work )?(?:now )?(?:for|at) {_V}", _WORK),
    (rf"ich (?:wohne|lebe) nicht mehr in .+?(?:,|;|\.| sondern)+ ?(?:sondern |jetzt )?"
     rf"(?:wohne ich |ich wohne )?(?:jetzt )?in {_V}", _LIVE),
    (rf"我(?:已经)?不(?:再)?住(?:在)?.+?了?[,，。;；](?:我)?(?:现在|而是)?住(?:在)?{_V}", "我 住"),
    (rf"我从.+?搬(?:到|去)了?{_V}", "我 住"),
)  # fmt: skip

_SIGNS: tuple[tuple[tuple[str, ...], tuple[Rule, ...]], ...] = (
    (("no longer", "do not", "don't", "nicht mehr", "住", "搬"), _SAME_BREATH),
    (("vivo", "resido", "me ", "trabajo", "mi nombre"), _SPANISH),
    (("habit", "vis ", "reside", "menag", "installe", "travaille", "appelle", "nom "), _FRENCH),
    (("abito", "vivo", "risiedo", "trasfer", "trasloc", "lavoro", "chiamo", "nome"), _ITALIAN),
    (("moro", "vivo", "resido", "mudei", "trabalho", "chamo", "nome"), _PORTUGUESE),
    (("woon", "verhuisd", "werk", "heet", "naam"), _DUTCH),
    (("живу", "пере", "работаю", "устроил", "зовут", "имя"), _RUSSIAN),
    (("اعيش", "اسكن", "اقيم", "انتقل", "اعمل", "اشتغل", "اسمي"), _ARABIC),
    (("yasıyor", "oturuyor", "tasındım", "calısıyor", "adım"), _TURKISH),
    (("住", "暮", "引", "転", "移", "働", "勤", "名前"), _JAPANESE),
    (("살", "산", "삽", "이사", "일", "근무", "이직", "이름"), _KOREAN),
)
MORE_FORMS = tuple(forms(signs, rules, of_names=True) for signs, rules in _SIGNS)
MORE_QUESTIONS: tuple[Rule, ...] = (
    (r"¿?donde vivo(?: ahora)?", _LIVE),
    (r"ou (?:est-ce que j'habite|j'habite|habite-je)(?: maintenant)?", _LIVE),
    (r"dove (?:abito|vivo)(?: ora| adesso)?", _LIVE),
    (r"onde (?:eu )?(?:moro|vivo)(?: agora)?", _LIVE),
    (r"waar woon ik(?: nu)?", _LIVE),
    (r"где я (?:теперь |сеичас )?живу(?: теперь| сеичас)?", _LIVE),
    (r"اين (?:اعيش|اسكن|اقيم)(?: الان)?؟?", _LIVE),
    (r"(?:ben )?nerede (?:yasıyorum|oturuyorum)", _LIVE),
    (r"(?:私は)?(?:今)?どこに(?:住んで|暮らして)(?:いますか|いる|いるの|います)", _LIVE),
    (r"(?:나는|저는|내가|제가) (?:지금 )?어디에? (?:살아요|살지|살고 있(?:어요|지)|삽니까)", _LIVE),
)

NO_LONGER = (
    (r"\bya no\b", ""),
    (r"\b(?:ne |n')(.+?) plus\b(?: d[eu']?\b)?", r"\1"),
    (r"\bnon (.+?) piu\b", r"\1"),
    (r"\bja nao\b", ""),
    (r"\bnao (.+?) mais\b", r"\1"),
    (r"\b(?:niet|geen) (?:(.+?) )?meer\b", r"\1"),
    (r"\b(?:больше|уже) не\b", ""),
    (r"\bartık (.+?)[ae]?m([ıiuü])yor(um|uz)\b", r"\1\2yor\3"),
    (r"(?:لم اعد|ما عدت)\b", ""),
    (r"^(.*)(?:不再|再也不)(.+?)了?$", r"\1\2"),
    (r"^(.+?)(?:は|を)?もう(.+)ません$", r"\1を\2ます"),
    (r"^もう(.+?)(?:は|を)(.+)ません$", r"\1を\2ます"),
    (r"(?:더 ?이상|이제)(?:는)? (.+?) ?안 (.+)$", r"\1 \2"),
)
"""Forms of "no longer", and what of them is left of what was so till then."""
MAY_SAY_NO_LONGER = (
    *("ya no", " plus", " piu", "ja nao", " mais", " meer", "больше", "уже", "artık", "لم", "ما"),
    *("不再", "再也不", "もう", "더", "이제"),
)
"""Each of those forms has one of these."""
