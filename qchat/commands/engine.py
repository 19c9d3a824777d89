"""What serves a local model, and how it was fitted to this machine."""

from typing import get_args

from qchat.backends.base import Backend, State
from qchat.backends.local import LocalBackend
from qchat.commands.base import Command, CommandContext, Outcome, ShowMessage
from qchat.config.settings import EngineName
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr

NAMES: tuple[EngineName, ...] = get_args(EngineName)


async def _engine(context: CommandContext, argument: str) -> Outcome:
    backend = _local(context.session.backend)
    if not argument:
        others = ", ".join(name for name in NAMES if name != backend.engine_name)
        words = tr(
            "{engine_name} serves {model}: {state}",
            engine_name=backend.engine_name,
            model=backend.model,
            state=_words(backend.state),
        )
        return ShowMessage(
            tr("{words}\nOthers (/engine NAME): {others}", words=words, others=others)
        )
    name = next((known for known in NAMES if known == argument), None)
    if name is None:
        raise UsageError(
            tr(
                "Unknown engine {argument!r}. Engines: {all}.",
                argument=argument,
                all=", ".join(NAMES),
            )
        )
    await backend.use_engine(name)
    return ShowMessage(
        tr("{name} serves {model} from the next message on.", name=name, model=backend.model)
    )


def _local(backend: Backend) -> LocalBackend:
    if not isinstance(backend, LocalBackend):
        raise UsageError(
            tr("{name} is a server. Only a local model has an engine.", name=backend.name)
        )
    return backend


def _words(state: State) -> str:
    match state.phase:
        case "loading":
            return tr(
                "loading, {progress:.0%}. {detail}", progress=state.progress, detail=state.detail
            ).rstrip()
        case "idle":
            return tr("not in memory; it is loaded with the next message")
        case "crashed":
            return tr(
                "it died ({detail}); it is loaded again with the next message", detail=state.detail
            )
        case "ready":
            return tr("ready. {detail}", detail=state.detail).rstrip()


COMMANDS = (
    Command(
        "engine",
        "[NAME]",
        "how the local model was fitted here, or serve it with another engine",
        _engine,
        lambda _place: list(NAMES),
    ),
)
