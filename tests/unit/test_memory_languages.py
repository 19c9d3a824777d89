"""Times, subjects and changes in other languages than English: what is known."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchat_memory.language import statements, times
from qchat_memory.language.canonical import affirmed, canonical_form
from qchat_memory.language.lazy_patterns import glimpsed
from qchat_memory.language.multilingual_patterns import MORE_FORMS
from qchat_memory.language.patterns import FORMS, Forms
from qchat_memory.language.statements import asked, statement

SAID = date(2026, 11, 18)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Das war gestern.", "That was yesterday."),
        ("Vorgestern kam sie.", "She came the day before yesterday."),
        ("letzten Sommer in Oslo", "last summer in Oslo"),
        ("im letzten Sommer in Oslo", "last summer in Oslo"),
        ("Im Mai bin ich umgezogen.", "I moved in May."),
        ("am 3. Mai 2024", "on 3 May 2024"),
        ("Am 03.05.2024 war es.", "It was on 2024-05-03."),
        ("vor drei Wochen", "three weeks ago"),
        ("vor einem Jahr", "a year ago"),
        ("vor 2 Monaten", "2 months ago"),
        ("Nächste Woche fliege ich.", "I fly next week."),
        ("letztes Jahr", "last year"),
        ("am Montag", "on Monday"),
        ("昨天我去了医院。", "Yesterday I went to hospital."),
        ("去年夏天在奥斯陆", "last year's summer in Oslo"),
        ("我五月搬家了。", "I moved in May."),
        ("2024年5月3日", "2024-05-03"),
        ("2023年3月", "March 2023"),
        ("三周前", "3 weeks ago"),
        ("上个月", "last month"),
        ("去年", "last year"),
        ("Me mudé en mayo.", "I moved in May."),
        ("el 5 de junio de 2021", "5 June 2021"),
        ("hace tres años", "three years ago"),
        ("el verano pasado", "last summer"),
        ("en el verano de 2019", "in summer 2019"),
        ("el mes que viene", "next month"),
        ("il y a deux semaines", "two weeks ago"),
        ("l'année dernière", "last year"),
        ("avant-hier", "the day before yesterday"),
        ("l’été dernier", "last summer"),
        ("tre mesi fa", "three months ago"),
        ("la settimana scorsa", "last week"),
        ("in estate", "in summer"),
        ("há três anos", "three years ago"),
        ("no verão passado", "last summer"),
        ("5 de maio de 2020", "5 May 2020"),
        ("Я переехал в мае.", "I moved in May."),
        ("три года назад", "three years ago"),
        ("прошлым летом", "last summer"),
        ("на прошлой неделе", "last week"),
        ("5 июня 2021 года", "5 June 2021"),
        ("قبل ثلاث سنوات", "3 years ago"),
        ("الأسبوع الماضي", "last week"),
        ("الاسبوع الماضي", "last week"),
        ("في حزيران", "in June"),
        ("قبل سنتين", "2 years ago"),
        ("drie jaar geleden", "three years ago"),
        ("vorige zomer", "last summer"),
        ("Mayısta taşındım.", "I moved in May."),
        ("üç yıl önce", "three years ago"),
        ("3年前", "3 years ago"),
        ("5月に引っ越した", "in May"),
        ("去年の夏", "last year's summer"),
        ("先週", "last week"),
        ("3か月前", "3 months ago"),
        ("一昨日", "the day before yesterday"),
        ("작년 여름", "last year's summer"),
        ("지난 주", "last week"),
        ("두 달 전", "2 months ago"),
        ("2021년 6월 5일", "5 June 2021"),
        ("上個月", "last month"),
    ],
)
def test_a_time_is_the_one_that_english_names(text: str, english: str) -> None:
    found = set(times.labels(text, SAID))
    assert found
    assert found == set(times.labels(english, SAID))


@pytest.mark.parametrize(
    "text",
    [
        "Der Mann heißt Mai.",
        "Sommer mag ich.",
        "Montage sind hart.",
        "我有三个苹果。",
        "Mayo is a sauce.",
        "Estate agents",
        "mai visto",
        "Marta vive en Roma",
        "Я люблю май",
        "In Mars we trust",
        "夏目漱石が好き",
    ],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert times.labels(text, SAID) == []


@pytest.mark.parametrize(
    "text",
    [
        "Wann war das?",
        "Seit wann wohne ich hier?",
        "我什么时候搬家的？",
        "¿Cuándo me mudé?",
        "Когда я переехал?",
        "متى انتقلت؟",
        "いつ引っ越した？",
        "언제 이사했지?",
    ],
)
def test_when_is_asked_for(text: str) -> None:
    assert times.asks_when(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Ich wohne in Berlin.", "Ich bin im Mai nach Graz gezogen."),
        ("Ich wohne in Berlin.", "Ich wohne jetzt in Graz."),
        ("Ich heiße Anna.", "Ich heiße jetzt Hanna."),
        ("Meine Chefin heißt Priya.", "Meine Chefin ist jetzt Eva."),
        ("Ich arbeite bei Siemens.", "Ich arbeite jetzt bei Bosch."),
        ("Meine Lieblingsfarbe ist Blau.", "Meine Lieblingsfarbe ist Grün."),
        ("Meine Telefonnummer ist 1234.", "Meine Telefonnummer ist 1243."),
        ("Meine Schwester wohnt in Ulm.", "Meine Schwester wohnt in Linz."),
        ("我住在杭州。", "我搬到上海了。"),
        ("我叫小王。", "我现在叫大王。"),
        ("我在华为工作。", "我现在在小米工作。"),
        ("我的经理是李雷。", "我的经理是韩梅梅。"),
        ("我最喜欢的颜色是蓝色。", "我最喜欢的颜色是绿色。"),
        ("我的电话号码是1234。", "我的电话号码是1243。"),
    ],
)
def test_a_change_is_of_the_same_thing(old: str, new: str) -> None:
    one, other = statements.statement(old), statements.statement(new)
    assert one is not None
    assert other is not None
    assert one.about == other.about
    assert one.value != other.value


@pytest.mark.parametrize(
    ("said", "taken_back"),
    [
        ("Ich esse Fleisch.", "Ich esse kein Fleisch mehr."),
        ("Ich rauche.", "Ich rauche nicht mehr."),
        ("我吃肉。", "我不吃肉。"),
        ("我吃肉。", "我不再吃肉。"),
    ],
)
def test_a_denial_takes_back_what_was_said(said: str, taken_back: str) -> None:
    assert affirmed(taken_back) == canonical_form(said)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Wo wohne ich?", "Ich wohne in Berlin."),
        ("Wie heißt meine Chefin?", "Meine Chefin heißt Priya."),
        ("Was ist meine Lieblingsfarbe?", "Meine Lieblingsfarbe ist Blau."),
        ("Wo arbeite ich?", "Ich arbeite bei Siemens."),
        ("我住在哪里？", "我住在杭州。"),
        ("我在哪里工作？", "我在华为工作。"),
        ("我的经理是谁？", "我的经理是李雷。"),
        ("我最喜欢的颜色是什么？", "我最喜欢的颜色是蓝色。"),
    ],
)
def test_a_question_asks_for_what_was_said(question: str, said: str) -> None:
    statement = statements.statement(said)
    assert statement is not None
    assert statement.about in statements.asked(question)


CHANGES = [
    (
        "es",
        "Vivo en Málaga.",
        "Me mudé de Málaga a Sevilla.",
        "Ya no vivo en Sevilla, ahora vivo en Cádiz.",
    ),
    ("es", "Vivo en Málaga.", "Ya no vivo en Sevilla, sino en Cádiz.", "Desde mayo, vivo en Vigo."),
    (
        "fr",
        "J'habite à Lyon.",
        "J'ai déménagé de Lyon à Lille.",
        "Je n'habite plus à Lille, mais à Nantes.",
    ),
    (
        "it",
        "Abito a Roma.",
        "Mi sono trasferita da Roma a Torino.",
        "Non abito più a Torino, ora abito a Bari.",
    ),
    (
        "pt",
        "Moro em Recife.",
        "Eu me mudei de Recife para Natal.",
        "Não moro mais em Natal, agora moro em Belém.",
    ),
    ("pt", "Moro em Recife.", "Já não moro em Natal, mas em Belém.", "Mudei-me para o Porto."),
    (
        "nl",
        "Ik woon in Utrecht.",
        "Ik ben van Utrecht naar Delft verhuisd.",
        "Ik woon niet meer in Delft, maar in Breda.",
    ),
    (
        "ru",
        "Я живу в Москве.",
        "Я переехала из Москвы в Казань.",
        "Я больше не живу в Казани, теперь я живу в Омске.",
    ),
    (
        "ru",
        "Я сейчас живу в Москве.",
        "Мы переехали в Казань.",
        "Я уже не живу в Казани, а в Омске.",
    ),
    (
        "ar",
        "أعيش في القاهرة.",
        "انتقلتُ من القاهرة إلى الإسكندرية.",
        "لم أعد أعيش في الإسكندرية، بل أعيش الآن في دبي.",
    ),
    (
        "tr",
        "İstanbul'da yaşıyorum.",
        "İstanbul'dan Ankara'ya taşındım.",
        "Artık Ankara'da değil, İzmir'de yaşıyorum.",
    ),
    (
        "ja",
        "大阪に住んでいます。",
        "大阪から東京に引っ越しました。",
        "東京にはもう住んでいません。今は京都に住んでいます。",
    ),
    (
        "ko",
        "저는 서울에 살아요.",
        "서울에서 부산으로 이사했어요.",
        "저는 부산에 더 이상 살지 않고, 지금은 대구에 살아요.",
    ),
    ("zh", "我住在北京。", "我从北京搬到了上海。", "我不住在上海了，现在住在杭州。"),
    (
        "de",
        "Ich wohne in Bonn.",
        "Ich bin von Bonn nach Kiel gezogen.",
        "Ich wohne nicht mehr in Kiel, sondern in Trier.",
    ),
    (
        "en",
        "I live in Leeds.",
        "I moved from Leeds to Hull.",
        "I no longer live in Hull, but in York.",
    ),
    ("es", "Trabajo en Iberia.", "Ahora trabajo para Renfe.", "Trabajo ahora en Seat."),
    (
        "ja",
        "トヨタで働いています。",
        "トヨタからホンダに転職しました。",
        "今はソニーに勤めています。",
    ),
    ("ru", "Я работаю в Яндексе.", "Теперь я работаю в Сбере.", "Теперь работаю в Озоне."),
    (
        "fr",
        "Je travaille chez Renault.",
        "Je travaille maintenant pour Airbus.",
        "Je travaille désormais chez Thales.",
    ),
]


@pytest.mark.parametrize(("language", "old", "moved", "again"), CHANGES)
def test_a_change_meets_what_was(language: str, old: str, moved: str, again: str) -> None:
    said = [statement(text) for text in (old, moved, again)]
    assert all(said), language
    assert len({one.about for one in said if one}) == 1
    assert len({one.value for one in said if one}) == 3


NO_LONGER = [
    ("es", "Fumo.", "Ya no fumo."),
    ("es", "Como carne.", "Ya no como carne."),
    ("fr", "Je mange de la viande.", "Je ne mange plus de viande."),
    ("fr", "J'aime le café.", "Je n'aime plus le café."),
    ("it", "Mangio carne.", "Non mangio più carne."),
    ("pt", "Como carne.", "Já não como carne."),
    ("pt", "Eu bebo café.", "Não bebo mais café."),
    ("nl", "Ik rook.", "Ik rook niet meer."),
    ("nl", "Ik eet vlees.", "Ik eet geen vlees meer."),
    ("ru", "Я ем мясо.", "Я больше не ем мясо."),
    ("ru", "Я курю.", "Я уже не курю."),
    ("tr", "Kahve içiyorum.", "Artık kahve içmiyorum."),
    ("tr", "Et yiyorum.", "Artık et yemiyorum."),
    ("ar", "آكل اللحم.", "لم أعد آكل اللحم."),
    ("zh", "我喝咖啡。", "我不再喝咖啡了。"),
    ("ja", "コーヒーを飲みます。", "コーヒーはもう飲みません。"),
    ("ko", "커피를 마셔요.", "이제 커피를 안 마셔요."),
    ("de", "Ich esse Fleisch.", "Ich esse kein Fleisch mehr."),
    ("en", "I eat meat.", "I no longer eat meat."),
]


@pytest.mark.parametrize(("language", "was", "no_longer"), NO_LONGER)
def test_what_holds_no_longer_meets_what_held(language: str, was: str, no_longer: str) -> None:
    assert affirmed(no_longer) == canonical_form(was), language
    assert not affirmed(was)


OF_OTHERS = [
    "Mi hermano vive en Málaga.",
    "Vivo en el presente y me gusta.",
    "Trabajo en un libro sobre Roma.",
    "Je travaille pour avoir de l'argent.",
    "Ma sœur habite à Lyon.",
    "私の妹は大阪に住んでいます。",
    "猫が家に住んでいます。",
    "母は京都に引っ越しました。",
    "제 동생은 서울에 살아요.",
    "Мой брат живёт в Москве.",
    "أخي يعيش في القاهرة.",
    "Kardeşim Ankara'da yaşıyor.",
    "Ik werk voor mijn plezier.",
    "¿Vivo en Málaga?",
    "وأين أعيش؟",
    "Mais en France on mange bien.",
    "Ahora en Madrid hace calor.",
    "Ma in Italia piove.",
    "Mas no Brasil faz calor.",
    "Maar in Nederland regent het.",
    "Но в Москве холодно.",
]


@pytest.mark.parametrize("text", OF_OTHERS)
def test_what_is_said_of_others_changes_nothing(text: str) -> None:
    assert statement(text) is None


@settings(max_examples=40)
@given(st.data(), st.sampled_from([*FORMS, *MORE_FORMS]))
def test_whatever_has_one_of_the_forms_has_one_of_its_signs(
    data: st.DataObject, forms: Forms
) -> None:
    form = data.draw(st.sampled_from([pattern.pattern for pattern, _ in forms.rules]))
    said = data.draw(st.from_regex(form, fullmatch=True))
    assert glimpsed(forms.signs, said), said


WHERE = [
    "¿Dónde vivo ahora?",
    "Où est-ce que j'habite ?",
    "Dove abito?",
    "Onde eu moro?",
    "Waar woon ik?",
    "Где я живу?",
    "أين أعيش؟",
    "Nerede yaşıyorum?",
    "私はどこに住んでいますか？",
    "저는 어디에 살아요?",
]


@pytest.mark.parametrize("question", WHERE)
def test_a_question_asks_for_what_changed(question: str) -> None:
    assert asked(question) == ["i live"]
