"""What tests look at in Textual that it does not offer; the interface has such a module, too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textual.app import App
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget


def strips_of(app: App[Any]) -> list[Strip]:
    """What stands on the screen, line by line, with its colours."""
    return app.screen._compositor.render_strips()


def lay_out(screen: Screen[Any]) -> None:
    """Measure everything now, as Textual does when somebody else asked for it."""
    screen._refresh_layout()


def note_layouts(screen: Screen[Any]) -> list[int]:
    """A list that gets, from now on, an entry for each time that the screen is laid out."""
    passes: list[int] = []
    lay_out = screen._refresh_layout

    def noted(*arguments: Any, **options: Any) -> None:
        passes.append(len(passes))
        lay_out(*arguments, **options)

    screen._refresh_layout = noted  # type: ignore[method-assign]
    return passes


@contextmanager
def not_mounted(widget: Widget) -> Iterator[None]:
    """As a widget is between being measured for the first time and `on_mount`."""
    widget._is_mounted = False
    yield
    widget._is_mounted = True


def layouts_of(widget: Widget) -> int:
    """How often a widget has asked to be laid out."""
    return widget._layout_updates


def note_painted(widget: Widget) -> list[set[Region]]:
    """A list that gets, from now on, the regions that a widget paints, frame by frame."""
    regions: list[set[Region]] = []
    exchange = widget._exchange_repaint_regions

    def noted() -> set[Region]:
        regions.append(set(exchange()))
        return regions[-1]

    widget._exchange_repaint_regions = noted  # type: ignore[method-assign,assignment]
    return regions


def lay_out_for(widget: Widget) -> None:
    """Have the screen laid out at once, because of this widget."""
    widget.refresh(layout=True)
    widget._check_refresh()
    widget.screen._refresh_layout()


def note_frames(app: App[Any]) -> list[int]:
    """A list that gets, from now on, how many lines each frame for the terminal has."""
    lines: list[int] = []
    display = app._display

    def noted(screen: Screen[Any], frame: Any) -> None:
        if frame is not None:
            lines.append(len({y for y, *_ in getattr(frame, "spans", ())}))
        display(screen, frame)

    app._display = noted  # type: ignore[method-assign]
    return lines
