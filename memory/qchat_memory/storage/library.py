"""Chroma's library, loaded without the packages by which it could send traces elsewhere."""

import os
import socket
from pathlib import Path
from types import ModuleType
from typing import Any

from qchat_memory.errors import MemoryStoreError
from qchat_memory.localized_text import tr
from qchat_memory.module_stubs import stand_in
from qchat_memory.storage.lock import exclusive

_EXPORTER = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"
_LOCK = "qchat-serves.lock"


def chromadb() -> ModuleType:
    """Import Chroma; heavy, so only when first needed.

    Its exporter of traces needs gRPC and Protocol Buffers (27 MB), and qchat lets nobody trace what
    is remembered: they need not be installed.
    """
    with stand_in(_EXPORTER, "OTLPSpanExporter"):
        import chromadb  # noqa: PLC0415
        import chromadb.api.rust  # noqa: PLC0415
    return chromadb


def settings(**given: Any) -> Any:
    """Chroma's settings, with everything off by which it tells others of its use.

    What is given here goes before Chroma's variables in the environment.
    """
    return chromadb().config.Settings(
        anonymized_telemetry=False, chroma_otel_granularity="none", **given
    )


def serve(folder: Path, host: str, port: int) -> None:
    """Be a Chroma server over what lies in a folder, until a signal ends it.

    It is what `chroma run` is, less a command line that needs more packages, and private: who could
    read its files would need no token and leave no trace. Raises MemoryStoreError.
    """
    os.umask(0o077)  # this process is nothing else
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise MemoryStoreError(
            tr(
                "cannot serve {folder} at {host}:{port}: {why}",
                folder=folder,
                host=host,
                port=port,
                why=why,
            )
        ) from error
    import chromadb_rust_bindings  # noqa: PLC0415  57 MB

    run = ["chroma", "run", "--path", str(folder), "--host", host, "--port", str(port)]
    with exclusive(folder / _LOCK, 0):  # two would each miss what the other writes
        chromadb_rust_bindings.cli(run)
