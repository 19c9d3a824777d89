"""Bytes of a page as text, by the rules that browsers follow (encoding.spec.whatwg.org).

Labels are webencodings' business: `gb2312` is gb18030, `iso-8859-1` is windows-1252. Here stands
the order in which declarations count, and what is done when one is plainly wrong.
"""

import codecs
import re
from collections.abc import Iterator
from itertools import pairwise

import webencodings

_PRESCAN = 16_384
"""Bytes in which a page may declare its own charset; the standard asks for 1,024 at least."""
_SAMPLE = 65_536
_MIN_SEQUENCES = 3
"""So many characters of several bytes that are all valid UTF-8 are no accident."""

_META = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([\w.:+-]+)", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:+-]+)")
_LANGUAGE = re.compile(rb"<html[^>]*?\blang\s*=\s*[\"']?([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)", re.I)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")

_CODECS = {
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "big5": "cp950",
    "euc-jp": "euc_jp",
    "x-mac-cyrillic": "mac_cyrillic",
    "macintosh": "mac_roman",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859_8",
}
"""Python's codec of each encoding of the standard, where it has another name or a wider one."""

_LEGACY = {
    "zh": "gbk", "ja": "shift_jis", "ko": "euc-kr", "ru": "windows-1251", "uk": "windows-1251",
    "bg": "windows-1251", "sr": "windows-1251", "be": "windows-1251", "mk": "windows-1251",
    "pl": "windows-1250", "cs": "windows-1250", "sk": "windows-1250", "hu": "windows-1250",
    "sl": "windows-1250", "hr": "windows-1250", "ro": "windows-1250", "el": "windows-1253",
    "tr": "windows-1254", "az": "windows-1254", "he": "windows-1255", "ar": "windows-1256",
    "fa": "windows-1256", "ur": "windows-1256", "th": "windows-874", "lt": "windows-1257",
    "lv": "windows-1257", "et": "windows-1257", "vi": "windows-1258", "zh-tw": "big5",
    "zh-hk": "big5", "zh-hant": "big5",
}  # fmt: skip
"""What a page in this language was most often written in before UTF-8."""

_RIVALS = {
    "windows-1250": ("iso-8859-2",),
    "windows-1251": ("koi8-r", "koi8-u", "iso-8859-5", "x-mac-cyrillic", "ibm866"),
    "windows-1252": ("macintosh",),
    "windows-1253": ("iso-8859-7",),
    "windows-1255": ("iso-8859-8",),
    "windows-1256": ("iso-8859-6",),
    "euc-kr": (),
    "shift_jis": ("euc-jp",),
}
"""What such a page may be in instead."""
_FREQUENT = {
    "gbk": "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年",
    "big5": "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年",
    "euc-kr": "이다는을의에가를은로하고지한도사기",
    "shift_jis": "のにはをたがでてとしれさいるなも、。",
    "euc-jp": "のにはをたがでてとしれさいるなも、。",
}
"""The commonest characters of each script: in the wrong charset hardly any of them appears."""
_WESTERN = ("windows-1252", "windows-1250", "windows-1254", "windows-1257")
_ALPHABETS = (
    "windows-1251", "koi8-r", "windows-1253", "windows-1255", "windows-1256", "windows-874",
)  # fmt: skip

_CONTROL = re.compile("[\x80-\x9f]")
_ACCENT = re.compile("[\xa0-\xff]")
_ACCENTS = re.compile("[\xa0-\xff]{3,}")


def decode(body: bytes, declared: str = "") -> str:
    """The text of a body whose server declared a charset, or none; never fails.

    A byte order mark wins, then the server, then the page's own declaration. Where what was
    declared gives garbage, what the bytes look like decides.
    """
    marked = _by_mark(body)
    if marked is not None:
        return _XML_DECLARATION.sub("", marked, count=1)
    head = body[:_PRESCAN]
    labels = [declared, *_own_labels(head)]
    named = [name for label in labels if (name := _lookup(label))]
    text = _best(body, named)
    return _XML_DECLARATION.sub("", text, count=1)


