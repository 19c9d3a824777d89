"""Generate the training dialogues, train the tokenizer on some of them, and encode all."""

import argparse
import random
import time
from pathlib import Path

import numpy as np
from data import mixture
from data.dialogue import ASSISTANT, segments
from data.words import Draw
from tokenizer import train
from tokenizers import Tokenizer

BUILD = Path(__file__).parent / "build"
MAX_TOKENS = 2048
"""Tokens; longer dialogues are left out."""


def encode(
    tokenizer: Tokenizer, dialogues: list[list[tuple[str, float]]]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Encode the parts of dialogues, with each token's weight in the loss."""
    flat = tokenizer.encode_batch_fast([text for parts in dialogues for text, _ in parts])
    encoded = iter(flat)
    tokens, weights = [], []
    for parts in dialogues:
        ids: list[int] = []
        shares: list[float] = []
        for _, weight in parts:
            piece = next(encoded).ids
            ids += piece
            shares += [abs(weight)] * len(piece)
            if weight == -ASSISTANT:  # how an earlier reply begins is the template's choice
                shares[-len(piece)] = 0.0
        if len(ids) <= MAX_TOKENS:
            tokens.append(np.array(ids, dtype=np.uint16))
            weights.append(np.array(shares, dtype=np.float16))
    return tokens, weights


def save(path: Path, tokens: list[np.ndarray], weights: list[np.ndarray]) -> None:
    """Keep encoded dialogues in one file: all tokens in a row, and where each dialogue ends."""
    ends = np.cumsum([len(ids) for ids in tokens])
    np.savez(path, tokens=np.concatenate(tokens), weights=np.concatenate(weights), ends=ends)


def generate(draw: random.Random, count: int) -> list[list[tuple[str, float]]]:
    """Write dialogues as weighted parts."""
    out = []
    for _ in range(count):
        made, steps = mixture.part(draw)
        out.append(segments(made, steps))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep-tokenizer", action="store_true")
    options = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    started = time.monotonic()
    draw = Draw(options.seed)
    draw.brief, draw.loud = 0.4, 0.3
    dialogues = generate(draw, options.count)
    path = BUILD / "tokenizer.json"
    if not options.keep_tokenizer:
        train("".join(text for text, _ in parts) for parts in dialogues[:20_000]).save(str(path))
    tokenizer = Tokenizer.from_file(str(path))
    tokens, weights = encode(tokenizer, dialogues)
    save(BUILD / "train.npz", tokens, weights)
    check = Draw(options.seed + 1_000_003)
    check.held_out = True
    save(BUILD / "check.npz", *encode(tokenizer, generate(check, 120)))
    lengths = np.array([len(ids) for ids in tokens])
    print(
        f"{len(tokens)} dialogues, {lengths.sum() / 1e6:.1f} M tokens, mean {lengths.mean():.0f},"
        f" 99 %: {np.quantile(lengths, 0.99):.0f}, longest {lengths.max()};"
        f" {time.monotonic() - started:.0f} s"
    )


if __name__ == "__main__":
    main()
