"""A server that speaks the Anthropic protocol: the cloud's other endpoint, llama.cpp, vLLM."""

from typing import Any

from qchat.backends.base import Request
from qchat.backends.body import anthropic_body
from qchat.backends.http import HttpBackend
from qchat.wire.anthropic import Reader
from qchat.wire.reading import used_ids


class AnthropicBackend(HttpBackend):
    """One model behind a base address that ends in `/v1`."""

    path = "messages"

    def body(self, request: Request) -> dict[str, Any]:
        return anthropic_body(request, self.model, self.profile, self.server)

    def reader(self, request: Request) -> Reader:
        return Reader(
            request.tools,
            used_ids(request.messages),
            calls_end_thinking=self.profile.calls == "xml",
            server=self._endpoint.host,
        )

    @property
    def ends_thinking(self) -> bool:
        return self.profile.thinking in ("switch", "always")  # the protocol itself has a budget
