"""A server that speaks the Anthropic protocol: the cloud's other endpoint, llama.cpp, vLLM."""

from typing import Any

from qchat.backends.base import Request
from qchat.backends.body import anthropic_body
from qchat.backends.http import HttpBackend
from qchat.wire.anthropic import Reader


class AnthropicBackend(HttpBackend):
    """One model behind a base address that ends in `/v1`."""

    path = "messages"
    reader = Reader

    def body(self, request: Request) -> dict[str, Any]:
        return anthropic_body(request, self.model, self.profile, self.server)

    @property
    def ends_thinking(self) -> bool:
        return self.profile.thinking in ("switch", "always")  # the protocol itself has a budget
