"""A babbling model for tests of the engine: random weights, so it speaks ASCII and never ends.

With thinking on, its template opens `<think>` and the thinking goes on until a budget closes it.
Written byte by byte, so that tests need no other package. Format: see `qchat/local/gguf.py`.
"""

import asyncio
import random
import struct
from array import array
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

WIDTH, HEAD, HEADS, EXPERTS, HIDDEN = 64, 32, 2, 2, 32
CONTEXT = 16_384
CONVOLUTION = 3
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>")
SPECIAL += ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")
CONTROL, USER_DEFINED = 3, 4
U32, F32, BOOL, STRING, ARRAY, I32 = 4, 6, 7, 8, 9, 5

TEMPLATE = """\
{%- if tools %}<|im_start|>system
<tools>{% for tool in tools %}
{{ tool | tojson }}{% endfor %}
</tools>
{"name": <function-name>, "arguments": <args-json-object>} in <tool_call></tool_call><|im_end|>
{% endif %}{%- for m in messages %}{% if m.role == 'tool' %}<|im_start|>user
<tool_response>
{{ m.content }}
</tool_response><|im_end|>
{% else %}<|im_start|>{{ m.role }}
{% if m.role == 'assistant' and m.reasoning_content %}<think>
{{ m.reasoning_content }}
</think>

{% endif %}{{ m.content }}{% if m.tool_calls %}{% for call in m.tool_calls %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}{% endif %}<|im_end|>
{% endif %}{% endfor %}{%- if add_generation_prompt %}<|im_start|>assistant
<think>
{% if enable_thinking is defined and enable_thinking is false %}
</think>

{% endif %}{% endif %}"""

Tensor = tuple[tuple[int, ...], "array[float]"]
Value = str | int | float | bool | Sequence[str] | Sequence[int]


async def eventually(is_so: Callable[[], Awaitable[bool]], within_s: float = 5.0) -> None:
    """Wait for what another process does and tells nobody; raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while True:
            if await is_so():
                return
            await asyncio.sleep(0.01)


MEAN = 1
"""llama.cpp's number for a text's vector as the mean of its tokens'."""


def write_babbler(
    path: Path,
    context: int = CONTEXT,
    *,
    hybrid: bool = False,
    embeds: bool = False,
    kind: str = "",
) -> Path:
    """Write the model, about 200 KB; a `hybrid` one has a layer whose state cannot be rewound.

    With `embeds` its file says how it makes vectors, by its `kind` that it is no whole model.
    """
    tokens = [*_byte_letters(), *SPECIAL]
    values, tensors = _values(tokens, context), dict(_tensors(len(tokens)))
    if hybrid:
        values, tensors = _hybrid(values), dict(_hybrid_tensors(tensors))
    if embeds:
        values["qwen3moe.pooling_type"] = MEAN
    if kind:
        values["general.type"] = kind
    data = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values)))
    for key, value in values.items():
        data += _string(key) + _typed(value)
    offset = 0
    for name, (shape, numbers) in tensors.items():
        dims = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        data += _string(name) + dims + struct.pack("<IQ", 0, offset)
        offset += _padded(len(numbers) * 4)
    data += bytes(_padded(len(data)) - len(data))
    for _, numbers in tensors.values():
        raw = numbers.tobytes()
        data += raw + bytes(_padded(len(raw)) - len(raw))
    path.write_bytes(data)
    return path


def _values(tokens: list[str], context: int) -> dict[str, Value]:
    plain = len(tokens) - len(SPECIAL)
    return {
        "general.architecture": "qwen3moe",
        "general.name": "babbler",
        "qwen3moe.context_length": context,
        "qwen3moe.embedding_length": WIDTH,
        "qwen3moe.block_count": 1,
        "qwen3moe.feed_forward_length": HIDDEN,
        "qwen3moe.attention.head_count": HEADS,
        "qwen3moe.attention.head_count_kv": 1,
        "qwen3moe.attention.key_length": HEAD,
        "qwen3moe.attention.value_length": HEAD,
        "qwen3moe.attention.layer_norm_rms_epsilon": 1e-6,
        "qwen3moe.rope.freq_base": 10_000.0,
        "qwen3moe.expert_count": EXPERTS,
        "qwen3moe.expert_used_count": 1,
        "qwen3moe.expert_feed_forward_length": HIDDEN,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [1] * plain + [CONTROL] * 3 + [USER_DEFINED] * 6,
        "tokenizer.ggml.merges": ["a b"],
        "tokenizer.ggml.eos_token_id": tokens.index("<|im_end|>"),
        "tokenizer.ggml.padding_token_id": tokens.index("<|endoftext|>"),
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": TEMPLATE,
    }


