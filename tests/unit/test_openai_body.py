"""What goes over the wire for each generation of models and each kind of server."""

from typing import Any

import pytest

from qchat.backends.base import Request
from qchat.backends.body import BUDGET_SPENT, SOFT_SWITCH, anthropic_body, openai_body
from qchat.backends.catalog import open_backend
from qchat.backends.openai import OpenAIBackend
from qchat.backends.profiles import profile_for, server_for
from qchat.config.settings import BackendSettings, parse
from qchat.protocol.errors import SettingsError
from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import Text, Thinking
from qchat.protocol.messages import Assistant, ToolResult, User
from qchat_tools.base import ToolSpec

LOCAL = BackendSettings(kind="llama.cpp")
CLOUD = BackendSettings(kind="openai", base_url="https://dashscope-intl.aliyuncs.com/v1")
OTHER = BackendSettings(kind="openai", base_url="http://cluster.example:8000/v1")


def body(model: str, settings: BackendSettings, **request: Any) -> dict[str, Any]:
    asked = Request((User("hi"),), **request)
    return openai_body(asked, model, profile_for(model), server_for(settings))


@pytest.mark.parametrize(
    ("model", "generation"),
    [
        ("Qwen3-30B-A3B-Q4_K_M", "qwen3"),
        ("Qwen/Qwen3-30B-A3B-Thinking-2507", "qwen3-thinking-2507"),
        ("qwen3-235b-a22b-instruct-2507", "qwen3-instruct-2507"),
        ("qwen3-coder-plus", "qwen3-coder"),
        ("qwen3:8b", "qwen3"),
        ("qwen3.5-plus", "qwen3.5"),
        ("qwen3.7-plus", "qwen3.6"),
        ("qwen3.8-max", "qwen3.8-max"),
        ("qwen3.8-27b", "qwen3.8"),
        ("qwen3:4b-instruct-2507-q4_K_M", "qwen3-instruct-2507"),
        ("qwen3:30b-a3b-thinking-2507-q4_K_M", "qwen3-thinking-2507"),
        ("qwen/qwen3-235b-a22b-2507", "qwen3-instruct-2507"),
        ("qwen-3-235b-a22b-instruct-2507", "qwen3-instruct-2507"),
        ("accounts/fireworks/models/qwen3p6-plus", "qwen3.6"),
        ("hf.co/unsloth/Qwen3-8B-GGUF:Q4_K_M", "qwen3"),
        ("/models/Qwen3-8B/", "qwen3"),
        ("C:\\models\\Qwen3-8B-Q4_K_M.gguf", "qwen3"),
        ("models--Qwen--Qwen3.6-27B/snapshots/0badcafe", "qwen3.6"),
        ("C:\\models\\Qwen3.5-9B\\", "qwen3.5"),
        ("/models/Qwen3.6-27B-AWQ///", "qwen3.6"),
        ("Qwen3_5-9B", "qwen3.5"),
        ("qwen3_6", "qwen3.6"),
        ("qwen3_8b-q4_k_m.gguf", "qwen3"),
        ("qwen3_80b", "qwen3"),
        ("qwen3vl-8b-thinking", "qwen3-vl-thinking"),
        ("Qwen3Coder-30B", "qwen3-coder"),
        ("lmstudio-community/qwen3.6-27b@q4_k_m", "qwen3.6"),
        ("qwen/qwen3-235b-a22b-thinking-2507:free", "qwen3-thinking-2507"),
        ("bedrock/qwen.qwen3-coder-480b-a35b-v1:0", "qwen3-coder"),
        ("qwen3.8-flash", "qwen3.8"),
        ("qwen3.8-omni-flash", "qwen3.8"),
        ("/home/demo/models/other-7b", "unknown"),
        ("qwen3-max", "qwen3-max"),
        ("qwen-plus-latest", "qwen-cloud"),
        ("DeepSeek-R1-0528-Qwen3-8B", "qwen3-distilled"),
        ("qwen2.5-coder:7b", "qwen2.5"),
        ("qchat demo", "demo"),
        ("gpt-9", "unknown"),
    ],
)
def test_the_generation_is_found_by_the_name(model: str, generation: str):
    assert profile_for(model).name == generation


def test_a_profile_may_be_named_and_must_exist():
    assert profile_for("my-tune", "qwen3").name == "qwen3"
    with pytest.raises(SettingsError, match=r"no profile named 'qwen9'; known are: .*qwen3\.8"):
        profile_for("my-tune", "qwen9")


