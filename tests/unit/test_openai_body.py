"""What goes over the wire for each generation of models and each kind of server."""

from typing import Any

import pytest

from qchat.backends.base import Request
from qchat.backends.body import BUDGET_SPENT, openai_body
from qchat.backends.profiles import profile_for, server_for
from qchat.errors import SettingsError
from qchat.messages import User
from qchat.settings import BackendSettings
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
        ("qwen3.8-max", "qwen3.8"),
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
    assert (on["enable_thinking"], on["thinking_budget"], on["max_tokens"]) == (True, 100, 7)
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
