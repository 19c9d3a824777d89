"""A stand-in for the binary `llama-server`, where there is none: the same server, from xllamacpp.

It takes the flags that qchat passes, and says where it listens as the binary does. What it cannot
show is that a given build of llama.cpp knows each flag: put a real one on the path for that.
"""

import argparse
import sys
import threading
from pathlib import Path

import xllamacpp


def main() -> None:
    """Serve until killed."""
    flags = argparse.ArgumentParser()
    for text in ("model", "alias", "host", "api-key-file", "cache-type-k", "cache-type-v", "fit"):
        flags.add_argument(f"--{text}", required=True)
    for number in ("port", "ctx-size", "parallel", "threads", "n-gpu-layers"):
        flags.add_argument(f"--{number}", type=int, required=True)
    for switch in ("jinja", "kv-unified", "no-webui"):
        flags.add_argument(f"--{switch}", action="store_true", required=True)
    for draft in ("type", "ngram-map-k-size-n", "ngram-map-k-size-m"):
        flags.add_argument(f"--spec-{draft}")
    flags.add_argument("--n-cpu-moe", type=int)
    given = flags.parse_args()
    params = xllamacpp.CommonParams()
    params.model.path = given.model
    params.model_alias = {given.alias}
    params.hostnames = [given.host]
    params.port = given.port
    params.api_keys = [Path(given.api_key_file).read_text("ascii").strip()]
    params.n_ctx = given.ctx_size
    params.n_parallel = given.parallel
    params.kv_unified = True
    params.cpuparams.n_threads = given.threads
    params.verbosity = 1
    server = xllamacpp.Server(params)
    sys.stderr.write(f"main: server is listening on {server.listening_address}\n")
    sys.stderr.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
