"""Pages of ordinary use, in many languages and charsets, and what a reader gets of each.

What is expected was worked out by hand from what a browser shows.
"""

import gzip
import zlib
from collections.abc import Sequence
from typing import NamedTuple

LEAD = (
    "The harbour of Tellin was dredged for the third time this spring, and the pilots who bring"
    " ships in say that the channel now holds eleven metres of water at low tide."
)
SECOND = (
    "Work began in March, when two barges from the north coast arrived, and it went on through"
    " eight weeks of wind, so that the fishing fleet had to wait outside the mole each morning."
)


class Case(NamedTuple):
    """A page as its server sends it, and pieces of what the model is told."""

    answer: bytes
    has: tuple[str, ...] = (LEAD,)
    lacks: tuple[str, ...] = ()
    ok: bool = True


def answer(
    body: bytes | str,
    kind: str = "text/html; charset=utf-8",
    status: str = "200 OK",
    headers: Sequence[str] = (),
) -> bytes:
    """A whole HTTP answer."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", "Connection: close", *headers]
    if kind:
        lines.append(f"Content-Type: {kind}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + data


def doc(body: str = "", head: str = "", title: str = "Harbour") -> str:
    """A page with two paragraphs, and something between them."""
    return (
        f"<!doctype html><html><head><title>{title}</title>{head}</head><body><article>"
        f"<h1>{title}</h1><p>{LEAD}</p>{body}<p>{SECOND}</p></article></body></html>"
    )


LANGUAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "zh": (
        "前总理朱镕基与囧途，喆、镕、翀都是国标之外的字。港口今年春天进行了第三次疏浚，引航员说，"
        "航道在低潮时水深达到十一米，工程从三月开始，持续了八个星期。",
        ("gb2312", "gbk", "gb18030", "x-gbk"),
    ),
    "zh-TW": (
        "港口裏的銀行與碁峰，今年春天特林港進行了第三次疏浚，引航員說，航道在低潮時水深達到十一米，"
        "工程從三月開始，持續了八個星期。",
        ("big5", "big5-hkscs"),
    ),
    "ja": (
        "①髙橋さんは港で㈱を営む。今年の春、テリン港は三度目の浚渫が行われ、水先人によると航路の水深は"
        "干潮時に十一メートルになった。工事は三月に始まり、八週間続いた。",
        ("shift_jis", "x-sjis", "windows-31j"),
    ),
    "ko": (
        "똠방각하 펲시콜라. 올봄 텔린 항구는 세 번째로 준설되었고, 도선사들은 이제 간조 때"
        " 수로의 수심이 십일 미터라고 말한다. 공사는 삼월에 시작되었다.",
        ("euc-kr", "ks_c_5601-1987"),
    ),
    "ru": (
        "Гавань Теллина этой весной углубили в третий раз, и лоцманы говорят, что глубина фарватера"
        " при отливе теперь одиннадцать метров. Работы начались в марте.",
        ("windows-1251", "koi8-r", "x-mac-cyrillic", "iso-8859-5"),
    ),
    "uk": (
        "Гавань Тելліна".replace("ել", "ел") + " цієї весни поглибили втретє, і лоцмани кажуть, що"
        " глибина фарватеру тепер одинадцять метрів. Їжак і ґудзик.",
        ("windows-1251", "koi8-u"),
    ),
    "fr": (
        "Le prix est de 12 € – “très cher” dit l’homme… Œuvre d’art à Besançon, été comme hiver,"
        " où l’on mange des crêpes au bord de la jetée.",
        ("iso-8859-1", "us-ascii", "windows-1252"),
    ),
    "de": (
        "Größere Frachter können im Hafen wieder anlegen, sagt der Bürgermeister – „endlich“, für"
        " 4 € die Tonne. Die Fahrrinne ist nun elf Meter tief.",
        ("iso-8859-1", "latin1"),
    ),
    "es": (
        "El puerto se dragó por tercera vez; ¿cuántos metros? «Once», dijo el práctico señor Muñoz,"
        " y añadió que los barcos más grandes volverán en otoño.",
        ("iso-8859-15", "windows-1252"),
    ),
    "pl": (
        "Żółta łódź wpłynęła do portu późnym wieczorem, gdy woda była już bardzo wysoka i ciężko"
        " było cumować przy nabrzeżu, które świeżo pogłębiono.",
        ("iso-8859-2", "windows-1250"),
    ),
    "el": (
        "Το λιμάνι βυθοκορήθηκε για τρίτη φορά φέτος την άνοιξη και οι πλοηγοί λένε ότι το βάθος"
        " είναι έντεκα μέτρα στην άμπωτη.",
        ("iso-8859-7", "windows-1253"),
    ),
    "tr": (
        "Liman bu ilkbaharda üçüncü kez tarandı ve kılavuzlar kanalın derinliğinin şimdi on bir"
        " metre olduğunu söylüyor. Gemiler geri dönecek.",
        ("iso-8859-9", "windows-1254"),
    ),
    "he": (
        "הנמל נחפר בפעם השלישית באביב הזה והנווטים אומרים שעומק התעלה הוא אחד עשר מטרים בשפל המים.",
        ("windows-1255", "iso-8859-8-i"),
    ),
    "ar": (
        "جرى تعميق ميناء تلين للمرة الثالثة هذا الربيع ويقول المرشدون البحريون إن عمق القناة يبلغ"
        " الآن أحد عشر مترا عند الجزر.",
        ("windows-1256", "iso-8859-6"),
    ),
    "th": (
        "ท่าเรือเทลลินถูกขุดลอกเป็นครั้งที่สามในฤดูใบไม้ผลินี้ และนักนำร่องกล่าวว่าร่องน้ำมีความลึกสิบเอ็ดเมตร",
        ("tis-620", "windows-874"),
    ),
    "vi": (
        "Cảng Tellin được nạo vét lần thứ ba vào mùa xuân này, và hoa tiêu nói rằng luồng tàu nay"
        " sâu mười một mét khi triều xuống.",
        ("utf-8",),
    ),
    "hi": (
        "टेलिन के बंदरगाह को इस वसंत में तीसरी बार गहरा किया गया, और नाविक कहते हैं कि अब "
        "भाटे के समय"
        " पानी ग्यारह मीटर गहरा है।",
        ("utf-8", "utf-16le", "utf-16be"),
    ),
}
CODECS = {
    "gb2312": "gbk", "gbk": "gbk", "x-gbk": "gbk", "gb18030": "gb18030", "big5": "cp950",
    "big5-hkscs": "big5hkscs", "shift_jis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "iso-8859-1": "cp1252", "us-ascii": "cp1252",
    "latin1": "cp1252", "x-mac-cyrillic": "mac_cyrillic", "tis-620": "cp874",
    "windows-874": "cp874", "iso-8859-9": "cp1254", "iso-8859-8-i": "cp1255",
    "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}  # fmt: skip
"""How servers of such pages really encode them, where it is not what the label says."""


def in_language(language: str, head: str = "") -> str:
    text = LANGUAGES[language][0]
    return (
        f"<html lang='{language}'><head>{head}<title>{text[:6]}</title></head><body><article>"
        f"<h1>{text[:6]}</h1><p>{text}</p><p>{text}</p></article></body></html>"
    )


def _charsets() -> dict[str, Case]:
    cases = {}
    for language, (text, labels) in LANGUAGES.items():
        for label in labels:
            codec = CODECS.get(label, label)
            body = in_language(language).encode(codec)
            by_header = answer(body, f"text/html; charset={label}")
            cases[f"{language} {label} by header"] = Case(by_header, (text,))
            if not label.startswith("utf-16"):
                own = in_language(language, f"<meta charset={label}>").encode(codec)
                cases[f"{language} {label} by meta"] = Case(answer(own, "text/html"), (text,))
        if labels[0] != "utf-8":
            codec = CODECS.get(labels[0], labels[0])
            guessed = answer(in_language(language).encode(codec), "text/html")
            cases[f"{language} undeclared"] = Case(guessed, (text,))
            wrong = answer(in_language(language).encode(codec), "text/html; charset=utf-8")
            cases[f"{language} wrongly called UTF-8"] = Case(wrong, (text,))
    return cases


ZH = LANGUAGES["zh"][0]
OLD_JA = in_language("ja").replace("①", "").replace("髙", "高").replace("㈱", "社")
FR = LANGUAGES["fr"][0]
EDGES = {
    "byte order mark beats the header": Case(
        answer(b"\xef\xbb\xbf" + in_language("fr").encode(), "text/html; charset=iso-8859-1"), (FR,)
    ),
    "UTF-16 by its mark": Case(
        answer(b"\xff\xfe" + in_language("fr").encode("utf-16-le"), "text/html"), (FR,)
    ),
    "UTF-8 called GBK": Case(answer(in_language("zh"), "text/html; charset=gbk"), (ZH,)),
    "UTF-8 that calls itself UTF-16": Case(
        answer(in_language("zh", "<meta charset=utf-16>"), "text/html"), (ZH,)
    ),
    "meta far down": Case(
        answer(
            in_language("fr", f"<!--{'x' * 3000}--><meta charset=windows-1252>").encode("cp1252"),
            "text/html",
        ),
        (FR,),
    ),
    "old meta": Case(
        answer(
            in_language(
                "zh", "<meta http-equiv=Content-Type content='text/html; charset=gb2312'>"
            ).encode("gbk"),
            "text/html",
        ),
        (ZH,),
    ),
    "quoted charset": Case(answer(in_language("zh"), 'text/html; charset="UTF-8"'), (ZH,)),
    "charset of a database": Case(answer(in_language("zh"), "text/html; charset=utf8mb4"), (ZH,)),
    "empty charset": Case(answer(in_language("zh"), "text/html; charset="), (ZH,)),
    "unknown charset": Case(answer(in_language("zh"), "text/html; charset=klingon"), (ZH,)),
    "XML declaration": Case(
        answer(
            ('<?xml version="1.0" encoding="gbk"?>' + in_language("zh")).encode("gbk"),
            "application/xhtml+xml",
        ),
        (ZH,),
    ),
    "plain text in GBK": Case(answer((ZH * 3).encode("gbk"), "text/plain"), (ZH,)),
    "plain text in UTF-16": Case(
        answer(b"\xff\xfe" + (FR * 3).encode("utf-16-le"), "text/plain"), (FR,)
    ),
    "CSV of a spreadsheet": Case(
        answer(f"name;preis\n{FR};5\n".encode("cp1252"), "text/csv"), (FR, ";5")
    ),
    "JSON in UTF-16": Case(
        answer(b"\xff\xfe" + f'{{"a":"{FR}"}}'.encode("utf-16-le"), "application/json"), (FR,)
    ),
    "EUC-JP": Case(
        answer(
            in_language("ja")
            .replace("①", "")
            .replace("髙", "高")
            .replace("㈱", "社")
            .encode("euc-jp"),
            "text/html; charset=euc-jp",
        ),
        ("三度目の浚渫",),
    ),
    "ISO-2022-JP": Case(
        answer(
            in_language("ja")
            .replace("①", "")
            .replace("髙", "高")
            .replace("㈱", "社")
            .encode("iso2022_jp"),
            "text/html; charset=iso-2022-jp",
        ),
        ("三度目の浚渫",),
    ),
}

HALF = doc().encode()
SENT = {
    "gzip": Case(answer(gzip.compress(HALF), headers=["Content-Encoding: gzip"]), (LEAD, SECOND)),
    "gzip in two members": Case(
        answer(
            gzip.compress(HALF[:300]) + gzip.compress(HALF[300:]),
            headers=["Content-Encoding: gzip"],
        ),
        (LEAD, SECOND),
    ),
    "deflate": Case(answer(zlib.compress(HALF), headers=["Content-Encoding: deflate"])),
    "bare deflate": Case(answer(zlib.compress(HALF)[2:-4], headers=["Content-Encoding: deflate"])),
    "encoding that is a charset": Case(answer(HALF, headers=["Content-Encoding: UTF-8"])),
    "text as an octet stream": Case(answer(f"# Notes\n\n{LEAD}", "application/octet-stream")),
    "page as an octet stream": Case(answer(HALF, "application/octet-stream"), (LEAD,), ("<p>",)),
    "page without a type": Case(answer(HALF, ""), (LEAD,), ("<p>",)),
    "page behind a long comment": Case(answer(b"<!--" + b"x" * 1500 + b"-->" + HALF, "")),
    "page of an odd type": Case(answer(HALF, "application/html"), (LEAD,), ("<p>",)),
    "markdown": Case(answer(f"# Notes\n\n{LEAD}", "text/markdown"), ("# Notes", LEAD)),
    "page called a PDF": Case(answer(HALF, "application/pdf")),
    "203": Case(answer(HALF, status="203 Non-Authoritative Information")),
    "206": Case(answer(HALF, status="206 Partial Content")),
    "error page": Case(
        answer(doc(), status="404 Not Found"), (LEAD, "404: there is no such page"), ok=False
    ),
    "error in JSON": Case(
        answer('{"error": "the token has run out"}', "application/json", "403 Forbidden"),
        ("the token has run out", "403: "),
        ok=False,
    ),
    "error without a word": Case(
        answer("", "text/html", "500 Oops"), ("answered with status 500",), ok=False
    ),
    "refresh": Case(answer("<meta http-equiv=refresh content='0; url=/target'>"), (LEAD,)),
    "refresh by header": Case(answer("", headers=["Refresh: 1;url=/target"]), (LEAD,)),
    "frames": Case(
        answer("<frameset><frame src=/target><frame src=/other></frameset>"),
        (LEAD, "The other frame"),
    ),
    "redirect in bare UTF-8": Case(
        b"HTTP/1.1 302 F\r\nLocation: /\xc3\xa4\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ),
    "redirect that waits for its cookie": Case(
        b"HTTP/1.1 302 F\r\nLocation: /cookie\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ),
}

SHAPES = {
    "list in a cell": Case(
        answer(
            doc(
                "<table><tr><th>Day</th><th>Hours</th></tr><tr><td>Mon</td><td><ul><li>"
                "10:00 to 20:00"
                "</li><li>Closed now</li></ul></td></tr><tr><td>Tue</td><td><ul><li>"
                "Shut</li></ul></td>"
                "</tr></table>"
            )
        ),
        ("| Mon | 10:00 to 20:00; Closed now |", "| Tue | Shut |"),
    ),
    "formatted cells": Case(
        answer(
            doc(
                "<table><tr><th>Model</th><th>Score</th></tr><tr><td><p><b>One</b></p></td>"
                "<td><strong>"
                "91.5</strong></td></tr><tr><td><em>Two</em></td><td><code>88.1</code></td>"
                "</tr></table>"
            )
        ),
        ("One", "91.5", "Two", "88.1"),
    ),
    "dates, notes, captions and joined letters": Case(
        answer(
            doc(
                "<p>On <time datetime=2024-05-01>May Day</time> the pilots met.</p><aside><p>The"
                " bar is closed on Mondays.</p></aside><figure><pre>if x:\n    y()</pre>"
                "<figcaption>From the log</figcaption></figure><p>\u0645\u06cc\u200c"
                "\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f467</p>"
            )
        ),
        (
            "On May Day the pilots met.",
            "The bar is closed on Mondays.",
            "if x:\n    y()",
            "From the log",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f467",
        ),
    ),
    "code beside its line numbers": Case(
        answer(
            doc(
                "<table class=highlight><tr><td class=linenos><pre>1\n2\n3</pre></td><td "
                "class=code><pre>"
                "def f(x):\n    if x:\n        return 1</pre></td></tr></table>"
            )
        ),
        ("def f(x):\n    if x:\n        return 1",),
        ("1\n2\n3",),
    ),
    "code, a row for each line": Case(
        answer(
            doc(
                "<table><tr><td class=blob-num data-line-number=1></td><td class=blob-code>"
                "def f(x):</td>"
                "</tr><tr><td class=blob-num data-line-number=2></td><td class=blob-code>   "
                " return x"
                "</td></tr></table>"
            )
        ),
        ("def f(x):\n    return x",),
    ),
    "code with numbers in it": Case(
        answer(
            doc(
                "<pre><code class=language-py><span class=lineno>1 </span>for i in "
                "x:\n<span class=lineno>"
                "2 </span>    print(i)\n</code></pre>"
            )
        ),
        ("for i in x:\n    print(i)",),
    ),
    "code, a block for each line": Case(
        answer(doc("<pre><code><div>for i in x:</div><div>    print(i)</div></code></pre>")),
        ("for i in x:\n    print(i)",),
    ),
    "code with breaks": Case(answer(doc("<pre>a = 1<br>  b = 2</pre>")), ("a = 1\n  b = 2",)),
    "highlighted code": Case(
        answer(
            doc(
                "<pre><code><span class=k>for</span> <span>i</span> in x:\n    <span>"
                "print</span>(i)"
                "</code></pre>"
            )
        ),
        ("for i in x:\n    print(i)",),
    ),
    "a thread": Case(
        answer(
            "<html><head><title>Ask</title></head><body><table>"
            + "".join(
                "<tr class='athing comtr'><td><div class=comment><span class=commtext>"
                f"Comment {n}: {LEAD}</span></div></td></tr>"
                for n in range(5)
            )
            + "</table></body></html>"
        ),
        ("Comment 0", "Comment 4"),
    ),
    "question and answers": Case(
        answer(
            "<html><head><title>How deep?</title></head><body><div id=question><h1>How "
            "deep?</h1><p>"
            "How deep is the channel of Tellin at low tide these days?</p></div><div "
            "id=answers><div"
            f" class=answer><p>{LEAD}</p><div class=comments><div class=comment><p>Confirmed: I was"
            " there in May and measured it myself.</p></div></div></div></div></body></html>"
        ),
        (LEAD, "measured it myself"),
    ),
    "article with comments": Case(
        answer(
            doc(SECOND * 3).replace(
                "</body>",
                "<div id=comments><div class=comment>First! Great blog.</div></div></body>",
            )
        ),
        (LEAD,),
        ("Great blog",),
    ),
    "shadow tree": Case(
        answer(
            f"<body><my-page><template shadowrootmode=open><article><h1>A</h1><p>{LEAD}</p><slot>"
            f"</slot></article></template><p>{SECOND}</p></my-page></body>"
        ),
        (LEAD, SECOND),
    ),
    "closed details": Case(
        answer(doc("<details><summary>How deep?</summary><p>Twelve fathoms.</p></details>")),
        ("Twelve fathoms",),
    ),
    "definition list": Case(
        answer(doc("<dl><dt>Depth</dt><dd>eleven metres</dd><dt>Width</dt><dd>ninety</dd></dl>")),
        ("Depth", "Width", "ninety"),
    ),
    "formula": Case(
        answer(
            doc(
                "<p>Mass: <math><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>"
                "</math> holds.</p>"
            )
        ),
        ("Mass: E=mc^2 holds",),
    ),
    "readings above words, maps, a short list": Case(
        answer(
            doc(
                "<p>私は<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>と"
                "<ruby>港<rt>みなと</rt>"
                "</ruby>、<ruby>\n <rb>旧</rb><rb>山</rb>\n <rt>jiù</rt><rt>shān</rt></ruby>"
                "です。</p>"
                "<map name=m><area href=/n alt=North><p>The keeper lives on the mole.</p></map>"
                "<p>See <map name=n>the chart</map> for the rest.<p>He has<ul><li>oil<li>wicks</ul>"
            )
        ),
        (
            "私は漢字(かんじ)と港(みなと)、旧山(jiù shān)です。",
            "The keeper lives on the mole.",
            "See the chart for the rest.",
            "He has\n\n- oil\n- wicks",
        ),
    ),
    "text in an aside": Case(
        answer(
            f"<body><main><aside class=content><h1>A</h1><p>{LEAD}</p><p>{SECOND}</p>"
            f"</aside></main>"
        ),
        (LEAD, SECOND),
    ),
    "a table alone": Case(
        answer(
            "<title>Times</title><body><h1>Times</h1><table>"
            + "".join(f"<tr><td>Line {n}</td><td>{n:02d}:15</td></tr>" for n in range(30))
            + "</table>"
        ),
        ("Line 7", "29:15"),
    ),
    "frame in the page": Case(
        answer(f"<body><iframe srcdoc='<p>{LEAD}</p><p>{SECOND}</p>'></iframe></body>"), (LEAD,)
    ),
    "page that fades in": Case(
        answer(
            doc(
                head="<style>article{opacity:0}.on article{opacity:1}</style>"
                "<script>document.body.className='on'</script>"
            )
        ),
        (LEAD, "appears only by a script"),
    ),
    "page for readers without scripts": Case(
        answer(
            f"<body><noscript><article><p>{LEAD}</p><p>{SECOND}</p></article></noscript>"
            "<script src=/a.js></script></body>"
        ),
        (LEAD, "without scripts"),
    ),
    "page drawn from its data": Case(
        answer(
            '<title>R</title><script type="application/ld+json">{"@type":"Article","articleBody":"'
            + LEAD
            + '"}</script><body><div id=root></div><script src=/a.js></script>'
        ),
        (LEAD, "drawn by scripts"),
    ),
    "sheet of its own site": Case(
        answer(doc("<p class=secret>SECRET</p>", "<link rel=stylesheet href=/site.css>")),
        (LEAD, SECOND),
        ("SECRET",),
    ),
    "sheet that imports another": Case(
        answer(doc("<p class=secret>SECRET</p>", "<link rel=stylesheet href=/import.css>")),
        (LEAD, SECOND),
        ("SECRET",),
    ),
    "missing page that says so itself": Case(
        answer(
            "<title>Page not found</title><body><h1>404</h1><p>Sorry, the page you are looking for"
            " could not be found.</p></body>"
        ),
        ("page not found",),
    ),
    "check for robots": Case(
        answer(
            "<title>Security check</title><body><h1>Verify you are human</h1><p>"
            + "We have detected unusual traffic from your network. " * 8
            + "</p></body>"
        ),
        ("captcha",),
    ),
    "wall of consent": Case(
        answer(
            "<title>News</title><body><div><p>" + "We and our 842 partners store and/or access"
            " information on a device and process personal data. " * 3 + "</p></div></body>"
        ),
        ("cookies",),
    ),
}

CASES: dict[str, Case] = _charsets() | EDGES | SENT | SHAPES
EXTRA: dict[str, bytes] = {
    "/target": answer(doc()),
    "/other": answer("<body><p>The other frame holds a list of tides for each month.</p></body>"),
    "/%C3%A4": answer(doc()),
    "/site.css": answer(".secret { display: none }", "text/css"),
    "/import.css": answer("@import 'site.css';", "text/css"),
}
