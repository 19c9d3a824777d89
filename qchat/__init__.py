"""A chat client for Qwen models in the terminal."""

__version__ = "0.2.0"
