"""Any server that speaks the OpenAI chat protocol: the cloud, vLLM, Ollama, llama.cpp."""

from typing import Any

from qchat.backends.base import Request
from qchat.backends.body import openai_body
from qchat.backends.http import HttpBackend
from qchat.wire.openai_chat import Reader


class OpenAIBackend(HttpBackend):
    """One model behind a base address that ends in `/v1` on most servers."""

    path = "chat/completions"
    reader = Reader

    def body(self, request: Request) -> dict[str, Any]:
        return openai_body(request, self.model, self.profile, self.server)

    @property
    def ends_thinking(self) -> bool:
        return bool(self.server.budget) and self._learned.takes(self.server.budget)
