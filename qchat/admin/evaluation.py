"""`qchat eval`: ask a set of questions in several modes, and say what may be concluded."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from qchat.admin.actions import Actions, Common, action
from qchat.admin.progress import Show, progress
from qchat.conversation.tool_names import TOOLS
from qchat.protocol.errors import QchatError, UsageError
from qchat.protocol.wording import counted
from qchat.runtime.language import tr, verbatim
from qchat.runtime.paths import Paths

if TYPE_CHECKING:
    from qchat.evaluation.evaluate import Outcome
    from qchat.evaluation.setup import Wanted

ABOUT_SET = (
    "a file of questions: lines of JSON with question and answer, or the published file of GPQA, "
    "AIME, MMLU-Pro, LiveCodeBench, BFCL, tau2 or SimpleQA; or what is built in: thinkfollow, "
    "tooluse, needle, recall, injection, longrun"
)
T = TypeVar("T")
MODES = "no-think,think"
VOTE = "vote:5"


class Cancelled(QchatError):
    """The user stopped it."""

    exit_status = 130


def add(commands: Actions, common: Common, about: str) -> None:
    parser = action(commands, "eval", common, _eval, about)
    parser.add_argument("set", metavar="SET", help=ABOUT_SET)
    parser.add_argument(
        "--modes",
        default=MODES,
        metavar="A,B",
        help="ways to answer that are compared: no-think, think, think:N, vote:N, refine:N, "
        "deep:RxW (default: %(default)s)",
    )
    parser.add_argument(
        "--backend", default="", metavar="NAME", help="who answers (default: as in config.toml)"
    )
    parser.add_argument("--model", default="", metavar="NAME", help="another model of that backend")
    parser.add_argument(
        "--tokens",
        type=_positive,
        default=16_384,
        metavar="N",
        help="tokens that each mode may write for a question, thinking included "
        "(default: %(default)s)",
    )
    _add_amounts(parser)
    _add_the_rest(parser)


def _add_amounts(parser: argparse.ArgumentParser) -> None:
    """How much is asked, and how fast."""
    parser.add_argument(
        "--limit",
        type=_positive,
        default=0,
        metavar="N",
        help="ask only so many questions, drawn by the seed (default: all of a file)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of all that is drawn (default: 0)"
    )
    parser.add_argument(
        "--parallel",
        type=_positive,
        default=0,
        metavar="N",
        help="most requests at a time (default: 4; fewer while the server refuses)",
    )


def _add_the_rest(parser: argparse.ArgumentParser) -> None:
    """Tools, the judge, money, and where the report goes."""
    parser.add_argument(
        "--tools",
        default="",
        metavar="A,B",
        help=tr("tools that may be used: {tools} (default: none)", tools=", ".join(TOOLS)),
    )
    parser.add_argument(
        "--judge", default="", metavar="NAME", help="the backend that judges by rubrics"
    )
    parser.add_argument(
        "--price",
        type=_price,
        metavar="IN,OUT",
        help="price of a million tokens (default: where it is known)",
    )
    parser.add_argument(
        "--max-cost",
        type=_money,
        default=0.0,
        metavar="X",
        help="stop when so much is spent, in the money of the price (default: no limit)",
    )
    parser.add_argument(
        "--again", action="store_true", help="forget what was answered before, and begin anew"
    )
    for kind in ("html", "png"):
        parser.add_argument(
            f"--{kind}",
            type=Path,
            metavar="FILE",
            help=tr("write the report as {upper} too", upper=kind.upper()),
        )


def _positive(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(tr("{text!r} is not a number from 1", text=text[:40]))
    return int(text)


def _money(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = 0.0
    if not 0 < amount < 1e9:
        raise argparse.ArgumentTypeError(tr("{text!r} is not an amount above 0", text=text[:40]))
    return amount


def _price(text: str) -> tuple[float, float]:
    try:
        price_in, price_out = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            tr("{text!r} is not IN,OUT, like 0.4,1.2", text=text[:40])
        ) from None
    return price_in, price_out


def _eval(options: argparse.Namespace, paths: Paths) -> int:
    # All of it is slow to load, and only for who evaluates.
    from qchat.evaluation import evaluate, sets  # noqa: PLC0415
    from qchat.evaluation.builtin.catalog import BUILT_IN  # noqa: PLC0415

    wanted = _wanted(options)
    built = BUILT_IN.get(options.set)

    if built is None and not Path(options.set).exists():
        near = get_close_matches(options.set, BUILT_IN, 1)
        if near:
            raise UsageError(
                tr(
                    "File not found: {set}. Did you mean {near}, which is built in?",
                    set=options.set,
                    near=near[0],
                )
            )
        raise UsageError(
            tr(
                "File not found: {set}. Built-in evaluations: {known}.",
                set=options.set,
                known=", ".join(BUILT_IN),
            )
        )
    if built is not None and (options.modes != MODES or options.tools):
        raise UsageError(
            tr("{name} has its own mode and tools. Leave --modes and --tools out.", name=built.name)
        )

    def begin(show: Show) -> Coroutine[Any, Any, evaluate.Outcome]:
        if built is not None:
            return evaluate.evaluate_built_in(built, wanted, options.limit, paths, show)
        read = sets.read(Path(options.set), limit=options.limit, seed=options.seed)
        if sys.stderr.isatty():
            asked, modes = len(read.questions), len(wanted.modes)
            most = asked * modes * wanted.tokens
            sys.stderr.write(
                tr(
                    "{asked} in {modes}: at most {most:,} tokens are written\n",
                    asked=counted(asked, "question"),
                    modes=counted(modes, "mode"),
                    most=most,
                )
            )
        return evaluate.evaluate(read, wanted, paths, show)

    outcome = _run(begin)
    return _show(outcome, options)


def _show(outcome: "Outcome", options: argparse.Namespace) -> int:
    """Print the report, and write it as files where that is wanted."""
    if outcome.stopped and not outcome.findings.asked:
        raise QchatError(verbatim(outcome.stopped))  # a report of nothing would hide why
    sys.stdout.write(outcome.report)
    try:
        for file, content in ((options.html, outcome.html), (options.png, outcome.png)):
            if file is not None:
                file.write_bytes(content())
    except OSError as error:
        raise QchatError(
            tr("{filename} cannot be written: {why}.", filename=error.filename, why=error.strerror)
        ) from error
    if sys.stderr.isatty():
        sys.stderr.write(tr("\nKept in {folder}\n", folder=outcome.folder))
    if outcome.stopped:
        raise QchatError(verbatim(outcome.stopped))
    return 0


def _wanted(options: argparse.Namespace) -> "Wanted":
    """What the command line says."""
    from qchat.evaluation.setup import Wanted  # noqa: PLC0415

    return Wanted(
        backend=options.backend,
        model=options.model,
        modes=_modes(options.modes),
        tokens=options.tokens,
        seed=options.seed,
        parallel=options.parallel,
        tools=_tools(options.tools),
        judge=options.judge,
        price=options.price,
        max_cost=options.max_cost,
        again=options.again,
        user=options.user,
    )


def _run(begin: Callable[[Show], Coroutine[Any, Any, T]]) -> T:
    """Run it with a bar; whoever stops it is told that nothing is lost."""
    reached = [0, 0]
    with progress(sys.stderr, "questions") as draw:

        def show(done: int, total: int) -> None:
            reached[:] = done, total
            draw(done, total)

        try:
            return asyncio.run(begin(show))
        except (KeyboardInterrupt, asyncio.CancelledError):
            stopped = tr(
                "Stopped. {reached} of {reached2} answers are kept",
                reached=reached[0],
                reached2=reached[1],
            )
            raise Cancelled(
                tr("{stopped}: run the same command to go on.", stopped=stopped)
            ) from None


def _modes(text: str) -> tuple[str, ...]:
    """The names of the modes; plain voting is added where rounds are to be compared."""
    from qchat.depth.modes import parse_modes  # noqa: PLC0415

    names = [mode.name for mode in parse_modes(text)]
    if any(name.startswith("deep") for name in names) and not any(
        name.startswith("vote") for name in names
    ):
        sys.stderr.write(
            tr("{vote} is added: rounds are worth what they gain over plain voting.\n", vote=VOTE)
        )
        names.append(VOTE)
    return tuple(names)


def _tools(text: str) -> frozenset[str]:
    wanted = frozenset(name.strip() for name in text.split(",") if name.strip())
    if unknown := sorted(wanted - set(TOOLS)):
        raise UsageError(
            tr(
                "Unknown tool {unknown}. Tools: {tools}.",
                unknown=", ".join(unknown),
                tools=", ".join(TOOLS),
            )
        )
    return wanted
