"""`qchat models`: what there is to pull, what lies here, and what fits this machine."""

import argparse
import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

from qchat.admin.actions import Actions, Common, action
from qchat.admin.progress import Show, progress
from qchat.local import model_folders
from qchat.local.catalog import Choice, choices, entries, entry
from qchat.local.fit import fit
from qchat.local.gguf import read_head
from qchat.local.hardware import Hardware, look, size, unused_gpu
from qchat.local.model import parts_of, read_model
from qchat.protocol.errors import ModelFileError, QchatError, UsageError
from qchat.runtime import offline
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat_assets import DEMO_MODEL_NAME, demo_model_path

DEMO_NAMES = ("demo", "qchat-demo", DEMO_MODEL_NAME.lower())
ABOUT_PULL = (
    "fetch a model: a NAME of the list, with :QUANTIZATION if not the proposed one; "
    "hf:OWNER/REPOSITORY[:QUANTIZATION] or ms:… from Hugging Face or ModelScope; "
    "or the address of a GGUF file"
)


def add(commands: Actions, common: Common, about: str) -> None:
    models = commands.add_parser("models", help=about, description=about)
    actions = models.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = action(actions, "list", common, _list, "list what is here, and what could be pulled")
    listing.add_argument(
        "--all", action="store_true", help="list every quantization, not only the best that fits"
    )
    pull = action(actions, "pull", common, _pull, ABOUT_PULL)
    pull.add_argument(
        "wanted",
        metavar="NAME",
        help="like qwen3-8b, qwen3-8b:Q5_K_M, hf:Qwen/Qwen3-8B-GGUF, https://….gguf",
    )
    pull.add_argument(
        "--from",
        dest="source",
        choices=("hf", "ms"),
        default="hf",
        help="Hugging Face or ModelScope (default: %(default)s)",
    )
    info = action(actions, "info", common, _info, "say what a model is, and how it would run here")
    info.add_argument(
        "file",
        nargs="?",
        metavar="FILE_OR_NAME",
        help="a GGUF file or the name of a model (default: the demo model)",
    )
    remove = action(actions, "remove", common, _remove, "delete a model that was pulled")
    remove.add_argument(
        "name", metavar="NAME", help="a model that qchat pulled, as `qchat models list` shows it"
    )
    _add_compare(actions, common)


def _add_compare(actions: Actions, common: Common) -> None:
    compare = action(
        actions, "compare", common, _compare, "play the built-in evaluations with two models"
    )
    for name in ("first", "second"):
        compare.add_argument(
            name,
            metavar="MODEL",
            help="a backend, BACKEND:MODEL, or a model on this machine",
        )
    compare.add_argument(
        "--limit",
        type=int,
        default=0,
        metavar="N",
        help="conversations of each evaluation (default: as many as it takes to be certain)",
    )
    compare.add_argument(
        "--only", default="", metavar="A,B", help="only these evaluations (default: all six)"
    )
    compare.add_argument("--seed", type=int, default=0, metavar="N", help="of what is drawn")


def _list(options: argparse.Namespace, paths: Paths) -> int:
    machine = look()
    here = model_folders.all_models(paths.models_dir)
    _print(tr("This machine: {text}", text=machine.text))
    gpu = unused_gpu()
    if gpu and not machine.devices:
        _print(
            tr("The engine cannot use its {gpu}: a build for it, or llama-server, could.", gpu=gpu)
        )
    _print(tr("\nHere (`qchat --backend local --model NAME`):"))
    _print(
        _line(
            "qchat-demo",
            size(demo_model_path().stat().st_size),
            tr("comes with qchat: --backend demo"),
        )
    )
    for model in here:
        _print(
            _line(sanitize_for_terminal(model.name), size(model.size_bytes), _how(model, machine))
        )
    _print(tr("\nTo pull (`qchat models pull NAME`; sizes are about):"))
    for choice in _offered(machine, every=options.all):
        _print(_offer(choice))
    if not options.all:
        _print(tr("More quantizations: qchat models list --all"))
    return 0


def _how(model: model_folders.FoundModel, machine: Hardware) -> str:
    try:
        chosen = fit(read_model(model.path), machine)
    except QchatError as error:
        return sanitize_for_terminal(str(error))
    fits = (
        tr("fits, context {context:,}", context=chosen.context) if chosen.fits else tr("too large")
    )
    return f"{fits}  ({model.owner})"


def _offered(machine: Hardware, *, every: bool) -> Iterable[Choice]:
    for known in entries():
        ranked = choices(known, machine)
        yield from ranked if every else ranked[:1]


def _offer(choice: Choice) -> str:
    known, chosen = choice.entry, choice.fit
    about = f"{known.parameters:.3g}B"
    about += tr(", {active:g}B active", active=known.active) if known.active else ""
    about += tr(", embedding") if known.kind == "embedding" else ""
    if not chosen.fits:
        verdict: str = tr("too large: needs {size}", size=size(chosen.ram_bytes + chosen.gpu_bytes))
    else:
        verdict = tr("fits, context {context:,}", context=chosen.context)
        verdict += "" if choice.comfortable else tr(" (short)")
        if chosen.gpu_layers:
            verdict += (
                tr(", on the GPU")
                if chosen.ram_bytes < chosen.gpu_bytes
                else tr(", partly on the GPU")
            )
    return _line(choice.name, size(known.file_bytes(choice.quantization)), f"{about:20} {verdict}")


def _line(name: str, weight: str, about: str) -> str:
    return f"  {name:37} {weight:>9}  {about}".rstrip()


