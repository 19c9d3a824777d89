"""A model as a plan for a machine needs it: what weighs how much, and what each token costs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from qchat.local.gguf import Contents, read_contents

_QUANTIZATIONS = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
    21: "Q2_K_S",
    22: "IQ3_XS",
    23: "IQ3_XXS",
    24: "IQ1_S",
    25: "IQ4_NL",
    26: "IQ3_S",
    27: "IQ3_M",
    28: "IQ2_S",
    29: "IQ2_M",
    30: "IQ4_XS",
    31: "IQ1_M",
    32: "BF16",
    38: "MXFP4",
}
"""llama.cpp's `general.file_type` (include/llama.h, enum llama_ftype)."""
_F16_BYTES = 2


class LocalModel(msgspec.Struct, frozen=True):
    """Figures of one model, of all its files together; bytes are those of the files' tensors."""

    path: Path
    architecture: str
    name: str
    quantization: str
    parameters: int
    context: int
    """Longest context that it was trained for, in tokens; 0 where the file does not say."""
    layer_bytes: tuple[int, ...]
    """Each layer without its experts."""
    expert_bytes: tuple[int, ...]
    """The experts of each layer, 0 for a dense one."""
    other_bytes: int
    """Embedding and output."""
    kv_bytes_per_token: int
    """What the context costs with a cache of f16."""
    vocabulary: int
    width: int
    experts: int
    experts_used: int
    hybrid: bool = False
    """Whether some of its layers keep a state that cannot be rewound, as since Qwen3.5."""

    @property
    def weights_bytes(self) -> int:
        return sum(self.layer_bytes) + sum(self.expert_bytes) + self.other_bytes

    @property
    def layers(self) -> int:
        return len(self.layer_bytes)


def read_model(path: Path) -> LocalModel:
    """Read a model's figures from its file, or all files of one in parts. Raises ModelFileError."""
    parts = [read_contents(part) for part in parts_of(path)]
    values = parts[0].values
    architecture = str(values.get("general.architecture", ""))

    def number(key: str) -> int:
        return _whole(values.get(f"{architecture}.{key}"))

    layers = number("block_count")
    sizes: Counter[str] = Counter()
    for part in parts:
        sizes += _sizes(part)
    shapes = {info.name: info.shape for part in parts for info in part.tensors}
    embedding = shapes.get("token_embd.weight", (0, 0))
    return LocalModel(
        path=path,
        architecture=architecture,
        name=str(values.get("general.name") or path.stem),
        quantization=_QUANTIZATIONS.get(_whole(values.get("general.file_type"), -1), ""),
        parameters=sum(_product(shape) for shape in shapes.values()),
        context=number("context_length"),
        layer_bytes=tuple(_layer(sizes, index, experts=False) for index in range(layers)),
        expert_bytes=tuple(_layer(sizes, index, experts=True) for index in range(layers)),
        other_bytes=sum(size for name, size in sizes.items() if not name.startswith("blk.")),
        kv_bytes_per_token=_kv_bytes(values, architecture, layers, shapes),
        vocabulary=embedding[-1],
        width=number("embedding_length"),
        experts=number("expert_count"),
        experts_used=number("expert_used_count"),
        hybrid=any(map(_is_recurrent, shapes)),
    )


def parts_of(path: Path) -> list[Path]:
    """All files of a model: NAME-00001-of-00003.gguf stands for three."""
    stem, dash, count = path.stem.rpartition("-of-")
    first, dash2, number = stem.rpartition("-")
    if not (dash and dash2 and number == "00001" and count.isdecimal()):
        return [path]
    names = (f"{first}-{part:05}-of-{count}{path.suffix}" for part in range(1, int(count) + 1))
    return [path.with_name(name) for name in names]


def _sizes(part: Contents) -> Counter[str]:
    """Bytes of each tensor: up to the next one, which counts the padding too."""
    ordered = sorted(part.tensors, key=lambda info: info.offset)
    ends = [info.offset for info in ordered[1:]] + [part.file_bytes - part.data_start]
    return Counter({i.name: end - i.offset for i, end in zip(ordered, ends, strict=True)})


def _layer(sizes: Mapping[str, int], index: int, *, experts: bool) -> int:
    prefix = f"blk.{index}."
    own = (name for name in sizes if name.startswith(prefix))
    return sum(sizes[name] for name in own if ("_exps." in name) == experts)


def _kv_bytes(
    values: Mapping[str, object], arch: str, layers: int, names: Mapping[str, object]
) -> int:
    """Keys and values of a token in all layers that keep them: recurrent ones do not."""
    heads = _per_layer(values.get(f"{arch}.attention.head_count"), layers)
    kept = _per_layer(values.get(f"{arch}.attention.head_count_kv"), layers) or heads
    width = _whole(values.get(f"{arch}.embedding_length"))
    head = width // heads[0] if heads and heads[0] else 0
    key = _whole(values.get(f"{arch}.attention.key_length"), head)
    value = _whole(values.get(f"{arch}.attention.value_length"), head)
    recurrent = {int(name.split(".")[1]) for name in names if _is_recurrent(name)}
    counted = (n for index, n in enumerate(kept) if index not in recurrent)
    return sum(counted) * (key + value) * _F16_BYTES


def _is_recurrent(name: str) -> bool:
    return name.startswith("blk.") and (".ssm_" in name or ".shortconv." in name)


def _per_layer(value: object, layers: int) -> list[int]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_whole(item) for item in value]
    return [_whole(value)] * layers if value is not None else []


def _whole(value: object, default: int = 0) -> int:
    return int(value) if isinstance(value, int | float) else default


def _product(shape: Sequence[int]) -> int:
    result = 1
    for length in shape:
        result *= length
    return result
