"""A small Qwen3-MoE in PyTorch, equal to what llama.cpp computes for `qwen3moe`."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Config:
    """Sizes of the model; rows that are quantized must be multiples of 32 (Q8_0 blocks)."""

    vocab: int = 2048
    width: int = 160
    layers: int = 5
    heads: int = 4
    kv_heads: int = 2
    head_width: int = 32
    experts: int = 8
    experts_used: int = 2
    expert_width: int = 128
    rope_base: float = 100_000.0
    norm_epsilon: float = 1e-6
    context: int = 8192


class RMSNorm(nn.Module):
    """Scale by the root mean square; the only normalisation that Qwen3 uses."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight, self.epsilon)


def rotation(config: Config, length: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines for the rotary embedding, halves side by side (the NeoX layout)."""
    half = config.head_width // 2
    frequencies = config.rope_base ** (-torch.arange(half, dtype=torch.float32) / half)
    angles = torch.outer(torch.arange(length, dtype=torch.float32), frequencies)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair of a head's halves by its position's angle."""
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-right, left], dim=-1) * sin


class Attention(nn.Module):
    """Grouped-query attention with norms on queries and keys, as in Qwen3."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        query, key = config.heads * config.head_width, config.kv_heads * config.head_width
        self.q = nn.Linear(config.width, query, bias=False)
        self.k = nn.Linear(config.width, key, bias=False)
        self.v = nn.Linear(config.width, key, bias=False)
        self.out = nn.Linear(query, config.width, bias=False)
        self.q_norm = RMSNorm(config.head_width, config.norm_epsilon)
        self.k_norm = RMSNorm(config.head_width, config.norm_epsilon)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, length, _ = x.shape
        split = (batch, length, -1, self.config.head_width)
        q = rotate(self.q_norm(self.q(x).view(split)).transpose(1, 2), cos, sin)
        k = rotate(self.k_norm(self.k(x).view(split)).transpose(1, 2), cos, sin)
        v = self.v(x).view(split).transpose(1, 2)
        groups = self.config.heads // self.config.kv_heads
        k, v = k.repeat_interleave(groups, dim=1), v.repeat_interleave(groups, dim=1)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, -1))


class Experts(nn.Module):
    """Softmax routing to the best experts, weights renormalised among the chosen ones."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        inner = (config.experts, config.expert_width, config.width)
        self.router = nn.Linear(config.width, config.experts, bias=False)
        self.gate = nn.Parameter(torch.empty(inner))
        self.up = nn.Parameter(torch.empty(inner))
        self.down = nn.Parameter(torch.empty(config.experts, config.width, config.expert_width))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mixed output and the load-balancing loss of Switch Transformers."""
        flat = x.reshape(-1, x.shape[-1])
        odds = self.router(flat).softmax(dim=-1)
        weights, chosen = odds.topk(self.config.experts_used, dim=-1)
        weights = weights / weights.sum(dim=-1, keepdim=True)
        order = chosen.reshape(-1).argsort()
        counts = torch.bincount(chosen.reshape(-1), minlength=self.config.experts)
        token = order // self.config.experts_used
        experts = zip(self.gate.unbind(), self.up.unbind(), self.down.unbind(), strict=True)
        parts = flat.index_select(0, token).split(counts.tolist())
        pieces = [
            F.linear(F.silu(F.linear(rows, gate)) * F.linear(rows, up), down)
            for rows, (gate, up, down) in zip(parts, experts, strict=True)
        ]
        mixed = torch.cat(pieces) * weights.reshape(-1).index_select(0, order).unsqueeze(-1)
        share = counts / counts.sum()
        balance = self.config.experts * (share * odds.mean(dim=0)).sum()
        return torch.zeros_like(flat).index_add(0, token, mixed).view_as(x), balance


class Block(nn.Module):
    """One layer: attention, then experts, each on a normalised residual stream."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(config.width, config.norm_epsilon)
        self.attention = Attention(config)
        self.experts_norm = RMSNorm(config.width, config.norm_epsilon)
        self.experts = Experts(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
        x = x + self.attention(self.attention_norm(x), cos, sin)
        mixed, balance = self.experts(self.experts_norm(x))
        return x + mixed, balance


class Model(nn.Module):
    """The whole model; embedding and output share one matrix."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.width, config.norm_epsilon)
        for name, weight in self.named_parameters():
            if weight.dim() > 1:
                deep = name.endswith((".out.weight", ".down"))
                spread = 0.5 / weight.shape[-1] ** 0.5
                nn.init.normal_(weight, std=spread / (2 * config.layers) ** 0.5 if deep else spread)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return the last hidden states (already normalised) and the mean balance loss."""
        cos, sin = rotation(self.config, tokens.shape[1])
        x = self.embedding(tokens)
        total = torch.zeros(())
        for block in self.blocks:
            x, balance = block(x, cos, sin)
            total = total + balance
        return self.norm(x), total / self.config.layers

    def logits(self, hidden: Tensor) -> Tensor:
        """Score every token of the vocabulary for each hidden state."""
        return F.linear(hidden, self.embedding.weight)
