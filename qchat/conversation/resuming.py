"""Who answers a conversation: the command line, what it was answered by, or the settings."""

from pathlib import Path

import msgspec

from qchat.backends.base import Backend
from qchat.backends.identity import DEMO, target
from qchat.config.settings import Settings
from qchat.conversation.backend_pool import BackendPool
from qchat.conversation.choices import Choices, Overrides, decode
from qchat.protocol.errors import (
    AuthenticationError,
    EngineError,
    ModelFileError,
    QchatError,
    SettingsError,
    UsageError,
)
from qchat.runtime.language import tr

DEMO_NAME = "demo"


class Answering(msgspec.Struct, frozen=True):
    """What a session begins with; `remarks` say where it is not what it was."""

    backend: Backend
    think: bool
    budget: int
    effort: str = ""
    remarks: tuple[str, ...] = ()


def answering(
    pool: BackendPool,
    settings: Settings,
    overrides: Overrides,
    kept: str = "",
    last: tuple[str, str] = ("", ""),
    *,
    continued: bool = False,
) -> Answering:
    """Choose, and open nothing that the user has not named. Raises UsageError, SettingsError.

    `kept` are the conversation's choices, `last` the backend and model of its last answer.
    """
    before = decode(kept) or Choices(*last, think=settings.think, budget=settings.thinking_budget)
    remarks: tuple[str, ...] = ()
    if overrides.backend or not (continued and before.backend):
        backend, remarks = _default(pool, settings, overrides)
    else:
        stood_in = last[0] not in ("", before.backend) and not _gone(pool, settings, Choices(*last))
        if stood_in and _gone(pool, settings, before):  # and the user has gone on with that since
            before = msgspec.structs.replace(before, backend=last[0], model=last[1], target="")
        backend, remarks = _as_before(pool, settings, before, overrides.model)
    kept_switches = before if continued else Choices()
    think = settings.think if not continued else kept_switches.think
    budget = settings.thinking_budget if not continued else kept_switches.budget
    return Answering(
        backend,
        think if overrides.think is None else overrides.think,
        budget if overrides.budget is None else overrides.budget,
        kept_switches.effort if kept_switches.effort in backend.efforts else "",
        remarks,
    )


def broken(error: QchatError) -> bool:
    """Whether a backend cannot answer as it is set up; another try would change nothing."""
    return isinstance(error, EngineError | AuthenticationError | SettingsError)


def _default(
    pool: BackendPool, settings: Settings, overrides: Overrides
) -> tuple[Backend, tuple[str, ...]]:
    """Of the command line or the settings; the demo model where the settings' own cannot be."""
    name = overrides.backend or settings.backend
    try:
        return pool.get(name, settings, overrides.model), ()
    except (SettingsError, UsageError) as error:
        if overrides.chooses:
            raise
        remark = tr(
            "The default backend {name!r} cannot be used: {error} The demo model answers instead.",
            name=name,
            error=error,
        )
        return pool.get(DEMO_NAME, settings), (remark,)


def _as_before(
    pool: BackendPool, settings: Settings, before: Choices, model: str
) -> tuple[Backend, tuple[str, ...]]:
    """What answered the conversation last, with another model if one is named."""
    gone = _gone(pool, settings, before)
    if gone:
        same = settings.backend == before.backend  # then the default is not to be had either
        backend, _ = _default(pool, settings, Overrides(DEMO_NAME if same else ""))
        return backend, (
            tr(
                "{gone} {model} would answer now: /backend NAME chooses another.",
                gone=gone,
                model=backend.model,
            ),
        )
    opened = _opened(pool, settings, before, model)
    now = pool.opened(opened)
    if before.target and now is not None and now.target != before.target:
        return opened, (
            tr(
                "{backend!r} is now {target}; this conversation was answered by {before}. "
                "What you send goes to the new one.",
                backend=before.backend,
                target=now.target,
                before=before.target,
            ),
        )
    return opened, ()


def _gone(pool: BackendPool, settings: Settings, before: Choices) -> str:
    """Why the conversation cannot go on as before; empty where it can."""
    if not pool.knows(before.backend, settings):
        what = f" ({before.target})" if before.target else ""
        return tr(
            "This conversation was answered by the backend {backend!r}{what}, which is "
            "no longer in your settings.",
            backend=before.backend,
            what=what,
        )
    chosen = settings.backends.get(before.backend)
    if chosen is None or chosen.kind != "llama.cpp":
        return ""
    file = target(msgspec.structs.replace(chosen, model=before.model or chosen.model))
    if file != DEMO and before.target and not Path(file).exists():
        return tr(
            "This conversation was answered by {target}, a file that is gone.", target=before.target
        )
    return ""


def _opened(pool: BackendPool, settings: Settings, before: Choices, model: str) -> Backend:
    """With the model of before, also where only the name is known by which it was shown."""
    backend = pool.get(before.backend, settings)
    wanted = model or before.model
    if not wanted or wanted == backend.model:
        return backend
    chosen = settings.backends.get(before.backend)
    if not model and not before.target and chosen is not None and chosen.kind == "llama.cpp":
        file = target(msgspec.structs.replace(chosen, model=wanted))
        if not Path(file).exists():  # it is shown by a name under which nothing is found
            return backend
    try:
        return pool.get(before.backend, settings, wanted)
    except (SettingsError, ModelFileError):
        return backend
