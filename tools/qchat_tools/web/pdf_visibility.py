"""Text of a PDF that its readers do not see is taken out of a page before its text is read.

A small machine that follows the graphics state (ISO 32000-2, 8.4 and 9.3): how letters are painted,
in which colour on what, how large, within which clip, on or off the page, and what is painted over
them later. What it cannot decide counts as not seen.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from pypdf import PageObject, PdfReader
from pypdf.generic import ArrayObject, ContentStream, NameObject, TextStringObject

from qchat_tools.web.css.colors import BLACK, WHITE, Rgba, is_seen_on
from qchat_tools.web.pdf_colors import colour_of
from qchat_tools.web.pdf_geometry import UNIT, Matrix, Rect, bounds, matrix_of, rect_of, times

MIN_SIZE = 2.0
"""Points: smaller letters are dots."""
_MAX_DEPTH = 8
_MAX_MARKS = 4_000
_MAX_FORMS = 2_000


class _Graphics(msgspec.Struct, frozen=True):
    """The graphics state, as far as it tells whether letters are seen."""

    matrix: Matrix = UNIT
    clip: Rect = Rect(-1e9, -1e9, 1e9, 1e9)
    fill: Rgba | None = BLACK
    """None for one that cannot be worked out: a pattern."""
    stroke: Rgba | None = BLACK
    fill_space: Any = "/DeviceGray"
    stroke_space: Any = "/DeviceGray"
    fill_alpha: float = 1.0
    stroke_alpha: float = 1.0
    mode: int = 0
    font_size: float = 0.0
    stretch: float = 1.0
    leading: float = 0.0
    rise: float = 0.0
    blank_font: bool = False


class _Shown(msgspec.Struct):
    """Letters that were painted: where they can be taken out, and what stands for them then."""

    operands: list[Any]
    place: Rect
    seen: bool
    length: int


class Layer(msgspec.Struct):
    """What was taken out of a page, in characters."""

    unseen: int = 0
    under_picture: bool = False
    """A picture of the whole page is there: what was taken out may be what it shows."""


def drop_unseen(page: PageObject, reader: PdfReader) -> Layer:
    """Take out of a page's content what its readers do not see."""
    machine = _Machine(reader)
    contents = page.get("/Contents")
    if contents is None:
        return Layer()
    stream = ContentStream(contents, reader, "bytes")
    box = _page_box(page)
    machine.run(stream, page.get("/Resources", {}), _Graphics(clip=box), 0)
    unseen = 0
    for shown in machine.texts:
        if not shown.seen:
            shown.operands[:] = _emptied(shown.operands)
            unseen += shown.length
    if unseen:  # the changed operations are what is read, not the bytes they were read from
        stream.operations = list(stream.operations)
    page[NameObject("/Contents")] = stream
    return Layer(unseen, machine.biggest_picture > box.area * 0.5)


def _page_box(page: PageObject) -> Rect:
    found = [float(v) for v in page.cropbox]
    media = [float(v) for v in page.mediabox]
    return rect_of(found).within(rect_of(media))


def _emptied(operands: list[Any]) -> list[Any]:
    empty = TextStringObject("")
    return [
        ArrayObject() if isinstance(o, list) else empty if isinstance(o, str | bytes) else o
        for o in operands
    ]


