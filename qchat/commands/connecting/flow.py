"""The steps that every way to a model shares: find it, try it, ask once, keep it, go on with it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from qchat.backends.connection_test import Report, trial
from qchat.backends.identity import target
from qchat.commands.connecting import cloud, file, server
from qchat.commands.connecting.task import Candidate, Find, Given, Task, refuse_key
from qchat.commands.dialogue import Dialogue
from qchat.config import config_file
from qchat.config import credentials as keys
from qchat.config.regions import known_region
from qchat.config.settings import BUILT_IN, BackendSettings, Settings
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import StatusError, UsageError
from qchat.runtime.language import tr

__all__ = ["METHODS", "Given", "Method", "connect", "is_new", "key_variable", "method_named"]


class Method(msgspec.Struct, frozen=True):
    """One way to a model."""

    name: str
    about: str
    usage: str
    find: Find


METHODS = (
    Method("cloud", "use Alibaba Cloud Model Studio with a key", "[REGION]", cloud.find),
    Method("file", "use a GGUF file on this machine", "[PATH]", file.find),
    Method("server", "use a server: vLLM, Ollama, LM Studio …", "[ADDRESS]", server.find),
)


def method_named(name: str) -> Method:
    """The way of that name. Raises UsageError that lists them."""
    found = next((method for method in METHODS if method.name == name), None)
    if found is None:
        refuse_key(name)
        known = ", ".join(method.name for method in METHODS)
        raise UsageError(
            tr(
                "Unknown way to connect: {name!r}. Use one of: {known}.{hint}",
                name=name,
                known=known,
                hint=_hint(name),
            )
        )
    return found


def _hint(typed: str) -> str:
    """Which way is meant by what can only be an address, a file or a region."""
    if typed.lower().strip("'\"").endswith(".gguf"):
        return tr(" For a file: connect file {typed}", typed=typed)
    if "://" in typed or re.fullmatch(r"[\w.-]+:\d+(?:/.*)?", typed):
        return tr(" For a server: connect server {typed}", typed=typed)
    if known_region(typed) is not None:
        return tr(" For the cloud: connect cloud {typed}", typed=typed)
    return ""


def is_new(workspace: Workspace) -> bool:
    """Whether nothing is set up: no settings, and nothing was ever said."""
    files = workspace.paths.settings_files(workspace.user)
    return not any(file.exists() for file in files) and not workspace.sessions()


def key_variable(workspace: Workspace) -> str:
    """The environment variable that holds a key of the cloud; empty where none does."""
    backend = workspace.settings.backends.get(cloud.NAME, BUILT_IN[cloud.NAME])
    return backend.api_key_env if keys.in_environment(backend) else ""


async def connect(
    method: Method,
    workspace: Workspace,
    session: Session | None,
    dialogue: Dialogue,
    given: Given = Given(),  # noqa: B008  frozen
) -> str:
    """Lead the user to a model that works; say in a few lines which answers from here on.

    Nothing is kept before it has answered. Without a session only the settings change.
    Raises QchatError, and Closed when the user leaves.
    """
    task = Task(workspace, session, dialogue, given)
    if given.workspace and method.name != "cloud":
        raise UsageError(tr("A workspace belongs to the cloud: leave out --workspace."))
    async with _noted(task):
        candidate = _with_own_key(await method.find(task))
        name = _name(candidate, workspace.settings)
        report = await _tried(task, candidate, name)
        default = await _default(task, name)
        kept = await asyncio.to_thread(_keep, workspace, candidate, name, default=default)
        if session is not None:
            await workspace.switch(session, name)
    model = candidate.settings.model
    shown = (
        candidate.place
        if method.name == "file"
        else tr("{model} at {place}", model=model, place=candidate.place)
    )
    here = (
        tr("answers from here on")
        if session is not None
        else tr("answers to --backend {name}", name=name)
    )
    lasting = tr(", and in new conversations") if default else tr(" (backend {name!r})", name=name)
    lines = [
        tr("{shown} {here}{lasting}.", shown=shown, here=here, lasting=lasting),
        *(f"  {line}" for line in (*candidate.remarks, *report.lines())),
    ]
    return "\n".join([*lines, *([tr("The key is kept in {kept}.", kept=kept)] if kept else [])])


def _with_own_key(found: Candidate) -> Candidate:
    """Where a key was entered, no other is looked at: the one that was tried answers from then on.

    One in the environment, or in the settings, would come before it.
    """
    if not found.key:
        return found
    settings = msgspec.structs.replace(found.settings, api_key="", api_key_env="")
    return msgspec.structs.replace(found, settings=settings)


@asynccontextmanager
async def _noted(task: Task) -> AsyncIterator[None]:
    """Whatever left this machine stands in the list, also where nothing came of it."""
    try:
        yield
    finally:
        if task.sent:
            task.workspace.note_sent(task.session, task.sent)


async def _tried(task: Task, candidate: Candidate, name: str) -> Report:
    """Ask it one question. Raises what stands in its way; nothing is kept then."""
    workspace = task.workspace
    chosen = candidate.settings
    if candidate.key:
        chosen = msgspec.structs.replace(chosen, api_key=candidate.key, api_key_env="")
    settings = msgspec.structs.replace(
        workspace.settings, backends=workspace.settings.backends | {name: chosen}
    )
    backend = workspace.pool.get(name, settings)
    task.dialogue.say(tr("Trying {place}: one question …", place=candidate.place))
    try:
        await backend.check()
        if chosen.kind == "llama.cpp":
            await workspace.pool.unload(backend)
        await backend.start()
        try:
            return await trial(backend, task.sent.append)
        except StatusError as error:
            if error.status not in (400, 422):
                raise
            # Some servers take tools only when they were started so; others have none.
            report = await trial(backend, task.sent.append, tools=False)
            return msgspec.structs.replace(report, refused=str(error))
    except BaseException:
        await backend.aclose()
        raise
    finally:
        if candidate.key:  # another one will have it from where it is kept
            await backend.aclose()


async def _default(task: Task, name: str) -> bool:
    if task.given.default is not None:
        return task.given.default
    here = tr("Only in this conversation (backend {name!r})", name=name)
    yes = tr("Yes, make it the default")
    options: list[str] = [yes, here]
    if task.session is None:  # a command, which can say it itself
        options = [
            f"{yes} (--default)",
            tr("No, only with --backend {name} (--no-default)", name=name),
        ]
    answer = await task.dialogue.choose(tr("It works. Use it for new conversations too?"), options)
    return answer == 0


def _keep(workspace: Workspace, candidate: Candidate, name: str, *, default: bool) -> str:
    """Write it to the settings, and its key apart; say where that is. Raises SettingsError."""
    kept = ""
    if candidate.key:
        kept = keys.keep(name, candidate.settings, candidate.key, workspace.paths.keys_file)
    plain = msgspec.structs.asdict(BackendSettings(kind=candidate.settings.kind))
    found = msgspec.structs.asdict(candidate.settings)
    fields = {key: found[key] for key in found if key == "kind" or found[key] != plain[key]}
    if candidate.key:  # also against a shared file that names another place for it
        fields |= {"api_key_env": ""}
    changes: dict[str, object] = {f"backends.{name}": fields}
    if default:
        changes["backend"] = name
    paths, user = workspace.paths, workspace.user
    below = paths.settings_files(user)
    holds = config_file.put_all(paths.own_config(user), changes, *below)
    chosen = name if default else workspace.settings.backend
    workspace.settings = msgspec.structs.replace(
        workspace.settings, backends=holds.backends, backend=chosen
    )
    return kept


def _name(candidate: Candidate, settings: Settings) -> str:
    """The name of the same place where it has one; else one that stands for nothing else yet."""
    place = target(candidate.settings)
    for name, known in settings.backends.items():
        if known.kind == candidate.settings.kind and target(known) == place and not _own(known):
            return name
    free, number = candidate.name, 2
    while free in settings.backends and not _untouched(free, settings.backends[free]):
        free, number = f"{candidate.name}-{number}", number + 1
    return free


def _own(known: BackendSettings) -> bool:
    """Whether it is one of those that come with qchat and choose a file themselves."""
    return known in (BUILT_IN["demo"], BUILT_IN["local"])


def _untouched(name: str, known: BackendSettings) -> bool:
    return name == "cloud" and known == BUILT_IN["cloud"]
