"""PDFs as they are found: what their readers see is read, what is hidden in them is not."""

import io

import pytest
from pypdf import PdfReader, PdfWriter

from qchat_tools.base import ToolError
from qchat_tools.web.article import Article
from qchat_tools.web.extraction import read
from qchat_tools.web.page import Page
from tests.everyday.pdf_files import pdf, stream, text

LEAD = "The harbour was dredged for the third time."
END = "It holds eleven metres of water."
SECRET = "SECRET order"
S = text(SECRET, 650)
FORM = "/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
IMAGE = (
    "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
)
OFF = "/OCProperties << /OCGs [1001 0 R] /D << /OFF [1001 0 R] >> >>"
GROUP = "<< /Type /OCG /Name (x) >>"
ROUNDED = (
    "65 640 m 460 640 l 465 640 470 645 470 650 c 470 670 l 470 675 465 680 460 680 c"
    " 65 680 l 60 680 55 675 55 670 c 55 650 l 55 645 60 640 65 640 c h f "
)
SHADING = (
    "/Shading << /Sh << /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 1 1]"
    " /Extend [true true] /Function << /FunctionType 2 /Domain [0 1] /N 1 /C0 [.9] /C1 [1] >>"
    " >> >>"
)
HIDDEN_IN_VIEW = "<< /Type /OCG /Name (x) /Usage << /View << /ViewState /OFF >> >> >>"
IN_VIEW = (
    "/OCProperties << /OCGs [1001 0 R] /D << /AS [<< /Event /View /Category [/View]"
    " /OCGs [1001 0 R] >>] >> >>"
)

