"""Plays a task of several turns: the user's words, one after the other, on a set's own programs.

The programs run in the sandbox, once for the model and once for the right calls. After each turn
both must be in the same state, and the model must have been given what the right calls gave back.
"""

import asyncio
import json
import secrets
import shutil
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from qchat.conversation.session import Session
from qchat.depth.kinds.think import Think
from qchat.depth.mode import Mode
from qchat.evaluation.question import OfferedTool, States, Verdict
from qchat.evaluation.reply import say
from qchat.evaluation.simulated_tools import PlayedTool
from qchat.protocol.errors import QchatError, UsageError
from qchat.runtime.language import tr, verbatim
from qchat_tools.base import Tool, ToolError, ToolSpec
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.parts import Part, TextPart

MAX_STEPS = 20
"""Replies of a turn, as the set has it: one that goes on and on has failed."""
MORE = "There are more functions now: {names}. Go on with what was asked."

_WORLD = """
import ast as _ast, copy as _copy, importlib as _importlib, json as _json, os as _os, sys as _sys
_sys.path.insert(0, _os.getcwd())
class _World:
    def __init__(self, modules, config, long):
        self.ones, self.gave = [], []
        for name, module in modules.items():
            one = getattr(_importlib.import_module("programs." + module), name)()
            if hasattr(one, "_load_scenario"):
                given = _copy.deepcopy(config.get(name, {}))
                one._load_scenario(given, long_context=True) if long else one._load_scenario(given)
            self.ones.append(one)
    def call(self, name, args, named):
        has = [one for one in self.ones if not name.startswith("_") and hasattr(one, name)]
        try:
            gave = getattr(has[0], name)(*args, **named) if has else {"error": f"no {name}"}
        except Exception as error:
            gave = {"error": str(error)}
        try:
            text = _json.dumps(gave, ensure_ascii=False)
        except TypeError:
            text = str(gave)
        self.gave.append(text)
        return text
    def right(self, said):
        call = _ast.parse(said, mode="eval").body
        named = {one.arg: _ast.literal_eval(one.value) for one in call.keywords}
        return self.call(call.func.id, [_ast.literal_eval(one) for one in call.args], named)
    def state(self):
        return [{k: v for k, v in vars(one).items() if not k.startswith("_")} for one in self.ones]
def _qchat_check(calls):
    given = [_theirs.right(call) for call in calls]
    for mine, right in zip(_ours.state(), _theirs.state()):
        for name in right:
            if mine.get(name) != right[name]:
                return f"{name} is {str(mine.get(name))[:120]}, and not {str(right[name])[:120]}"
    for call, text in zip(calls, given):
        if text not in _ours.gave:
            return f"{call} was not found out"
    return ""
"""
"""Runs in the kernel, that is, in its sandbox."""


class World:
    """The programs of one task, as the model acts on them and as it should."""

    def __init__(self, states: States, kernel: Kernel) -> None:
        self._states = states
        self._kernel = kernel
        self._one = asyncio.Lock()

    async def open(self) -> None:
        """Bring the programs in, and both into the state in which they begin. Raises QchatError."""
        folder = Path(self._kernel.work_dir) / "programs"
        await asyncio.to_thread(shutil.copytree, self._states.programs, folder)
        given = [self._states.classes, self._states.config, self._states.long_context]
        make = f"_World(*_json.loads({json.dumps(given)!r}))"
        await self._run(f"{_WORLD}\n_ours, _theirs = {make}, {make}\n", "''")

    async def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """What a call of the model gives back."""
        given = json.dumps([name, [], dict(arguments)])
        return await self._run("", f"_ours.call(*_json.loads({given!r}))")

    async def check(self, turn: int) -> str:
        """Make the right calls of a turn; why the model's state is another, empty if it is not."""
        given = json.dumps(self._states.truth[turn])
        return await self._run("", f"_qchat_check(_json.loads({given!r}))")

    async def _run(self, program: str, value: str) -> str:
        mark = secrets.token_hex(8)
        texts: list[str] = []
        async with (
            self._one,
            aclosing(self._kernel.execute(f"{program}\nprint({mark!r} + str({value}))")) as parts,
        ):
            async for part in parts:
                if isinstance(part, TextPart):
                    texts.append(part.text)
        said = "".join(texts)
        if mark not in said:
            raise QchatError(tr("The set's programs cannot be run: {why}", why=said.strip()[-300:]))
        return said.rpartition(mark)[2].rstrip("\n")


def playable(mode: Mode) -> bool:
    """Whether a mode can play several turns: trails side by side would all act on one world."""
    return isinstance(mode, Think) and not mode.budget


def must_be_playable(modes: Sequence[Mode]) -> None:
    """Raises UsageError for a mode that cannot play several turns."""
    if others := [mode.name for mode in modes if not playable(mode)]:
        raise UsageError(
            tr(
                "Tasks of several turns are played with think or no-think, not with {mode}.",
                mode=others[0],
            )
        )


async def play(
    states: States, tools: Sequence[OfferedTool], session: Session, mode: Mode, kernel: Kernel
) -> Verdict:
    """Play it to its end, or to the first turn that goes wrong. Raises QchatError."""
    world = World(states, kernel)
    await world.open()
    session.think = mode.name != "no-think"
    session.max_steps = MAX_STEPS
    made: list[str] = []
    for turn, said in enumerate(states.turns):
        late = {name for at, names in states.missing.items() if int(at) > turn for name in names}
        session.toolbox.only = _tools(world, [tool for tool in tools if tool.name not in late])
        names = ", ".join(states.missing.get(str(turn), ()))
        reply = await say(session, said or MORE.format(names=names))
        made += [call.name for call in reply.calls]
        read = f"{len(made)} calls: {', '.join(made)}"
        if reply.failure:
            raise QchatError(verbatim(reply.failure))
        if states.truth[turn] and not reply.calls:
            return Verdict(False, read, f"turn {turn + 1}: no call was made")
        if why := await world.check(turn):
            return Verdict(False, read, f"turn {turn + 1}: {why}")
    return Verdict(True, read)


def _tools(world: World, offered: Sequence[OfferedTool]) -> Mapping[str, Tool]:
    return {tool.name: _tool(world, tool) for tool in offered}


def _tool(world: World, tool: OfferedTool) -> Tool:
    async def give(arguments: Mapping[str, Any]) -> Sequence[Part]:
        try:
            return [TextPart(await world.call(tool.name, arguments))]
        except QchatError as error:
            raise ToolError(str(error)) from error

    return PlayedTool(ToolSpec(tool.name, tool.description, tool.parameters), give)
