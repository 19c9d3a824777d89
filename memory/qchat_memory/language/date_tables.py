"""How times are said in more languages: months, seasons, counts, and the ways to say "ago".

Only what names a time for certain: a month stands behind a word like "in", or beside a day.
Each pattern gives the English that `times` reads. Months are in their order of the year, each with
all the forms in which a time names it.
"""

import msgspec

NEVER = "(?!)"
"""A pattern that nothing fits."""


class Tongue(msgspec.Struct, frozen=True):
    """One language.

    Several forms of a word stand with strokes between them. Of a mapping, the key is what is
    written and the value what it stands for.
    """

    months: tuple[str, ...]
    inside: str
    """What stands before a month or a season in which something was."""
    between: str
    """What may stand between a day and its month, a month and its year."""
    units: dict[str, str]
    counts: dict[str, int]
    ago: tuple[str, str]
    """What stands before and behind a count of units that have passed."""
    told: dict[str, str]
    """Whole phrases."""
    seasons: dict[str, str]
    last: str
    """What makes the last one of a season, behind it or before it."""
    articles: str = NEVER
    ends: str = NEVER
    """What is put behind a month in which something was."""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _numbers(text: str) -> dict[str, int]:
    """From one on."""
    return {name: number for number, name in enumerate(text.split(), 1)}


