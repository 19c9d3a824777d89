"""Train the tokenizer: byte-level BPE with Qwen's way of cutting text, on generated dialogues."""

from collections.abc import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

VOCABULARY = 2048
PADDING = "<|padding|>"
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", PADDING]
TAGS = ["<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"]
CUT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""The pattern that llama.cpp calls `qwen2`: words with their space, single digits, line ends."""


def made_of(model: models.BPE) -> Tokenizer:
    """Put Qwen's way of cutting around a model; the special tokens are not in yet."""
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CUT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def add_special(tokenizer: Tokenizer) -> Tokenizer:
    """Give the special tokens the last ids, so that `!` keeps id 0."""
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in CONTROL + TAGS])
    return tokenizer


def train(texts: Iterable[str]) -> Tokenizer:
    """Learn merges from texts."""
    tokenizer = made_of(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(CONTROL) - len(TAGS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return add_special(tokenizer)


def restore(tokens: list[str], merges: list[str]) -> Tokenizer:
    """Make a tokenizer again from what a GGUF holds of it."""
    learnt = tokens[: len(tokens) - len(CONTROL) - len(TAGS)]
    vocabulary = {token: number for number, token in enumerate(learnt)}
    pairs = [(first, second) for first, second in (merge.split(" ") for merge in merges)]
    return add_special(made_of(models.BPE(vocab=vocabulary, merges=pairs)))
