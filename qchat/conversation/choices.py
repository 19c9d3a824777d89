"""What a conversation is answered with: its backend, model and switches, which it keeps."""

import msgspec

from qchat.protocol.errors import QchatError


class Overrides(msgspec.Struct, frozen=True):
    """What the command line says, which wins over the settings and over what was kept."""

    backend: str = ""
    model: str = ""
    think: bool | None = None
    budget: int | None = None

    @property
    def chooses(self) -> bool:
        """Whether the user has said who is to answer."""
        return bool(self.backend or self.model)


class Choices(msgspec.Struct, frozen=True, omit_defaults=True):
    """Kept with the conversation, so that it goes on with what it had."""

    backend: str = ""
    model: str = ""
    """As the settings would name it; empty where the backend's own is used."""
    target: str = ""
    """Address or file at that time: a name can come to stand for something else."""
    think: bool = True
    budget: int = 0
    effort: str = ""

    def encode(self) -> str:
        return msgspec.json.encode(self).decode()


def decode(text: str) -> Choices | None:
    """What was kept; None where nothing was, or nothing that can be read."""
    try:
        return msgspec.json.decode(text, type=Choices) if text else None
    except msgspec.DecodeError:
        return None


class Unavailable(QchatError):
    """What answered a conversation is no longer there; nothing has been sent."""
