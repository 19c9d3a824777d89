"""Full collections come when they are called; what is garbage goes then."""

import subprocess
import sys

CODE = """
import gc, weakref
from qchat.runtime import garbage_collection as garbage

full, older = [], []
gc.callbacks.append(lambda phase, info: full.append(phase) if info["generation"] == 2 else None)
gc.callbacks.append(lambda phase, info: older.append(phase) if info["generation"] == 1 else None)

class Thing:
    pass

def cycle():
    thing = Thing()
    thing.itself = thing
    return weakref.ref(thing)

garbage.begin()
kept = [[] for _ in range(300_000)]
loaded = len(full)
garbage.settle()
drawn = [[number] for number in range(300_000)]
streamed = len(full)
gc.collect(1)
most = garbage.YOUNG * garbage.OLDER * 7 // 10
typed = [[number] for number in range(most)]
ahead = [garbage.collect_ahead(), garbage.collect_ahead()]
came = len(older)
typed += [[number] for number in range(most)]
ahead.append(len(older) > came)
lost = cycle()
assert lost() is not None
garbage.sweep()
print(loaded, streamed, lost() is None, gc.get_freeze_count() > 300_000, *ahead)
"""


def test_loading_and_streaming_set_off_no_full_one_and_one_ahead_is_not_made_again() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["0", "0", "True", "True", "True", "False", "False"]
