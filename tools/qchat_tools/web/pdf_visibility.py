"""Text of a PDF that its readers do not see is taken out of a page before its text is read.

A small machine that follows the graphics state (ISO 32000-2, 8.4 and 9.3): how letters are painted,
in which colour on what, how large, within which clip, on or off the page, and what is painted over
them later. What it cannot decide counts as not seen.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from pypdf import PageObject, PdfReader
from pypdf.generic import ContentStream, NameObject, TextStringObject

from qchat_tools.web.css.colors import Rgba, luminance
from qchat_tools.web.pdf_colors import colour_of
from qchat_tools.web.pdf_geometry import UNIT, Matrix, Rect, bounds, matrix_of, rect_of, times
from qchat_tools.web.pdf_graphics import (
    DARKENING,
    OTHER_BLENDS,
    Graphics,
    code_bytes,
    is_blank,
    is_seen,
    is_sheer,
)
from qchat_tools.web.pdf_layers import Layers
from qchat_tools.web.pdf_paper import Paper, Shape, Shown
from qchat_tools.web.pdf_path import Path

_MAX_DEPTH = 8
_MAX_FORMS = 2_000
_MIN_LINE = 3.0
_MAX_GAP = 50.0
"""Points: a thinner line covers nothing, and a line with wider gaps is none."""
_MAX_SHIFT = 2_000.0
"""Thousandths of a letter's size: what is moved farther within a line stands elsewhere."""
_DARK = 0.05
"""Relative luminance of what still covers where it is mixed with what lies under it."""


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
    machine.run(stream, page.get("/Resources", {}), Graphics(clip=box), 0)
    unseen = 0
    for shown in machine.paper.texts:
        if not shown.seen:
            for index in shown.indices:
                shown.holder[index] = TextStringObject("")
            unseen += shown.length
    if unseen:  # the changed operations are what is read, not the bytes they were read from
        stream.operations = list(stream.operations)
    page[NameObject("/Contents")] = stream
    return Layer(unseen, machine.biggest_picture > box.area * 0.5)


def _page_box(page: PageObject) -> Rect:
    found = [float(v) for v in page.cropbox]
    media = [float(v) for v in page.mediabox]
    return rect_of(found).within(rect_of(media))


class _Machine:
    """Runs the operations of one page, and of the forms that it draws."""

    def __init__(self, reader: PdfReader) -> None:
        self.paper = Paper()
        self.layers = Layers(reader)
        self.biggest_picture = 0.0
        self._reader = reader
        self._forms = 0

    def run(self, stream: ContentStream, resources: Any, start: Graphics, depth: int) -> None:
        """Follow the operations of a stream; `resources` are its dictionary of names."""
        _Run(self, resources.get_object() if hasattr(resources, "get_object") else resources,
             start, depth).follow(stream)  # fmt: skip

    def painted(self, shape: Shape, colour: Rgba | None, alpha: float, blend: str) -> None:
        """Something lies on what was there, or gives letters that follow their ground."""
        if alpha < 0.9:
            return
        if blend in DARKENING and (colour is None or luminance(colour) > _DARK):
            return  # what is under a marker's stroke is read through it
        self.paper.paint(shape, None if blend in OTHER_BLENDS else colour)

    def form(self, name: str, resources: Any, graphics: Graphics, depth: int) -> None:
        """Draw a form or a picture by its name."""
        objects = resources.get("/XObject")
        if objects is None or name not in objects.get_object():
            return
        objects = objects.get_object()
        drawn = objects[name]
        if "/OC" in drawn and self.layers.is_off(drawn.raw_get("/OC")):
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
        if "/Group" in drawn:  # what it holds is mixed as a whole with what lies under it
            state = msgspec.structs.replace(
                state,
                group_alpha=graphics.group_alpha * graphics.fill_alpha,
                fill_alpha=1.0,
                stroke_alpha=1.0,
                fill=None if graphics.masked else graphics.fill,
            )
        self.run(stream, drawn.get("/Resources", resources), state, depth + 1)
        objects[NameObject(name)] = stream

    def _picture(self, drawn: Any, graphics: Graphics) -> None:
        place = bounds(graphics.matrix, 0, 0, 1, 1).within(graphics.clip)
        self.biggest_picture = max(self.biggest_picture, place.area)
        sheer = "/Mask" in drawn or drawn.get("/ImageMask") or is_sheer(drawn.get("/SMask"))
        if not sheer:
            alpha = graphics.fill_alpha * graphics.group_alpha
            self.painted(Shape(place), None, alpha, graphics.blend)