def test_llama_cpp_switches_by_template_and_takes_a_budget():
    on = body("Qwen3-8B", LOCAL, budget=64)
    assert on["chat_template_kwargs"] == {"enable_thinking": True}
    assert (on["reasoning_budget_tokens"], on["reasoning_budget_message"]) == (64, BUDGET_SPENT)
    assert on["reasoning_control"] is True
    assert (on["temperature"], on["top_p"], on["top_k"], on["min_p"]) == (0.6, 0.95, 20, 0.0)
    off = body("Qwen3-8B", LOCAL, think=False, budget=64)
    assert off["chat_template_kwargs"] == {"enable_thinking": False}
    assert off["temperature"] == 0.7
    assert not {"reasoning_budget_tokens", "reasoning_control"} & off.keys()


def test_the_cloud_switches_at_the_top_level():
    on = body("qwen3.7-plus", CLOUD, budget=100, max_tokens=7)
    assert (on["enable_thinking"], on["thinking_budget"]) == (True, 100)
    assert on["max_completion_tokens"] == 7  # `max_tokens` is being retired there
    assert body("qwen3-8b", CLOUD, max_tokens=7)["max_tokens"] == 7
    assert not {"min_p", "chat_template_kwargs", "reasoning_control"} & on.keys()
    assert body("qwen3.7-plus", CLOUD, think=False)["enable_thinking"] is False


def test_models_without_a_switch_are_sent_none():
    always = body("qwen3-4b-thinking-2507", OTHER, think=False)
    never = body("qwen3-coder-30b", OTHER, budget=5)
    for sent in (always, never):
        assert not {"chat_template_kwargs", "enable_thinking"} & sent.keys()
    assert always["temperature"] == 0.6


def test_an_unknown_model_on_a_strict_server_gets_only_the_standard_fields():
    assert body("gpt-9", OTHER, budget=9).keys() == {
        "model",
        "messages",
        "stream",
        "stream_options",
    }


def test_several_calls_at_once_are_asked_for_with_tools():
    sent = body("gpt-9", OTHER, tools=(ToolSpec("t", "d", {"type": "object"}),))
    assert sent["parallel_tool_calls"] is True
    assert sent["tools"][0]["function"]["name"] == "t"


@pytest.mark.parametrize(
    ("model", "thoughts"), [("qwen3-8b", 1), ("qwen3.7-plus", 2), ("qwen3-coder-plus", 0), ("x", 1)]
)
def test_earlier_thinking_goes_back_as_far_as_the_model_wants_it(model: str, thoughts: int):
    messages = (
        User("1"),
        Assistant((Thinking("a"), Text("x"))),
        User("2"),
        Assistant((Thinking("b"), ToolCall("c", "python", {}))),
        ToolResult("c", "python", ()),
    )
    sent = openai_body(Request(messages), model, profile_for(model), server_for(CLOUD))
    assert sum("reasoning_content" in message for message in sent["messages"]) == thoughts
    ollama = server_for(BackendSettings(kind="openai", base_url="http://h/v1", server="ollama"))
    sent = openai_body(Request(messages), model, profile_for(model), ollama)
    assert sum("reasoning" in message for message in sent["messages"]) == thoughts
    vllm = server_for(BackendSettings(kind="openai", base_url="http://h/v1", server="vllm"))
    sent = openai_body(Request(messages), model, profile_for(model), vllm)
    assert sum("reasoning" in message for message in sent["messages"]) == thoughts


def test_an_effort_is_sent_to_models_that_take_it_and_never_beside_a_budget():
    assert body("qwen3.8-max", CLOUD, effort="low")["reasoning_effort"] == "low"
    both = body("qwen3.8-max", CLOUD, effort="low", budget=64)
    assert ("reasoning_effort" in both, both["thinking_budget"]) == (False, 64)
    assert body("qwen3.8-max", CLOUD, effort="high")["reasoning_effort"] == "xhigh"
    assert body("qwen3.8-max", CLOUD, effort="none")["enable_thinking"] is False
    assert "reasoning_effort" not in body("qwen3.8-max", CLOUD, effort="none")


def test_a_budget_and_an_effort_stand_for_each_other():
    spent = body("qwen3.7-plus", CLOUD, effort="low")
    assert ("reasoning_effort" in spent, spent["thinking_budget"]) == (False, 4096)
    there = body("qwen3.8-27b", OTHER, budget=20_000)["chat_template_kwargs"]
    assert there == {"enable_thinking": True, "reasoning_effort": "medium"}
    assert "thinking_budget" not in body("qwen3-8b", OTHER, budget=20_000)
    anthropic = anthropic_body(
        Request((User("hi"),), effort="low"),
        "qwen3.8-max",
        profile_for("qwen3.8-max"),
        server_for(CLOUD),
    )
    assert anthropic["thinking"] == {"type": "enabled", "budget_tokens": 4096}