def _by_mark(body: bytes) -> str | None:
    if body.startswith(codecs.BOM_UTF8):
        return body[3:].decode("utf-8", "replace")
    if body.startswith(codecs.BOM_UTF16_LE) and not body.startswith(codecs.BOM_UTF32_LE):
        return body[2:].decode("utf-16-le", "replace")
    if body.startswith(codecs.BOM_UTF16_BE):
        return body[2:].decode("utf-16-be", "replace")
    return None


def _own_labels(head: bytes) -> Iterator[str]:
    """What the page says of itself; UTF-16 cannot be true where this could be read at all."""
    xml = _XML.match(head)
    metas = [m[1] for m in _META.finditer(_COMMENT.sub(b"", head))]
    for label in [*metas[:1], *([xml[1]] if xml else [])]:
        text = label.decode("ascii", "replace").lower()
        yield "utf-8" if text.startswith(("utf-16", "unicode")) else text


def _lookup(label: str) -> str:
    label = label.strip(" \t\r\n\"';").partition(",")[0]
    if label.lower() in ("utf8mb4", "utf8mb3"):  # MySQL's names, which land in headers
        label = "utf-8"
    found = webencodings.lookup(label) if label else None
    if found is None or found.name == "replacement":
        return ""
    return "windows-1252" if found.name == "x-user-defined" else str(found.name)