HIDDEN: dict[str, bytes] = {
    "render mode 3": pdf(
        [text(LEAD) + text(SECRET, 650, "3 Tr") + "BT 0 Tr ET\n" + text(END, 600)]
    ),
    "render mode 7": pdf([text(LEAD) + "q " + text(SECRET, 650, "7 Tr") + "Q " + text(END, 600)]),
    "white gray": pdf([text(LEAD) + "1 g " + S + "0 g " + text(END, 600)]),
    "white rgb": pdf([text(LEAD) + "1 1 1 rg " + S + "0 g " + text(END, 600)]),
    "nearly white": pdf([text(LEAD) + ".99 .98 .99 rg " + S + "0 g " + text(END, 600)]),
    "white cmyk": pdf([text(LEAD) + "0 0 0 0 k " + S + "0 g " + text(END, 600)]),
    "white by space": pdf([text(LEAD) + "/DeviceRGB cs 1 1 1 sc " + S + "0 g " + text(END, 600)]),
    "white ink": pdf(
        [text(LEAD) + "/Ink cs 1 scn " + S + "0 g " + text(END, 600)],
        resources="/ColorSpace << /Ink [/Separation /White /DeviceCMYK 1001 0 R] >>",
    ),
    "no ink": pdf(
        [text(LEAD) + "/Ink cs 0 scn " + S + "0 g " + text(END, 600)],
        resources="/ColorSpace << /Ink [/Separation /Red /DeviceCMYK 1001 0 R] >>",
    ),
    "a pattern": pdf([text(LEAD) + "/Pattern cs /P1 scn " + S + "0 g " + text(END, 600)]),
    "black on black": pdf(
        [text(LEAD) + "0 g 60 640 400 30 re f " + S + text(END, 600)],
    ),
    "stroked in white": pdf(
        [text(LEAD) + "q 1 G " + text(SECRET, 650, "1 Tr") + "Q " + text(END, 600)]
    ),
    "tiny": pdf([text(LEAD) + text(SECRET, 650, size="/F1 0.1 Tf") + text(END, 600)]),
    "tiny by a matrix": pdf(
        [text(LEAD) + "q .05 0 0 .05 0 0 cm " + text(SECRET, 13000) + "Q " + text(END, 600)]
    ),
    "tiny by the text's matrix": pdf(
        [text(LEAD) + f"BT /F1 12 Tf .01 0 0 .01 72 650 Tm ({SECRET}) Tj ET " + text(END, 600)]
    ),
    "stretched to nothing": pdf(
        [text(LEAD) + text(SECRET, 650, "0.5 Tz") + "BT 100 Tz ET " + text(END, 600)]
    ),
    "off the page": pdf([text(LEAD) + text(SECRET, -500) + text(END, 600)]),
    "off to the left": pdf(
        [text(LEAD) + f"BT /F1 12 Tf -900 650 Td ({SECRET}) Tj ET " + text(END, 600)]
    ),
    "off the crop box": pdf(
        [text(LEAD) + text(SECRET, 100) + text(END, 600)], page="/CropBox [0 500 612 792]"
    ),
    "clipped": pdf([text(LEAD) + "q 0 0 10 10 re W n " + S + "Q " + text(END, 600)]),
    "clipped to nothing": pdf([text(LEAD) + "q W n " + S + "Q " + text(END, 600)]),
    "transparent": pdf(
        [text(LEAD) + "q /G gs " + S + "Q " + text(END, 600)],
        resources="/ExtGState << /G << /ca 0.01 >> >>",
    ),
    "soft mask": pdf(
        [text(LEAD) + "q /G gs " + S + "Q " + text(END, 600)],
        resources="/ExtGState << /G << /SMask << /S /Alpha >> >> >>",
    ),
    "painted over": pdf(
        [text(LEAD) + S + "1 g 60 640 400 30 re f 0 g " + text(END, 600)],
    ),
    "under a picture": pdf(
        [text(LEAD) + S + "q 400 0 0 40 60 640 cm /Im Do Q " + text(END, 600)],
        resources="/XObject << /Im 1001 0 R >>",
        more={1001: stream("x", IMAGE)},
    ),
    "a layer that is off": pdf(
        [text(LEAD) + "/OC /L BDC " + S + "EMC " + text(END, 600)],
        resources="/Properties << /L 1001 0 R >>",
        catalog=OFF,
        more={1001: GROUP},
    ),
    "a form of a layer that is off": pdf(
        [text(LEAD) + "/Fm Do " + text(END, 600)],
        resources="/XObject << /Fm 1002 0 R >>",
        catalog=OFF,
        more={1001: GROUP, 1002: stream(S, f"{FORM} /OC 1001 0 R")},
    ),
    "a white form": pdf(
        [text(LEAD) + "q 1 g /Fm Do Q " + text(END, 600)],
        resources="/XObject << /Fm 1001 0 R >>",
        more={1001: stream(S, FORM)},
    ),
    "a form cut to nothing": pdf(
        [text(LEAD) + "/Fm Do " + text(END, 600)],
        resources="/XObject << /Fm 1001 0 R >>",
        more={1001: stream(S, FORM.replace("[0 0 612 792]", "[0 0 1 1]"))},
    ),
    "a form in a form": pdf(
        [text(LEAD) + "/Fm Do " + text(END, 600)],
        resources="/XObject << /Fm 1001 0 R >>",
        more={
            1001: stream(
                "1 g /In Do", FORM.replace("/Font <<", "/XObject << /In 1002 0 R >> /Font <<")
            ),
            1002: stream(S, FORM),
        },
    ),
    "letters that draw nothing": pdf(
        [text(LEAD) + text(SECRET, 650, size="/F2 12 Tf") + text(END, 600)],
        more={
            1000: "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1 1] /FontMatrix [1 0 0 1 0 0]"
            " /FirstChar 65 /LastChar 66 /Widths [1 1] /Encoding << /Differences [65 /a] >>"
            " /CharProcs << /a 1001 0 R >> >>",
            1001: stream("1 0 d0"),
        },
    ),
    "in pieces": pdf(
        [
            text(LEAD)
            + "1 g BT /F1 12 Tf 72 650 Td [(SEC) -10 (RET) 5 ( order)] TJ ET 0 g "
            + text(END, 600)
        ]
    ),
    "by the next line's operator": pdf(
        [text(LEAD) + f"1 g BT /F1 12 Tf 14 TL 72 650 Td ({SECRET}) ' ET 0 g " + text(END, 600)]
    ),
    "TJ far left": pdf(
        [text(LEAD) + f"BT /F1 12 Tf 72 650 Td [ 99999 ({SECRET})] TJ ET " + text(END, 600)]
    ),
    "char spacing": pdf(
        [
            text(LEAD)
            + f"BT /F1 12 Tf 900 Tc 72 650 Td ({SECRET}) Tj ET BT 0 Tc ET "
            + text(END, 600)
        ]
    ),
    "letters on each other": pdf(
        [
            text(LEAD)
            + f"BT /F1 12 Tf -6.6 Tc 72 650 Td ({SECRET}) Tj ET BT 0 Tc ET "
            + text(END, 600)
        ]
    ),
    "shading over": pdf(
        [text(LEAD) + S + "q 60 640 400 30 re W n /Sh sh Q " + text(END, 600)],
        resources=SHADING,
    ),
    "inline image over": pdf(
        [
            text(LEAD)
            + S
            + "q 400 0 0 40 60 640 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \xff EI Q "
            + text(END, 600)
        ]
    ),
    "thick line over": pdf(
        [text(LEAD) + S + "q 40 w 1 G 60 655 m 500 655 l S Q " + text(END, 600)]
    ),
    "screen blend": pdf(
        [text(LEAD) + "q /G gs " + S + "Q " + text(END, 600)],
        resources="/ExtGState << /G << /BM /Screen >> >>",
    ),
    "rounded box over": pdf([text(LEAD) + S + "1 g " + ROUNDED + "0 g " + text(END, 600)]),
    "usage off": pdf(
        [text(LEAD) + "/OC /L BDC " + S + "EMC " + text(END, 600)],
        resources="/Properties << /L 1001 0 R >>",
        catalog=IN_VIEW,
        more={1001: HIDDEN_IN_VIEW},
    ),
    "visibility expression": pdf(
        [text(LEAD) + "/OC /L BDC " + S + "EMC " + text(END, 600)],
        resources="/Properties << /L 1002 0 R >>",
        catalog=OFF,
        more={1001: GROUP, 1002: "<< /Type /OCMD /VE [/And 1001 0 R] >>"},
    ),
    "all on policy": pdf(
        [text(LEAD) + "/OC /L BDC " + S + "EMC " + text(END, 600)],
        resources="/Properties << /L 1002 0 R >>",
        catalog="/OCProperties << /OCGs [1001 0 R 1003 0 R] /D << /OFF [1001 0 R] >> >>",
        more={
            1001: GROUP,
            1003: GROUP,
            1002: "<< /Type /OCMD /P /AllOn /OCGs [1001 0 R 1003 0 R] >>",
        },
    ),
    "group in group": pdf(
        [text(LEAD) + "q /G gs /Fm Do Q " + text(END, 600)],
        resources="/XObject << /Fm 1001 0 R >> /ExtGState << /G << /ca 0.01 >> >>",
        more={
            1001: stream(
                "/H gs " + S,
                "/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Group << /S /Transparency >>"
                " /Resources << /Font << /F1 3 0 R >> /E"
                "xtGState << /H << /ca 1 >> >> >>",
            )
        },
    ),
    "flat matrix": pdf(
        [text(LEAD) + f"BT /F1 12 Tf 1 0 1 0 72 650 Tm ({SECRET}) Tj ET " + text(END, 600)]
    ),
    "two boxes over": pdf(
        [text(LEAD) + S + "1 g 60 640 60 30 re f 120 640 400 30 re f 0 g " + text(END, 600)]
    ),
    "many strips over": pdf(
        [
            text(LEAD)
            + S
            + "1 g "
            + "".join(f"60 {640 + i * 3} 400 3 re f " for i in range(10))
            + "0 g "
            + text(END, 600)
        ]
    ),
    "dash": pdf(
        [text(LEAD) + "q [0 9999] 5000 d " + text(SECRET, 650, "1 Tr") + "Q " + text(END, 600)]
    ),
    "soft mask of a picture over": pdf(
        [text(LEAD) + S + "q 400 0 0 40 60 640 cm /Im Do Q " + text(END, 600)],
        resources="/XObject << /Im 1001 0 R >>",
        more={1001: stream("x", IMAGE + " /SMask 1002 0 R"), 1002: stream("\xff", IMAGE)},
    ),
    "the author's name": pdf([text(LEAD) + text(END, 600)]).replace(
        b"(A. Moran)", b"(SECRET order)"
    ),
}

