"""The child process that serves a GGUF with llama-cpp-python: raw text out, tags and all.

The parent's tag reader makes thinking and calls of it. The thinking budget is kept here, where
single tokens are seen: when it is spent, the closing words are put into the model's mouth.
"""

import codecs
import ctypes
import importlib
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

from qchat.local import child
from qchat.local.raw_server import Json, Refused, listen
from qchat.local.template import renderer

BATCH = 512
CLOSE = "</think>"
OPEN = "<think>"
_MAX_TOKEN_BYTES = 256
_F16, _CACHES = 1, {"f16": 1, "q8_0": 8, "q4_0": 2}


def main() -> None:
    """Serve until stdin ends."""
    child.run("llama-cpp-python", _serve)


def _serve(config: child.Config) -> str:
    return listen(Model(config), config["key"])


class Model:
    """One model and its context: one reply at a time, others wait."""

    def __init__(self, config: child.Config) -> None:
        library = importlib.import_module("llama_cpp")
        self._library = library
        quantized = config["cache"] != "f16"
        self.llama = library.Llama(
            config["model"],
            n_ctx=config["context"],
            n_batch=BATCH,
            n_threads=config["threads"],
            n_threads_batch=config["threads"],
            n_gpu_layers=config["gpu_layers"],
            type_k=_CACHES[config["cache"]],
            type_v=_CACHES[config["cache"]],
            flash_attn=quantized,
            verbose=bool(os.environ.get("QCHAT_ENGINE_LOG")),
        )
        """The library's own object."""
        template = self.llama.metadata.get("tokenizer.chat_template")
        if not template:
            raise ValueError("the model file holds no chat template")
        self._render = renderer(template)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._abort = library.ggml_abort_callback(lambda _data: self._stopped.is_set())
        library.llama_set_abort_callback(self.llama.ctx, self._abort, ctypes.c_void_p())

    def reply(self, body: Json, gone: threading.Event, hurry: threading.Event) -> Iterator[Json]:
        """Chunks of one reply. `gone`: nobody reads any more; `hurry`: end the thinking now.

        Raises Refused for a conversation that cannot be answered.
        """
        prompt = self._prompt(body)
        tokens = self.tokens(prompt)
        room = self.llama.n_ctx() - len(tokens)
        if room <= 0:
            raise Refused(
                f"the request exceeds the available context size: {len(tokens)} tokens of "
                f"{self.llama.n_ctx()}"
            )
        with self._lock:
            self._stopped = gone
            if not gone.is_set():
                yield from self._write(body, prompt, tokens, room, hurry)

    def _write(
        self, body: Json, prompt: str, tokens: list[int], room: int, hurry: threading.Event
    ) -> Iterator[Json]:
        opened = prompt.rstrip().endswith(OPEN)
        if opened:  # the template opened it: a reader of tags must see that
            yield _content(f"{OPEN}\n")
        longest = min(int(body.get("max_tokens") or room), room)
        thought = _Thought(opened, int(body.get("reasoning_budget_tokens") or 0), hurry)
        closing = str(body.get("reasoning_budget_message") or "") + f"{CLOSE}\n\n"
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        cached = self._shared(tokens)
        began = first = time.perf_counter()
        written = list(tokens)
        count, reason = 0, "length"
        source = self._sampled(tokens, body)
        try:
            while count < longest:
                token = next(source)
                written.append(token)
                if not count:
                    first = time.perf_counter()
                count += 1
                if self._library.llama_vocab_is_eog(self.llama._model.vocab, token):
                    reason = "stop"
                    break
                text = decoder.decode(self._piece(token))
                if text:
                    yield _content(text)
                if thought.must_end(text):
                    thought.end()
                    yield _content(closing)
                    forced = self.tokens(closing)
                    count += len(forced)
                    written += forced
                    source = self._sampled(written, body)  # only the new end is evaluated
        except RuntimeError:  # llama_decode was told to stop, or failed
            if not self._stopped.is_set():
                raise
            return
        yield {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
        yield _figures(len(tokens), cached, count, first - began, time.perf_counter() - first)

    def _prompt(self, body: Json) -> str:
        try:
            return self._render(body)
        except ValueError as error:
            raise Refused(str(error)) from error

    def tokens(self, text: str) -> list[int]:
        found = self.llama.tokenize(text.encode(), add_bos=False, special=True)
        return [int(token) for token in found]

    def _piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(_MAX_TOKEN_BYTES)
        length = self._library.llama_token_to_piece(
            self.llama._model.vocab, token, buffer, _MAX_TOKEN_BYTES, 0, True
        )
        return buffer.raw[: max(0, length)]

    def _shared(self, tokens: list[int]) -> int:
        """How much of the prompt the model still holds from the request before."""
        held = self.llama.input_ids[: self.llama.n_tokens].tolist()
        same = 0
        for ours, theirs in zip(tokens, held, strict=False):
            if ours != theirs:
                break
            same += 1
        return min(same, len(tokens) - 1)

    def _sampled(self, tokens: list[int], body: Json) -> Any:
        return self.llama.generate(
            tokens,
            temp=float(body.get("temperature", 0.8)),
            top_p=float(body.get("top_p", 0.95)),
            top_k=int(body.get("top_k", 40)),
            min_p=float(body.get("min_p", 0.05)),
            presence_penalty=float(body.get("presence_penalty", 0.0)),
            frequency_penalty=float(body.get("frequency_penalty", 0.0)),
        )


def _figures(prompt: int, cached: int, count: int, read_s: float, wrote_s: float) -> Json:
    """What a reply took, in the words of llama.cpp's own server."""
    return {
        "choices": [],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": count,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
        "timings": {
            "cache_n": cached,
            "prompt_n": prompt - cached,
            "prompt_ms": read_s * 1e3,
            "predicted_n": count,
            "predicted_per_second": (count - 1) / wrote_s if wrote_s > 0 else 0.0,
        },
    }


class _Thought:
    """Whether the model is thinking, and for how long it may."""

    def __init__(self, opened: bool, budget: int, hurry: threading.Event) -> None:
        self._thinking = opened
        self._may_open = not opened
        self._budget = budget
        self._hurry = hurry
        self._tokens = 0
        self._tail = ""

    def must_end(self, text: str) -> bool:
        """Count one more token, and say whether the thinking must be closed behind it."""
        self._tail = (self._tail + text)[-32:]
        if self._may_open and self._tail.strip():
            self._thinking = self._tail.lstrip().startswith(OPEN)
            self._may_open = not self._thinking and OPEN.startswith(self._tail.lstrip())
        if self._thinking and CLOSE in self._tail:
            self._thinking = False
        if not self._thinking:
            return False
        self._tokens += 1
        return self._hurry.is_set() or 0 < self._budget <= self._tokens

    def end(self) -> None:
        """It was closed."""
        self._thinking = False


def _content(text: str) -> Json:
    return {"choices": [{"index": 0, "delta": {"content": text}}]}


if __name__ == "__main__":
    main()
