"""A command as it is started in a sandbox."""

import msgspec


class SandboxedCommand(msgspec.Struct, frozen=True):
    """What to start: the command, its whole environment, and the descriptors it inherits."""

    argv: list[str]
    environment: dict[str, str]
    pass_fds: tuple[int, ...] = ()
