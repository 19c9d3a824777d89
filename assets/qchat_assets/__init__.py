"""What ships beside the code: the demo model, so that a first chat needs no download."""

from pathlib import Path

DEMO_MODEL_NAME = "qchat-demo (tiny demo model)"
"""How the model is shown wherever its name stands."""
_FILE = "qchat-demo-qwen3moe-q8_0.gguf"


def demo_model_path() -> Path:
    """Find the demo model's GGUF; raises FileNotFoundError where the installation lacks it."""
    path = Path(__file__).with_name(_FILE)
    if not path.is_file():
        raise FileNotFoundError(f"the demo model is missing: {path}; install qchat again")
    return path
