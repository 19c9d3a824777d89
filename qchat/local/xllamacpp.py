"""The child process that serves a GGUF with llama.cpp's own server (`python -m` this module).

One JSON line comes in on stdin, so that the key stands in no process list; one goes out on stdout
when the model is loaded, or could not be. Then the process lives as long as its stdin is open:
the end of a killed parent closes it.
"""

import importlib
import json
import os
import sys
import threading
from typing import Any

PROMPT_CACHE_MIB = 1024
WARNINGS = 2


def main() -> None:
    """Serve until stdin ends."""
    config = json.loads(sys.stdin.buffer.readline())
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the library prints belongs to the log
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    try:
        server = _serve(config)
    except ImportError as error:
        _say(answer, error=f"the package xllamacpp cannot be loaded: {error}")
        sys.exit(1)
    except RuntimeError as error:
        _say(answer, error=str(error))
        sys.exit(1)
    _say(answer, base_url=f"{server.listening_address}/v1")
    threading.Event().wait()


def _exit_with_parent() -> None:
    """Exit hard: the server's threads would otherwise finish their replies for nobody."""
    sys.stdin.buffer.read()
    os._exit(0)


def _say(answer: Any, **fields: str) -> None:
    answer.write(json.dumps(fields) + "\n")
    answer.flush()


def _serve(config: dict[str, Any]) -> Any:
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
    if config["threads"]:
        params.cpuparams.n_threads = config["threads"]
        params.cpuparams_batch.n_threads = config["threads"]
    return library.Server(params)


if __name__ == "__main__":
    main()
