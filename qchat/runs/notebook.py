"""Plan and notebook of a run: kept by the model with a tool, and outliving every compaction.

Each call is an event of the turn; what the notebook holds is folded from those that worked.
"""

from collections.abc import AsyncGenerator
from typing import Annotated

import msgspec
from msgspec import Meta

from qchat_memory.origin import QCHAT
from qchat_tools.base import Call, ToolError, parse, spec
from qchat_tools.parts import Part, TextPart

NAME = "notebook"
MAX_PLAN, MAX_ENTRY, MAX_DECIDED = 2_000, 1_200, 4_000
"""Characters of the plan, of one entry, and of all decisions together."""
MAX_ENTRIES = 60
"""Findings that are kept; more must be put together."""


class NotebookArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    plan: Annotated[str, Meta(description="The whole plan anew, if it changes")] = ""
    tried: Annotated[str, Meta(description="What was tried")] = ""
    result: Annotated[str, Meta(description="What came of it")] = ""
    evidence: Annotated[str, Meta(description="What shows it: a number, a file, a handle")] = ""
    next: Annotated[str, Meta(description="What to try next")] = ""
    decided: Annotated[str, Meta(description="A decision that holds from now on, and why")] = ""
    drop: Annotated[
        tuple[int, ...], Meta(description="Numbers of entries that are no longer needed")
    ] = ()

    @property
    def finding(self) -> str:
        """What was found, in one line."""
        named = (("tried", self.tried), ("result", self.result), ("evidence", self.evidence))
        told = [f"{name}: {text}" for name, text in (*named, ("next", self.next)) if text]
        return " · ".join(" ".join(text.split()) for text in told)


class Notebook:
    """What the calls of the tool add up to."""

    def __init__(self) -> None:
        self.plan = ""
        self.decided: dict[int, str] = {}
        self.findings: dict[int, str] = {}
        self._last = 0

    def problem(self, asked: NotebookArguments) -> str:
        """Why a call cannot be taken, in one line; empty where it can."""
        finding, left = (
            asked.finding,
            {n: t for n, t in self.decided.items() if n not in asked.drop},
        )
        if not (asked.plan or finding or asked.decided or asked.drop):
            return "say plan, tried, result, evidence, next, decided or drop"
        if missing := [n for n in asked.drop if n not in self.decided and n not in self.findings]:
            return f"there is no entry {missing[0]}"
        if len(asked.plan) > MAX_PLAN:
            return f"the plan may have {MAX_PLAN:,} characters; this one has {len(asked.plan):,}"
        if len(finding) > MAX_ENTRY or len(asked.decided) > MAX_ENTRY:
            return f"an entry may have {MAX_ENTRY:,} characters; put long text into a file"
        for number, text in (*self.findings.items(), *left.items()):
            if text in (finding, asked.decided) and number not in asked.drop:
                return f"this stands there already, as entry {number}"
        if sum(map(len, left.values())) + len(asked.decided) > MAX_DECIDED:
            return "there is no room for more decisions: drop those that no longer hold"
        kept = sum(number not in asked.drop for number in self.findings)
        if finding and kept >= MAX_ENTRIES:
            return (
                f"the notebook is full ({kept} entries): put what several of them teach into one,"
                " and name those in drop"
            )
        return ""

    def add(self, asked: NotebookArguments) -> int:
        """Take a call that has no problem; gives the number of its entry, 0 for none."""
        for number in asked.drop:
            self.findings.pop(number, None)
            self.decided.pop(number, None)
        self.plan = asked.plan.strip() or self.plan
        number = 0
        for text, where in ((asked.finding, self.findings), (asked.decided, self.decided)):
            if text:
                self._last += 1
                number = self._last
                where[number] = text
        return number

    def text(self, limit: int) -> str:
        """Plan, every decision, and the newest findings that fit into about so many characters."""
        plan = [f"Plan:\n{self.plan}"] if self.plan else []
        decided = [f"{number}. {text}" for number, text in self.decided.items()]
        parts = [*plan, *(["Decided:\n" + "\n".join(decided)] if decided else [])]
        room = max(limit - sum(map(len, parts)), limit // 4)
        shown: list[str] = []
        for number, text in reversed(self.findings.items()):
            room -= len(text) + 4
            if room < 0:
                break
            shown.append(f"{number}. {text}")
        if missing := len(self.findings) - len(shown):
            shown.append(f"… {missing} older entries: look_back finds them by their words")
        if shown:
            parts.append("Notebook:\n" + "\n".join(reversed(shown)))
        return "\n\n".join(parts) or "Plan and notebook are empty."


class NotebookTool:
    """Keeps plan, findings and decisions."""

    spec = spec(
        NAME,
        "Keep the plan, what you found and what you decided; it stays before you however long the "
        "work takes, when older steps are no longer shown. Write down every result that matters.",
        NotebookArguments,
    )
    origin = QCHAT

    def __init__(self, notebook: Notebook) -> None:
        """`notebook` is filled by whoever follows the events; here calls are checked."""
        self._notebook = notebook

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Check the call. Raises ToolError where it cannot be taken."""
        asked = parse(NotebookArguments, call.arguments)
        if problem := self._notebook.problem(asked):
            raise _Own(problem)
        yield TextPart("Noted.", origin=QCHAT)


class _Own(ToolError):
    origin = QCHAT
