"""What a prompt asks of the user's own folders by name, looked up before the model answers."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from qchat.conversation.tool_runner import run_calls
from qchat.knowledge.mentions import named, without
from qchat.knowledge.tool import KnowledgeTool
from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import Event, Notice, StepFinished
from qchat_tools.base import Tool

NO_FOLDER = "No folder is known, so @know names nothing. /know add PATH reads one."


async def consult(prompt: str, turn: int, tools: Mapping[str, Tool]) -> AsyncGenerator[Event, None]:
    """Search where `@know:notes/2025` says, as if the model had asked for it in a first step.

    So the passages are numbered, shown, kept and cited like any that a model finds.
    """
    scopes = named(prompt)
    if not scopes:
        return
    name = KnowledgeTool.spec.name
    if name not in tools:
        yield Notice(NO_FOLDER, "warning")
        return
    query = without(prompt) or prompt
    calls = [
        ToolCall(f"know-{turn}-{number}", name, {"query": query, "folder": scope})
        for number, scope in enumerate(scopes, 1)
    ]
    async with aclosing(run_calls(calls, {name: tools[name]}, _allow)) as events:
        async for event in events:
            yield event
    yield StepFinished(reason="tool_calls")


async def _allow(_topic: str, _question: str) -> bool:
    return True