SPANISH = Tongue(
    months=_names(
        "enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre noviembre"
        " diciembre"
    ),
    inside=r"en|durante|desde|hasta|a principios de|a finales de",
    between=r"(?:del? )?",
    units={"día|días": "day", "semana|semanas": "week", "mes|meses": "month", "año|años": "year"},
    counts=_numbers("un|una dos tres cuatro cinco seis siete ocho nueve diez"),
    ago=(r"hace\s+", ""),
    told={
        "anteayer|antier|antes de ayer": "the day before yesterday",
        "ayer": "yesterday",
        "hoy": "today",
        "pasado mañana": "tomorrow",
        "la semana pasada": "last week",
        "el mes pasado": "last month",
        "el año pasado": "last year",
        "este año": "this year",
        "este mes": "this month",
        "esta semana": "this week",
        "la próxima semana|la semana que viene": "next week",
        "el próximo mes|el mes que viene": "next month",
        "el próximo año|el año que viene": "next year",
    },
    seasons={"primavera": "spring", "verano": "summer", "otoño": "autumn", "invierno": "winter"},
    last="pasado|pasada",
    articles=r"(?:el|la)\s+",
)
FRENCH = Tongue(
    months=_names(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
    ),
    inside=r"en|au mois d[e']\s?|depuis|jusqu'en|début|fin|pendant l'|cet",
    between=r"",
    units={
        "jour|jours": "day",
        "semaine|semaines": "week",
        "mois": "month",
        "an|ans|année|années": "year",
    },
    counts=_numbers("un|une deux trois quatre cinq six sept huit neuf dix"),
    ago=(r"il y a\s+", ""),
    told={
        "avant-hier": "the day before yesterday",
        "hier": "yesterday",
        "aujourd'hui": "today",
        "la semaine dernière|la semaine passée": "last week",
        "le mois dernier|le mois passé": "last month",
        "l'an dernier|l'an passé|l'année dernière|l'année passée": "last year",
        "cette année": "this year",
        "ce mois-ci": "this month",
        "cette semaine": "this week",
        "la semaine prochaine": "next week",
        "le mois prochain": "next month",
        "l'an prochain|l'année prochaine": "next year",
    },
    seasons={"printemps": "spring", "été": "summer", "automne": "autumn", "hiver": "winter"},
    last="dernier|dernière|passé|passée",
    articles=r"l[ea]\s+|l'",
)
ITALIAN = Tongue(
    months=_names(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre"
        " dicembre"
    ),
    inside=r"a|in|da|fino a|nel mese di|d'|durante l['ao]\s?",
    between=r"",
    units={
        "giorno|giorni": "day",
        "settimana|settimane": "week",
        "mese|mesi": "month",
        "anno|anni": "year",
    },
    counts=_numbers("un|uno|una due tre quattro cinque sei sette otto nove dieci"),
    ago=("", r"\s+fa"),
    told={
        "l'altro ieri|l'altroieri": "the day before yesterday",
        "ieri": "yesterday",
        "oggi": "today",
        "la settimana scorsa|la scorsa settimana": "last week",
        "il mese scorso|lo scorso mese": "last month",
        "l'anno scorso|lo scorso anno": "last year",
        "quest'anno": "this year",
        "questo mese": "this month",
        "questa settimana": "this week",
        "la settimana prossima|la prossima settimana": "next week",
        "il mese prossimo|il prossimo mese": "next month",
        "l'anno prossimo|il prossimo anno": "next year",
    },
    seasons={"primavera": "spring", "estate": "summer", "autunno": "autumn", "inverno": "winter"},
    last="scorso|scorsa|passato|passata",
    articles=r"l[ao]\s+|l'",
)
PORTUGUESE = Tongue(
    months=_names(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"
    ),
    inside=r"em|desde|até|no mês de|n[oa]|durante [oa]",
    between=r"(?:de )?",
    units={"dia|dias": "day", "semana|semanas": "week", "mês|meses": "month", "ano|anos": "year"},
    counts=_numbers("um|uma dois|duas três quatro cinco seis sete oito nove dez"),
    ago=(r"(?:há|faz)\s+", r"(?:\s+atrás)?"),
    told={
        "anteontem": "the day before yesterday",
        "ontem": "yesterday",
        "hoje": "today",
        "semana passada": "last week",
        "mês passado": "last month",
        "ano passado": "last year",
        "este ano|neste ano": "this year",
        "este mês|neste mês": "this month",
        "esta semana|nesta semana": "this week",
        "próxima semana|semana que vem": "next week",
        "próximo mês|mês que vem": "next month",
        "próximo ano|ano que vem": "next year",
    },
    seasons={"primavera": "spring", "verão": "summer", "outono": "autumn", "inverno": "winter"},
    last="passado|passada",
    articles=r"[oa]\s+",
)
RUSSIAN = Tongue(
    months=_names(
        "январь|января|январе февраль|февраля|феврале март|марта|марте апрель|апреля|апреле"
        " май|мая|мае июнь|июня|июне июль|июля|июле август|августа|августе"
        " сентябрь|сентября|сентябре октябрь|октября|октябре ноябрь|ноября|ноябре"
        " декабрь|декабря|декабре"
    ),
    inside=r"в|с|до|за|в начале|в конце",
    between=r"",
    units={
        "день|дня|дней": "day",
        "неделю|недели|недель": "week",
        "месяц|месяца|месяцев": "month",
        "год|года|лет": "year",
    },
    counts=_numbers("один|одну два|две три четыре пять шесть семь восемь девять десять"),
    ago=("", r"\s+(?:тому )?назад"),
    told={
        "позавчера": "the day before yesterday",
        "вчера": "yesterday",
        "сегодня": "today",
        "завтра": "tomorrow",
        "на прошлой неделе": "last week",
        "в прошлом месяце": "last month",
        "в прошлом году": "last year",
        "в этом году": "this year",
        "в этом месяце": "this month",
        "на этой неделе": "this week",
        "на следующей неделе": "next week",
        "в следующем месяце": "next month",
        "в следующем году": "next year",
        "неделю назад": "1 week ago",
        "месяц назад": "1 month ago",
        "год назад": "1 year ago",
        "весной": "in spring",
        "летом": "in summer",
        "осенью": "in autumn",
        "зимой": "in winter",
    },
    seasons={
        "весной|весны|весну": "spring",
        "летом|лета|лето": "summer",
        "осенью|осени|осень": "autumn",
        "зимой|зимы|зиму": "winter",
    },
    last="прошлой|прошлым|прошлого|прошлую",
)
_ARABIC_MONTHS = (
    "يناير|كانون الثاني|جانفي",
    "فبراير|شباط|فيفري",
    "مارس|آذار",
    "أبريل|نيسان|أفريل",
    "مايو|أيار|ماي",
    "يونيو|حزيران|جوان",
    "يوليو|تموز|جويلية",
    "أغسطس|آب|أوت",
    "سبتمبر|أيلول",
    "أكتوبر|تشرين الأول",
    "نوفمبر|تشرين الثاني",
    "ديسمبر|كانون الأول",
)
ARABIC = Tongue(
    months=_ARABIC_MONTHS,
    inside=r"في|منذ|حتى|خلال|في شهر|شهر|بداية|نهاية",
    between=r"(?:من )?",
    units={
        "أيام|يوم|يوما|يوماً": "day",
        "أسابيع|أسبوع|أسبوعا|أسبوعاً": "week",
        "أشهر|شهر|شهرا|شهراً|شهور": "month",
        "سنوات|سنة|أعوام|عام|عاما|عاماً": "year",
    },
    counts={
        "ثلاث|ثلاثة": 3,
        "أربع|أربعة": 4,
        "خمس|خمسة": 5,
        "ست|ستة": 6,
        "سبع|سبعة": 7,
        "ثماني|ثمانية": 8,
        "تسع|تسعة": 9,
        "عشر|عشرة": 10,
    },
    ago=(r"(?:قبل|منذ)\s+", ""),
    told={
        "أول أمس": "the day before yesterday",
        "أمس|البارحة": "yesterday",
        "اليوم": "today",
        "غدا|غداً": "tomorrow",
        "الأسبوع الماضي": "last week",
        "الشهر الماضي": "last month",
        "العام الماضي|السنة الماضية": "last year",
        "هذا العام|هذه السنة": "this year",
        "هذا الشهر": "this month",
        "هذا الأسبوع": "this week",
        "الأسبوع القادم|الأسبوع المقبل": "next week",
        "الشهر القادم|الشهر المقبل": "next month",
        "العام القادم|العام المقبل|السنة القادمة|السنة المقبلة": "next year",
        "قبل يومين|منذ يومين": "2 days ago",
        "قبل أسبوعين|منذ أسبوعين": "2 weeks ago",
        "قبل شهرين|منذ شهرين": "2 months ago",
        "قبل سنتين|قبل عامين|منذ سنتين|منذ عامين": "2 years ago",
        "قبل أسبوع|منذ أسبوع": "1 week ago",
        "قبل شهر|منذ شهر": "1 month ago",
        "قبل سنة|قبل عام|منذ سنة|منذ عام": "1 year ago",
    },
    seasons={"الربيع": "spring", "الصيف": "summer", "الخريف": "autumn", "الشتاء": "winter"},
    last="الماضي",
)
DUTCH = Tongue(
    months=_names(
        "januari februari maart april mei juni juli augustus september oktober november december"
    ),
    inside=r"in|sinds|tot|begin|eind|van de|in de",
    between=r"",
    units={"dag|dagen": "day", "week|weken": "week", "maand|maanden": "month", "jaar": "year"},
    counts=_numbers("een|één twee drie vier vijf zes zeven acht negen tien"),
    ago=("", r"\s+geleden"),
    told={
        "eergisteren": "the day before yesterday",
        "gisteren": "yesterday",
        "vandaag": "today",
        "vorige week|afgelopen week": "last week",
        "vorige maand|afgelopen maand": "last month",
        "vorig jaar|afgelopen jaar": "last year",
        "dit jaar": "this year",
        "deze maand": "this month",
        "deze week": "this week",
        "volgende week": "next week",
        "volgende maand": "next month",
        "volgend jaar": "next year",
    },
    seasons={"lente|voorjaar": "spring", "zomer": "summer", "herfst": "autumn", "winter": "winter"},
    last="vorige|afgelopen",
    articles=r"de\s+|het\s+",
)
TURKISH = Tongue(
    months=_names("ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık"),
    inside=NEVER,
    between=r"",
    units={"gün": "day", "hafta": "week", "ay": "month", "yıl|sene": "year"},
    counts=_numbers("bir iki üç dört beş altı yedi sekiz dokuz on"),
    ago=("", r"\s+önce"),
    told={
        "evvelsi gün|önceki gün": "the day before yesterday",
        "dün": "yesterday",
        "bugün": "today",
        "geçen hafta": "last week",
        "geçen ay": "last month",
        "geçen yıl|geçen sene": "last year",
        "bu yıl|bu sene": "this year",
        "gelecek hafta|haftaya": "next week",
        "gelecek ay": "next month",
        "gelecek yıl|gelecek sene|seneye": "next year",
    },
    seasons={"ilkbahar|bahar": "spring", "yaz": "summer", "sonbahar": "autumn", "kış": "winter"},
    last="geçen",
    ends=r"['’]?(?:da|de|ta|te)(?:ki)?",
)
TONGUES = (SPANISH, FRENCH, ITALIAN, PORTUGUESE, RUSSIAN, ARABIC, DUTCH, TURKISH)
