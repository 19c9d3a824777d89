"""Its place before the wings: kept for programs outside that import it from here."""

from qchat_memory.language.secret import secret_in

__all__ = ["secret_in"]
