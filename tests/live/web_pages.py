"""A small site of pages in the shapes that are found in the wild, and what a reader must get."""

from typing import NamedTuple

LEAD = (
    "The harbour of Tellin was dredged for the third time this spring, and the pilots who bring"
    " ships in say that the channel now holds eleven metres of water at low tide."
)
SECOND = (
    "Work began in March, when two barges from the north coast arrived, and it went on through"
    " eight weeks of wind, so that the fishing fleet had to wait outside the mole each morning."
)
THIRD = (
    "The council paid four million for it, twice what the first dredging had cost, and hopes that"
    " larger freighters will call here again from the autumn on."
)
TEXT = f"<p>{LEAD}</p><p>{SECOND}</p><p>{THIRD}</p>"
SHELL = """<!doctype html><html lang="{lang}"><head><meta charset="{charset}"><title>{title}</title>
{head}</head><body><header><nav><a href="/">Start</a> <a href="/about">About us</a></nav></header>
{body}<footer><p>Imprint, terms and cookies of the site</p></footer></body></html>"""


class Shape(NamedTuple):
    """A page, and pieces of text that must and must not be read on it."""

    body: bytes
    has: tuple[str, ...]
    lacks: tuple[str, ...] = ("Imprint", "About us")
    kind: str = "text/html; charset=utf-8"
    title: str = ""
    date: str = ""
    author: str = ""


def html(
    body: str, head: str = "", title: str = "Harbour", lang: str = "en", charset: str = "utf-8"
) -> bytes:
    page = SHELL.format(body=body, head=head, title=title, lang=lang, charset=charset)
    return page.encode(charset)


NEWS = html(
    f"<main><article><h1>Harbour dredged again</h1><p class='byline'>By Ada Moran</p>{TEXT}"
    "</article>"
    "<aside><h2>Most read</h2><ul><li><a href='/x'>Ten cakes to bake</a></li></ul></aside></main>",
    '<meta property="og:title" content="Harbour dredged again">'
    '<meta property="og:site_name" content="The Tellin Mail">'
    '<meta name="author" content="Ada Moran">'
    '<meta property="article:published_time" content="2026-05-03T08:00:00Z">',
    "Harbour dredged again - The Tellin Mail",
)
BLOG = html(
    "<div class='post'><h2 class='entry-title'>My week at sea</h2>"
    f"<div class='entry-content'>{TEXT}"
    "<blockquote>Never trust a calm morning.</blockquote></div></div>"
    "<div id='comments'><h3>2 comments</h3><div class='comment'>First! Great blog.</div></div>",
    title="My week at sea",
)
FORUM = html(
    "<h1>How deep is the channel?</h1>"
    + "".join(
        f"<div class='post'><div class='author'>user{n}</div><div class='content'><p>{text}</p>"
        "</div></div>"
        for n, text in enumerate((LEAD, SECOND, THIRD))
    ),
    title="How deep is the channel?",
)
DOCS = html(
    "<main><article><h1>Installing tidectl</h1><p>The tool reads gauges and prints a table of the"
    " next tides; it needs no network once the constants of a port are there.</p>"
    "<h2>On Linux</h2><p>Unpack the archive and run the script, which asks for a folder:</p>"
    "<pre><code>tidectl install --prefix ~/tides\ntidectl check</code></pre>"
    f"<h2>On macOS</h2><p>{SECOND}</p><ul><li>a folder that can be written</li>"
    "<li>forty megabytes of room</li></ul></article></main>",
    title="Installing tidectl",
)
TABLE = html(
    f"<article><h1>Depths</h1><p>{LEAD}</p><table><tr><th>Year</th><th>Depth in metres</th></tr>"
    "<tr><td>1988</td><td>7.5</td></tr><tr><td>2026</td><td>11.0</td></tr></table>"
    f"<p>{THIRD} <a href='/report'>The whole report</a> has the details.</p></article>",
    title="Depths",
)
CHINESE = html(
    "<article><h1>港口再次疏浚</h1><p>今年春天，特林港进行了第三次疏浚，引航员说，航道在低潮时水深达到"
    "十一米。工程从三月开始，持续了八个星期，渔船每天早上只能在防波堤外等候。</p><p>市政府为此支付了四"
    "百万，是第一次疏浚费用的两倍，希望从秋天起有更大的货船再次停靠。</p></article>",
    title="港口再次疏浚",
    lang="zh",
)
ARABIC = html(
    "<article dir='rtl'><h1>تعميق الميناء</h1>"
    "<p>جرى تعميق ميناء تلين للمرة الثالثة هذا الربيع، ويقول"
    " المرشدون البحريون إن عمق القناة يبلغ الآن أحد عشر مترا عند الجزر، وقد بدأ العمل في شهر مارس"
    " واستمر ثمانية أسابيع.</p><p>دفع المجلس أربعة ملايين مقابل ذلك، أي ضعف تكلفة المرة الأولى،"
    " ويأمل أن تعود السفن الكبيرة في الخريف.</p></article>",
    title="تعميق الميناء",
    lang="ar",
)
NO_CHARSET = (
    "<html><head><title>Café du port</title></head><body><article><h1>Café du port</h1><p>Le café"
    " à côté de la jetée est ouvert dès l'aube, et les pêcheurs y prennent leur déjeuner après une"
    " nuit passée en mer, été comme hiver.</p>"
    "<p>On y mange des crêpes, des œufs et du poisson grillé,"
    " et l'on y entend les nouvelles avant qu'elles ne soient imprimées.</p></article>"
    "</body></html>"
).encode("cp1252")
SCRIPT_ONLY = (
    html("<div id='root'></div><script src='/static/app.js'></script>", title="App")
    .replace(b"<p>Imprint, terms and cookies of the site</p>", b"")
    .replace(b'<nav><a href="/">Start</a> <a href="/about">About us</a></nav>', b"")
)
LOGIN = html(
    "<form method='post'><h1>Sign in</h1><label>Name <input name='u'></label>"
    "<label>Password <input type='password' name='p'></label><button>Sign in</button></form>",
    title="Sign in",
)


