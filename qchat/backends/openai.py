"""Any server that speaks the OpenAI chat protocol: the cloud, vLLM, Ollama, llama.cpp."""

from typing import Any

from qchat.backends.base import Request
from qchat.backends.body import openai_body
from qchat.backends.http import HttpBackend
from qchat.wire.openai_chat import Reader
from qchat.wire.reading import used_ids


class OpenAIBackend(HttpBackend):
    """One model behind a base address that ends in `/v1` on most servers."""

    path = "chat/completions"

    def body(self, request: Request) -> dict[str, Any]:
        return openai_body(request, self.model, self.profile, self.server)

    def reader(self, request: Request) -> Reader:
        return Reader(
            request.tools,
            used_ids(request.messages),
            calls_end_thinking=self.profile.calls == "xml",
            server=self._endpoint.host,
        )

    @property
    def ends_thinking(self) -> bool:
        return bool(self.server.budget)
