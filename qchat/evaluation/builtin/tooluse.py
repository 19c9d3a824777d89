"""Whether a model calls the right tool of qchat's with the right arguments, and uses what comes.

The tools are qchat's own as the model sees them. Python is real; what the web and the memory give
back is played, so that it is known what the answer must hold.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from qchat.conversation.session import Session
from qchat.evaluation.builtin import words
from qchat.evaluation.builtin.case import BuiltIn, Case
from qchat.evaluation.question import Verdict
from qchat.evaluation.reply import say
from qchat.evaluation.simulated_tools import PlayedTool
from qchat_memory.origin import Origin
from qchat_tools import wording
from qchat_tools.base import Tool, ToolError
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.kernel.python import PythonTool
from qchat_tools.memory import MemorySaveTool, MemorySearchTool
from qchat_tools.parts import Part, SourcePart
from qchat_tools.web.read import WebReadTool
from qchat_tools.web.search_tool import WebSearchTool

DATE = "2026-11-02"


class Task(msgspec.Struct, frozen=True):
    """A request, the call that must come of it, and what the answer must hold."""

    topic: str
    prompt: str
    tool: str
    """The tool that must be called; empty: none may."""
    argument: str
    """A regular expression over the call's arguments."""
    answer: str
    """A regular expression over the answer."""
    web: tuple[SourcePart, ...] | None = None
    """What a search or a page gives back; None: there is no network."""
    known: tuple[str, ...] = ()
    """What the memory holds."""


def draw(seed: int, count: int, _context: int) -> Sequence[Case]:
    cases = []
    for n in range(count):
        chance = random.Random(f"tooluse {seed} {n}")
        cases.append(_case(MAKERS[n % len(MAKERS)](chance)))
    return cases


def _case(task: Task) -> Case:
    async def play(session: Session, kernel: Kernel) -> Verdict:
        session.toolbox.only = tools(kernel, task.web, task.known)
        reply = await say(session, task.prompt)
        if reply.failure:
            return Verdict(False, "", reply.failure)
        made = [(call.name, " ".join(map(str, call.arguments.values()))) for call in reply.calls]
        shown = "; ".join(f"{name}({arguments})" for name, arguments in made)[:200]
        if not task.tool:
            right = not made and bool(re.search(task.answer, reply.answer, re.I))
            return Verdict(right, shown or reply.answer[:100], "" if right else "a call too many")
        if not made or made[0][0] != task.tool:
            return Verdict(False, shown or reply.answer[:100], f"{task.tool} was to be called")
        if not re.search(task.argument, made[0][1], re.I):
            return Verdict(False, shown, "with other arguments")
        if not re.search(task.answer, reply.answer.replace(",", ""), re.I):
            return Verdict(False, reply.answer[:200], "the answer does not use what came")
        return Verdict(True, shown)

    return Case(task.topic, f"{task.prompt} {task.web} {task.known}", play)


def tools(
    kernel: Kernel, web: Sequence[SourcePart] | None, known: Sequence[str] = ()
) -> Mapping[str, Tool]:
    """qchat's tools as a model sees them, over a web and a memory that are known."""

    async def searched(_arguments: Mapping[str, Any]) -> Sequence[Part]:
        if web is None:
            raise ToolError(wording.no_network("web_search"))
        return wording.search_results(list(web))

    async def was_read(_arguments: Mapping[str, Any]) -> Sequence[Part]:
        if not web:
            raise ToolError(wording.no_network("web_read"))
        return wording.page(web[0])

    async def saved(arguments: Mapping[str, Any]) -> Sequence[Part]:
        return [wording.saved("1a2b3c4d", str(arguments.get("text", "")))]

    async def remembered(_arguments: Mapping[str, Any]) -> Sequence[Part]:
        return [wording.found([(f"0badcaf{n}", DATE, text) for n, text in enumerate(known)])]

    listed: list[Tool] = [
        PythonTool(kernel),
        PlayedTool(MemorySaveTool.spec, saved, MemorySaveTool.origin),
        PlayedTool(MemorySearchTool.spec, remembered, MemorySearchTool.origin),
        PlayedTool(WebSearchTool.spec, searched, Origin("web")),
        PlayedTool(WebReadTool.spec, was_read, Origin("web")),
    ]
    return {tool.spec.name: tool for tool in listed}


