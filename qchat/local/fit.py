"""What of a model goes where on a machine, and how long its context may be.

Figures are estimates from the file itself: weights by tensor, the cache by token, and what
llama.cpp computes in (logits of one batch are the largest part). A share of the memory stays free.
"""

from collections.abc import Iterator

import msgspec

from qchat.local.hardware import MIB, Hardware, size
from qchat.local.model import LocalModel
from qchat.protocol.wording import counted
from qchat.runtime.language import tr

DEFAULT_CONTEXT = 32_768
"""Tokens that a conversation with tools is comfortable with."""
MIN_CONTEXT = 4_096
SMALL_BYTES = 64 * MIB
"""Below this a model does so little between two barriers that one thread is fastest: measured with
2 busy cores, one thread wrote 3,900 tokens a second where two wrote 10 to 1,000."""
BATCH = 512
"""Tokens that llama.cpp computes at once."""
GIB = 1024 * MIB
CACHE_SHARE = {"f16": 1.0, "q8_0": 34 / 64, "q4_0": 18 / 64}
"""Bytes of a quantized cache against f16: blocks of 32 with a scale of two bytes."""
LONG_SHARE = 4
"""A context beyond the default may take one part in so many of what the weights leave free."""


class Wishes(msgspec.Struct, frozen=True):
    """What the user set; 0, -1 and "auto" leave it to us."""

    context: int = 0
    cache: str = "auto"
    gpu_layers: int = -1
    cpu_experts: int = -1
    threads: int = 0


class Fit(msgspec.Struct, frozen=True):
    """What was chosen, and what it needs. `fits` is False where no choice was small enough."""

    context: int
    cache: str
    gpu_layers: int
    """Of `layers`; one more for the output."""
    cpu_experts: int
    """So many of the first layers leave their experts in RAM."""
    threads: int
    ram_bytes: int
    gpu_bytes: int
    layers: int
    fits: bool
    remark: str = ""
    """Which wish could not be kept on this machine, in words."""

    @property
    def text(self) -> str:
        """One line for people: what was chosen."""
        parts = [
            tr("context {context:,}", context=self.context),
            tr("cache {cache}", cache=self.cache),
            counted(self.threads, "thread"),
        ]
        if self.gpu_layers:
            parts.append(
                tr(
                    "{here} of {layers} layers on the GPU",
                    here=min(self.gpu_layers, self.layers),
                    layers=self.layers,
                )
            )
        if self.cpu_experts:
            parts.append(tr("experts of {cpu_experts} layers in RAM", cpu_experts=self.cpu_experts))
        need = tr("needs about {ram} RAM", ram=size(self.ram_bytes))
        if self.gpu_bytes:
            need = tr(
                "needs about {ram} RAM and {gpu} GPU",
                ram=size(self.ram_bytes),
                gpu=size(self.gpu_bytes),
            )
        return tr(", ").join([*parts, need]) + (f"; {self.remark}" if self.remark else "")


def fit(model: LocalModel, machine: Hardware, wishes: Wishes | None = None) -> Fit:
    """Choose for this machine; where nothing fits, the smallest choice with `fits` False."""
    wishes = wishes or Wishes()
    smallest: Fit | None = None
    for context, cache in _choices(model, machine, wishes):
        smallest = _place(model, machine, wishes, context, cache)
        if smallest.fits:
            return smallest
    assert smallest is not None
    return smallest


def compute_bytes(model: LocalModel) -> int:
    """What llama.cpp computes in, beside weights and cache."""
    return BATCH * 4 * (model.vocabulary + 8 * model.width) + 16 * MIB


