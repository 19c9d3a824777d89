"""The models that `qchat models` knows, from `catalog.toml`, and which of them fit a machine."""

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec

from qchat.local.fit import Fit, fit
from qchat.local.hardware import Hardware
from qchat.local.model import LocalModel
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr

PREFERRED = ("Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "IQ4_XS", "Q3_K_M", "Q2_K", "F16")
"""What to take where nobody says: good enough at its size first, then better ones, then smaller."""
COMFORTABLE_CONTEXT = 16_384
"""A model counts as fitting when a conversation of so many tokens fits with it."""
_F16_BYTES = 2
_TENSOR_GROUPS = 2


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model of the catalogue; for the fields see `catalog.toml`."""

    name: str
    repository: str
    parameters: float
    context: int
    width: int
    layers: int
    kv_heads: int
    head: int
    vocabulary: int
    quantizations: tuple[str, ...]
    kind: Literal["chat", "embedding"] = "chat"
    active: float = 0.0
    kv_layers: int = 0
    experts: int = 0
    expert_width: int = 0

    @property
    def expert_parameters(self) -> float:
        """In billions: three matrices for each expert in each layer."""
        return self.layers * self.experts * 3 * self.width * self.expert_width / 1e9

    def file_bytes(self, quantization: str) -> int:
        """About how large its file is."""
        return int(self.parameters * 1e9 * _table().bits[quantization] / 8)

    def as_model(self, quantization: str) -> LocalModel:
        """Its figures, as they would stand in the file."""
        byte = _table().bits[quantization] / 8
        embedding = self.vocabulary * self.width / 1e9
        dense = max(0.0, self.parameters - self.expert_parameters - embedding)
        layer, experts = (
            int(part * 1e9 * byte / self.layers) for part in (dense, self.expert_parameters)
        )
        return LocalModel(
            path=Path(f"{self.name}:{quantization}"),
            architecture="",
            name=self.name,
            quantization=quantization,
            parameters=int(self.parameters * 1e9),
            context=self.context,
            layer_bytes=(layer,) * self.layers,
            expert_bytes=(experts,) * self.layers,
            other_bytes=int(embedding * 1e9 * byte),
            kv_bytes_per_token=(self.kv_layers or self.layers)
            * self.kv_heads
            * self.head
            * _TENSOR_GROUPS
            * _F16_BYTES,
            vocabulary=self.vocabulary,
            width=self.width,
            experts=self.experts,
            experts_used=0,
        )


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    bits: dict[str, float]
    model: tuple[Entry, ...]


class Choice(msgspec.Struct, frozen=True):
    """A model in one quantization, and how it would run."""

    entry: Entry
    quantization: str
    fit: Fit

    @property
    def name(self) -> str:
        return f"{self.entry.name}:{self.quantization}"

    @property
    def comfortable(self) -> bool:
        return self.fit.fits and self.fit.context >= min(COMFORTABLE_CONTEXT, self.entry.context)


@cache
def _table() -> _Table:
    text = resources.files("qchat.local").joinpath("catalog.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), _Table)


def entries() -> tuple[Entry, ...]:
    """All models, in the order of the catalogue."""
    return _table().model


def entry(name: str) -> Entry:
    """The model of that name. Raises UsageError with the nearest names."""
    wanted = name.lower()
    for known in entries():
        if known.name == wanted:
            return known
    near = [known.name for known in entries() if wanted in known.name][:5]
    hint = (
        tr("; did you mean: {near}", near=", ".join(near))
        if near
        else tr("; `qchat models list` shows them")
    )
    raise UsageError(tr("the catalogue has no model {name!r}{hint}", name=name, hint=hint))


def choices(known: Entry, machine: Hardware) -> list[Choice]:
    """The model in each quantization: what fits comes first, then by preference."""
    ordered = sorted(known.quantizations, key=PREFERRED.index)
    made = [Choice(known, q, fit(known.as_model(q), machine)) for q in ordered]
    return sorted(made, key=lambda choice: (not choice.comfortable, not choice.fit.fits))


def largest_fitting(machine: Hardware) -> str:
    """The chat model with the most parameters that fits comfortably; empty where none does."""
    best = [choices(known, machine)[0] for known in entries() if known.kind == "chat"]
    fitting = [choice for choice in best if choice.comfortable]
    return max(fitting, key=lambda choice: choice.entry.parameters).name if fitting else ""