SEEN: dict[str, bytes] = {
    "plain": pdf([S]),
    "white on black": pdf(["0 g 60 640 400 30 re f 1 g " + S]),
    "gray": pdf([".5 g " + S]),
    "red ink": pdf(
        ["/Ink cs 1 scn " + S],
        resources="/ColorSpace << /Ink [/Separation /Red /DeviceCMYK 9 0 R] >>",
    ),
    "stroked": pdf([text(SECRET, 650, "1 Tr")]),
    "font of size one, scaled": pdf([f"BT /F1 1 Tf 12 0 0 12 72 650 Tm ({SECRET}) Tj ET"]),
    "page turned upside down": pdf(
        [f"q 1 0 0 -1 0 792 cm BT /F1 12 Tf 72 100 Td ({SECRET}) Tj ET Q"]
    ),
    "turned by a quarter": pdf([f"BT /F1 12 Tf 0 1 -1 0 100 200 Tm ({SECRET}) Tj ET"]),
    "in a form": pdf(
        ["/Fm Do"], resources="/XObject << /Fm 1001 0 R >>", more={1001: stream(S, FORM)}
    ),
    "in a form moved there": pdf(
        ["q 1 0 0 1 0 -400 cm /Fm Do Q"],
        resources="/XObject << /Fm 1001 0 R >>",
        more={1001: stream(S, FORM)},
    ),
    "in a layer that is on": pdf(
        ["/OC /L BDC " + S + "EMC"],
        resources="/Properties << /L 1001 0 R >>",
        catalog="/OCProperties << /OCGs [1001 0 R] /D << >> >>",
        more={1001: GROUP},
    ),
    "on a picture": pdf(
        ["q 612 0 0 792 0 0 cm /Im Do Q " + S],
        resources="/XObject << /Im 1001 0 R >>",
        more={1001: stream("x", IMAGE)},
    ),
    "in its clip": pdf(["q 0 0 612 792 re W n " + S + "Q"]),
    "half clear": pdf(["q /G gs " + S + "Q"], resources="/ExtGState << /G << /ca 0.5 >> >>"),
    "beside a white box": pdf([S + "1 g 60 100 400 30 re f"]),
    "after a white page": pdf(["1 g 0 0 612 792 re f 0 g " + S]),
    "highlight over": pdf(
        [S + "q /G gs 1 1 0 rg 60 640 400 30 re f Q"],
        resources="/ExtGState << /G << /BM /Multiply >> >>",
    ),
    "underline": pdf([S + "1 w 72 648 m 200 648 l S"]),
    "box around": pdf([S + "1 w 60 640 400 30 re S"]),
    "rounded ground": pdf(["0 0 .5 rg " + ROUNDED + "1 g " + S]),
    "on shading": pdf(
        ["q 60 640 400 30 re W n /Sh sh Q 0 g " + S],
        resources=SHADING,
    ),
    "circle elsewhere": pdf(
        [S + "1 g 300 100 m 355 100 400 145 400 200 c 400 255 355 300 300 300 c f"]
    ),
    "stamp over half": pdf([S + "1 g 60 640 30 30 re f"]),
    "letters of two bytes on a box as wide as they are": pdf(
        [
            "0 0 .5 rg 70 645 80 20 re f 1 g BT /F2 12 Tf 72 650 Td <"
            + SECRET.encode("utf-16-be").hex()
            + "> Tj ET"
        ],
        more={
            1000: "<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H"
            " /ToUnicode 1002 0 R /DescendantFonts [1001 0 R] >>",
            1001: "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A /DW 500"
            " /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
            1002: stream(
                "1 begincodespacerange <0000> <ffff> endcodespacerange"
                " 1 beginbfrange <0020> <007e> <0020> endbfrange"
            ),
        },
    ),
    "a scan with its recognised text": pdf(
        ["q 612 0 0 792 0 0 cm /Im Do Q " + text(SECRET, 650, "3 Tr")],
        resources="/XObject << /Im 1001 0 R >>",
        more={1001: stream("x", IMAGE)},
    ),
}


