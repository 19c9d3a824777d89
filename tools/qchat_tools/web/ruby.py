"""Readings above words, as in Japanese: 漢字(かんじ), as browsers without ruby show it."""

from lxml.html import HtmlElement

_READINGS = ("rt", "rtc")


def write_out(ruby: HtmlElement) -> None:
    """Let each reading follow its word in brackets; trafilatura leaves readings out.

    The words keep their own elements. Brackets for browsers without ruby (`rp`) are replaced.
    """
    for element in [e for e in ruby.iter("rp") if e is not ruby]:
        _remove(element)
    for element in ruby.iter():
        if element is not ruby and not (element.tail or "").strip():
            element.tail = None  # the source's lines, which no reader sees between letters
    for reading in [e for e in ruby.iter(*_READINGS) if e.getparent() is not None]:
        _bracket(reading)
    for element in ruby.iter("ruby", "rb", *_READINGS):
        element.tag = "span"
    ruby.text = (ruby.text or "").strip() or None


def _bracket(reading: HtmlElement) -> None:
    """Put a reading in brackets, with those of the same word that follow it at once."""
    words = [_text(reading)]
    while not (reading.tail or "").strip():
        following = reading.getnext()
        if following is None or following.tag != reading.tag:
            break
        words.append(_text(following))
        _remove(following)
    tail = reading.tail
    reading.clear()
    reading.tail = tail
    told = " ".join(filter(None, words))
    reading.text = f"({told})" if told else None


def _text(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


def _remove(element: HtmlElement) -> None:
    """Take an element away, not the text after it."""
    parent, before = element.getparent(), element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)