def _choices(model: LocalModel, machine: Hardware, wishes: Wishes) -> Iterator[tuple[int, str]]:
    """Contexts and precisions of the cache, the best first."""
    longest = model.context or DEFAULT_CONTEXT
    caches = ("f16", "q8_0") if wishes.cache == "auto" else (wishes.cache,)
    if wishes.context:
        yield from ((min(wishes.context, longest), cache) for cache in caches)
        return
    spare = _memory(machine) - model.weights_bytes - compute_bytes(model)
    for context in (262_144, 131_072, 65_536):
        cost = context * model.kv_bytes_per_token * CACHE_SHARE[caches[0]]
        if context <= longest and cost * LONG_SHARE <= spare:
            yield context, caches[0]
    context = min(DEFAULT_CONTEXT, longest)
    while True:
        yield from ((context, cache) for cache in caches)
        if context <= MIN_CONTEXT:
            return
        context = max(MIN_CONTEXT, context // 2)


def _memory(machine: Hardware) -> int:
    """Bytes that may be used in all, with a share left to everybody else."""
    own = sum(_usable(d.free_bytes, d.total_bytes) for d in machine.devices if not d.shared)
    return own + _usable(machine.free_bytes, machine.ram_bytes)


def _usable(free: int, total: int) -> int:
    return max(0, free - min(GIB, total // 10))


def _place(model: LocalModel, machine: Hardware, wishes: Wishes, context: int, cache: str) -> Fit:
    """Put layers on the GPU as far as they fit: first all, then all but experts, then some."""
    kv = int(context * model.kv_bytes_per_token * CACHE_SHARE[cache])
    compute = compute_bytes(model)
    shared = any(d.shared for d in machine.devices)
    gpu_room = sum(_usable(d.free_bytes, d.total_bytes) for d in machine.devices)
    layers, experts = (
        _split(model, machine, wishes, kv, gpu_room - compute) if machine.devices else (0, 0)
    )
    on_gpu = _gpu_bytes(model, kv, layers, experts) + compute if layers else 0
    in_ram = model.weights_bytes + kv + compute - on_gpu
    ram_room = _usable(machine.free_bytes, machine.ram_bytes)
    if shared:
        fits = on_gpu <= gpu_room and in_ram + on_gpu <= ram_room
    else:
        fits = on_gpu <= max(gpu_room, 0) and in_ram <= ram_room
    return Fit(
        context,
        cache,
        layers,
        experts,
        wishes.threads or (1 if model.weights_bytes < SMALL_BYTES else machine.cores),
        max(in_ram, 0),
        on_gpu,
        model.layers,
        fits,
        _unkept(machine, wishes),
    )


def _unkept(machine: Hardware, wishes: Wishes) -> str:
    """What the user set and the engine cannot do here."""
    if wishes.gpu_layers > 0 and not machine.devices:
        return tr(
            "gpu_layers = {gpu_layers} has no effect: the engine sees no GPU",
            gpu_layers=wishes.gpu_layers,
        )
    if wishes.cpu_experts > 0 and machine.devices and not machine.moves_experts:
        experts = f"cpu_experts = {wishes.cpu_experts}"
        return tr(
            "{experts} has no effect: this engine cannot keep experts in RAM", experts=experts
        )
    return ""


def _split(
    model: LocalModel, machine: Hardware, wishes: Wishes, kv: int, room: int
) -> tuple[int, int]:
    """Layers on the GPU, and how many of them leave their experts in RAM."""
    everything = model.layers + 1
    movable = model.layers if machine.moves_experts and any(model.expert_bytes) else 0
    if wishes.gpu_layers >= 0:
        return min(wishes.gpu_layers, everything), min(max(0, wishes.cpu_experts), movable)
    if wishes.cpu_experts >= 0 and movable:
        return everything, min(wishes.cpu_experts, movable)
    moves = range(movable + 1)
    for experts in moves:
        if _gpu_bytes(model, kv, everything, experts) <= room:
            return everything, experts
    for layers in range(model.layers, 0, -1):
        if _gpu_bytes(model, kv, layers, 0) <= room:
            return layers, 0
    return 0, 0


def _gpu_bytes(model: LocalModel, kv: int, layers: int, experts: int) -> int:
    """llama.cpp offloads the last layers first, with their share of the cache, then the output."""
    first = max(0, model.layers - layers)
    weights = sum(model.layer_bytes[first:]) + sum(model.expert_bytes[max(first, experts) :])
    weights += model.other_bytes if layers > model.layers else 0
    return weights + (kv * (model.layers - first) // model.layers if model.layers else kv)