def article(body: bytes, fragment: str = "") -> Article:
    found = read(Page("http://site.test/a.pdf", "application/pdf", "", body, fragment=fragment))
    assert isinstance(found, Article)
    return found


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_hidden_in_a_pdf_is_not_read(name: str) -> None:
    found = article(HIDDEN[name])
    assert "SECRET" not in f"{found.text} {found.author} {found.title}"
    assert LEAD in found.text
    assert END in found.text or name == "off the crop box"
    assert found.hidden or name == "the author's name"


@pytest.mark.parametrize("name", SEEN)
def test_what_is_seen_in_a_pdf_is_read(name: str) -> None:
    assert SECRET in article(SEEN[name]).text


def test_a_scan_is_told() -> None:
    assert "recognised" in " ".join(article(SEEN["a scan with its recognised text"]).remarks)


def test_every_page_of_a_long_pdf_is_read() -> None:
    found = article(pdf([text(f"Page number {n} here") for n in range(1, 401)]))
    assert "Page number 400 here" in found.text
    assert found.remarks == ()


def test_a_pdf_opens_at_a_page() -> None:
    found = article(pdf([text(f"Page number {n} here") for n in range(1, 21)]), "page=12")
    assert "Page number 11 here" not in found.text
    assert "Page number 12 here" in found.text
    assert "20 pages; these are 12 to 20" in found.remarks[0]


@pytest.mark.parametrize("how", ["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"])
def test_encrypted_pdfs_open_without_a_password(how: str) -> None:
    assert LEAD in article(encrypted(how, "")).text
    with pytest.raises(ToolError, match="locked by a password"):
        article(encrypted(how, "x"))


def encrypted(how: str, password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([text(LEAD)]))))
    writer.encrypt(user_password=password, owner_password="owner", algorithm=how)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_page_that_is_damaged_does_not_cost_the_others() -> None:
    whole = pdf([text(LEAD), text("torn"), text(END)])
    torn = whole.replace(b"(torn) Tj", b"(to\\rn Tj ")
    found = article(torn)
    assert LEAD in found.text
    assert END in found.text
