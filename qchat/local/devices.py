"""The devices that xllamacpp can use, as one JSON line (`python -m` this module).

A process of its own: drivers are loaded for this question, and a broken one may crash it.
"""

import importlib
import json
import sys

_CPU, _ACCELERATOR = 0, 3
"""ggml's kinds of devices that hold no weights of their own (ggml-backend.h)."""


def main() -> None:
    """Print name, bytes of memory, all and free, and whether it shares the machine's."""
    library = importlib.import_module("xllamacpp")
    integrated = library.ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_IGPU
    found = [
        {
            "name": device["description"] or device["name"],
            "total_bytes": device["memory_total"],
            "free_bytes": device["memory_free"],
            "shared": device["type"] == integrated or sys.platform == "darwin",
        }
        for device in library.get_device_info()
        if int(device["type"]) not in (_CPU, _ACCELERATOR)
    ]
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
