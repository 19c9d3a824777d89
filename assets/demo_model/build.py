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
    parser.add_argument("--limit", type=int, default=600, help="fresh dialogues to evaluate on")
    parser.add_argument("--target", type=Path, help="the GGUF to write, instead of the shipped one")
    options = parser.parse_args()
    target = ["--target", str(options.target.resolve())] if options.target else []
    model = ["--model", str(options.target.resolve())] if options.target else []
    step("prepare.py", "--count", str(options.dialogues))
    step("train.py", "--minutes", str(options.minutes))
    step("export.py", *target)
    step("evaluate.py", "--limit", str(options.limit), *model)


if __name__ == "__main__":
    main()
