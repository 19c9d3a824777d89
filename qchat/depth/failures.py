"""What is done where trails fail: one may, all may not."""

from collections.abc import Iterable

from qchat.depth.trail import Trail
from qchat.protocol.errors import BackendError
from qchat.protocol.events import Notice
from qchat.runtime.language import Said, tr, verbatim


def why(trail: Trail) -> Said:
    """Why a trail failed, as it was said there."""
    errors = [e.text for e in trail.events if isinstance(e, Notice) and e.level == "error"]
    return verbatim(errors[-1]) if errors else tr("it ended without an answer")


def usable(trails: Iterable[Trail]) -> list[Trail]:
    """Those that came to something. Raises BackendError where all failed."""
    every = list(trails)
    said = [trail for trail in every if trail.done and (trail.text or trail.thinking)]
    said += [trail for trail in every if trail.reason == "cancelled" and trail.text]
    failed = [trail for trail in every if trail.reason == "error"]
    if not said and failed and len(failed) == len(every):
        raise BackendError(why(failed[0]))
    return said
