"""`qchat config`: where the settings are, and what holds."""

import argparse
import sys

import msgspec

from qchat.admin.actions import Actions, Common, action
from qchat.config import config_file, settings
from qchat.config.settings import Settings
from qchat.config.validators import check_value
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat.runtime.suggested_argument import SuggestedArgument
from qchat_themes import load_themes

EXAMPLE = """\
# qchat's settings. Every line is optional; `qchat config show` prints what holds.
#
# backend = "demo"             # which backend answers: demo, cloud, or one of your own below
# think = true
# thinking_budget = 0          # longest thinking in tokens, 0 for no limit
#
# [backends.big]               # a GGUF model on this machine
# kind = "llama.cpp"
# model = "~/models/Qwen3-30B-A3B-Q4_K_M.gguf"
#
# [backends.server]            # any OpenAI-compatible server: vLLM, SGLang, Ollama, the cloud
# kind = "openai"              # or "anthropic", for that protocol
# base_url = "http://127.0.0.1:8000/v1"
# model = "Qwen/Qwen3-32B"
# api_key_env = "MY_KEY"       # name of the environment variable that holds the key
"""


def add(commands: Actions, common: Common, about: str) -> None:
    config = commands.add_parser("config", help=about, description=about)
    actions = config.add_subparsers(title="actions", metavar="ACTION", required=True)
    action(
        actions,
        "path",
        common,
        _path,
        "print where config.toml is; write an example if there is none",
    )
    put = action(actions, "set", common, _set, "change one setting; the rest stays as it is")
    put.add_argument(
        "key", metavar="KEY", action=_Key, help="which setting, like theme or backends.big.model"
    )
    put.add_argument(
        "value", metavar="VALUE", help="as in the file; a word needs no quotes, like paper or 600"
    )
    action(actions, "show", common, _show, "print every setting as it holds, without keys")


class _Key(SuggestedArgument):
    """A setting's name: any may be typed, those that there always are come to mind."""

    @property
    def suggested(self) -> list[str]:
        """The names, for the completion of a shell."""
        return [line.partition(" ")[0] for line in _lines(Settings()) if "backends." not in line]


def _path(options: argparse.Namespace, paths: Paths) -> int:
    file = paths.own_config(options.user)
    if not file.exists():
        config_file.write(file, EXAMPLE)
    sys.stdout.write(f"{file}\n")
    return 0


def _set(options: argparse.Namespace, paths: Paths) -> int:
    file, below = paths.own_config(options.user), paths.settings_files(options.user)
    if options.key == "theme":
        themes, _ = load_themes(paths.themes_dir)
        if options.value.strip("'\"") not in themes:
            raise UsageError(
                tr(
                    "Unknown theme {value!r}. Themes: {themes}.",
                    value=options.value,
                    themes=", ".join(themes),
                )
            )
    check_value(options.key, options.value.strip("'\""))
    config_file.put_text(file, options.key, options.value, *below)
    return 0


def _show(options: argparse.Namespace, paths: Paths) -> int:
    files = paths.settings_files(options.user)
    holds = settings.load(*files)
    for file in files:
        if file.exists():
            sys.stdout.write(f"# {file}\n")
    token = "…" if holds.python.gateway_token else ""
    shown = msgspec.structs.replace(
        holds,
        backends={
            name: msgspec.structs.replace(backend, api_key="…" if backend.api_key else "")
            for name, backend in holds.backends.items()
        },
        python=msgspec.structs.replace(holds.python, gateway_token=token),
    )
    for line in _lines(shown):
        sys.stdout.write(f"{line}\n")
    return 0


def _lines(holds: Settings) -> list[str]:
    """Every setting as `dotted.key = value`."""

    def walk(value: object, key: str) -> list[str]:
        if isinstance(value, dict):
            return [line for name in value for line in walk(value[name], f"{key}.{name}")]
        return [f"{key.removeprefix('.')} = {msgspec.json.encode(value).decode()}"]

    return walk(msgspec.to_builtins(holds), "")
