"""Alibaba Cloud Model Studio: a region, a key of that region, a model.

The key goes to the host that was chosen, and to no other: a key does not say to which region it
belongs, and asking all of them would hand it to strangers.
"""

import asyncio
from urllib.parse import urlsplit

import msgspec

from qchat.commands.connecting.models import chosen_model, offered
from qchat.commands.connecting.task import Candidate, Task, refuse_key
from qchat.commands.dialogue import Closed
from qchat.config import credentials as keys
from qchat.config.regions import REGIONS, Region, address, is_cloud, known_region, region, region_of
from qchat.config.settings import BUILT_IN, BackendSettings
from qchat.protocol.errors import AuthenticationError, UsageError
from qchat.runtime.cell_width import padded
from qchat.runtime.language import tr
from qchat.runtime.offline import loopback

NAME = "cloud"
OTHER = "another address, or one of a workspace"


async def find(task: Task) -> Candidate:
    """Ask for region, key and model. Raises QchatError."""
    refused = ""
    while True:
        settings = await _settings(task)
        place = _place(settings.base_url)
        try:
            key = await _key(task, settings, refused)
            found = await offered(task, NAME, settings, key)
        except AuthenticationError as error:
            if task.given.key:
                raise
            if task.given.target:  # the region stays, so the next question is for the key
                refused = str(error)
                continue
            task.dialogue.say(
                tr("{error}\nChoose the region that gave the key out, or check it.", error=error)
            )
            continue
        model = await chosen_model(task, place, found, settings.model)
        name = NAME if not (at := region_of(settings.base_url)) else _named(task, at)
        return Candidate(msgspec.structs.replace(settings, model=model), name, key, place)


async def _settings(task: Task) -> BackendSettings:
    """Those of the cloud as they are, with the address that is chosen."""
    configured = task.workspace.settings.backends.get(NAME, BUILT_IN[NAME])
    base_url = await _address(task, configured.base_url)
    if base_url == configured.base_url:
        return configured
    same = next(
        (known for known in task.workspace.settings.backends.values()
         if known.kind == "openai" and known.base_url.rstrip("/") == base_url),
        None,
    )  # fmt: skip
    if same is not None:
        return same
    return msgspec.structs.replace(BUILT_IN[NAME], base_url=base_url)


async def _address(task: Task, configured: str) -> str:
    given = task.given
    if "://" in given.target:
        return checked(given.target)
    if given.target:
        return await _named_place(task, given.target)
    if given.workspace:
        raise UsageError(tr("A workspace belongs to a region: name that too."))
    here = region_of(configured)
    custom = here is None or configured.rstrip("/") != here.base_url
    options: list[str] = (
        [tr("as configured: {configured}", configured=configured)] if custom else []
    )
    options += [_line(known) for known in REGIONS]
    options.append(tr(OTHER))
    at = 0 if custom or here is None else REGIONS.index(here)
    answer = await task.dialogue.choose(tr("In which region was the key made?"), options, at=at)
    if custom and answer == 0:
        return configured.rstrip("/")
    if answer == len(options) - 1:
        return checked(await task.dialogue.enter(tr("Address (https://…/compatible-mode/v1)")))
    return await _in_region(task, REGIONS[answer - custom])


async def _named_place(task: Task, typed: str) -> str:
    """The address of a region, or of a host as the service's console shows it."""
    refuse_key(typed)
    if known_region(typed) is None and is_cloud(typed.partition("/")[0]):
        return checked(f"https://{typed}")
    return await _in_region(task, region(typed))


async def _in_region(task: Task, chosen: Region) -> str:
    workspace = task.given.workspace
    if not (workspace or chosen.host):
        workspace = await task.dialogue.enter(
            tr(
                "{name} answers at an address of your workspace. Its ID (like llm-abc123)?",
                name=tr(chosen.name),
            )
        )
        if not workspace.strip():
            raise Closed
    refuse_key(workspace)
    return address(chosen, workspace)


def checked(typed: str) -> str:
    """An address to which a key may go. Raises UsageError."""
    text = typed.strip().rstrip("/")
    for tail in ("/chat/completions", "/models"):
        text = text.removesuffix(tail)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("https", "http") or parts.username:
        raise UsageError(
            tr(
                "Invalid address {typed!r}. It should look like "
                "https://dashscope-intl.aliyuncs.com/compatible-mode/v1.",
                typed=typed.strip(),
            )
        )
    if parts.scheme == "http" and not loopback(host):
        raise UsageError(
            tr("A key goes to {host} only over https://, so that nobody can read it.", host=host)
        )
    if is_cloud(host) and not parts.path:
        return f"{text}/compatible-mode/v1"
    return text


async def _key(task: Task, settings: BackendSettings, refused: str = "") -> str:
    """A key to try and keep; empty where the one that is there already is used.

    Where one was `refused`, that is said, and another one asked for.
    """
    if task.given.key:
        return keys.typed(NAME, task.given.key)
    if not refused and await _takes_known(task, settings):
        return ""
    if refused:
        task.dialogue.say(refused)
    host = urlsplit(settings.base_url).netloc
    typed = await task.dialogue.enter(
        tr("Key for {host} (it is not shown)", host=host), secret=True
    )
    if not typed.strip():
        raise Closed
    return keys.typed(NAME, typed)


async def _takes_known(task: Task, settings: BackendSettings) -> bool:
    """Whether there is a key already, and the user takes it."""
    task.dialogue.say(tr("Looking for a key …"))
    file = task.workspace.paths.keys_file
    found = await asyncio.to_thread(keys.resolve_credential, NAME, settings, file)
    if not found.key:
        return False
    options = [tr("the one in {source}", source=found.source), tr("another key")]
    return await task.dialogue.choose(tr("Which key?"), options) == 0


def _place(base_url: str) -> str:
    """The region where it is one, and the host, which is what counts."""
    host, known = urlsplit(base_url).netloc, region_of(base_url)
    return f"{tr(known.name)} ({host})" if known else host


def _line(known: Region) -> str:
    return f"{padded(tr(known.name), 10)} {known.host or tr('(address of your workspace)')}"


def _named(task: Task, at: Region) -> str:
    """`cloud` while that is free, else with its region: a name never moves to another place."""
    settled = task.workspace.settings.backends.get(NAME, BUILT_IN[NAME])
    if settled == BUILT_IN[NAME] or region_of(settled.base_url) == at:
        return NAME
    return f"{NAME}-{at.name.lower().replace(' ', '-')}"
