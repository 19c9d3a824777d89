"""The terminal interface; the only place that imports textual or rich."""

import os

# Textual paints on a timer whose next tick after a paint is skipped: a key that meets a stream's
# paint waits for up to two ticks, 33 ms at its 60 a second. Nothing is painted more often by this,
# since what streams is drawn on a timer of its own. Read when textual is loaded.
os.environ.setdefault("TEXTUAL_FPS", "240")
