"""A refusal because a request was too long, and the limit that it names."""

from qchat.backends.lessons import overflowed, told_context
from qchat.protocol.errors import StatusError


def limit_in(error: StatusError) -> int | None:
    """The limit that a refusal names, 0 where it names none; None if it is not about length."""
    return told_context(error) if overflowed(error) else None
