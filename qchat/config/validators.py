"""What a value has to look like beyond its type: told when it is written, not when it is needed."""

import re
from urllib.parse import urlsplit

from qchat.protocol.errors import SettingsError
from qchat.runtime.language import tr

_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def check_value(key: str, value: object) -> None:
    """Raise SettingsError for an address that is none, or a key where a name should stand."""
    if not isinstance(value, str) or not value:
        return
    if key.endswith("_url") and not is_address(value):
        raise SettingsError(
            tr(
                "{key} must be an address, like http://127.0.0.1:8888, not {value!r}.",
                key=key,
                value=value,
            )
        )
    if key.endswith("_env") and _VARIABLE.fullmatch(value) is None:  # not shown: it may be a key
        raise SettingsError(
            tr(
                "{key} must be the name of an environment variable, like MY_KEY; the key "
                "itself belongs into that variable.",
                key=key,
            )
        )


def is_address(text: str) -> bool:
    """Whether a text is the address of a server."""
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return named and parts.scheme in ("http", "https") and not re.search(r"\s", text)