class _Run:
    """One content stream, operation by operation."""

    def __init__(self, machine: _Machine, resources: Any, start: Graphics, depth: int) -> None:
        self._machine = machine
        self._resources = resources
        self._now = start
        self._depth = depth
        self._saved: list[Graphics] = []
        self._line: Matrix = UNIT
        self._at: Matrix = UNIT
        self._path = Path()
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
        if "/SMask" in state:
            self._set(masked=state["/SMask"] != "/None")
        if "/LW" in state:
            self._set(line_width=float(state["/LW"]))
        if "/BM" in state:
            blend = state["/BM"]
            self._set(blend=str(blend[0] if isinstance(blend, list) else blend))

    def _colour(self, name: str, space: Any, values: list[Any]) -> None:
        self._set(**{f"{name}_space": space, name: colour_of(space, values, self._resources)})

    # Paths

    def _re(self, v: list[Any]) -> None:
        x, y, width, height = map(float, v)
        self._path.box(self._now.matrix, x, y, width, height)

    def _clip(self, _: list[Any]) -> None:
        self._clips = True

    def _fill(self, _: list[Any], *, even_odd: bool = False) -> None:
        shape = self._path.area(self._now.clip, even_odd=even_odd)
        if shape is not None:
            now = self._now
            self._machine.painted(shape, now.fill, now.fill_alpha * now.group_alpha, now.blend)
        self._end([])

    def _stroke(self, _: list[Any]) -> None:
        now = self._now
        scale = abs(now.matrix[0] * now.matrix[3] - now.matrix[1] * now.matrix[2]) ** 0.5
        width = now.line_width * scale
        if width >= _MIN_LINE and not now.dashed:
            for box in self._path.lines(width):
                alpha = now.stroke_alpha * now.group_alpha
                self._machine.painted(Shape(box.within(now.clip)), now.stroke, alpha, now.blend)
        self._end([])

    def _fill_and_stroke(self, _: list[Any], *, even_odd: bool = False) -> None:
        path = self._path
        clips = self._clips
        self._fill([], even_odd=even_odd)
        self._path, self._clips = path, clips
        self._stroke([])

    def _end(self, _: list[Any]) -> None:
        if self._clips:
            hull = self._path.hull()
            self._set(clip=Rect(0, 0, 0, 0) if hull is None else self._now.clip.within(hull))
        self._path, self._clips = Path(), False

    def _shade(self, _: list[Any]) -> None:
        now = self._now
        alpha = now.fill_alpha * now.group_alpha
        self._machine.painted(Shape(now.clip), None, alpha, now.blend)

    def _inline_picture(self, v: Any) -> None:
        settings = v["settings"]
        if settings.get("/IM", settings.get("/ImageMask")):
            return
        now = self._now
        place = bounds(now.matrix, 0, 0, 1, 1).within(now.clip)
        alpha = now.fill_alpha * now.group_alpha
        self._machine.painted(Shape(place), None, alpha, now.blend)

    def _dash(self, v: list[Any]) -> None:
        self._set(dashed=any(float(gap) > _MAX_GAP for gap in v[0]))

    # Text

    def _begin_text(self, _: list[Any]) -> None:
        self._at = self._line = UNIT

    def _font(self, v: list[Any]) -> None:
        font = self._resources.get("/Font", {}).get_object().get(v[0])
        self._set(font_size=float(v[1]), blank_font=is_blank(font), code_bytes=code_bytes(font))

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
        holder = v[-1] if isinstance(v[-1], list) else v
        piece: list[int] = []
        for index, operand in enumerate(holder):
            if isinstance(operand, str | bytes):
                piece.append(index)
            elif holder is not v and abs(float(operand)) > _MAX_SHIFT:
                self._show_piece(holder, piece)
                piece = []
                shift = -float(operand) / 1_000 * self._now.font_size * self._now.stretch
                self._at = times((1, 0, 0, 1, shift, 0), self._at)
        self._show_piece(holder, piece)

    def _show_piece(self, holder: list[Any], indices: list[int]) -> None:
        length = sum(len(holder[index]) for index in indices) // self._now.code_bytes
        if not length:
            return
        now = self._now
        size = now.font_size
        advance = size * 0.5 + now.spacing
        width = length * advance * now.stretch
        matrix = times(self._at, now.matrix)
        place = bounds(matrix, 0, now.rise, width, size)
        seen = not any(self._marked) and is_seen(
            now, self._machine.paper.ground(place), place, matrix, length
        )
        self._machine.paper.texts.append(Shown(holder, tuple(indices), place, seen, length))
        self._at = times((1, 0, 0, 1, width, 0), self._at)

    def _show_next(self, v: list[Any]) -> None:
        self._next_line([])
        self._show(v)

    def _show_spaced(self, v: list[Any]) -> None:
        self._set(word_spacing=float(v[0]), spacing=float(v[1]))
        self._next_line([])
        self._show(v[2:] if isinstance(v[2], list) else v)

    # Marked content

    def _marks(self, v: list[Any]) -> None:
        off = False
        if len(v) > 1 and v[0] == "/OC":
            properties = self._resources["/Properties"].get_object()
            off = self._machine.layers.is_off(properties.raw_get(v[1]))
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
            b"re": self._re, b"W": self._clip, b"W*": self._clip, b"sh": self._shade,
            b"m": lambda v: self._path.move(self._now.matrix, v),
            b"l": lambda v: self._path.line(self._now.matrix, v),
            b"c": lambda v: self._path.curve(self._now.matrix, "c", v),
            b"v": lambda v: self._path.curve(self._now.matrix, "v", v),
            b"y": lambda v: self._path.curve(self._now.matrix, "y", v),
            b"INLINE IMAGE": self._inline_picture, b"d": self._dash,
            b"w": lambda v: self._set(line_width=float(v[0])),
            b"Tc": lambda v: self._set(spacing=float(v[0])),
            b"Tw": lambda v: self._set(word_spacing=float(v[0])),
            b"f": self._fill, b"F": self._fill, b"n": self._end,
            b"f*": lambda v: self._fill(v, even_odd=True),
            b"B": self._fill_and_stroke, b"B*": lambda v: self._fill_and_stroke(v, even_odd=True),
            b"b": self._fill_and_stroke, b"b*": lambda v: self._fill_and_stroke(v, even_odd=True),
            b"S": self._stroke, b"s": self._stroke,
            b"BT": self._begin_text, b"Tf": self._font, b"Td": self._move,
            b"TD": self._move_leading, b"T*": self._next_line, b"Tm": self._text_matrix,
            b"Tr": lambda v: self._set(mode=int(v[0])),
            b"Tz": lambda v: self._set(stretch=float(v[0]) / 100),
            b"TL": lambda v: self._set(leading=float(v[0])),
            b"Ts": lambda v: self._set(rise=float(v[0])),
            b"Tj": self._show, b"TJ": self._show, b"'": self._show_next, b'"': self._show_spaced,
            b"BDC": self._marks, b"BMC": self._marks, b"EMC": self._unmark, b"Do": self._do,
        }  # fmt: skip