def _pull(options: argparse.Namespace, paths: Paths) -> int:
    from qchat.local import pull  # noqa: PLC0415  httpx is slow to load

    if offline.forbidden():
        raise UsageError(tr("qchat is offline, as you told it to be, so nothing is fetched."))
    ordered = pull.order(options.wanted, look, options.source)
    about = f" ({size(ordered.size_bytes)})" if ordered.size_bytes else ""
    sys.stderr.write(
        tr(
            "{name}{about} into {models_dir}\n",
            name=sanitize_for_terminal(ordered.name),
            about=about,
            models_dir=paths.models_dir,
        )
    )
    with progress(sys.stderr, "bytes") as show:
        path = pull.bring(ordered, paths.models_dir, show)
    name = path.stem.partition("-00001-of-")[0]
    _print(tr("{path}\nChat with it: qchat --backend local --model {name}", path=path, name=name))
    return 0


def _info(options: argparse.Namespace, paths: Paths) -> int:
    demo = (options.file or "demo").lower() in DEMO_NAMES
    if not demo and not _is_here(options.file, paths):
        return _info_of_entry(options.file)
    file = demo_model_path() if demo else model_folders.find(options.file, paths.models_dir)
    read_head(file)
    model, machine = read_model(file), look()
    chosen = fit(model, machine)
    total = sum(part.stat().st_size for part in parts_of(file))
    experts = (
        tr(
            ", {experts_used} of {experts} experts at a time",
            experts_used=model.experts_used,
            experts=model.experts,
        )
        if model.experts
        else ""
    )
    parameters = (
        tr("{parameters:.2f} billion", parameters=model.parameters / 1e9)
        if model.parameters > 1e8
        else (tr("{parameters:.1f} million", parameters=model.parameters / 1e6))
    )
    _print(tr("file: {file}\nsize: {total}", file=file, total=size(total)))
    _print(tr("name: {name}", name=sanitize_for_terminal(model.name)))
    _print(
        tr("architecture: {architecture}", architecture=sanitize_for_terminal(model.architecture))
    )
    _print(tr("parameters: {parameters}{experts}", parameters=parameters, experts=experts))
    _print(
        tr(
            "quantization: {quantization}\ncontext: {context:,} tokens",
            quantization=model.quantization or tr("not said"),
            context=model.context,
        )
    )
    _print(
        tr("here: {fits}{text}", fits="" if chosen.fits else tr("too large; "), text=chosen.text)
    )
    return 0


def _is_here(name: str, paths: Paths) -> bool:
    try:
        return model_folders.find(name, paths.models_dir) is not None
    except ModelFileError:
        return False


def _info_of_entry(name: str) -> int:
    known = entry(name.partition(":")[0])
    _print(
        tr("name: {name}\nrepository: {repository}", name=known.name, repository=known.repository)
    )
    _print(
        tr("parameters: {parameters:g} billion", parameters=known.parameters)
        + (tr(", {active:g} used for each token", active=known.active) if known.active else "")
    )
    _print(tr("context: {context:,} tokens\n", context=known.context))
    for choice in choices(known, look()):
        fits = tr("fits") if choice.fit.fits else tr("too large")
        weight = size(known.file_bytes(choice.quantization))
        _print(f"  {choice.quantization:8} {weight:>9}  {fits}: {choice.fit.text}")
    return 0


def _remove(options: argparse.Namespace, paths: Paths) -> int:
    wanted = (
        Path(options.name).stem.lower() if options.name.endswith(".gguf") else options.name.lower()
    )
    own = [m for m in model_folders.own_models(paths.models_dir) if m.name.lower() == wanted]
    if not own:
        names = ", ".join(m.name for m in model_folders.own_models(paths.models_dir)) or "none"
        raise UsageError(
            tr(
                "qchat did not pull {name!r}. Models that it pulled: {names}. Remove files "
                "of other programs with those programs.",
                name=options.name,
                names=names,
            )
        )
    freed = own[0].size_bytes
    for part in parts_of(own[0].path):
        part.unlink(missing_ok=True)
    _print(tr("removed {name}: {freed} are free again", name=own[0].name, freed=size(freed)))
    return 0


def _compare(options: argparse.Namespace, paths: Paths) -> int:
    # All of it is slow to load, and only for who compares.
    from qchat.evaluation import compare  # noqa: PLC0415
    from qchat.evaluation.builtin.catalog import BUILT_IN  # noqa: PLC0415
    from qchat.evaluation.setup import Wanted  # noqa: PLC0415

    names = [name.strip() for name in options.only.split(",") if name.strip()] or [*BUILT_IN]
    if unknown := [name for name in names if name not in BUILT_IN]:
        known = ", ".join(BUILT_IN)
        raise UsageError(
            tr(
                "Unknown evaluation {unknown}. Evaluations: {known}.",
                unknown=", ".join(unknown),
                known=known,
            )
        )
    if options.limit < 0:
        raise UsageError(tr("--limit takes a number from 1."))
    wanted = Wanted(seed=options.seed, user=options.user)
    models = [compare.named(text, wanted, paths) for text in (options.first, options.second)]

    def told(what: str) -> Show:
        if sys.stderr.isatty():
            sys.stderr.write(f"{sanitize_for_terminal(what)}\n")
        return lambda _done, _total: None

    evaluations = [BUILT_IN[name] for name in names]
    comparing = compare.compare(models, evaluations, wanted, options.limit, paths, told)
    _print(sanitize_for_terminal(asyncio.run(comparing)).rstrip())
    return 0


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
