"""The real engine for evaluation: llama.cpp's own server on loopback, asked over HTTP."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

import xllamacpp

SYSTEM = "You are a helpful assistant. Use the tools when they help."
ARGUMENTS = {
    "python": "code",
    "memory_save": "text",
    "memory_search": "query",
    "memory_forget": "id",
    "web_search": "query",
    "web_read": "address",
}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"The tool {name}.",
            "parameters": {
                "type": "object",
                "properties": {argument: {"type": "string"}},
                "required": [argument],
            },
        },
    }
    for name, argument in ARGUMENTS.items()
]
Message = dict[str, Any]


class Engine:
    """A server that runs as long as the `with` block; replies are greedy."""

    def __init__(self, model: Path, slots: int = 2) -> None:
        self.params = xllamacpp.CommonParams()
        self.params.model.path = str(model)
        self.params.n_ctx = 4096 * slots
        self.params.n_parallel = slots
        self.params.cpuparams.n_threads = 1
        self.params.n_gpu_layers = 0
        self.params.warmup = False
        self.params.verbosity = 0

    def __enter__(self) -> Self:
        self.server = xllamacpp.Server(self.params)
        return self

    def __exit__(self, *_: object) -> None:
        del self.server

    def post(self, path: str, body: Message) -> Any:
        """Send JSON and decode the answer; raises urllib.error.HTTPError as the server refuses."""
        request = urllib.request.Request(
            self.server.listening_address + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)

    def reply(self, messages: list[Message], enable_thinking: bool = True) -> Message:
        """Ask for the next reply, with a system message and tools as in real use."""
        body = {
            "messages": [{"role": "system", "content": SYSTEM}, *messages],
            "tools": TOOLS,
            "temperature": 0,
            "max_tokens": 600,
            "chat_template_kwargs": {"enable_thinking": enable_thinking},
        }
        try:
            message: Message = self.post("/v1/chat/completions", body)["choices"][0]["message"]
        except urllib.error.HTTPError as refusal:  # a reply that the server cannot read is wrong
            return {"role": "assistant", "content": refusal.read().decode(errors="replace")}
        return message


def calls(message: Message) -> list[tuple[str, dict[str, Any]]]:
    """Read the calls of a reply; arguments that are no JSON object come back under `raw`."""
    out = []
    for call in message.get("tool_calls") or []:
        raw = call["function"]["arguments"]
        try:
            arguments = json.loads(raw)
        except ValueError:
            arguments = {"raw": raw}
        out.append(
            (call["function"]["name"], arguments if isinstance(arguments, dict) else {"raw": raw})
        )
    return out
