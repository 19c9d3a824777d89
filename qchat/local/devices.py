"""The devices that an engine's library can use, as one JSON line (`python -m` this module, NAME).

A process of its own: drivers are loaded for this question, and a broken one may crash it.
"""

import ctypes
import importlib
import json
import sys
from collections.abc import Iterator
from typing import Any

CPU, INTEGRATED, ACCELERATOR = 0, 2, 3
"""ggml's kinds of devices (ggml-backend.h); processors and accelerators hold no weights."""


def main() -> None:
    """Print name, bytes of memory, all and free, and whether it shares the machine's."""
    ask = llama_cpp_python if sys.argv[1:] == ["llama-cpp-python"] else xllamacpp
    found = [device for kind, device in ask() if kind not in (CPU, ACCELERATOR)]
    sys.stdout.write(json.dumps(found) + "\n")


def xllamacpp() -> Iterator[tuple[int, dict[str, Any]]]:
    """Every device that this library knows, with its kind."""
    library = importlib.import_module("xllamacpp")
    for device in library.get_device_info():
        yield _device(
            int(device["type"]),
            device["description"] or device["name"],
            device["memory_total"],
            device["memory_free"],
        )


def llama_cpp_python() -> Iterator[tuple[int, dict[str, Any]]]:
    """The same; its Python side has no names for these functions of ggml."""
    ggml = importlib.import_module("llama_cpp.llama_cpp")._lib
    ggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    ggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    ggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    for function in (ggml.ggml_backend_dev_description, ggml.ggml_backend_dev_type):
        function.argtypes = [ctypes.c_void_p]
    ggml.ggml_backend_dev_description.restype = ctypes.c_char_p
    size = ctypes.POINTER(ctypes.c_size_t)
    ggml.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, size, size]
    for index in range(ggml.ggml_backend_dev_count()):
        device = ggml.ggml_backend_dev_get(index)
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        ggml.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
        name = ggml.ggml_backend_dev_description(device).decode("utf-8", "replace")
        yield _device(ggml.ggml_backend_dev_type(device), name, total.value, free.value)


def _device(kind: int, name: str, total: int, free: int) -> tuple[int, dict[str, Any]]:
    shared = kind == INTEGRATED or sys.platform == "darwin"
    return kind, {"name": name, "total_bytes": total, "free_bytes": free, "shared": shared}


if __name__ == "__main__":
    main()
