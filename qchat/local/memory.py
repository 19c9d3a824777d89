"""Memory that an engine holds, or did not get: said in words, with what would fit."""

from collections.abc import Iterable
from pathlib import Path

from qchat.local.catalog import largest_fitting
from qchat.local.fit import MIN_CONTEXT, Fit, Wishes, fit
from qchat.local.hardware import Hardware, size
from qchat.local.model import LocalModel
from qchat.protocol.errors import OutOfMemory
from qchat.runtime.language import tr

_SIGNS = (
    "out of memory",
    "outofmemory",
    "outofdevicememory",
    "failed to allocate",
    "unable to allocate",
    "cannot allocate",
    "allocation failed",
    "bad_alloc",
    "insufficient memory",
    "memoryerror",
)
"""How llama.cpp, its drivers and the system say that memory was refused."""


def resident_bytes(pid: int) -> int:
    """Memory that a process and its children hold, the pages of files with it."""
    import psutil  # noqa: PLC0415  slow to load, and not needed before an engine runs

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family)
    except psutil.Error:
        return 0


def ended_by_system() -> int:
    """How many processes the system has ended for lack of memory; 0 where it does not say."""
    try:
        lines = Path("/proc/vmstat").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def ran_out(lines: Iterable[str]) -> bool:
    """True where an engine's last words mean that it got no more memory."""
    return any(sign in line.lower() for line in lines for sign in _SIGNS)


def too_large(model: LocalModel, machine: Hardware, chosen: Fit) -> OutOfMemory:
    """Before an engine even tries: it would push everything else out of the memory."""
    return _error(model, machine, chosen, tr("; fit = false in its settings loads it all the same"))


def ran_out_of(model: LocalModel, machine: Hardware, chosen: Fit) -> OutOfMemory:
    """An engine that tried."""
    return _error(model, machine, chosen, "")


def _error(model: LocalModel, machine: Hardware, chosen: Fit, more: str) -> OutOfMemory:
    need = size(chosen.ram_bytes + chosen.gpu_bytes)
    return OutOfMemory(
        tr(
            "out of memory: {name} with a context of {context:,} tokens needs about "
            "{need}; there is {text}. {chosen}{more}",
            name=model.path.name,
            context=chosen.context,
            need=need,
            text=machine.text,
            chosen=_advice(model, machine, chosen),
            more=more,
        )
    )


def _advice(model: LocalModel, machine: Hardware, chosen: Fit) -> str:
    """What would fit: a shorter context of the same model, else the largest model that does."""
    least = fit(model, machine, Wishes(context=MIN_CONTEXT, cache="q8_0"))
    if least.fits and chosen.context > MIN_CONTEXT:
        context = _longest(model, machine)
        return tr(
            "It would fit with a context of {context:,}: set context = {context}", context=context
        )
    name = largest_fitting(machine)
    return (
        tr("What would fit: {name} (qchat models pull {name})", name=name)
        if name
        else tr("No known model fits")
    )


def _longest(model: LocalModel, machine: Hardware) -> int:
    context = MIN_CONTEXT
    while fit(model, machine, Wishes(context=context * 2, cache="q8_0")).fits:
        if context * 2 > (model.context or context):
            break
        context *= 2
    return context
