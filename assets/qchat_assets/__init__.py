"""What ships beside the code, so that nothing needs a download: the demo model, and vectors."""

from pathlib import Path

DEMO_MODEL_NAME = "qchat-demo (tiny demo model)"
"""How the model is shown wherever its name stands."""
_FILE = "qchat-demo-qwen3moe-q8_0.gguf"
_VECTORS = "qchat-memory-vectors.npz"


def demo_model_path() -> Path:
    """Find the demo model's GGUF; raises FileNotFoundError where the installation lacks it."""
    path = Path(__file__).with_name(_FILE)
    if not path.is_file():
        raise FileNotFoundError(f"the demo model is missing: {path}; install qchat again")
    return path


def memory_vectors_path() -> Path:
    """The vectors that tell which memories mean the same; reading it fails where it is missing."""
    return Path(__file__).with_name(_VECTORS)
