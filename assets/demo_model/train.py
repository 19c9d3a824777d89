"""Train the model: Muon for matrices, AdamW for the rest, for a given time on the CPU.

One process a core, each with one thread: threads that wait for each other at every operation lose
ten times as much when the machine has other work. Gradients are summed once a step.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from model import Config, Model
from tokenizer import PADDING
from tokenizers import Tokenizer
from torch import Tensor, distributed, multiprocessing

BUILD = Path(__file__).parent / "build"
TOKENS_AT_ONCE = 1024
"""Dialogues of like length are computed together: padding is waste on a CPU."""
BATCHES_A_STEP = 8
"""The processes take them one by one: who is held up by other work takes fewer."""
EASY_KEPT = 0.1
"""The share of dialogues without a fault that are learnt from all the same, so that they stay."""
POOL = 512
"""Dialogues among which those of like length are sought."""
BALANCE = 0.01
OTHERS = 0.25
"""The share of the others' tokens whose loss is computed: the output layer is costly."""
WARM_UP = 40

Batch = tuple[Tensor, Tensor]
Choose = Callable[[list[int]], list[int]]
"""Chooses among dialogues, by their indices, those to learn from."""
Taken = Any
"""A shared count (multiprocessing's Value) of the batches that were taken since the start."""


class Muon(torch.optim.Optimizer):
    """Momentum whose step is made orthogonal (Jordan et al., 2024); stacks of matrices too.

    Each process makes the steps of its own share of the weights, and all exchange them.
    """

    def __init__(self, weights: list[Tensor], lr: float, momentum: float = 0.95) -> None:
        super().__init__(weights, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        rank, ranks = distributed.get_rank(), distributed.get_world_size()
        for group in self.param_groups:
            weights = group["params"]
            updates = [torch.zeros_like(weight) for weight in weights]
            for number in range(rank, len(weights), ranks):
                updates[number] = self.update(weights[number], group["momentum"])
            flat = torch.cat([update.reshape(-1) for update in updates])
            distributed.all_reduce(flat)
            pieces = flat.split([weight.numel() for weight in weights])
            for weight, piece in zip(weights, pieces, strict=True):
                rows, columns = weight.shape[-2:]
                weight.mul_(1 - group["lr"] * 0.01)
                size = group["lr"] * max(1.0, rows / columns) ** 0.5
                weight.add_(piece.view_as(weight), alpha=-size)

    def update(self, weight: Tensor, momentum: float) -> Tensor:
        """The direction in which a weight goes."""
        assert weight.grad is not None
        kept = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
        kept.lerp_(weight.grad, 1 - momentum)
        return orthogonal(weight.grad.lerp(kept, momentum))


def orthogonal(matrix: Tensor) -> Tensor:
    """Bring all singular values near 1 by five Newton-Schulz steps."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[-2] > matrix.shape[-1]
    x = matrix.mT if tall else matrix
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x


class Dialogues:
    """Encoded dialogues, drawn in random order and handed out in batches of like length."""

    def __init__(self, path: Path, padding: int) -> None:
        with np.load(path) as saved:
            self.tokens, self.weights, self.ends = saved["tokens"], saved["weights"], saved["ends"]
        self.padding = padding

    def batch(self, indices: list[int]) -> Batch:
        """Pad some dialogues to one length; padding weighs nothing."""
        rows = [slice(self.ends[i - 1] if i else 0, self.ends[i]) for i in indices]
        length = max(row.stop - row.start for row in rows)
        tokens = np.full((len(rows), length), self.padding, dtype=np.int64)
        weights = np.zeros((len(rows), length), dtype=np.float32)
        for place, row in enumerate(rows):
            tokens[place, : row.stop - row.start] = self.tokens[row]
            weights[place, : row.stop - row.start] = self.weights[row]
        return torch.from_numpy(tokens), torch.from_numpy(weights)

    def steps(
        self, chance: np.random.Generator, epochs: int, size: int, choose: Choose
    ) -> Iterator[tuple[list[Batch], int]]:
        """Shuffle, choose within pools, group by length, and shuffle the groups again.

        Each step comes with the tokens that were read for it, those not chosen included.
        """
        everything = np.tile(np.arange(len(self.ends)), epochs)
        order = chance.permutation(everything)
        waiting: list[list[int]] = []
        read = 0
        for start in range(0, len(order), POOL):
            pool = order[start : start + POOL].tolist()
            read += sum(self.length(index) for index in pool)
            groups = list(self.groups(choose(pool)))
            chance.shuffle(groups)
            waiting += groups
            while len(waiting) >= size:
                yield [self.batch(group) for group in waiting[:size]], read
                waiting, read = waiting[size:], 0

    def length(self, index: int) -> int:
        """The tokens of a dialogue."""
        return int(self.ends[index] - (self.ends[index - 1] if index else 0))

    def groups(self, indices: list[int]) -> Iterator[list[int]]:
        """Group dialogues by length, each group within TOKENS_AT_ONCE with its padding."""
        lengths = {i: self.length(i) for i in indices}
        group: list[int] = []
        for index in sorted(indices, key=lengths.__getitem__):
            if group and (len(group) + 1) * lengths[index] > TOKENS_AT_ONCE:
                yield group
                group = []
            group.append(index)
        if group:
            yield group


def losses(model: Model, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Sum the weighted loss; return also whether each of the model's own tokens is right."""
    tokens, weights = batch
    hidden, balance = model(tokens[:, :-1])
    weight = weights[:, 1:].reshape(-1)
    chosen = (weight >= 1) | ((weight > 0) & (torch.rand_like(weight) < OTHERS))
    used = chosen.nonzero().squeeze(1)
    weight = weight.index_select(0, used)
    logits = model.logits(hidden.reshape(-1, hidden.shape[-1]).index_select(0, used))
    targets = tokens[:, 1:].reshape(-1).index_select(0, used)
    each = F.cross_entropy(logits, targets, reduction="none")
    own = weight >= 1
    right = own & (logits.detach().argmax(-1) == targets)
    counts = torch.stack([own.sum(), (each * own).sum().detach(), right.sum()])
    return (each * weight).sum(), balance, counts


@torch.no_grad()
def worst(model: Model, batch: Batch) -> Tensor:
    """The largest loss among each dialogue's own tokens: small where nothing is left to learn."""
    tokens, weights = batch
    own = weights[:, 1:] >= 1
    rows = own.nonzero()[:, 0]
    logits = model.logits(model(tokens[:, :-1])[0][own])
    each = F.cross_entropy(logits, tokens[:, 1:][own], reduction="none")
    return torch.zeros(len(tokens)).scatter_reduce(0, rows, each, "amax")


def hard(model: Model, dialogues: Dialogues, chance: np.random.Generator, least: float) -> Choose:
    """Choose the dialogues that the model still gets wrong somewhere, and a few of the others.

    Most are right to the letter late in training and teach nothing (selective backpropagation,
    Jiang et al., 2019). The processes read a pool together.
    """

    def choose(pool: list[int]) -> list[int]:
        if not least:
            return pool
        losses_ = torch.zeros(len(pool))
        place = {index: number for number, index in enumerate(pool)}
        groups = list(dialogues.groups(list(place)))
        for group in groups[distributed.get_rank() :: distributed.get_world_size()]:
            losses_[[place[index] for index in group]] = worst(model, dialogues.batch(group))
        distributed.all_reduce(losses_)
        kept = chance.random(len(pool)) < EASY_KEPT
        return [index for index in place if losses_[place[index]] > least or kept[place[index]]]

    return choose


@torch.no_grad()
def check(model: Model, dialogues: Dialogues) -> str:
    """Measure held-out dialogues: loss and share of right tokens among the model's own."""
    total = torch.zeros(3)
    for group in dialogues.groups(list(range(len(dialogues.ends)))):
        total += losses(model, dialogues.batch(group))[2]
    return f"check loss {total[1] / total[0]:.4f}, tokens right {100 * total[2] / total[0]:.2f} %"


def optimizers(model: Model, muon_rate: float, adam_rate: float) -> list[torch.optim.Optimizer]:
    """Hidden matrices go to Muon; embedding, router and norms to AdamW."""
    matrices, rest = [], []
    for name, weight in model.named_parameters():
        hidden = weight.dim() > 1 and "embedding" not in name and "router" not in name
        (matrices if hidden else rest).append(weight)
    adam = torch.optim.AdamW(rest, lr=adam_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    return [Muon(matrices, lr=muon_rate), adam]


def shared(step: list[Batch], number: int, taken: Taken) -> Iterator[Batch]:
    """Take batches of a step until all processes together have taken every one."""
    while True:
        with taken.get_lock():
            place = taken.value - number * len(step)
            if place >= len(step):
                return
            taken.value += 1
        yield step[place]


def learn(model: Model, step: list[Batch], number: int, taken: Taken) -> Tensor:
    """Sum the gradient of one step over all processes; return what `losses` counted here."""
    whole = float(sum(float((weights >= 1).sum()) for _, weights in step))
    seen = torch.zeros(3)
    for batch in shared(step, number, taken):
        loss, balance, counts = losses(model, batch)
        (loss / whole + BALANCE * balance / len(step)).backward()
        seen += counts
    weights = list(model.parameters())
    for weight in weights:
        weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    distributed.all_reduce(flat)
    flat *= (1.0 / flat.norm()).clamp(max=1.0)
    for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))
    return seen


