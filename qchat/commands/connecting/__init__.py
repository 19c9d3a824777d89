"""The ways from the demo model to a real one: chosen, tried, and only then kept.

The same steps in the window, in the REPL and as `qchat connect`; what asks is a `Dialogue`.
"""

from qchat.commands.connecting.flow import (
    METHODS,
    Given,
    Method,
    connect,
    is_new,
    key_variable,
    method_named,
)

__all__ = ["METHODS", "Given", "Method", "connect", "is_new", "key_variable", "method_named"]
