"""The child process that serves a GGUF with the llama.cpp server of the package xllamacpp."""

import importlib
from typing import Any

from qchat.local import child

PROMPT_CACHE_MIB = 1024
WARNINGS = 2


def main() -> None:
    """Serve until stdin ends."""
    child.run("xllamacpp", _serve)


_servers: list[Any] = []
"""Keeps the running server from being collected."""


def _serve(config: child.Config) -> str:
    library = importlib.import_module("xllamacpp")
    params = library.CommonParams()
    params.model.path = config["model"]
    params.model_alias = {config["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [config["key"]]
    params.n_ctx = config["context"]
    params.n_parallel = config["parallel"]
    params.kv_unified = True  # parallel replies share the context instead of a part each
    params.cache_ram_mib = PROMPT_CACHE_MIB
    params.ui = False
    params.verbosity = WARNINGS
    params.cpuparams.n_threads = config["threads"]
    params.cpuparams_batch.n_threads = config["threads"]
    params.fit_params = False  # qchat has chosen, and shown, what goes where
    cache = getattr(library.ggml_type, f"GGML_TYPE_{config['cache'].upper()}")
    params.cache_type_k = params.cache_type_v = cache
    params.n_gpu_layers = config["gpu_layers"]
    if config["cpu_experts"]:
        params.tensor_buft_overrides = _in_ram(config["cpu_experts"])
    if config["speculation"]:
        kind = f"COMMON_SPECULATIVE_TYPE_{config['speculation'].upper()}"
        params.speculative.types = [getattr(library.common_speculative_type, kind)]
        drafts = getattr(params.speculative, config["speculation"])
        drafts.size_n, drafts.size_m = child.DRAFT_AFTER, child.DRAFT_LENGTH
    if config.get("hybrid"):
        for name, value in (
            ("n_ctx_checkpoints", child.CHECKPOINTS),
            ("checkpoint_min_step", child.CHECKPOINT_STEP),
        ):
            if hasattr(params, name):  # other versions have other names
                setattr(params, name, value)
    if config.get("embedding"):
        params.embedding = True
        if config["pooling"] == "mean":  # for a file that says nothing of it
            params.pooling_type = library.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = library.Server(params)
    _servers.append(server)
    return f"{server.listening_address}/v1"


def _in_ram(layers: int) -> str:
    """llama.cpp's words for: the experts of the first layers stay with the processor."""
    numbers = "|".join(str(layer) for layer in range(layers))
    return rf"blk\.({numbers})\.ffn_(up|down|gate|gate_up)_(ch|)exps=CPU"


if __name__ == "__main__":
    main()