def save(model: Model, path: Path, **figures: float) -> None:
    """Replace the checkpoint in one move, so that a killed run leaves a whole one."""
    fresh = path.with_suffix(".new")
    torch.save({"config": asdict(model.config), "model": model.state_dict(), **figures}, fresh)
    fresh.replace(path)


def rate(progress: float, number: int) -> float:
    """The share of the full learning rate: a short rise, a plateau, a long way down."""
    return min(1.0, (number + 1) / WARM_UP) * min(1.0, max(0.0, 1.02 - progress) / 0.6)


def run(model: Model, options: argparse.Namespace, rank: int, taken: Taken) -> None:
    """Train until the time is over, or every dialogue was seen as often as was asked."""
    padding = Tokenizer.from_file(str(BUILD / "tokenizer.json")).get_vocab()[PADDING]
    dialogues = Dialogues(BUILD / "train.npz", padding)
    held_out = Dialogues(BUILD / "check.npz", padding)
    optimizers_ = optimizers(model, options.muon_rate, options.adam_rate)
    groups = [group for optimizer in optimizers_ for group in optimizer.param_groups]
    full = [group["lr"] for group in groups]
    started, tokens, shown = time.monotonic(), int(1e6 * options.done), 8.0
    chance = np.random.default_rng(options.seed)
    choose = hard(model, dialogues, chance, options.least)
    steps = dialogues.steps(chance, options.epochs, options.batches, choose)
    learnt = 0
    for number, (step, read) in enumerate(steps):
        clock = torch.tensor([time.monotonic() - started])
        distributed.broadcast(clock, 0)
        progress = float(clock) / (60 * options.minutes)
        if options.tokens:
            progress = tokens / (1e6 * options.tokens)
        if progress >= 1:
            break
        seen = learn(model, step, number, taken)
        distributed.all_reduce(seen)
        for group, highest in zip(groups, full, strict=True):
            group["lr"] = highest * rate(progress, number)
        for optimizer in optimizers_:
            optimizer.step()
            optimizer.zero_grad()
        shown = 0.95 * shown + 0.05 * float(seen[1] / seen[0])
        tokens += read
        learnt += sum(int((batch[0] != padding).sum()) for batch in step)
        if rank == 0 and number % 20 == 0:
            speed = (tokens - 1e6 * options.done) / (time.monotonic() - started)
            note = check(model, held_out) if number % 200 == 0 else ""
            done = f"{tokens / 1e6:.2f} M read, {learnt / 1e6:.2f} M learnt, {speed:.0f}/s"
            print(f"{number} {progress:.3f} {done}, loss {shown:.4f} {note}", flush=True)
        if rank == 0 and number % 100 == 0:
            save(model, options.checkpoint, tokens=tokens)
    if rank == 0:
        save(model, options.checkpoint, tokens=tokens)
        seconds = time.monotonic() - started
        print(f"done: {tokens / 1e6:.2f} M tokens, {seconds:.0f} s, {check(model, held_out)}")


