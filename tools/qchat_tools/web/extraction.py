"""What a page says: the main text of HTML as Markdown, of PDF by page, other text as it is."""

import msgspec

from qchat_tools.base import ToolError
from qchat_tools.web.article import Article, ClientRedirect, NeedsStyleSheets, Reading
from qchat_tools.web.charset import decode
from qchat_tools.web.page import Page
from qchat_tools.web.sniff import kind_of
from qchat_tools.web.zero_width import drop_zero_width


def extract(page: Page) -> Article:
    """The main text of a page. Raises ToolError that says why there is none."""
    found = read(page)
    match found:
        case Article():
            return found
        case ClientRedirect():
            raise ToolError("the page has no text of its own: it sends its readers on")
        case NeedsStyleSheets():  # never: what was not fetched is not waited for
            raise ToolError("no text was found on the page")


def read(page: Page, *, wait_for_sheets: bool = False) -> Reading:
    """What a page says, or where it leads. Raises ToolError that says why there is neither.

    `wait_for_sheets`: ask for the style sheets it links to before anything is made of it.
    """
    match kind_of(page):
        case "html":
            # Each kind's library is heavy: loaded when first needed.
            from qchat_tools.web.html_article import from_html  # noqa: PLC0415

            found = from_html(page, wait_for_sheets=wait_for_sheets)
        case "pdf":
            from qchat_tools.web.pdf_article import from_pdf  # noqa: PLC0415

            found = from_pdf(page)
        case "text":
            found = _from_text(page)
    return _tidied(found, page) if isinstance(found, Article) else found


def _tidied(found: Article, page: Page) -> Article:
    return msgspec.structs.replace(
        found,
        title=_line(found.title, 200) or page.url,
        date=_line(found.date, 20),
        text=drop_zero_width(found.text).strip(),
        author=_line(found.author, 100),
        site=_line(found.site, 100),
    )


def _line(text: str, longest: int) -> str:
    return " ".join(drop_zero_width(text).split())[:longest]


def _from_text(page: Page) -> Article:
    text = decode(page.body, page.charset)
    if not text.strip():
        raise ToolError("the page is empty")
    return Article("", "", text)
