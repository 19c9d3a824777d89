"""Opens what an evaluation works with: settings, a workspace, and the backend, paced."""

from pathlib import Path

import msgspec

from qchat.backends.identity import target
from qchat.config import settings as settings_files
from qchat.config.settings import Settings
from qchat.conversation.choices import Overrides
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.evaluation.plan import EVALUATOR
from qchat.evaluation.rate_limited import PacedBackend
from qchat.evaluation.results_log import folder_name
from qchat.protocol.errors import QchatError
from qchat.runtime.paths import Paths

PARALLEL = 4
"""Requests at a time: as many as an engine of ours has slots."""


class Wanted(msgspec.Struct, frozen=True):
    """What the user wants evaluated, as the command line says it."""

    backend: str = ""
    model: str = ""
    modes: tuple[str, ...] = ("no-think", "think")
    """By their full names, as `qchat.depth.modes` gives them."""
    tokens: int = 16_384
    seed: int = 0
    parallel: int = 0
    tools: frozenset[str] = frozenset()
    judge: str = ""
    price: tuple[float, float] | None = None
    max_cost: float = 0.0
    """When so much is spent it stops, in the money of the price; 0 sets no limit."""
    again: bool = False
    user: str = "default"
    """Whose settings hold; the conversations are the evaluator's."""


class Opened(msgspec.Struct, frozen=True):
    """A workspace of the evaluator's, and who answers in it."""

    settings: Settings
    workspace: Workspace
    paced: PacedBackend
    backend: str
    who: str
    """What answers: its settings but for the key, and the model's file or address."""

    judge: PacedBackend
    """Who judges by rubrics; the same, unless another one is named."""

    def session(self, title: str, *, judge: bool = False) -> Session:
        """Begin a conversation of the evaluator's. Raises StoreError."""
        session = self.workspace.open()
        self.workspace.rename(session.id, title)
        if judge and self.judge is not self.paced:
            self.workspace.use_backend(session, self.judge.name)
        # What is kept of it names the backend itself: it opens later as any conversation does.
        session.backend = self.judge if judge else self.paced
        return session

    def folder(self, paths: Paths, name: str, *parts: object) -> Path:
        """Where the answers are kept: another place for another model, or another budget."""
        return paths.evaluations_dir / folder_name(name, self.who, self.paced.model, *parts)


def open_workspace(wanted: Wanted, paths: Paths, *, memory: bool = False) -> Opened:
    """The evaluator's workspace, with the backend paced; nothing is loaded or asked yet.

    Raises UsageError for an unknown backend, SettingsError, StoreError.
    """
    settings = _settings(wanted, paths, memory=memory)
    name = wanted.backend or settings.backend
    overrides = Overrides(name, wanted.model)
    workspace = Workspace(settings, paths, EVALUATOR, tools=wanted.tools, overrides=overrides)
    try:
        inner = workspace.backend(name, wanted.model)
        named = settings.named(name)
        other = workspace.backend(wanted.judge) if wanted.judge else None
    except QchatError:
        workspace.store.close()
        raise
    paced = PacedBackend(
        inner,
        wanted.parallel or PARALLEL,
        wanted.seed,
        longest=wanted.tokens,
        shared=named.kind == "llama.cpp",
    )
    judge = paced if other is None else PacedBackend(other, wanted.parallel or PARALLEL)
    named = msgspec.structs.replace(named, model=wanted.model or named.model, api_key="")
    who = f"{name} {target(named)} {msgspec.json.encode(named).decode()}"
    return Opened(settings, workspace, paced, name, who, judge)


def _settings(wanted: Wanted, paths: Paths, *, memory: bool) -> Settings:
    """The user's settings; with the evaluator's memory, which is nobody's, or without any."""
    holds = settings_files.load(*paths.settings_files(wanted.user))
    kept = msgspec.structs.replace(holds.memory, enabled=memory)
    return msgspec.structs.replace(holds, memory=kept)


def known_price(model: str) -> tuple[float, float] | None:
    """What a million tokens cost, in and out, where the vendor's page says so."""
    from qchat.backends.model_list import PRICES  # noqa: PLC0415

    return PRICES.get(model.rpartition("/")[2].lower())