def process(rank: int, options: argparse.Namespace, meeting: str, taken: Taken) -> None:
    """Be one of several processes that train the same model."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    distributed.init_process_group(
        "gloo", init_method=meeting, rank=rank, world_size=options.processes
    )
    torch.manual_seed(options.seed)
    model = Model(Config())
    if options.resume:
        model.load_state_dict(torch.load(options.resume, weights_only=True)["model"])
    if rank == 0:
        print(f"{sum(weight.numel() for weight in model.parameters()) / 1e6:.2f} M parameters")
    torch.manual_seed(options.seed + rank)
    run(model, options, rank, taken)
    distributed.barrier()
    distributed.destroy_process_group()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--tokens", type=float, default=0, help="millions, instead of minutes")
    parser.add_argument("--done", type=float, default=0, help="millions that are done already")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--batches", type=int, default=BATCHES_A_STEP, help="a step")
    parser.add_argument("--least", type=float, default=0, help="loss that makes a dialogue hard")
    parser.add_argument("--muon-rate", type=float, default=0.02)
    parser.add_argument("--adam-rate", type=float, default=3e-3)
    parser.add_argument("--checkpoint", type=Path, default=BUILD / "checkpoint.pt")
    parser.add_argument("--resume", type=Path, help="begin with the weights of this checkpoint")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        taken = multiprocessing.get_context("spawn").Value("q", 0)
        multiprocessing.spawn(process, (options, meeting, taken), nprocs=options.processes)


if __name__ == "__main__":
    main()
