"""Deeper answers: rounds that build on each other, their trails, and what other models say."""

from pathlib import Path

from qchat.backends.base import Backend
from qchat.commands.backends import refuse_unknown
from qchat.commands.base import (
    Command,
    CommandContext,
    Outcome,
    Reload,
    RunTurn,
    ShowMessage,
    ShowTrail,
)
from qchat.conversation.attachments import attachments, sent_along
from qchat.depth.progress import TrailLine, progress_of
from qchat.depth.request import read_request, stopped
from qchat.export.blocks import text_of
from qchat.protocol.errors import UsageError
from qchat.protocol.events import (
    Steered,
)
from qchat.runtime.language import tr, verbatim

USAGE = "[--rounds N] [--width W] [--tokens N] QUESTION"
WAYS = (
    "Ask a question: /deep [--rounds N] [--width W] [--tokens N] QUESTION. A deep turn that runs"
    " or was stopped takes /deep --hint TEXT for its next round, and /deep --strike NAME, which"
    " takes a result out; /deep --continue goes on with one that was stopped."
)
STEER = (
    "/deep --hint TEXT tells the next round something; /deep --strike NAME takes out a result, by "
    "its name in the table of the turn."
)
NOT_DEEP = (
    "There is no deep turn here that runs or was stopped. /deep QUESTION begins one; what it "
    "found stays in the conversation."
)
OPINION = (
    "Give a second opinion on this conversation: you have not written the answers above. Say what "
    "in the last answer is right, what is wrong or missing, and what you would answer instead."
)


async def _deep(context: CommandContext, argument: str) -> Outcome:
    word, _, rest = argument.partition(" ")
    match word:
        case "--hint":
            return _steer(context, hint=rest.strip())
        case "--strike":
            return _steer(context, strike=rest.strip())
        case "--continue":
            return _go_on(context)
        case _:
            pass
    asked = read_request(argument)
    if not asked.question:
        raise UsageError(tr(WAYS))
    from qchat.depth.turn import DepthTurn  # noqa: PLC0415  the window starts without

    files = (*attachments(asked.question, Path.cwd()), *context.pasted)
    turn = DepthTurn(context.session, asked.mode, asked.question, files, tokens=asked.tokens)
    return RunTurn(asked.question, turn.events(), takes_pasted=True)


def _steer(context: CommandContext, hint: str = "", strike: str = "") -> Outcome:
    """Tell the running turn, or go on with the one that was stopped."""
    if not (hint or strike):
        raise UsageError(tr(STEER))
    steering = context.session.steering
    if steering is None:
        return _go_on(context, hint, strike)
    if hint:
        steering.hint(hint)
        return ShowMessage(tr("Your hint is kept: the next round is told of it, or the answer."))
    if not steering.strike(strike):
        raise UsageError(
            tr("There is no result {strike!r}. The table of the turn names them.", strike=strike)
        )
    return ShowMessage(tr("From the next round on {strike} no longer counts.", strike=strike))


def _go_on(context: CommandContext, hint: str = "", strike: str = "") -> Outcome:
    """Go on with the turn that was stopped. Raises UsageError where there is none."""
    before = stopped(context.session)
    if before is None or context.session.steering is not None:
        raise UsageError(tr(NOT_DEEP))
    if strike and before.experience.result(strike) is None:
        raise UsageError(
            tr("There is no result {strike!r}. The table of the turn names them.", strike=strike)
        )
    from qchat.depth.turn import DepthTurn  # noqa: PLC0415  the window starts without

    said = (Steered(before.rounds + 1, hint, strike),) if hint or strike else ()
    turn = DepthTurn(
        context.session,
        before.mode,
        before.turn.typed,
        before.attached,
        tokens=before.tokens,
        resume=before.turn,
        steered=said,
    )
    return RunTurn(before.turn.typed, turn.events(), before.turn.id)


async def _trail(context: CommandContext, argument: str) -> Outcome:
    if not argument:
        lines = [str(line) for line in _trails(context)]
        head = tr("Trails (/trail ID opens one, /pick ID goes on behind it):")
        return ShowMessage(
            verbatim("\n".join([head, *lines])) if lines else tr("No turn here has trails.")
        )
    turn = context.session.trail(_id(context, argument))
    if turn is None:
        raise UsageError(tr("There is no trail {argument}. /trail lists them.", argument=argument))
    return ShowTrail(turn.id, text_of(turn))


