"""What of a conversation is sent: one pure view of it, by the compactions that were decided.

The unit is the message. The user's own words are never touched, nor is what came after the place
up to which was compacted. What is left out has a handle, by which `look_back` reads it whole.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

import msgspec

from qchat.conversation import notes
from qchat.protocol.events import Attached, Compacted, CompactionUndone, Marked, Text, Told
from qchat.protocol.messages import Assistant, Message, ToolReport, ToolResult, User
from qchat.protocol.wording import in_english
from qchat_memory.origin import MODEL, QCHAT, TYPED, Origin
from qchat_tools.parts import Part, SourcePart, TextPart, as_text, origin_of

HEAD, TAIL = 240, 160
"""Characters that are left of a long text."""
MIN_MASKED = 800
"""A text under so many characters is not worth a handle."""
MAX_NOTED_CALLS = 24
"""Calls of a turn that the notes name, the newest; the first ones say how it began."""
NOTED_RESULT = 120
"""Characters of a result in the notes."""
MAX_NOTED_SOURCES = 3
"""Addresses of a result in the notes."""
WHOLE_TURN = -1
EARLIER = Told(
    "The oldest part of this conversation is not shown here. What was said in it is kept: "
    "look_back finds it by words."
)
"""What stands in place of turns that are not sent."""


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a message stands: the turn's number on its branch, and the message's in the turn."""

    turn: int
    message: int


class TurnMessages(msgspec.Struct, frozen=True):
    """A turn as messages, whole; `id` is the store's."""

    id: int
    messages: tuple[Message, ...]


class Cuts(msgspec.Struct, frozen=True):
    """Up to where what was compacted.

    Turns before `dropped` are not sent, before `notes` they are notes, before `outputs` long
    output is short.
    """

    outputs: Place = Place(0, 0)
    notes: Place = Place(0, 0)
    dropped: int = 0
    written: str = ""
    """What a model or the user wrote of all that stands before `notes`."""
    origins: tuple[Origin, ...] = ()
    """Whose untrusted words were before who wrote it."""
    marks: frozenset[tuple[int, int]] = frozenset()
    """Messages that stay whole: a turn's id, and the message's number in it or `WHOLE_TURN`."""

    def marked(self, turn: int) -> frozenset[int]:
        """The messages of a turn that stay whole."""
        return frozenset(message for of, message in self.marks if of == turn)


Changes = Compacted | CompactionUndone | Marked
"""What decides about the view of a conversation."""


Marks = frozenset[tuple[int, int]]


def in_force(events: Iterable[Changes]) -> tuple[tuple[Compacted, ...], Marks]:
    """The compactions and marks that hold after these events."""
    held: list[Compacted] = []
    marks: set[tuple[int, int]] = set()
    for event in events:
        match event:
            case Compacted(draft=True):
                pass  # shown, and not in force
            case Compacted():
                held.append(event)
            case CompactionUndone():
                held = held[:-1]
            case Marked(on=True):
                marks.add((event.turn, event.message))
            case Marked():
                marks.discard((event.turn, event.message))
            case _:
                assert_never(event)
    return tuple(held), frozenset(marks)


def drafted(events: Sequence[Changes]) -> Compacted | None:
    """The notes that were drafted last, unless others hold since."""
    written = (e for e in reversed(events) if isinstance(e, Compacted) and e.level == "notes")
    last = next(written, None)
    return last if last is not None and last.draft and last.notes is not None else None


def cuts(ids: Sequence[int], events: Iterable[Changes]) -> Cuts:
    """What holds for turns of these ids after these events.

    A compaction of a turn that is not among them (on another branch, or too old to be read)
    covers nothing here.
    """
    numbers = {id_: number for number, id_ in enumerate(ids)}
    held, marks = in_force(events)

    def place(*levels: str) -> Place:
        here = (c for c in held if c.level in levels and c.turn in numbers)
        places = (Place(numbers[c.turn], c.message) for c in here)
        return max(places, default=Place(0, 0))

    here = (c for c in reversed(held) if c.notes is not None and c.turn in numbers)
    last = next(here, None)
    written = notes.as_text(last.notes) if last is not None and last.notes is not None else ""
    return Cuts(
        place("outputs", "notes"),
        place("notes"),
        place("dropped").turn,
        written,
        last.origins if last is not None else (),
        marks,
    )