def test_the_cloud_streams_the_arguments_of_calls_when_it_is_asked_to():
    tools = (ToolSpec("t", "d", {"type": "object"}),)
    assert body("qwen3.8-max", CLOUD, tools=tools)["tool_stream"] is True
    assert "tool_stream" not in body("qwen3.8-max", CLOUD)
    assert "tool_stream" not in body("qwen3.8-27b", OTHER, tools=tools)


def test_a_switch_that_a_server_may_drop_is_said_in_the_prompt_too():
    off = body("qwen3-8b", OTHER, think=False)
    assert off["messages"][-1]["content"] == f"hi{SOFT_SWITCH}"
    assert off["chat_template_kwargs"] == {"enable_thinking": False}
    for model, settings in (("qwen3.5-9b", OTHER), ("qwen3-8b", CLOUD), ("qwen3-8b", LOCAL)):
        assert body(model, settings, think=False)["messages"][-1]["content"] == "hi"
    assert body("qwen3-8b", OTHER)["messages"][-1]["content"] == "hi"


def test_earlier_thinking_is_preserved_where_that_is_set_and_known():
    assert body("qwen3.7-plus", CLOUD, keep_thinking=True)["preserve_thinking"] is True
    there = body("qwen3.6-35b-a3b", OTHER, keep_thinking=True)["chat_template_kwargs"]
    assert there == {"enable_thinking": True, "preserve_thinking": True}
    assert "preserve_thinking" not in body("qwen3.7-plus", CLOUD)
    assert "preserve_thinking" not in body("qwen3.5-plus", CLOUD, keep_thinking=True)


def test_the_services_own_search_is_asked_for_where_it_has_one():
    assert body("qwen3.7-plus", CLOUD, search=True)["enable_search"] is True
    assert "enable_search" not in body("qwen3.7-plus", CLOUD)
    assert "enable_search" not in body("qwen3-8b", OTHER, search=True)


def test_beside_the_services_own_search_ours_is_not_offered():
    tools = tuple(ToolSpec(name, "x", {}) for name in ("web_search", "web_read"))

    def offered(settings: BackendSettings, **request: Any) -> list[str]:
        sent = body("qwen3.7-plus", settings, **request)
        return [tool["function"]["name"] for tool in sent.get("tools", ())]

    assert offered(CLOUD, tools=tools, search=True) == ["web_read"]
    assert offered(CLOUD, tools=tools[:1], search=True) == []
    assert offered(CLOUD, tools=tools) == ["web_search", "web_read"]
    assert offered(OTHER, tools=tools, search=True) == ["web_search", "web_read"]


def test_the_users_own_model_is_described_in_the_settings():
    text = """
    [profiles.tune]
    match = ["my-*"]
    thinking = "switch"
    calls = "xml"
    earlier_thinking = "all"
    when_thinking = { temperature = 0.9 }

    [backends.mine]
    kind = "openai"
    base_url = "http://127.0.0.1:1/v1"
    model = "org/my-tune-7b"
    server = "sglang"
    extra = { seed = 7 }
    """
    settings = parse(text, "f")
    backend = open_backend("mine", settings)
    assert isinstance(backend, OpenAIBackend)
    assert (backend.profile.name, backend.profile.calls) == ("tune", "xml")
    assert backend.body(Request((User("hi"),)))["temperature"] == 0.9
    assert backend.server.resume == {"continue_final_message": True}
    with pytest.raises(SettingsError, match=r"profiles\..*thinking.*sometimes"):
        parse('[profiles.tune]\nthinking = "sometimes"', "f")
    with pytest.raises(SettingsError, match=r"no server named 'vlm'; known are: .*vllm"):
        server_for(BackendSettings(kind="openai", base_url="http://h/v1", server="vlm"))


def test_thinking_and_its_budget_in_the_anthropic_protocol():
    profile, server = profile_for("qwen3.7-plus"), server_for(CLOUD)
    asked = Request((User("hi"),), "Be brief.", budget=64, effort="low")
    sent = anthropic_body(asked, "qwen3.7-plus", profile, server)
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 64}
    assert (sent["system"], sent["max_tokens"] > 64) == ("Be brief.", True)
    assert sent["temperature"] == 1.0
    assert not {"presence_penalty", "min_p", "enable_thinking"} & sent.keys()
    free = anthropic_body(Request((User("hi"),)), "qwen3.7-plus", profile, server)
    assert 0 < free["thinking"]["budget_tokens"] < free["max_tokens"]
    off = anthropic_body(Request((User("hi"),), think=False), "m", profile, server)
    assert off["thinking"] == {"type": "disabled"}
    unknown = anthropic_body(Request((User("hi"),)), "gpt-9", profile_for("gpt-9"), server)
    assert "thinking" not in unknown