async def _pick(context: CommandContext, argument: str) -> Outcome:
    if not argument:
        raise UsageError(tr("Name a trail: /pick ID. /trail lists them."))
    id_ = _id(context, argument)
    context.session.choose(id_)
    return Reload(tr("You go on behind trail {id_}. /branch lists the other answers.", id_=id_))


def _id(context: CommandContext, argument: str) -> int:
    """The trail that is meant: by its id in the store, or by the name of its backend."""
    lines = _trails(context)
    named = [line for line in lines if argument in (str(line.started.turn), line.started.label)]
    if not named:
        raise UsageError(
            tr("There is no trail {argument!r}. /trail lists them.", argument=argument[:40])
        )
    return named[-1].started.turn


def _trails(context: CommandContext) -> list[TrailLine]:
    """The trails of all turns here; the newest turn's last."""
    session = context.session
    beside = {turn for head in session.turns.heads for turn in session.cursor.siblings(head.id)}
    running = session.turns.heads[-1].id if session.steering is not None else 0
    lines: dict[int, TrailLine] = {}
    for id_ in sorted(beside):
        turn = session.trail(id_)
        events = turn.events if turn is not None else ()
        for line in progress_of(events, running=id_ == running).trails:
            lines.setdefault(line.started.turn, line)  # one that was gone on with stands in both
    return list(lines.values())


async def _ask_other(context: CommandContext, argument: str) -> Outcome:
    name, _, question = argument.partition(" ")
    if not name:
        raise UsageError(tr("Name a backend that is to comment: /ask-other NAME [QUESTION]."))
    if not context.session.last_prompt:
        raise UsageError(tr("Nothing has been said yet on which another backend could comment."))
    backend = context.workspace.backend(name)
    await backend.check()  # what cannot answer leaves nothing behind
    prompt = question.strip() or OPINION
    files = (*attachments(question, Path.cwd()), *context.pasted)
    return RunTurn(prompt, context.session.ask_other(backend, prompt, files), takes_pasted=True)


async def _compare(context: CommandContext, argument: str) -> Outcome:
    session = context.session
    if not argument:
        raise UsageError(
            tr("Name a backend to compare with: /compare NAME [NAME …], or NAME MODEL.")
        )
    if not session.last_prompt:
        raise UsageError(tr("Nothing has been asked yet that another backend could answer."))
    names = argument.split()
    known = context.workspace.pool.knows
    if len(names) == 1 or not known(names[1], context.workspace.settings):
        name, _, model = argument.partition(" ")
        if model:
            await refuse_unknown(context, name, model.strip())
        backend = context.workspace.backend(name, model.strip())
        await backend.check()  # what cannot answer leaves no branch behind
        return RunTurn(session.last_prompt, session.compare(backend))
    from qchat.depth.comparing import Compare  # noqa: PLC0415  the window starts without
    from qchat.depth.turn import DepthTurn  # noqa: PLC0415

    backends: list[tuple[str, Backend]] = []
    for name in dict.fromkeys(names):
        backend = context.workspace.backend(name)
        await backend.check()
        backends.append((name, backend))
    number = session.turns.last_chat
    along = sent_along(session.turns[number - 1])
    turn = DepthTurn(session, Compare(tuple(backends)), session.last_prompt, along, beside=number)
    return RunTurn(session.last_prompt, turn.events())


def _names(context: CommandContext) -> list[str]:
    return sorted(context.workspace.settings.backends)


def _ids(context: CommandContext) -> list[str]:
    return [str(line.started.turn) for line in reversed(_trails(context))]


COMMANDS = (
    Command("deep", USAGE, "think in rounds that build on what the last ones found", _deep),
    Command("trail", "[ID]", "list the trails of deep and compared turns, or open", _trail, _ids),
    Command("pick", "ID", "go on behind a trail, as behind any answer", _pick, _ids),
    Command(
        "ask-other",
        "NAME [QUESTION]",
        "let another backend read the conversation and comment on it",
        _ask_other,
        _names,
    ),
    Command(
        "compare",
        "NAME [NAME …]",
        "answer the last prompt with other backends too, side by side",
        _compare,
        _names,
    ),
)