def _tensors(vocabulary: int) -> Iterator[tuple[str, Tensor]]:
    """Only ASCII letters have an embedding, so nothing else is ever likely."""
    source = random.Random(1)

    def noise(*shape: int, scale: float = 0.3) -> Tensor:
        size = 1
        for length in shape:
            size *= length
        return shape, array("f", (source.gauss(0, scale) for _ in range(size)))

    def ones(length: int) -> Tensor:
        return (length,), array("f", [1.0] * length)

    shape, numbers = noise(WIDTH, vocabulary, scale=1.0)
    for token in range(vocabulary):
        if not ord("a") <= token <= ord("z"):
            numbers[token * WIDTH : (token + 1) * WIDTH] = array("f", [0.0] * WIDTH)
    yield "token_embd.weight", (shape, numbers)
    yield "output_norm.weight", ones(WIDTH)
    block = "blk.0."
    for name in ("attn_norm", "ffn_norm"):
        yield f"{block}{name}.weight", ones(WIDTH)
    for name in ("attn_q_norm", "attn_k_norm"):
        yield f"{block}{name}.weight", ones(HEAD)
    yield f"{block}attn_q.weight", noise(WIDTH, HEADS * HEAD)
    yield f"{block}attn_k.weight", noise(WIDTH, HEAD)
    yield f"{block}attn_v.weight", noise(WIDTH, HEAD)
    yield f"{block}attn_output.weight", noise(HEADS * HEAD, WIDTH)
    yield f"{block}ffn_gate_inp.weight", noise(WIDTH, EXPERTS)
    yield f"{block}ffn_gate_exps.weight", noise(WIDTH, HIDDEN, EXPERTS)
    yield f"{block}ffn_up_exps.weight", noise(WIDTH, HIDDEN, EXPERTS)
    yield f"{block}ffn_down_exps.weight", noise(HIDDEN, WIDTH, EXPERTS)


def _hybrid(values: dict[str, Value]) -> dict[str, Value]:
    """As LFM2: a layer of short convolutions before one of attention, no experts."""
    named = {key.replace("qwen3moe", "lfm2"): value for key, value in values.items()}
    gone = ("expert", "key_length", "value_length")
    kept = {key: value for key, value in named.items() if not any(word in key for word in gone)}
    return kept | {
        "general.architecture": "lfm2",
        "lfm2.block_count": 2,
        "lfm2.attention.head_count_kv": [0, 1],
        "lfm2.shortconv.l_cache": CONVOLUTION,
    }


def _hybrid_tensors(tensors: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    source = random.Random(2)

    def noise(*shape: int) -> Tensor:
        size = shape[0] * (shape[1] if len(shape) > 1 else 1)
        return shape, array("f", (source.gauss(0, 0.3) for _ in range(size)))

    yield "token_embd.weight", tensors["token_embd.weight"]
    yield "token_embd_norm.weight", tensors["output_norm.weight"]
    for block in ("blk.0.", "blk.1."):
        for name in ("attn_norm", "ffn_norm"):
            yield f"{block}{name}.weight", tensors[f"blk.0.{name}.weight"]
        for name in ("ffn_gate", "ffn_up"):
            yield f"{block}{name}.weight", noise(WIDTH, HIDDEN)
        yield f"{block}ffn_down.weight", noise(HIDDEN, WIDTH)
    yield "blk.0.shortconv.conv.weight", noise(CONVOLUTION, WIDTH)
    yield "blk.0.shortconv.in_proj.weight", noise(WIDTH, 3 * WIDTH)
    yield "blk.0.shortconv.out_proj.weight", noise(WIDTH, WIDTH)
    for name in ("q", "k", "v", "output", "q_norm", "k_norm"):
        yield f"blk.1.attn_{name}.weight", tensors[f"blk.0.attn_{name}.weight"]


def _byte_letters() -> list[str]:
    """The letter that stands for each byte in byte-level BPE (GPT-2's table)."""
    shown = {*range(33, 127), *range(161, 173), *range(174, 256)}
    hidden = iter(range(256, 512))
    return [chr(byte) if byte in shown else chr(next(hidden)) for byte in range(256)]


def _typed(value: Value) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", BOOL, value)
        case int():
            return struct.pack("<II", U32, value)
        case float():
            return struct.pack("<If", F32, value)
        case str():
            return struct.pack("<I", STRING) + _string(value)
    if isinstance(value[0], str):
        head = struct.pack("<IIQ", ARRAY, STRING, len(value))
        return head + b"".join(_string(str(item)) for item in value)
    return struct.pack(f"<IIQ{len(value)}i", ARRAY, I32, len(value), *value)


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _padded(length: int) -> int:
    return -(-length // 32) * 32