class Shortener:
    """Makes messages shorter, each once: the same message comes back as the same object."""

    def __init__(self) -> None:
        self._masked: dict[int, tuple[Message, Message]] = {}
        self._beginnings: dict[
            int, tuple[Message, tuple[tuple[int, int], Cuts], tuple[Message, ...]]
        ] = {}
        self._noted: dict[
            tuple[int, int, str, frozenset[int]], tuple[Message, tuple[Message, ...]]
        ] = {}

    def mask(self, message: Message, by: str) -> Message:
        """A message with its long output, files and reports by head, tail and handle."""
        known = self._masked.get(id(message))
        if known is None or known[0] is not message:
            known = self._masked[id(message)] = (message, masked(message, by))
        return known[1]

    def note(self, turn: TurnMessages, until: int, held: Cuts, written: str) -> tuple[Message, ...]:
        """The user's words as they are, and notes in place of what follows, before `until`."""
        last = turn.messages[until - 1]
        marked = held.marked(turn.id)
        key = (turn.id, until, written, marked)
        known = self._noted.get(key)
        if known is None or known[0] is not last:
            made = _noted(turn, until, marked, self)
            known = self._noted[key] = (last, _followed(made, written, held.origins))
        return known[1]

    def beginning(
        self, turn: TurnMessages, cut: tuple[int, int], held: Cuts, written: str
    ) -> tuple[Message, ...]:
        """A turn's notes and masked messages, which stay the same while it goes on."""
        noted, until = cut
        last = turn.messages[max(cut) - 1]
        known = self._beginnings.get(turn.id)
        if known is not None and known[0] is last and known[1] == (cut, held):
            return known[2]
        marked = held.marked(turn.id)
        made = (
            *(self.note(turn, noted, held, written) if noted else ()),
            *(
                message if at in marked else self.mask(message, handle(turn, at))
                for at, message in enumerate(turn.messages[noted:until], noted)
            ),
        )
        self._beginnings[turn.id] = (last, (cut, held), made)
        return made

    def forget_all_but(self, turns: Sequence[TurnMessages]) -> None:
        """A turn is over: its messages are made anew, those of these turns stay as they are."""
        ids = {turn.id for turn in turns}
        messages = {id(message) for turn in turns for message in turn.messages}
        self._beginnings = {of: made for of, made in self._beginnings.items() if of in ids}
        self._noted = {of: made for of, made in self._noted.items() if of[0] in ids}
        self._masked = {of: made for of, made in self._masked.items() if of in messages}


def view(
    turns: Sequence[TurnMessages], held: Cuts, shortener: Shortener | None = None
) -> list[Message]:
    """What is sent of these turns. The same for the same turns and cuts, after a restart too."""
    shortener = shortener or Shortener()
    sent: list[Message] = []
    for number, turn in enumerate(turns):
        if number >= held.dropped or held.marked(turn.id):
            sent += view_of_turn(turn, number, held, shortener)
    if held.dropped and sent and isinstance(sent[0], User):
        sent[0] = msgspec.structs.replace(sent[0], told=(EARLIER, *sent[0].told))
    return sent


