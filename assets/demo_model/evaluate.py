"""Measure the shipped file through the real engine, at temperature 0, tools played by our code."""

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from data import mixture, sums, words
from data.dialogue import Dialogue, Turn, output, parts, wording
from engine import Engine, Message, calls

HERE = Path(__file__).parent
SHIPPED = HERE.parent / "qchat_assets" / "qchat-demo-qwen3moe-q8_0.gguf"
CALLS, WHOLE, OBEYED, HANDWRITTEN = 97.0, 95.0, 100.0, 80.0
"""The bars, in percent."""
CITED = re.compile(r"\[\d+\]")


@dataclass
class Score:
    """What a dialogue, or many, came to."""

    calls: list[bool] = field(default_factory=list)
    switches: list[bool] = field(default_factory=list)
    turns: list[tuple[str, bool]] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    cited: list[bool] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        self.calls += other.calls
        self.switches += other.switches
        self.turns += other.turns
        self.whole += other.whole
        self.cited += other.cited
        self.faults += other.faults


def percent(marks: Iterable[bool]) -> float:
    """The share of true marks; 100 where there is none."""
    listed = list(marks)
    return 100 * sum(listed) / len(listed) if listed else 100.0


def fresh(count: int, seed: int) -> Iterator[Dialogue]:
    """Draw dialogues of held-out names, whose thinking nobody cuts."""
    draw = words.Draw(seed)
    draw.held_out = True
    for _ in range(count):
        yield replace(mixture.dialogue(draw), budget=-1)


def play(engine: Engine, dialogue: Dialogue) -> Score:
    """Hold one dialogue; it ends at the first reply that is not what it should be."""
    score, messages = Score(), []
    for turn in dialogue.turns:
        messages.append({"role": "user", "content": turn.content})
        right = take(engine, dialogue, turn, messages, score)
        score.turns.append((turn.topic, right))
        if not right:
            break
    score.whole.append(all(right for _, right in score.turns))
    return score


def take(
    engine: Engine, dialogue: Dialogue, turn: Turn, messages: list[Message], score: Score
) -> bool:
    """Take one turn; messages grow by what was said, the score by what it was worth."""
    for step in turn.steps:
        message = engine.reply(messages, dialogue.enable_thinking)
        thought = message.get("reasoning_content") or ""
        if not turn.thinks:
            score.switches.append(
                not thought.strip() and "<think>" not in (message.get("content") or "")
            )
        made, wanted = calls(message), [(step.tool, step.arguments)] if step.tool else []
        if made or wanted:
            score.calls.append(made == wanted)
        if not made and (numbers := CITED.findall(step.text)):
            score.cited.append(CITED.findall(message.get("content") or "") == numbers)
        answered = bool(made) or (message.get("content") or "").strip() == step.text
        if made != wanted or not answered or bool(thought.strip()) != turn.thinks:
            said = made or message.get("content")
            expected = wanted or step.text
            score.faults.append(
                f"{turn.topic} | {turn.content!r}\n    want {expected!r}\n    got  {said!r}"
            )
            return False
        messages.append({**message, "role": "assistant"})
        if made:
            messages.append(
                {
                    "role": "tool",
                    "tool_call_id": message["tool_calls"][0]["id"],
                    "content": step.result,
                }
            )
    return True


def computed(code: str) -> str:
    """What the kernel prints for a plain sum; nothing for any other program: it is not run."""
    expression = code.removeprefix("import math\n").removeprefix("print(").removesuffix(")")
    if not re.fullmatch(r"[\d\s.+\-*/%()]+|math\.sqrt\([\d.]+\)", expression):
        return ""
    if re.search(r"\*\*\s*\d{3}", expression):
        return ""
    try:
        return sums.printed(expression)[0]
    except SyntaxError:
        return output(wording.python_error("SyntaxError", "invalid syntax", 1, code))


