"""What a plain prompt writes to: a terminal that may be gone before the program is."""

import errno
import sys

from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.utils import get_term_environment_variable


def line_output() -> Output | None:
    """What to write to; None leaves it to prompt_toolkit."""
    if sys.platform == "win32":
        return None
    return LineOutput.from_pty(
        sys.stdout, term=get_term_environment_variable(), default_color_depth=ColorDepth.from_env()
    )


if sys.platform != "win32":
    from prompt_toolkit.output.vt100 import Vt100_Output

    class LineOutput(Vt100_Output):
        """Standard output; what it cannot show because its terminal was closed is dropped.

        prompt_toolkit lets go of the line with a last drawing. When that fails it waits for ever,
        and the program outlives its terminal.
        """

        def flush(self) -> None:
            try:
                super().flush()
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
