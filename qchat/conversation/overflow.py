"""A refusal because a request was too long, in the words of the servers there are."""

import re

from qchat.protocol.errors import StatusError

_ABOUT_LENGTH = re.compile(
    r"context[ _]?(?:length|size|window)|exceed_context|maximum (?:context|input)|too many tokens"
    r"|prompt is too long|input (?:length|is too long)|n_ctx|(?:too long|exceeds?).{0,60}tokens",
    re.IGNORECASE,
)
_LIMITS = (
    r"maximum (?:context|model|input)[^.]{0,40}?(\d{3,8})",
    r"context (?:size|length|window) ?(?:is|of|\()? ?\(?(\d{3,8})",
    r"n_ctx\D{0,12}(\d{3,8})",
    r"\[\d+,? ?(\d{3,8})\]",
    r"> ?(\d{3,8}) maximum",
    r"(?:limit|maximum|at most)\D{0,24}(\d{3,8})",
)
"""Where the number stands that a request may have, most certain first."""


def limit_in(error: StatusError) -> int | None:
    """The limit that a refusal names, 0 where it names none; None if it is not about length."""
    text = f"{error.code} {error}"
    if error.status not in (0, 400, 413, 422, 500) or not _ABOUT_LENGTH.search(text):
        return None
    plain = text.replace(",", "")
    for pattern in _LIMITS:
        if (found := re.search(pattern, plain, re.IGNORECASE)) is not None:
            return int(found[1])
    return 0