class _Machine:
    """Runs the operations of one page, and of the forms that it draws."""

    def __init__(self, reader: PdfReader) -> None:
        self.texts: list[_Shown] = []
        self.biggest_picture = 0.0
        self._reader = reader
        self._paper: list[tuple[Rect, Rgba | None]] = []
        self._off = _groups_that_are_off(reader)
        self._forms = 0

    def run(self, stream: ContentStream, resources: Any, start: _Graphics, depth: int) -> None:
        """Follow the operations of a stream; `resources` are its dictionary of names."""
        _Run(self, resources.get_object() if hasattr(resources, "get_object") else resources,
             start, depth).follow(stream)  # fmt: skip

    def painted(self, place: Rect, colour: Rgba | None, alpha: float) -> None:
        """Something opaque lies on what was there, or gives letters that follow their ground."""
        if alpha < 0.9 or len(self._paper) > _MAX_MARKS:
            return
        self._paper.append((place, colour))
        for shown in self.texts[-_MAX_MARKS:]:
            if shown.seen and place.covers(shown.place):
                shown.seen = False

    def ground(self, place: Rect) -> Rgba | None:
        """The colour that letters are painted on; None under a picture."""
        for rect, colour in reversed(self._paper):
            if rect.covers(place):
                return colour
        return WHITE

    def is_off(self, group: Any) -> bool:
        """Whether an optional-content group, or what depends on some, is not shown."""
        try:
            found = group.get_object()
            members = found.get("/OCGs", [group]) if found.get("/Type") == "/OCMD" else [group]
            members = members if isinstance(members, list) else [members]
            return bool(members) and all(_number(m) in self._off for m in members)
        except (AttributeError, KeyError, TypeError):
            return False

    def form(self, name: str, resources: Any, graphics: _Graphics, depth: int) -> None:
        """Draw a form or a picture by its name."""
        objects = resources.get("/XObject")
        if objects is None or name not in objects.get_object():
            return
        objects = objects.get_object()
        drawn = objects[name]
        if "/OC" in drawn and self.is_off(drawn.raw_get("/OC")):
            graphics = msgspec.structs.replace(graphics, clip=Rect(0, 0, 0, 0))
        if drawn.get("/Subtype") == "/Image":
            self._picture(drawn, graphics)
            return
        self._forms += 1
        if depth >= _MAX_DEPTH or self._forms > _MAX_FORMS:
            return
        matrix = tuple(float(v) for v in drawn.get("/Matrix", UNIT))
        inner = times(matrix, graphics.matrix)  # type: ignore[arg-type]
        box = [float(v) for v in drawn.get("/BBox", (-1e6, -1e6, 1e6, 1e6))]
        clip = bounds(inner, box[0], box[1], box[2] - box[0], box[3] - box[1])
        stream = ContentStream(drawn, self._reader, "bytes")
        for key in drawn:
            if key not in ("/Filter", "/Length", "/DecodeParms"):
                stream[NameObject(key)] = drawn.raw_get(key)
        state = msgspec.structs.replace(graphics, matrix=inner, clip=graphics.clip.within(clip))
        self.run(stream, drawn.get("/Resources", resources), state, depth + 1)
        objects[NameObject(name)] = stream

    def _picture(self, drawn: Any, graphics: _Graphics) -> None:
        place = bounds(graphics.matrix, 0, 0, 1, 1).within(graphics.clip)
        self.biggest_picture = max(self.biggest_picture, place.area)
        sheer = any(key in drawn for key in ("/SMask", "/Mask")) or drawn.get("/ImageMask")
        if not sheer:
            self.painted(place, None, graphics.fill_alpha)


def _number(reference: Any) -> int:
    return int(getattr(reference, "idnum", -1))


def _groups_that_are_off(reader: PdfReader) -> frozenset[int]:
    try:
        root: Any = reader.trailer["/Root"]
        default = root["/OCProperties"]["/D"]
        off = {_number(r) for r in default.get("/OFF", [])}
        if default.get("/BaseState") == "/OFF":
            groups = {_number(r) for r in root["/OCProperties"].get("/OCGs", [])}
            off |= groups - {_number(r) for r in default.get("/ON", [])}
        return frozenset(off)
    except (KeyError, TypeError, AttributeError):
        return frozenset()


