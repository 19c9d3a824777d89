"""Print some dialogues, to look at what the model is taught."""

import random
import sys

from data import mixture
from data.dialogue import text

if __name__ == "__main__":
    draw = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 10):
        made = mixture.dialogue(draw)
        print(text(made, len(made.turns[-1].steps)), "=" * 40, sep="\n")
