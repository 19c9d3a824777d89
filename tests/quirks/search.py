"""Searches for a stream that is read wrongly, again and again with new luck, for some minutes.

`python -m tests.quirks.search 60`: each round tries the properties of `test_bent_streams` from a
seed of its own, and the first find ends the search with the stream that hypothesis has made of it.
"""

import os
import random
import subprocess
import sys
import time

ROUND = "1500"
"""Examples of each property in one round: some minutes."""
PROPERTIES = "tests/unit/test_bent_streams.py"


def search(minutes: float) -> int:
    """Search for so long; the exit status of the round that found something, else 0."""
    end = time.monotonic() + minutes * 60
    rounds = 0
    while time.monotonic() < end:
        seed = random.randrange(2**32)
        words = ["-m", "pytest", PROPERTIES, "-q", "-x", "-p", "no:cacheprovider"]
        words.append(f"--hypothesis-seed={seed}")
        environment = os.environ | {"QCHAT_TEST_EXAMPLES": ROUND}
        found = subprocess.run([sys.executable, *words], env=environment, check=False)
        rounds += 1
        sys.stdout.write(f"round {rounds}, seed {seed}: status {found.returncode}\n")
        sys.stdout.flush()
        if found.returncode:
            return found.returncode
    return 0


if __name__ == "__main__":
    sys.exit(search(float(sys.argv[1]) if len(sys.argv) > 1 else 60))
