"""What is said of a refusal: the server's own reason, and beside it what to do."""

from qchat.backends import failures, models
from qchat.backends.endpoint import Endpoint
from qchat.backends.lessons import final, overflowed
from qchat.protocol.errors import AuthenticationError, BackendError, RateLimited, StatusError
from qchat.runtime.language import tr, verbatim

LONG_WAIT_S = 60.0
"""A longer wish of a server is said in words."""


class Refusals:
    """Of the requests for one model below one address; `own` is an engine of this process."""

    def __init__(self, endpoint: Endpoint, path: str, model: str, *, own: bool) -> None:
        self._endpoint = endpoint
        self._path = path
        self._model = model
        self._own = own

    def may_be_elsewhere(self, error: StatusError) -> bool:
        """Whether a refusal may mean that the address, or the model's name, is a wrong one."""
        if self._own or isinstance(error, AuthenticationError) or overflowed(error):
            return False
        return error.status in failures.WRONG_PLACE

    async def explained(self, error: StatusError, *, streamed: bool, advice: str) -> BackendError:
        """A refusal as it is shown: without the key, and with what to do.

        `advice` is what the backend itself has to say of it.
        """
        text = self._endpoint.hidden(str(error))
        more = ""
        if not streamed and self.may_be_elsewhere(error):
            more += f"; {failures.where_asked(self._endpoint.url(self._path))}"
            near = await models.nearest(self._endpoint, self._model)
            more += tr("; models there: {near}", near=", ".join(near)) if near else ""
        more += advice
        if isinstance(error, RateLimited) and error.retry_after_s > LONG_WAIT_S:
            more += tr(
                "; it asks to wait {retry_after_s}",
                retry_after_s=failures.rough(error.retry_after_s),
            )
        explained = type(error)(
            verbatim(failures.followed(text, more)), error.status, error.code, error.request_id
        )
        explained.final, explained.loads = final(error), error.loads
        blind = failures.may_be_blind(error)
        passes = error.loads or error.status in failures.RETRIED
        explained.passes = passes and not (blind or explained.final)
        if isinstance(error, RateLimited) and isinstance(explained, RateLimited):
            explained.retry_after_s = error.retry_after_s
        return explained
