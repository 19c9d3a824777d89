"""Make the demo model from nothing: generate, train, export, evaluate, each its own process."""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def step(*command: str) -> None:
    """Run one step; its failure ends the build with its exit status."""
    print("==>", *command, flush=True)
    status = subprocess.run([sys.executable, *command], cwd=HERE, check=False).returncode
    if status:
        sys.exit(status)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=90, help="time for training")
    parser.add_argument("--dialogues", type=int, default=110_000)
    options = parser.parse_args()
    step("prepare.py", "--count", str(options.dialogues))
    step("train.py", "--minutes", str(options.minutes))
    step("export.py")
    step("evaluate.py")


if __name__ == "__main__":
    main()