def _best(body: bytes, named: list[str]) -> str:
    declared_wide = next((name for name in named if name.startswith("utf-16")), "")
    if declared_wide and b"\0" in body:
        return decoded_as(body, declared_wide)
    wide = _wide(body)
    if wide:
        return decoded_as(body, wide)
    if b"\x1b$" in body and max(body) < 128:
        return decoded_as(body, "iso-2022-jp")
    if _is_utf8(body):  # whatever was declared
        return body.decode("utf-8", "replace")
    found: list[tuple[int, str]] = []
    for name in dict.fromkeys(named):
        text = decoded_as(body, name)
        damage = _damage(text, name)
        if damage <= max(2, len(text) // 2_000):
            return text
        found.append((damage, text))
    guess = decoded_as(body, _detected(body))
    return min([*found, (_damage(guess), guess)], key=lambda pair: pair[0])[1]


def decoded_as(body: bytes, name: str) -> str:
    """Decode by an encoding of the standard, filling what Python's codec leaves out."""
    codec = _CODECS.get(name, name)
    handler = {"cp950": "qchat-big5", "euc_jp": "qchat-euc-jp", "gb18030": "qchat-gbk"}.get(codec)
    try:
        return body.decode(codec, handler or "qchat-single-byte")
    except (LookupError, UnicodeError):
        return body.decode("utf-8", "replace")


def _is_utf8(body: bytes) -> bool:
    """Whether it is valid UTF-8 beyond ASCII; a character that was cut at the end is forgiven."""
    try:
        text, _ = codecs.utf_8_decode(body, "strict", False)
    except UnicodeDecodeError:
        return False
    if len(text) == len(body):  # ASCII: the same in every charset
        return True
    return len(body) - len(text) >= _MIN_SEQUENCES


def _wide(body: bytes) -> str:
    """UTF-16 without a mark shows itself by its zeros."""
    head = body[:2_000]
    half = len(head) // 2
    if half < 8:
        return ""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > half * 0.6 and even < half * 0.1:
        return "utf-16le"
    return "utf-16be" if even > half * 0.6 and odd < half * 0.1 else ""


def _damage(text: str, name: str = "") -> int:
    """Characters that no page means: replaced ones, controls of C1, and accents in long runs.

    Letters with accents stand alone among others: runs of them are another script's bytes.
    """
    if text.isascii():
        return 0
    # Western is what servers call everything that they do not know.
    western = name == "windows-1252"
    runs = sum(len(run) for run in _ACCENTS.findall(text)) if western else 0
    accents = len(_ACCENT.findall(text)) if runs else 0
    garbled = runs if runs > accents / 3 else 0
    return text.count("\ufffd") + len(_CONTROL.findall(text)) + garbled


def _detected(body: bytes) -> str:
    """Which encoding the bytes look like: by common characters, then by the page's language."""
    sample = body[:_SAMPLE]
    scored = [(_commonness(sample, name), name) for name in _FREQUENT]
    score, name = max(scored)
    if score > 0.06:
        return name
    language = _LANGUAGE.search(body[:_PRESCAN])
    if language:
        tag = language[1].decode("ascii").lower()
        usual = _LEGACY.get(tag) or _LEGACY.get(tag.partition("-")[0], "windows-1252")
        rivals = (usual, *_RIVALS.get(usual, ()))
        return min(rivals, key=lambda rival: _oddity(decoded_as(sample, rival)))
    return _alphabet(sample)


def _commonness(sample: bytes, name: str) -> float:
    text = decoded_as(sample, name)
    foreign = [c for c in text if c > "\x7f"]
    common = sum(c in _FREQUENT[name] for c in foreign)
    return (common - 4 * _damage(text)) / max(len(foreign), 1)


def _alphabet(sample: bytes) -> str:
    """A charset of one byte, by charset-normalizer; the western ones differ in a few letters."""
    from charset_normalizer import from_bytes  # noqa: PLC0415  slow to load, seldom needed

    names = {_CODECS.get(n, n).replace("windows-", "cp").replace("-", "_"): n for n in _ALPHABETS}
    western = {n.replace("windows-", "cp"): n for n in _WESTERN}
    best = from_bytes(sample, cp_isolation=[*names, *western]).best()
    if best is not None and best.encoding in names:
        return names[best.encoding]
    return min(_WESTERN, key=lambda name: _oddity(decoded_as(sample, name)))


def _oddity(text: str) -> float:
    """How often a sign stands where words have letters, or a letter that is rare."""
    signs = re.findall(r"(?<=[^\W\d_])[¡-¿×÷\x80-\x9f˘˛ˇ¨´¸˝](?=[^\W\d_])", text)
    rare = re.findall(r"[þðýÞÐÝ]", text)
    flips = sum(a.islower() and b.isupper() for a, b in pairwise(text))
    return len(signs) + flips + len(rare) * 0.5 + 2 * _damage(text)


def _single_byte(error: UnicodeError) -> tuple[str, int]:
    """Bytes that a charset of one byte does not define stand for themselves, as in browsers."""
    assert isinstance(error, UnicodeDecodeError)
    single = error.encoding.startswith(("cp125", "cp874", "iso8859", "charmap", "koi8"))
    byte = error.object[error.start]
    return (chr(byte) if single and byte < 0xA0 else "\ufffd"), error.start + 1


def _gbk(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return ("€" if error.object[error.start] == 0x80 else "\ufffd"), error.start + 1


def _big5(error: UnicodeError) -> tuple[str, int]:
    """The characters of Hong Kong, which the standard has and Windows had not."""
    return _pair(error, "big5hkscs", bytes)


def _euc_jp(error: UnicodeError) -> tuple[str, int]:
    """The characters of NEC and IBM, such as ① and 髙, which stand in code page 932."""
    return _pair(error, "cp932", _as_shift_jis)


def _as_shift_jis(pair: bytes) -> bytes:
    row, cell = pair[0] - 0xA0, pair[1] - 0xA0
    if not (1 <= row <= 94 and 1 <= cell <= 94):
        return b""
    lead = (row + 1) // 2 + (0x80 if row <= 62 else 0xC0)
    trail = cell + 0x9E if row % 2 == 0 else cell + (0x3F if cell < 64 else 0x40)
    return bytes((lead, trail))


def _pair(error: UnicodeError, codec: str, convert: "type[bytes] | object") -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    pair = error.object[error.start : error.start + 2]
    if len(pair) == 2 and pair[0] > 127:
        try:
            return convert(pair).decode(codec), error.start + 2  # type: ignore[operator]
        except UnicodeDecodeError:
            pass
    # A byte of ASCII after a broken one is itself: it may be the `<` of a tag.
    return "\ufffd", error.start + (2 if len(pair) == 2 and pair[1] > 127 else 1)


codecs.register_error("qchat-single-byte", _single_byte)
codecs.register_error("qchat-gbk", _gbk)
codecs.register_error("qchat-big5", _big5)
codecs.register_error("qchat-euc-jp", _euc_jp)