def pdf(*pages: str, title: str = "Depths of the harbour") -> bytes:
    """A PDF of plain text pages, made by hand."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, text in enumerate(pages):
        lines = " T* ".join(f"({line}) Tj" for line in text.split("\n"))
        stream = f"BT /F1 12 Tf 14 TL 72 720 Td {lines} ET"
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792]"
            f" /Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * n} 0 R >>",
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        ]
    objects.append(f"<< /Title ({title}) /Author (A. Moran) /CreationDate (D:20260503120000Z) >>")
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer << /Size {size} /Root 1 0 R /Info {len(objects)} 0 R >>"
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}\nstartxref\n{len(out)}\n%%EOF\n"
    return out + end.encode()


SHAPES = {
    "/news": Shape(
        NEWS,
        (LEAD, SECOND, THIRD),
        ("Imprint", "About us"),
        title="Harbour dredged again",
        date="2026-05-03",
        author="Ada Moran",
    ),
    "/blog": Shape(BLOG, (LEAD, THIRD, "Never trust"), ("Imprint", "Great blog")),
    "/forum": Shape(FORUM, (LEAD, SECOND, THIRD), ("Imprint",)),
    "/docs": Shape(DOCS, ("tidectl install --prefix", "## On Linux", "- a folder that can")),
    "/table": Shape(TABLE, ("| 1988 | 7.5 |", "| 2026 | 11.0 |", "http://site.test")),
    "/chinese": Shape(CHINESE, ("低潮时水深达到十一米", "四百万"), title="港口再次疏浚"),
    "/arabic": Shape(ARABIC, ("أربعة ملايين",), title="تعميق الميناء"),
    "/french": Shape(NO_CHARSET, ("à côté de la jetée", "œufs"), (), "text/html"),
    "/pdf": Shape(
        pdf("The channel holds\neleven metres.", "It cost four million. A. Moran"),
        ("## Page 1", "eleven metres", "## Page 2", "four million"),
        (),
        "application/pdf",
        "Depths of the harbour",
        "2026-05-03",
        "A. Moran",
    ),
    "/download": Shape(
        pdf("Sent as an octet stream."), ("octet stream",), (), "application/octet-stream"
    ),
    "/text": Shape(
        b"plain <b>text</b>\n  as it is", ("plain <b>text</b>\n  as it is",), (), "text/plain"
    ),
    "/json": Shape(b'{"depth": [11, "m"]}', ('{"depth": [11, "m"]}',), (), "application/json"),
}
DOORS = {
    "/app": (SCRIPT_ONLY, "it needs a browser to show itself"),
    "/login": (LOGIN, "^the page asks for a login$"),
    "/robots": (
        html("<h1>Just a moment...</h1><p>Checking.</p>", title="Just a moment..."),
        "asks for proof that a person",
    ),
    "/scan": (pdf(""), "^the PDF has no text: it may hold pictures of pages$"),
    "/torn": (pdf("text")[:200], "^the PDF is damaged"),
}
