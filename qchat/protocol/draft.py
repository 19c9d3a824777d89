"""A prompt before it is sent, while it is written or waits."""

import msgspec

from qchat.protocol.events import Attached
from qchat.protocol.soft_switch import switch_text


class Draft(msgspec.Struct, frozen=True):
    """What is to be sent; `instead` is the number of the earlier prompt whose place it takes."""

    text: str
    pasted: tuple[Attached, ...] = ()
    attached: tuple[Attached, ...] = ()
    """The pasted texts and the files that the text names, as they were when it was sent."""
    instead: int | None = None
    think: bool | None = None
    """Whether thinking is switched on or off for this message alone."""
    held: bool = False
    """Whether a program ended before it was sent: it waits for the user, not for its turn."""

    @property
    def texts(self) -> tuple[str, ...]:
        """All its words, what was pasted first."""
        return (*(pasted.text for pasted in self.pasted), self.text)

    @property
    def typed(self) -> str:
        """The text as the user may type it again, with its switch."""
        return self.text + switch_text(self.think)
