"""Tools that a question brings: the model may call them, and what they would do is played."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from qchat.evaluation.question import OfferedTool
from qchat_memory.origin import Origin
from qchat_tools.base import Call, Tool, ToolSpec
from qchat_tools.parts import Part, TextPart

NOTED = "Done."
Play = Callable[[Mapping[str, Any]], Awaitable[Sequence[Part]]]
"""What a played tool gives back for its arguments. Raises ToolError where it fails."""


class PlayedTool:
    """A tool whose work is played: what it gives back is the evaluation's."""

    def __init__(self, spec: ToolSpec, play: Play, origin: Origin | None = None) -> None:
        self.spec = spec
        self.origin = origin or Origin("tool", spec.name)
        self._play = play

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        for part in await self._play(call.arguments):
            yield part


async def _noted(_arguments: Mapping[str, Any]) -> Sequence[Part]:
    return [TextPart(NOTED)]


def offered_tools(offered: Iterable[OfferedTool]) -> Mapping[str, Tool]:
    """The question's tools by name."""
    made = (
        PlayedTool(ToolSpec(tool.name, tool.description, tool.parameters), _noted)
        for tool in offered
    )
    return {tool.spec.name: tool for tool in made}
