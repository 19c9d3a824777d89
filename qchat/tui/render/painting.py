"""A conversation that grows is laid out once for each frame, and paints only lines that are new.

Textual by itself lays out a second time after each change of a size, and paints everything again
that has become higher.
"""

from typing import Self

from rich.style import Style
from textual._styles_cache import StylesCache
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget


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

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        if layout:  # Textual would keep a size that was measured while an earlier one was pending
            self._box_model_cache.clear()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
