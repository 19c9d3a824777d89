"""PDFs made by hand, content stream by content stream."""

from collections.abc import Mapping, Sequence

_HELVETICA = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def pdf(
    contents: Sequence[str],
    *,
    resources: str = "",
    page: str = "",
    catalog: str = "",
    more: Mapping[int, str] | None = None,
    title: str = "Report",
) -> bytes:
    """A PDF with one page for each content stream.

    `resources`, `page` and `catalog` are added to these dictionaries; `more` are further objects,
    numbered from 1000 on.
    """
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(len(contents)))
    objects: dict[int, str] = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>",
        3: _HELVETICA,
        4: f"<< /Title ({title}) /Author (A. Moran) >>",
    }
    for n, content in enumerate(contents):
        objects[10 + 2 * n] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {11 + 2 * n} 0 R"
            f" /Resources << /Font << /F1 3 0 R /F2 1000 0 R >> {resources} >> {page} >>"
        )
        objects[11 + 2 * n] = stream(content)
    objects |= more or {}
    out, places = b"%PDF-1.7\n", {}
    for number, content in objects.items():
        places[number] = len(out)
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    start = len(out)
    table = "".join(
        f"{number} 1\n{place:010d} 00000 n \n" for number, place in sorted(places.items())
    )
    size = max(objects) + 1
    end = f"trailer << /Size {size} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return out + f"xref\n0 1\n0000000000 65535 f \n{table}{end}".encode()


def stream(content: str, entries: str = "") -> str:
    """A stream object."""
    return f"<< /Length {len(content)} {entries} >>\nstream\n{content}\nendstream"


def text(words: str, y: float = 700, before: str = "", size: str = "/F1 12 Tf") -> str:
    """One line of text."""
    return f"BT {size} {before} 72 {y} Td ({words}) Tj ET\n"