class _Run:
    """One content stream, operation by operation."""

    def __init__(self, machine: _Machine, resources: Any, start: _Graphics, depth: int) -> None:
        self._machine = machine
        self._resources = resources
        self._now = start
        self._depth = depth
        self._saved: list[_Graphics] = []
        self._line: Matrix = UNIT
        self._at: Matrix = UNIT
        self._path: list[Rect] = []
        self._is_box = True
        self._clips = False
        self._marked: list[bool] = []

    def follow(self, stream: ContentStream) -> None:
        handlers = self._handlers()
        for operands, operator in stream.operations:
            handler = handlers.get(operator)
            if handler is None:
                continue
            try:
                handler(operands)
            except (TypeError, ValueError, IndexError, KeyError, AttributeError):
                continue  # a damaged operation draws nothing

    def _set(self, **values: Any) -> None:
        self._now = msgspec.structs.replace(self._now, **values)

    # Graphics state

    def _q(self, _: list[Any]) -> None:
        if len(self._saved) < 500:
            self._saved.append(self._now)

    def _restore(self, _: list[Any]) -> None:
        if self._saved:
            self._now = self._saved.pop()

    def _cm(self, v: list[Any]) -> None:
        self._set(matrix=times(matrix_of(v), self._now.matrix))

    def _gs(self, v: list[Any]) -> None:
        state = self._resources["/ExtGState"].get_object()[v[0]].get_object()
        if "/ca" in state:
            self._set(fill_alpha=float(state["/ca"]))
        if "/CA" in state:
            self._set(stroke_alpha=float(state["/CA"]))
        if "/Font" in state:
            self._set(font_size=float(state["/Font"][1]))
        if state.get("/SMask", "/None") != "/None":
            self._set(fill=None)

    def _colour(self, name: str, space: Any, values: list[Any]) -> None:
        self._set(**{f"{name}_space": space, name: colour_of(space, values, self._resources)})

    # Paths

    def _re(self, v: list[Any]) -> None:
        x, y, width, height = map(float, v)
        self._path.append(bounds(self._now.matrix, x, y, width, height))

    def _point(self, v: list[Any]) -> None:
        x, y = float(v[-2]), float(v[-1])
        self._path.append(bounds(self._now.matrix, x, y, 0, 0))
        self._is_box = self._is_box and len(self._path) <= 5

    def _curve(self, v: list[Any]) -> None:
        self._point(v)
        self._is_box = False

    def _clip(self, _: list[Any]) -> None:
        self._clips = True

    def _fill(self, _: list[Any]) -> None:
        if self._path and self._is_box:
            box = self._hull().within(self._now.clip)
            self._machine.painted(box, self._now.fill, self._now.fill_alpha)
        self._end([])

    def _end(self, _: list[Any]) -> None:
        if self._clips and self._path:
            self._set(clip=self._now.clip.within(self._hull()))
        elif self._clips:
            self._set(clip=Rect(0, 0, 0, 0))
        self._path, self._is_box, self._clips = [], True, False

    def _hull(self) -> Rect:
        rects = self._path
        return Rect(
            min(r.x0 for r in rects), min(r.y0 for r in rects),
            max(r.x1 for r in rects), max(r.y1 for r in rects),
        )  # fmt: skip

    # Text

    def _begin_text(self, _: list[Any]) -> None:
        self._at = self._line = UNIT

    def _font(self, v: list[Any]) -> None:
        font = self._resources.get("/Font", {}).get_object().get(v[0])
        self._set(font_size=float(v[1]), blank_font=_is_blank(font))

    def _move(self, v: list[Any]) -> None:
        self._line = times((1, 0, 0, 1, float(v[0]), float(v[1])), self._line)
        self._at = self._line

    def _move_leading(self, v: list[Any]) -> None:
        self._set(leading=-float(v[1]))
        self._move(v)

    def _next_line(self, _: list[Any]) -> None:
        self._move([0, -self._now.leading])

    def _text_matrix(self, v: list[Any]) -> None:
        self._at = self._line = matrix_of(v)

    def _show(self, v: list[Any]) -> None:
        length = sum(_lengths(v))
        now = self._now
        size = now.font_size
        width = length * size * now.stretch * 0.5
        matrix = times(self._at, now.matrix)
        place = bounds(matrix, 0, now.rise, width, size)
        seen = length == 0 or self._is_seen(place, matrix, size)
        self._machine.texts.append(_Shown(v, place, seen, length))
        self._at = times((1, 0, 0, 1, width, 0), self._at)

    def _show_next(self, v: list[Any]) -> None:
        self._next_line([])
        self._show(v)

    def _is_seen(self, place: Rect, matrix: Matrix, size: float) -> bool:
        now = self._now
        across = (matrix[0] ** 2 + matrix[1] ** 2) ** 0.5 * abs(now.stretch)
        up = (matrix[2] ** 2 + matrix[3] ** 2) ** 0.5
        if abs(size) * min(across, up) < MIN_SIZE or now.blank_font or any(self._marked):
            return False
        if not place.meets(now.clip):
            return False
        ground = self._machine.ground(place)
        for paints, colour, alpha in (
            (now.mode in (0, 2, 4, 6), now.fill, now.fill_alpha),
            (now.mode in (1, 2, 5, 6), now.stroke, now.stroke_alpha),
        ):
            if paints and colour is not None and alpha >= 0.1:
                under = WHITE if ground is None else ground
                if is_seen_on(colour.mixed(under, alpha), under):
                    return True
        return False

    # Marked content

    def _marks(self, v: list[Any]) -> None:
        off = False
        if len(v) > 1 and v[0] == "/OC":
            properties = self._resources["/Properties"].get_object()
            off = self._machine.is_off(properties.raw_get(v[1]))
        self._marked.append(off)

    def _unmark(self, _: list[Any]) -> None:
        if self._marked:
            self._marked.pop()

    def _do(self, v: list[Any]) -> None:
        # What is drawn while nothing is shown goes through the same machine, and is seen nowhere.
        now = self._now
        if any(self._marked):
            now = msgspec.structs.replace(now, clip=Rect(0, 0, 0, 0))
        self._machine.form(str(v[0]), self._resources, now, self._depth)

    def _handlers(self) -> dict[bytes, Callable[[list[Any]], None]]:
        return {
            b"q": self._q, b"Q": self._restore, b"cm": self._cm, b"gs": self._gs,
            b"g": lambda v: self._colour("fill", "/DeviceGray", v),
            b"G": lambda v: self._colour("stroke", "/DeviceGray", v),
            b"rg": lambda v: self._colour("fill", "/DeviceRGB", v),
            b"RG": lambda v: self._colour("stroke", "/DeviceRGB", v),
            b"k": lambda v: self._colour("fill", "/DeviceCMYK", v),
            b"K": lambda v: self._colour("stroke", "/DeviceCMYK", v),
            b"cs": lambda v: self._colour("fill", v[0], []),
            b"CS": lambda v: self._colour("stroke", v[0], []),
            b"sc": lambda v: self._colour("fill", self._now.fill_space, v),
            b"scn": lambda v: self._colour("fill", self._now.fill_space, v),
            b"SC": lambda v: self._colour("stroke", self._now.stroke_space, v),
            b"SCN": lambda v: self._colour("stroke", self._now.stroke_space, v),
            b"re": self._re, b"m": self._point, b"l": self._point, b"c": self._curve,
            b"v": self._curve, b"y": self._curve, b"W": self._clip, b"W*": self._clip,
            b"f": self._fill, b"F": self._fill, b"f*": self._fill, b"B": self._fill,
            b"B*": self._fill, b"b": self._fill, b"b*": self._fill, b"n": self._end,
            b"S": self._end, b"s": self._end,
            b"BT": self._begin_text, b"Tf": self._font, b"Td": self._move,
            b"TD": self._move_leading, b"T*": self._next_line, b"Tm": self._text_matrix,
            b"Tr": lambda v: self._set(mode=int(v[0])),
            b"Tz": lambda v: self._set(stretch=float(v[0]) / 100),
            b"TL": lambda v: self._set(leading=float(v[0])),
            b"Ts": lambda v: self._set(rise=float(v[0])),
            b"Tj": self._show, b"TJ": self._show, b"'": self._show_next, b'"': self._show_next,
            b"BDC": self._marks, b"BMC": self._marks, b"EMC": self._unmark, b"Do": self._do,
        }  # fmt: skip


def _lengths(operands: list[Any]) -> Iterator[int]:
    for operand in operands:
        if isinstance(operand, list):
            yield from _lengths(operand)
        elif isinstance(operand, str | bytes) and not isinstance(operand, NameObject):
            yield len(operand)


def _is_blank(font: Any) -> bool:
    """Whether a font draws its letters by programs of its own that draw nothing."""
    try:
        found = font.get_object()
        if found.get("/Subtype") != "/Type3":
            return False
        programs = [p.get_object().get_data() for p in found["/CharProcs"].values()]
    except (AttributeError, KeyError, TypeError):
        return False
    painting = (b"f", b"F", b"S", b"s", b"B", b"b", b"Do", b"Tj", b"TJ", b"sh", b"ID", b"f*")
    return not any(set(data.split()) & set(painting) for data in programs)
