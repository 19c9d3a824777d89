"""Which language a text is in, as far as its stems depend on it: by its script and small words.

Small words say it best: "wo ist der" is German in whatever company. A text without any keeps the
English stems that names and single words have always had.
"""

import re
from functools import lru_cache

# Words that stand in every question and sentence, and say nothing about what it asks for; without
# accents, as `words.folded` leaves them. Not among them: those that deny.
_SMALL = {
    "german": (
        "ab aber alle als am an auch auf aus bei bekommt bin bis bist da das dass dein "
        "deine dem den der des die dies diese dir doch du durch ein eine einem einen "
        "einer eines er es etwas euch fur gerade ging hab habe haben hat hatte hier ich "
        "ihm ihn ihr ihre im in ist ja jetzt kann konnte mal man mein meine meinem "
        "meinen meiner mich mir mit muss nach noch nun nur ob oder schon sein seine "
        "seit sich sie sind so um und uns unser unsere unserem unseren von vom vor wann "
        "war waren warum was welche welchem welchen welcher welches wem wen wenn wer "
        "wie will wir wird wo woher wohin womit wovor wurde zu zum zur uber "
    ),
    "spanish": (
        "a adonde ahora al algo como con cual cuales cuando cuanta cuantas cuanto "
        "cuantos de del donde e el ella ellos en era es esa ese eso esta estan estar "
        "estas este esto estoy fue fui ha han hace hacer hago hay he la las le lo los "
        "mas me mi mis mucho muy nos nuestra nuestro o os para pero por porque que "
        "quien quienes se ser si sin sobre solo soy su sus tambien tengo te tiene tu "
        "tus un una uno y ya yo "
    ),
    "french": (
        "a ai au aux avec avons ce ces cet cette comment d dans de depuis des donc du "
        "elle en es est et ete etes eux il ils j je l la le les leur lui m ma mais me "
        "mes moi mon n nos notre nous on ont ou par parce pas plus pour pourquoi qu "
        "quand que quel quelle quelles quels qui quoi s sa se ses son sont suis sur ta "
        "te tes toi ton tu un une vos votre vous y "
    ),
    "italian": (
        "a abbiamo ad ai al alla alle allo anche che chi ci come con cosa cui da dal "
        "dalla degli dei del della delle di dove e ed era gli ha hai hanno ho i il in "
        "io l la le lo loro ma mi mia mie miei mio ne nei nel nella noi nostra nostro o "
        "per perche piu quale quali quando quanti quanto questa questo se sei si sia "
        "siamo sono sta sto su sua sul sulla suo tra tu un una uno voi "
    ),
    "portuguese": (
        "a ao aos as com como da das de do dos e ela ele eles em era essa esse esta "
        "este eu foi ha isso ja la mais mas me meu meus minha minhas na nas no nos "
        "nossa nosso o onde os ou para pela pelo por porque qual quais quando quanto "
        "quantos que quem se sem ser seu sua sou tem tenho um uma voce "
    ),
    "dutch": (
        "aan al als bij ben dan dat de der deze die dit door een en er ga haar had heb "
        "hebben heeft het hij hoe hun ik in is je jij kan me mijn met mij na naar nog "
        "nu of om onder ons onze ook op over te tot u uit van voor waar waarom wanneer "
        "was wat we welk welke werd wie wij worden zal ze zich zij zijn zo "
    ),
    "turkish": (
        "ama ben benim bir biz bizim bu cok da daha de en gibi hangi icin ile ise kac "
        "kadar ki kim mi mu nasil ne neden nerede nereye o olan olarak onun sen senin "
        "siz su var ve veya ya zaman "
    ),
    "russian": (
        "а бы был была были было быть в вам вас весь во вот все всех вы где да для до "
        "его ее если есть еще же за и из или им их к как какая какие какое какои каком "
        "какую какого когда кого кому кто куда ли меня мне мои моя мое моего моеи моему "
        "мою моих мы на над нам нас наш наша наше нашему нашего нашу них но о об он она "
        "они оно от откуда по под почему при про с сам свои сколько со так там те тебя "
        "то того тоже только том ты у уже чего чем что чтобы эта эти это этого этот я "
    ),
    "arabic": (
        "في من على الى إلى عن ما ماذا متى اين أين كيف كم لماذا هل اي أي هو هي انا أنا "
        "نحن هذا هذه ذلك تلك التي الذي ال و او أو ثم قد كان كانت يكون لي لدي لدى عند مع "
        "بعد قبل حتى كل كلا مم عندما اثناء أثناء منذ بين "
    ),
}
SMALL = {language: frozenset(text.split()) for language, text in _SMALL.items()}
_UNSPACED_SMALL = (
    "กี่ ของ ครับ คือ คุณ ค่ะ ฉัน ดิฉัน ทำไม ที่ นั้น นี้ ผม มี อยู่ อย่างไร "
    "อะไร เป็น เมื่อไร เรา และ ใคร ใน ให้ ได้ ไหน あなた あの ある あれ い "
    "いくつ いくら いつ いる うち か から が こと この これ し する その それ "
    "た ため だ て で でし です と どこ どの どれ ない なぜ なる に ね の は "
    "へ まし ます まで も もの や よ る れ を した ました って ている てい てる "
    "いて んで なり なっ とか には では とは より など さん ちゃん くん たち こと "
    "どう そう こう もう まだ よく いま ください について ため んです ですか "
    "ますか でしょう だっ あり 一个 与 个 为 为什么 也 了 什么 "
    "从 他 会 何 你 你们 俺 僕 几 到 吗 吧 呢 和 咱们 哪 哪个 哪些 哪儿 哪种 "
    "哪里 啊 因为 在 地 多久 多少 她 它 对 就 很 得 怎么 怎么样 我 我们 我家 "
    "把 时候 是 有 的 着 私 私たち 被 要 誰 让 谁 过 这 这个 那 那个 都 가 과 "
    "나 나는 내 누구 는 도 를 몇 무엇 어디 어떤 언제 에 에서 와 왜 우리 은 을 "
    "의 이 저 저는 제 "
)
UNSPACED_SMALL = frozenset(_UNSPACED_SMALL.split())
"""Of Chinese, Japanese, Thai and Korean, as ICU cuts them."""
_SCRIPTS = (
    ("russian", re.compile("[\u0400-\u04ff]")),
    ("arabic", re.compile("[\u0600-\u06ff]")),
    ("greek", re.compile("[\u0370-\u03ff]")),
    ("hindi", re.compile("[\u0900-\u097f]")),
    ("tamil", re.compile("[\u0b80-\u0bff]")),
    ("armenian", re.compile("[\u0530-\u058f]")),
)
LATIN = tuple(language for language in SMALL if language not in ("russian", "arabic"))


@lru_cache(maxsize=1_024)
def language_of(text: str, english: frozenset[str]) -> str:
    """The language whose stems a text of folded words needs; `english` are its small words."""
    if not text.isascii():
        for language, script in _SCRIPTS:
            if script.search(text):
                return language
    there = set(re.findall(r"\w+", text))
    best, most = "english", len(there & english)
    for language in LATIN:
        if (number := len(there & SMALL[language])) > most:
            best, most = language, number
    return best
