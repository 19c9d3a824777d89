"""Its place before the wings: kept for programs outside that import it from here."""

from qchat_tools.kernel.arithmetic import is_plain_arithmetic

__all__ = ["is_plain_arithmetic"]
