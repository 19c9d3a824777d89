"""A source as it can be opened again, without network: all that was seen of it, passages marked."""

import msgspec

from qchat.conversation.citations import claims, passages
from qchat.conversation.session import Session
from qchat.protocol.errors import UsageError
from qchat.protocol.events import Text
from qchat.runtime.language import tr
from qchat_tools.parts import SourcePart

BEFORE, AFTER = "»", "«"
"""Around a marked passage where there is no colour."""


class SourceView(msgspec.Struct, frozen=True):
    """What is kept of a source; `marks` are the spans of `text` that answers rest on."""

    number: int
    title: str
    url: str
    about: str
    """Date, author and site, as far as they are known."""
    text: str
    marks: list[tuple[int, int]]

    def plain(self) -> str:
        """All of it for a terminal without colours."""
        pieces, end = [], 0
        for start, stop in self.marks:
            pieces += [self.text[end:start], BEFORE, self.text[start:stop], AFTER]
            end = stop
        marked = "".join([*pieces, self.text[end:]])
        head = "\n".join(line for line in (self.url, self.about) if line)
        return f"[{self.number}] {self.title}\n{head}\n\n{marked}"


def source_text(session: Session, number: int) -> SourceView:
    """Gather what the session has seen of a source. Raises UsageError for an unknown number."""
    seen = session.toolbox.sources.seen(number)
    if not seen:
        raise UsageError(tr("There is no source [{number}] in this conversation.", number=number))
    text = "\n\n".join(_distinct(seen)) or tr("(Nothing but its title was seen.)")
    newest = seen[-1]
    about = ", ".join(known for known in (newest.date, newest.author, newest.site) if known)
    marks = passages(text, _claims(session, number))
    return SourceView(number, newest.title, newest.url, about, text, marks)


def _claims(session: Session, number: int) -> list[str]:
    """What the answers of the conversation have this source for."""
    answers = (
        "".join(event.text for event in turn.events if isinstance(event, Text))
        for turn in session.turns
    )
    return [claim for answer in answers for claim in claims(answer, number)]


def _distinct(seen: list[SourcePart]) -> list[str]:
    """Extracts in the order in which they came; what a later one holds is left out."""
    kept: list[str] = []
    for source in seen:
        extract = source.extract.strip()
        if not extract or any(extract in other for other in kept):
            continue
        kept = [other for other in kept if other not in extract] + [extract]
    return kept