def view_of_turn(
    turn: TurnMessages, number: int, held: Cuts, shortener: Shortener
) -> list[Message]:
    """What is sent of one turn."""
    messages, marked = turn.messages, held.marked(turn.id)
    here = held.notes.turn == number and held.notes.message > 1
    written = held.written if here or (held.notes == Place(number + 1, 0)) else ""
    if WHOLE_TURN in marked:
        return list(_followed(messages, written, held.origins))
    noted = len(messages) if number < max(held.notes.turn, held.dropped) else 0
    if here:
        noted = min(held.notes.message, len(messages))
    until = len(messages) if number < held.outputs.turn else 0
    if number == held.outputs.turn:
        until = min(held.outputs.message, len(messages))
    if not (noted or until):
        return list(messages)
    beginning = shortener.beginning(turn, (noted, until), held, written)
    return [*beginning, *messages[max(noted, until) :]]


def _followed(
    messages: tuple[Message, ...], written: str, origins: tuple[Origin, ...]
) -> tuple[Message, ...]:
    """Messages with what was written of all before, where it was."""
    if not written:
        return messages
    text = f"[Notes of all before]\n{written}"
    last = messages[-1] if messages else None
    if isinstance(last, Assistant) and not last.calls:
        both = (*last.parts, Text(f"\n\n{text}"))
        every = tuple(dict.fromkeys((*last.origins, *origins)))
        return (*messages[:-1], Assistant(both, every))
    return (*messages, Assistant((Text(text),), origins))


def handle(turn: TurnMessages, message: int) -> str:
    """By which `look_back` finds a message."""
    return f"{turn.id}.{message}"


def masked(message: Message, by: str) -> Message:
    """A message with its long output, files and reports by head, tail and handle."""
    match message:
        case User():
            files = tuple(_short_file(file, by) for file in message.attachments)
            reports = tuple(_short_report(report, by) for report in message.tool_reports)
            if files == message.attachments and reports == message.tool_reports:
                return message
            return msgspec.structs.replace(message, attachments=files, tool_reports=reports)
        case Assistant():
            return message
        case ToolResult():
            if len(message.sent) < MIN_MASKED:
                return message
            parts = _short_parts(message.sent, message.origins, by)
            return msgspec.structs.replace(message, parts=parts)
        case _:
            assert_never(message)


def short(text: str, by: str) -> str:
    """Head and tail of a text, and how to read the rest."""
    if len(text) < MIN_MASKED:
        return text
    left_out = len(text) - HEAD - TAIL
    note = f'[{left_out} characters left out; look_back with handle "{by}" reads them]'
    return f"{text[:HEAD]}\n{note}\n{text[-TAIL:]}"


def _short_parts(text: str, origins: Sequence[Origin], by: str) -> tuple[Part, ...]:
    """One short text that keeps every origin of what it stands for."""
    first, *others = origins or (QCHAT,)
    silent = (TextPart("", origin=origin) for origin in others)
    return (TextPart(short(text, by), origin=first), *silent)


def _short_file(file: Attached, by: str) -> Attached:
    return msgspec.structs.replace(file, text=short(file.text, by))


def _short_report(report: ToolReport, by: str) -> ToolReport:
    text = as_text(report.parts)
    if len(text) < MIN_MASKED:
        return report
    return msgspec.structs.replace(report, parts=_short_parts(text, report.origins, by))


def noted(turn: TurnMessages, shortener: Shortener) -> tuple[Message, ...]:
    """A turn in its shortest form: the user's words, and notes of all that came of them."""
    return _noted(turn, len(turn.messages), frozenset(), shortener)


def _noted(
    turn: TurnMessages, until: int, marked: frozenset[int], shortener: Shortener
) -> tuple[Message, ...]:
    user, *rest = turn.messages[:until]
    assert isinstance(user, User)
    kept = user if 0 in marked else shortener.mask(user, handle(turn, 0))
    if not rest:
        return (kept,)
    origins = tuple(dict.fromkeys(o for m in rest for o in m.origins if not o.trusted))
    running = until < len(turn.messages)
    text = _notes(turn, until, running=running)
    whole = (
        f"[{handle(turn, at)}, whole, as you were asked to keep it]\n{said}"
        for at in sorted(marked)
        if 0 < at < until
        for said, _, _ in pieces(turn.messages[at])
    )
    return kept, Assistant((Text("\n\n".join([text, *whole])),), origins)


