"""Everything that can go wrong, in one tree: caught once, shown as one line with what to do.

A tool's own failures are `qchat_tools.base.ToolError`: the model is told of those, and of no other.
"""

from qchat_memory.localized_text import Said


class QchatError(Exception):
    """A failure that the user should read: what happened, what it means, what to do.

    Its text is a `Said`: made by `tr`, so that it has an entry in every catalogue, or by
    `verbatim` where it is somebody else's.
    """

    exit_status = 1

    def __init__(self, said: Said) -> None:
        super().__init__(said)


class TurnRunningError(QchatError):
    """It needs the end of the running turn; an interface may let it wait for that."""


class UsageError(QchatError):
    """The command line asks for something that does not exist or does not fit together."""

    exit_status = 2


class SettingsError(QchatError):
    """`config.toml` cannot be used; the message names the file and the key."""

    exit_status = 2


class StoreError(QchatError):
    """The sessions database cannot be read or written."""


class EngineError(QchatError):
    """The local engine could not start, or died."""


class ModelFileError(EngineError):
    """The file is missing, or is no GGUF model that the engine can load."""


class EngineCrashed(EngineError):
    """The local engine died in mid-reply; what it wrote is kept and the turn can be retried.

    `others` are engines to offer instead; empty while it is worth to try the same one again.
    """

    def __init__(self, message: Said, others: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.others = others


class OutOfMemory(EngineError):
    """A model needs more memory than there is; the message says what would fit."""


class DownloadError(QchatError):
    """A model could not be fetched, or what came is not what it should be."""


class BackendError(QchatError):
    """The model's server could not be asked, or its answer could not be used."""

    passes = False
    """Whether the same request may well go through in a moment."""
    final = False
    """Whether it would fail again, whatever the server has done before."""
    loads = False
    """Whether the server is there, and its model is still being loaded."""


class ConnectionFailed(BackendError):
    """No connection: refused, unknown name, TLS, reset or silence."""


class OfflineError(BackendError):
    """Another machine would have been asked, which `--offline` forbids."""


class ProtocolError(BackendError):
    """The server answered in a way that the protocol does not allow."""


class EmptyReply(ProtocolError):
    """A reply that is whole and says nothing: models do that, and seldom only once."""


class StatusError(BackendError):
    """The server said no; carries its own `status`, `code` and `request_id` where it gave them."""

    def __init__(
        self, message: Said, status: int = 0, code: str = "", request_id: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.context = 0
        """The context in tokens that was told beside the message; 0 where it was not."""
        self.param = ""
        """The field of the request that was refused, as far as that was told apart."""


class AuthenticationError(StatusError):
    """The key is missing, wrong, or of another region."""


class RateLimited(StatusError):
    """Too many requests; `retry_after_s` is the server's own wish, 0 when it named none."""

    retry_after_s: float = 0.0
