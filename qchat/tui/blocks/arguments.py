"""What a tool is asked, as it is to be read: code as code, the rest as names and values.

Arguments are JSON that streams; what has come of it is shown as what it will be.
"""

from collections.abc import Mapping

import msgspec

CODE = "code"


def partial_arguments(draft: str) -> dict[str, object]:
    """What has come of arguments; empty where it is not JSON."""
    from pydantic_core import from_json  # noqa: PLC0415  needed while arguments stream

    try:
        arguments = from_json(draft, allow_partial="trailing-strings")
    except ValueError:
        return {}
    return arguments if isinstance(arguments, dict) else {}


def asked(arguments: Mapping[str, object], otherwise: str = "") -> tuple[str, str]:
    """The text that says what a tool is asked, and its language.

    `otherwise` is said where there are no arguments: what the model wrote in their place.
    """
    code = arguments.get(CODE)
    others = {name: value for name, value in arguments.items() if name != CODE}
    if isinstance(code, str):
        return "\n".join([*(f"# {line}" for line in _named(others)), code]), "python"
    return "\n".join(_named(others)) or otherwise, ""


def brief(arguments: Mapping[str, object], otherwise: str = "") -> str:
    """The same in one line, without the names."""
    values = " ".join(_value(value) for value in arguments.values()) or otherwise
    return " ".join(values.split())


def _named(arguments: Mapping[str, object]) -> list[str]:
    return [
        line for name, value in arguments.items() for line in f"{name}: {_value(value)}".split("\n")
    ]


def _value(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