def _notes(turn: TurnMessages, until: int, *, running: bool) -> str:
    """What was done, as a list with handles, what was decided, and the last answer."""
    done = list(enumerate(turn.messages[:until]))
    results = [(at, message) for at, message in done if isinstance(message, ToolResult)]
    answers = [(at, m.text) for at, m in done if isinstance(m, Assistant) and m.text.strip()]
    said = short(answers[-1][1].strip(), handle(turn, answers[-1][0])) if answers else ""
    decided = [d for d in notes.decided([text for _, text in answers]) if d not in said]
    listed = "\n".join(["Decided:", *(f"- {line}" for line in decided)]) if decided else ""
    if results:
        head = "So far in this turn" if running else "Done in this turn"
        head = f"[{head}; look_back with a handle reads each in full]"
        listed = "\n".join(filter(None, [head, *_results(turn, results), listed]))
    return "\n\n".join(filter(None, [listed, said])) or "(no answer)"


def _results(turn: TurnMessages, results: Sequence[tuple[int, ToolResult]]) -> list[str]:
    """The first results and the last ones, a line each."""
    missing = max(len(results) - MAX_NOTED_CALLS, 0)
    few = MAX_NOTED_CALLS // 4 if missing else len(results)
    lines = [note_of(handle(turn, at), result) for at, result in results[:few]]
    lines += [f"- … {in_english(missing, 'more call')} …"] if missing else []
    return lines + [note_of(handle(turn, at), result) for at, result in results[few + missing :]]


def note_of(by: str, result: ToolResult) -> str:
    """A result in one line, with its handle and where it is from."""
    came = " ".join(result.sent[: NOTED_RESULT * 2].split())
    came = f"{came[:NOTED_RESULT]}…" if len(came) > NOTED_RESULT else came
    urls = [part.url for part in result.parts if isinstance(part, SourcePart)]
    new = [url for url in dict.fromkeys(urls) if url not in came][:MAX_NOTED_SOURCES]
    from_ = f" ({', '.join(new)})" if new else ""
    return f"- {by} {result.name}{'' if result.ok else ' FAILED'}: {came}{from_}"


def read(turn_of: Callable[[int], TurnMessages | None], by: str) -> list[tuple[str, Origin, str]]:
    """The originals under a handle: pieces of text with where each came from, and its heading."""
    id_, _, at = by.strip().strip("#[]\"'").partition(".")
    turn = turn_of(int(id_)) if id_.isdecimal() else None
    if turn is None or not at.isdecimal() or int(at) >= len(turn.messages):
        return []
    return pieces(turn.messages[int(at)])


def pieces(message: Message) -> list[tuple[str, Origin, str]]:
    """The texts of a message, whole, each with its origin and what it is."""
    match message:
        case User():
            by = next((o for o in message.written_by if not o.trusted), TYPED)
            said = [(message.text, by, "the user said")] if message.text else []
            files = [(f.text, f.origin, f"attached file {f.name}") for f in message.attachments]
            reports = [
                (as_text(r.parts), _one(r.parts, r.origins), f"the user used {r.name}")
                for r in message.tool_reports
            ]
            told = [(word.text, word.origin, "qchat told you") for word in message.told]
            return [*said, *files, *reports, *told]
        case Assistant():
            origin = next((o for o in message.origins if not o.trusted), MODEL)
            return [(message.text, origin, "you answered")] if message.text else []
        case ToolResult():
            return [(message.sent, _one(message.parts, message.origins), f"{message.name} gave")]
        case _:
            assert_never(message)


def _one(parts: Sequence[Part], origins: Sequence[Origin]) -> Origin:
    """One origin for a text of several: an untrusted one where there is one."""
    each = [*(origin_of(part, QCHAT) for part in parts), *origins]
    return next((origin for origin in each if not origin.trusted), QCHAT)