def _sum(draw: random.Random) -> Task:
    a, b, sign = draw.randint(12, 999), draw.randint(12, 99), draw.choice("+-*")
    value = {"+": a + b, "-": a - b, "*": a * b}[sign]
    form = draw.choice(["What is {}?", "Calculate {}.", "How much is {}?", "Compute {}"])
    wanted = rf"{a}\s*{re.escape(sign)}\s*{b}"
    return Task("a sum", form.format(f"{a} {sign} {b}"), "python", wanted, rf"(?<!\d){value}(?!\d)")


def _story(draw: random.Random) -> Task:
    a, b, thing = draw.randint(12, 400), draw.randint(3, 12), words.noun(draw)
    prompt = f"A box holds {a} {thing}s. How many are in {b} boxes?"
    return Task(
        "a story", prompt, "python", rf"{a}\s*\*\s*{b}|{b}\s*\*\s*{a}", rf"(?<!\d){a * b}(?!\d)"
    )


def _fact(draw: random.Random) -> tuple[str, str]:
    return draw.choice([*words.PETS, *words.THINGS]), words.name(draw)


def _keep(draw: random.Random) -> Task:
    what, name = _fact(draw)
    return Task(
        "keeping a fact", f"Remember that my {what} is called {name}", "memory_save",
        rf"{what} is called {name}", name,
    )  # fmt: skip


def _find(draw: random.Random) -> Task:
    (what, name), (other, its) = _fact(draw), _fact(draw)
    known = [f"My {what} is called {name}."]
    if other != what:
        known.append(f"My {other} is called {its}.")
    return Task(
        "finding a fact", f"What is my {what} called?", "memory_search", what, name,
        known=tuple(known),
    )  # fmt: skip


def _look_up(draw: random.Random) -> Task:
    place, metres = words.name(draw), draw.randint(50, 900)
    other, said = words.name(draw), f"{place} Tower is {metres} m tall."
    web = (
        SourcePart(1, "https://example.org/1", f"{place} Tower", said),
        SourcePart(2, "https://example.org/2", other, words.sentence(draw)),
    )  # fmt: skip
    return Task(
        "looking something up", f"How tall is {place} Tower?", "web_search", place,
        rf"(?<!\d){metres}(?!\d)", web,
    )  # fmt: skip


def _no_network(draw: random.Random) -> Task:
    place = words.name(draw)
    return Task(
        "a tool that fails", f"How tall is {place} Tower?", "web_search", place,
        r"^(?!.*\d+ ?m).*(network|offline|fail|unable|could ?n.t|cannot|can't|error|not .*reach)",
    )  # fmt: skip


def _read(draw: random.Random) -> Task:
    place, year = words.name(draw).lower(), draw.randint(1200, 1990)
    url = f"https://www.{place}.org/history"
    web = (SourcePart(1, url, place, f"The town of {place} was founded in {year}."),)
    return Task("reading a page", f"Read {url}", "web_read", re.escape(url), f"{year}|founded", web)


def _talk(draw: random.Random) -> Task:
    prompt = draw.choice(["Hello!", "hi", "Good morning", "What can you do?", "Thank you!"])
    return Task("no tool needed", prompt, "", "", r"\w")


MAKERS: tuple[Callable[[random.Random], Task], ...] = (
    _sum, _keep, _find, _look_up, _story, _read, _no_network, _talk,
)  # fmt: skip

TOOLUSE = BuiltIn(
    "tooluse",
    "requests that need one of qchat's tools, or none",
    "using qchat's tools",
    0.9,
    48,
    draw,
    think=True,
)
