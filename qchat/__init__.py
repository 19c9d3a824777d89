"""A chat client for Qwen models in the terminal."""

from qchat_tools import __version__

__all__ = ["__version__"]
