"""What of Textual we touch that it does not offer: all of it, for the version that it holds for.

Each has its reason beside it. A newer Textual is tried by setting `HOLDS_FOR`, running
`tests/unit/test_textual_private.py`, which names what is gone or has come to clash, and looking.
"""

import sys
from collections.abc import Callable
from typing import IO, Any

from rich.console import RenderableType
from rich.style import Style
from textual._styles_cache import StylesCache
from textual.app import App
from textual.driver import Driver
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import TextArea

if sys.platform == "win32":
    from textual.drivers.windows_driver import WindowsDriver as TextualDriver
else:
    from textual._xterm_parser import XTermParser
    from textual.drivers.linux_driver import LinuxDriver as TextualDriver

__all__ = ["TextualDriver", "XTermParser"]

HOLDS_FOR = "8.2.8"
"""The version of Textual with which all of this was tried."""


# The application


def driver_of(app: App[Any]) -> Driver | None:
    """What writes to the terminal, for sequences that Textual knows nothing of."""
    return app._driver


def has_screen(app: App[Any]) -> bool:
    """Whether there is one to send a message to; `App.screen` raises where there is none."""
    return bool(app._screen_stack)


def failure_of(app: App[Any]) -> BaseException | None:
    """The bug that ends the application."""
    return app._exception


def end_with(app: App[Any], page: RenderableType) -> None:
    """End after a bug with this page, where Textual would print a traceback of many screens."""
    app._exit_renderables.append(page)
    app._close_messages_no_wait()


def set_mouse(driver: Driver, *, on: bool) -> None:
    """Ask the terminal for mouse events, or no longer: it can have its own selection back."""
    switch = getattr(driver, "_enable_mouse_support" if on else "_disable_mouse_support", None)
    if switch is not None:
        switch()
        driver.flush()


def wrap_output(driver: TextualDriver, wrap: Callable[[IO[str]], Any]) -> None:
    """Put something between a driver and the file that it writes to."""
    written: Any = driver._file
    driver._file = wrap(written)


def stay_behind(widget: Widget) -> None:
    """Follow no end until the user goes there; `Widget.anchor` would first go there itself."""
    widget._anchored = widget._anchor_released = True


# Sizes. A widget that changes while its last change waits to be laid out would keep the size that
# it had then, if another's layout has measured it meanwhile.

_refresh_of_textual = Widget.refresh


def _refresh(
    self: Widget,
    *regions: Region,
    repaint: bool = True,
    layout: bool = False,
    recompose: bool = False,
) -> Widget:
    if layout:
        self._box_model_cache.clear()
    return _refresh_of_textual(self, *regions, repaint=repaint, layout=layout, recompose=recompose)


Widget.refresh = _refresh  # type: ignore[method-assign, assignment]


# Frames. A layout while the screen is held (`App.batch_update`), as where the window is sized anew,
# would have its frame made at once, and dropped: what had moved by it was never painted.

HELD_S = 0.02
"""How long to wait before another look whether the screen is still held."""

_paint_of_textual = Screen._compositor_refresh


def _paint(self: Screen[Any]) -> None:
    if self.app._batch_count:
        self.set_timer(HELD_S, self._compositor_refresh)
    else:
        _paint_of_textual(self)


Screen._compositor_refresh = _paint  # type: ignore[method-assign]


# Painting: a conversation that grows is laid out once for each frame, and paints only lines that
# are new. Textual by itself lays out a second time after each change of a size, and paints
# everything again that has become higher.


class Empty(Widget):
    """Shows nothing but its background, and its children; stands last among a class's bases."""

    def _size_updated(
        self,
        size: Size,
        virtual_size: Size,
        container_size: Size,
        layout: bool = True,  # noqa: ARG002  scroll bars lay out by themselves
    ) -> bool:
        return super()._size_updated(size, virtual_size, container_size, layout=False)

    def render_lines(self, crop: Region) -> list[Strip]:
        _, background = self.background_colors
        strip = Strip.blank(crop.width, Style(bgcolor=background.rich_color))
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, background)
        return [strip] * crop.height


class Lines(Widget):
    """Shows lines from the top down; those that it has painted stay when more come below."""

    def _size_updated(
        self,
        size: Size,
        virtual_size: Size,
        container_size: Size,
        layout: bool = True,  # noqa: ARG002  nothing is laid out in it
    ) -> bool:
        painted, width = self._styles_cache, self.outer_size.width
        self._styles_cache = StylesCache()
        updated = super()._size_updated(size, virtual_size, container_size, layout=False)
        if size.width == width:
            self._styles_cache = painted
        return updated


class LastingColours(TextArea):
    """Looks up its colours when they have changed; Textual does for each key, for a millisecond."""

    _coloured: object = None
    """The theme of its text for which they were looked up."""

    def notify_style_update(self) -> None:
        self._coloured = None
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        if self._coloured is self._theme:
            return super(TextArea, self).render_lines(crop)
        self._coloured = self._theme
        return super().render_lines(crop)
