"""One request in the dialect that a model and its server understand."""

from typing import Any

from qchat.backends.base import Request
from qchat.backends.profiles import Profile, Server
from qchat.wire.openai_chat import messages_json, tools_json

BUDGET_SPENT = (
    "\n\nConsidering the limited time by the user, I have to give the solution based on the "
    "thinking directly now.\n"
)
"""What Qwen's models were shown where their thinking was cut short (vendor's documentation)."""


def request_body(request: Request, model: str, profile: Profile, server: Server) -> dict[str, Any]:
    """The JSON body of a streamed chat completion."""
    thinks = profile.thinking == "always" or (request.think and profile.thinking != "never")
    body: dict[str, Any] = {
        "model": model,
        "messages": messages_json(request.messages, request.system),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        body["tools"] = tools_json(request.tools)
        body["parallel_tool_calls"] = True  # off by default in llama.cpp and the cloud
    if request.max_tokens:
        body["max_tokens"] = request.max_tokens
    sampling = profile.when_thinking if thinks else profile.when_not
    body |= {key: value for key, value in sampling.items() if key not in server.omit}
    if thinks and server.control:
        body["reasoning_control"] = True
    return body | _thinking(request, profile, server)


def _thinking(request: Request, profile: Profile, server: Server) -> dict[str, Any]:
    """The thinking switch and its budget, where the other side has them."""
    fields: dict[str, Any] = {}
    if profile.thinking == "switch" or (profile.thinking == "unknown" and server.budget):
        switch = {"enable_thinking": request.think}
        fields |= switch if server.switch == "body" else {"chat_template_kwargs": switch}
    if not request.think or profile.thinking == "never":
        return fields
    if request.budget and server.budget:
        fields[server.budget] = request.budget
    if server.budget_message:  # also the words in which "answer now" closes the thinking
        fields[server.budget_message] = BUDGET_SPENT
    return fields
