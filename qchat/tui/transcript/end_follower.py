"""The end of the conversation kept in view while text comes, until the reader goes elsewhere."""

from qchat.tui.textual_private import stay_behind
from qchat.tui.transcript.virtual_list import VirtualTurnList


class EndFollower:
    """Knows what has come that the view has not followed yet, or the reader not seen."""

    def __init__(self, view: VirtualTurnList) -> None:
        self._view = view
        self._unread = False
        self._grew = False
        """Whether something has come that is not laid out yet: it is followed, where need be."""

    def begin_anew(self) -> None:
        """Another conversation is shown: all of it is new, and nothing unread."""
        self._unread, self._grew = False, True

    def grew(self) -> None:
        """Something has come at the end."""
        self._grew = True
        self._unread = self._unread or not self._view.at_end

    def stay(self) -> None:
        """What grows now was opened by the reader: the view stays where it is."""
        self._grew = False

    @property
    def new_below(self) -> bool:
        """Whether something has come below that the reader has not seen."""
        self._unread = self._unread and not self._view.at_end
        return self._unread

    def follow(self) -> None:
        """Go to the end, and stay there.

        Not before there is more than fits: Textual would push a short conversation to the bottom.
        """
        self._grew = True  # also what is not laid out yet
        if self._view.max_scroll_y > 0:
            self._view.anchor()

    def leave(self) -> None:
        """The reader went elsewhere, maybe before the end was followed for the first time."""
        if self._view.max_scroll_y > 0:
            stay_behind(self._view)

    def keep(self) -> None:
        """Follow as soon as there is more than fits, and only then: see `follow`.

        Not for what the user opens: that stays where it is.
        """
        view = self._view
        fits = view.max_scroll_y == 0
        if fits and view.is_anchored:
            view.anchor(False)
            view.scroll_to(y=0, animate=False, immediate=True, force=True)  # it has no bar now
            view.refresh(layout=True)
        elif self._grew and not fits:
            if not view.is_anchored:
                view.anchor()
            self._grew = False
        elif self._grew:
            self._grew = not view.is_laid_out
