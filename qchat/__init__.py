"""A chat client for Qwen models in the terminal."""


def __getattr__(name: str) -> str:
    # Looked up late: `python -m qchat` comes here with the user's folder still first on the path.
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from qchat_tools import __version__  # noqa: PLC0415

    return __version__
