"""After a kill: what the model is told with the next prompt of the turn that was cut off."""

from qchat.conversation.branch import Branch
from qchat.protocol.events import Told, ToolFinished, ToolStarted
from qchat.store import Turn

KERNEL = Told(
    "The Python kernel is new: variables and imports are gone; the files in its folder are there."
)


def told_of_cut(turns: Branch, kernel: Told | None = None) -> Told | None:
    """What is told with the last turn of a branch, if the one before it was cut off; else None.

    What the user did with tools in between does not count, but where they let code run again that
    is told in any case. `kernel` says of it what has been done just now.
    """
    for at in range(len(turns) - 2, -1, -1):
        turn = turns[at]
        if turns.was_cut(turn):
            return _told(turn, kernel or KERNEL)
        if turn.kind == "chat":
            break
        again = (Told(e.text, e.origin) for e in turn.events if isinstance(e, Told))
        kernel = kernel or next(again, None)
    return kernel


def _told(turn: Turn, kernel: Told) -> Told:
    done = {event.call_id for event in turn.events if isinstance(event, ToolFinished)}
    begun = [
        f"{event.name} ({event.call_id})"
        for event in turn.events
        if isinstance(event, ToolStarted) and event.call_id not in done
    ]
    text = "The turn before this was cut off: the program ended in the middle of it."
    if begun:
        text += (
            f" These calls had begun, and may have had effects: {', '.join(begun)}. Nobody knows"
            " how far they came: look before you make them again."
        )
    return Told(f"{text} {kernel.text}", kernel.origin)