def tool_result(line: dict[str, Any], name: str, arguments: dict[str, Any]) -> str:
    """Play a tool for a handwritten request."""
    if name == "python":
        return computed(str(arguments.get("code", ""))) or str(line.get("result", "Error: not run"))
    if name == "memory_save":
        return output(wording.saved("1a2b3c4d", str(arguments.get("text", ""))))
    if name == "memory_search":
        found = [("1a2b3c4d", "2026-11-02", text) for text in line.get("memories", [])]
        return output(wording.found(found))
    if name == "web_search" and "results" in line:
        found_pages = enumerate(line["results"], start=1)
        pages = [
            parts.SourcePart(n, f"https://example.org/{n}", title, text)
            for n, (title, text) in found_pages
        ]
        return output(*wording.search_results(pages))
    return output(wording.error(wording.no_network(name)))


def judge(engine: Engine, line: dict[str, Any]) -> str:
    """Hold one handwritten request; return what is wrong with it, or nothing."""
    recalled = wording.recalled([("2026-11-02", text) for text in line.get("recalled", [])])
    messages: list[Message] = [{"role": "user", "content": line["user"] + recalled}]
    wanted = list(line["calls"])
    for _ in range(6):
        message = engine.reply(messages)
        if line.get("thinks") is False and (message.get("reasoning_content") or "").strip():
            return "it thought"
        made = calls(message)
        if not made:
            content = message.get("content") or ""
            fits = not wanted and re.search(line["answer"], content, re.DOTALL)
            return "" if fits else f"answer {content!r}, calls left {wanted}"
        name, arguments = made[0]
        if (
            not wanted
            or name != wanted[0][0]
            or not re.search(wanted[0][1], " ".join(map(str, arguments.values())))
        ):
            return f"call {name} {arguments}"
        wanted.pop(0)
        messages.append({**message, "role": "assistant"})
        messages.append(
            {
                "role": "tool",
                "tool_call_id": message["tool_calls"][0]["id"],
                "content": tool_result(line, name, arguments),
            }
        )
    return "no end"


def wrong(engine: Engine, name: str) -> tuple[list[str], int]:
    """Hold the requests of a file that were written by hand: what is wrong, and their count."""
    text = (HERE / f"{name}.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    faults = ((line["user"], judge(engine, line)) for line in lines)
    return [f"{name} | {user!r}: {fault}" for user, fault in faults if fault], len(lines)


def table(score: Score) -> str:
    """Show the figures by topic, then the four that have a bar."""
    topics: dict[str, list[bool]] = defaultdict(list)
    for topic, right in score.turns:
        topics[topic].append(right)
    rows = [
        f"| {topic} | {len(marks)} | {percent(marks):.1f} |"
        for topic, marks in sorted(topics.items())
    ]
    return "\n".join(["| topic | turns | right, % |", "|---|---|---|", *rows])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--limit", type=int, default=600, help="how many fresh dialogues")
    parser.add_argument("--seed", type=int, default=20_261_122)
    parser.add_argument("--faults", type=int, default=20, help="how many to show")
    options = parser.parse_args()
    score = Score()
    with Engine(options.model) as engine, ThreadPoolExecutor(2) as pool:
        for one in pool.map(
            lambda dialogue: play(engine, dialogue), fresh(options.limit, options.seed)
        ):
            score.add(one)
        written, of_written = wrong(engine, "handwritten")
        developed, of_developed = wrong(engine, "development")
    print("\n".join([*score.faults[: options.faults], *written, *developed, table(score)]))
    figures = [
        ("right tool, right arguments", percent(score.calls), CALLS, len(score.calls)),
        ("whole dialogue right", percent(score.whole), WHOLE, len(score.whole)),
        ("no thinking where it is off", percent(score.switches), OBEYED, len(score.switches)),
        (
            "handwritten requests",
            100 - 100 * len(written) / of_written,
            HANDWRITTEN,
            of_written,
        ),
    ]
    print("\n| figure | measured, % | bar, % | of |\n|---|---|---|---|")
    for what, measured, bar, of in figures:
        print(f"| {what} | {measured:.1f} | {bar:.0f} | {of} |")
    print(f"| right numbers cited | {percent(score.cited):.1f} | | {len(score.cited)} |")
    known = 100 - 100 * len(developed) / of_developed
    print(f"| handwritten, known while training | {known:.1f} | | {of_developed} |")
    return int(any(measured < bar for _, measured, bar, _ in figures))


if __name__ == "__main__":
    sys.exit(main())
