"""One request in the dialect that a model and its server understand."""

from collections.abc import Mapping
from typing import Any

import msgspec

from qchat.backends.base import Request
from qchat.backends.lessons import ANSWER_LIMITS
from qchat.config.profile import Profile, Sampling, Server
from qchat.protocol.memoized import Remembered
from qchat.wire import anthropic_messages, openai_messages

Json = dict[str, Any]

BUDGET_SPENT = (
    "\n\nConsidering the limited time by the user, I have to give the solution based on the "
    "thinking directly now.\n"
)
"""What Qwen's models were shown where their thinking was cut short (vendor's documentation)."""
SOFT_SWITCH = " /no_think"
MAX_OUTPUT = 32_768
"""Tokens, for a protocol that wants a number where nobody has set one."""

EFFORT_TOKENS = {"low": 4096, "medium": 16_384, "xhigh": 262_144}
"""What the words stand for where a model has none of its own, as for qwen3.8."""
OTHER_EFFORTS = {"minimal": "low", "high": "xhigh", "max": "xhigh"}

ANSWER_SHARE = 4
"""There, a quarter of it is left to the answer where nobody has set a budget."""


def openai_body(request: Request, model: str, profile: Profile, server: Server) -> Json:
    """The JSON body of a streamed chat completion."""
    thinks = _thinks(request, profile)
    messages = openai_messages.messages_json(
        request.messages,
        request.system,
        earlier=profile.earlier_thinking,
        reasoning=server.reasoning,
        images=request.images,
    )
    body: Json = {
        "model": model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    searches = bool(server.search) and request.search
    # Two ways to search would be two answers to one question: the service's own is enough.
    tools = [tool for tool in request.tools if not (searches and tool.name == "web_search")]
    if tools:
        body["tools"] = openai_messages.tools_json(tools)
        body["parallel_tool_calls"] = True  # off by default in llama.cpp and the cloud
        if server.tool_stream:
            body["tool_stream"] = True
    if request.max_tokens:
        body[_answer_limit(profile, server)] = request.max_tokens
    if request.seed is not None:
        body["seed"] = request.seed
    if searches:
        body[server.search] = True
    if thinks and server.control:
        body["reasoning_control"] = True
    if not thinks and profile.soft_switch and server.drops_switch:
        _switch_softly(messages)
    return body | _sampling(thinks, profile, server) | _thinking(request, profile, server)


def anthropic_body(request: Request, model: str, profile: Profile, server: Server) -> Json:
    """The JSON body of a streamed message; its `max_tokens` holds the thinking too."""
    thinks = _thinks(request, profile)
    longest = request.max_tokens or profile.longest_output or MAX_OUTPUT
    body: Json = {
        "model": model,
        "messages": anthropic_messages.messages_json(
            request.messages, earlier=profile.earlier_thinking, images=request.images
        ),
        "max_tokens": longest,
        "stream": True,
    }
    if request.system:
        body["system"] = request.system
    if request.tools:
        body["tools"] = anthropic_messages.tools_json(request.tools)
    if thinks and profile.thinking in ("switch", "always"):
        asked = request.budget or effort_tokens(request, profile)
        budget = min(asked or longest - longest // ANSWER_SHARE, longest - 1)
        body["thinking"] = {"type": "enabled", "budget_tokens": budget}
    elif profile.thinking == "switch":
        body["thinking"] = {"type": "disabled"}
        if server.switch == "template":  # llama.cpp and vLLM go by their template here too
            body["chat_template_kwargs"] = {"enable_thinking": False}
    known = {"temperature", "top_p", "top_k"}
    sampling = _sampling(thinks, profile, server)
    return body | {key: value for key, value in sampling.items() if key in known}


def encoded(body: Mapping[str, Any]) -> bytes:
    """The body as it goes over; a message that was sent before is not encoded again."""
    whole: bytes = msgspec.json.encode({**body, "messages": _raw.each(body["messages"])})
    return whole


_raw: Remembered[Json, msgspec.Raw] = Remembered(
    lambda message: msgspec.Raw(msgspec.json.encode(message))
)


def taken_up(body: Json, thought: str, server: Server, spent: int = 0) -> Json:
    """The same request with its thinking so far, closed: the model goes on with the answer.

    The `spent` tokens of that thinking no longer count as left of the reply's longest length.

    The last message is the beginning of the reply. Most servers go on where it ends, some when the
    fields of `server.resume` say so; the others answer anew, with the thinking in front of them.
    """
    begun = {"role": "assistant", "content": f"<think>\n{thought}</think>\n\n"}
    asked = {key: body[key] for key in body if key not in ("thinking", "reasoning_control")}
    asked["messages"] = [*body["messages"], begun]
    for limit in ANSWER_LIMITS:
        if limit in asked:
            asked[limit] = max(asked[limit] - spent, 1)
    if "enable_thinking" in asked:
        asked["enable_thinking"] = False
    if "chat_template_kwargs" in asked:
        asked["chat_template_kwargs"] = {"enable_thinking": False}
    return asked | server.resume


def effort_tokens(request: Request, profile: Profile) -> int:
    """The tokens of thinking that an effort stands for; 0 where none is wished."""
    tokens = profile.efforts or EFFORT_TOKENS
    return tokens.get(_effort(request, profile), 0)


def _effort(request: Request, profile: Profile) -> str:
    """The effort in the model's own word, also where it was said in another's."""
    return (profile.other_efforts or OTHER_EFFORTS).get(request.effort, request.effort)


def _effort_for(budget: int, profile: Profile) -> str:
    """The strongest effort that keeps to a budget, else the weakest; empty where there is none."""
    known = [word for word in profile.reasoning_effort if word in profile.efforts]
    within = (word for word in known if profile.efforts[word] <= budget)
    return next(within, known[-1] if known else "")


def _answer_limit(profile: Profile, server: Server) -> str:
    if server.answer_limit != "by model":
        return server.answer_limit
    return "max_completion_tokens" if profile.new_answer_limit else "max_tokens"


def _thinks(request: Request, profile: Profile) -> bool:
    wished = request.think and _effort(request, profile) != "none"
    return profile.thinking == "always" or (wished and profile.thinking != "never")


def _sampling(thinks: bool, profile: Profile, server: Server) -> Sampling:
    chosen = profile.when_thinking if thinks else profile.when_not
    return {key: value for key, value in chosen.items() if key not in server.omit}


def _thinking(request: Request, profile: Profile, server: Server) -> Json:
    """The thinking switch, its budget or its effort, where the other side has them."""
    fields: Json = {}
    thinks = _thinks(request, profile)
    template: Json = {}
    if profile.thinking == "switch" or (profile.thinking == "unknown" and server.budget):
        switch = {"enable_thinking": thinks if profile.thinking == "switch" else request.think}
        if request.keep_thinking and profile.preserve_thinking:
            switch["preserve_thinking"] = True
        (fields if server.switch == "body" else template).update(switch)
    if thinks:
        budget, effort = _budget_or_effort(request, profile, server)
        if budget:
            fields[server.budget] = budget
        if effort:
            (fields if server.switch == "body" else template)["reasoning_effort"] = effort
        if server.budget_message:  # also the words in which "answer now" closes the thinking
            fields[server.budget_message] = BUDGET_SPENT
    return fields | ({"chat_template_kwargs": template} if template else {})


def _budget_or_effort(request: Request, profile: Profile, server: Server) -> tuple[int, str]:
    """One of the two, since servers refuse both; either stands for the other where need be."""
    effort = _effort(request, profile)
    if request.budget:
        if server.budget:
            return request.budget, ""
        return 0, _effort_for(request.budget, profile)
    if effort in profile.reasoning_effort:
        return 0, effort
    return (effort_tokens(request, profile) if server.budget else 0), ""


def _switch_softly(messages: list[Json]) -> None:
    """Say it in the prompt too: a server that drops the switch would think, and bill for it."""
    for at, message in reversed(list(enumerate(messages))):
        if message["role"] == "user":
            said = message["content"]
            more = SOFT_SWITCH if isinstance(said, str) else [{"type": "text", "text": SOFT_SWITCH}]
            messages[at] = {**message, "content": said + more}  # others are sent the old one
            return
