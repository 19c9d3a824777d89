"""What was said and decided early in a long talk is still known at its end.

Sixty facts of every kind, in English and in Chinese, at a server of 16,384 tokens that counts with
a tokenizer of its own; the talk is compacted at least three times, and goes on in a new process in
the middle. The model is a policy that knows nothing but what it is sent, and what look_back gives.
"""

import itertools
import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from qchat.config.settings import load
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.protocol.events import Attached, Compacted, Event, Notice, Text
from qchat.runtime.paths import Paths
from tests.policies import Asked, Call, Reply, config, policy_server

pytestmark = pytest.mark.slow
CONTEXT = 16_384
EACH = 12
"""Facts of a kind."""


class Language(NamedTuple):
    """How the facts are told and asked for; `{n}` is a fact's number, `{v}` what is to be known."""

    instruction: str
    decide: str
    decision: str
    number: str
    file: str
    source: str
    filler: str
    ask: str
    names: tuple[str, ...]
    """What the facts of each kind are about."""


ENGLISH = Language(
    "From now on, call the north quay {n} by its code {v}, please.",
    "Which colour shall {name} have? Decide, and say why.",
    "I weighed it. We decided that {name} becomes {v}, because that is seen best from the sea.",
    "{name} measured: {v}",
    "{name} is kept at {v}.",
    "The source for {name} is https://port.example/{v} and nothing else.",
    "The harbour was built over many years, and every part of it was measured again and again. ",
    "QUESTION about {name}: what was it?",
    ("north quay {n}", "warehouse {n}", "water level {n}", "key box {n}", "tide table {n}"),
)
CHINESE = Language(
    "从现在起，请把北码头{n}号叫做{v}。",
    "{name}该用什么颜色？请决定并说明理由。",
    "我考虑过了。我们决定{name}用{v}，因为从海上看最清楚。",
    "{name}的测量值：{v}",
    "{name}存放在{v}。",
    "{name}的来源是 https://port.example/{v} ，没有别的。",
    "港口建于许多年以前，它的每一部分都被反复测量过，并且有详细的记录保存下来。",
    "QUESTION：{name}是什么？",
    ("北码头{n}号", "仓库{n}号", "水位{n}号", "钥匙箱{n}号", "潮汐表{n}号"),
)
KINDS = ("instruction", "decision", "number", "file", "source")


def value(kind: int, number: int) -> str:
    return f"V{kind}{number:02}X{(kind * 97 + number * 31) % 89 + 10}"


def name(language: Language, kind: int, number: int) -> str:
    return language.names[kind].format(n=number)


def told(language: Language, kind: int, number: int) -> str:
    text = getattr(language, KINDS[kind])
    filled: str = text.format(n=number, v=value(kind, number), name=name(language, kind, number))
    return filled


class Model:
    """Answers from what it is sent; what it is not sent it looks for with look_back."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self.looked_back = 0

    def __call__(self, asked: Asked) -> Reply:
        prompts = [m["content"] for m in asked.messages if m["role"] == "user"]
        prompt = prompts[-1]
        since = asked.messages[len(asked.messages) - 1]
        if found := re.search(r"(?:DECIDE|CALL|FILL) (\d+)", prompt):
            number = int(found[1])
            if "DECIDE" in prompt:
                return Reply(told(self._language, 1, number))
            if "CALL" in prompt and since["role"] != "tool":
                code = f"print({told(self._language, 2, number)!r})"
                return Reply("", (Call("python", {"code": code}),))
            return Reply("Noted." if "CALL" in prompt else self._language.filler * 40)
        if "QUESTION" not in prompt:
            return Reply("Noted.")
        about = next(
            each
            for kind in range(5)
            for number in range(EACH, 0, -1)
            if (each := name(self._language, kind, number)) in prompt
        )
        known = "\n".join(str(m.get("content") or "") for m in asked.messages)
        if answer := self._read(known.replace(prompt, ""), about):
            return Reply(f"It was {answer}.")
        if since["role"] == "tool":
            return Reply("I do not know.")
        self.looked_back += 1
        return Reply("", (Call("look_back", {"words": about}),))

    def _read(self, text: str, about: str) -> str:
        """What stands in the sentence that names it."""
        lines = re.split(r"[\n。]|(?<=\.)\s", text)
        naming = (line for line in lines if re.search(rf"{re.escape(about)}(?!\d)", line))
        values = (re.search(r"V\d{3}X\d\d", line) for line in naming)
        return next((found[0] for found in values if found), "")


async def send(session: Session, prompt: str, *attached: Attached) -> list[Event]:
    return [event async for event in session.send(prompt, attached)]


async def place(session: Session, language: Language) -> list[Event]:
    """Tell it all sixty facts."""
    events: list[Event] = []
    for number in range(1, EACH + 1):
        events += await send(session, told(language, 0, number))
        asked = language.decide.format(name=name(language, 1, number))
        events += await send(session, f"{asked} DECIDE {number}")
        events += await send(session, f"CALL {number}")
        middle = f"{language.filler * 20}\n{told(language, 3, number)}\n{language.filler * 20}"
        events += await send(session, "Keep this.", Attached(f"notes-{number}.txt", middle))
        events += await send(session, told(language, 4, number))
    return events


@pytest.mark.parametrize("language", [ENGLISH, CHINESE], ids=["english", "chinese"])
async def test_sixty_facts_are_known_after_many_compactions(
    tmp_path: Path, language: Language
) -> None:
    model = Model(language)
    with policy_server(model, CONTEXT) as server:
        (tmp_path / "config.toml").write_text(config(server.address, CONTEXT))
        paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
        settings = load(paths.config_file)
        workspace = Workspace(settings, paths, tools=frozenset({"python"}))
        session = workspace.open()
        events = await place(session, language)
        for number in range(24):
            events += await send(session, f"FILL {number}")
        await workspace.aclose()
        workspace = Workspace(settings, paths, tools=frozenset({"python"}))
        session = workspace.open(session.id)
        unknown: list[str] = []
        for kind in range(5):
            for number in range(1, EACH + 1):
                about = name(language, kind, number)
                answered = await send(session, language.ask.format(name=about))
                events += answered
                answer = "".join(e.text for e in answered if isinstance(e, Text))
                if value(kind, number) not in answer:
                    unknown.append(f"{KINDS[kind]} {number}: {answer}")
        await workspace.aclose()
    problems = [e.text for e in events if isinstance(e, Notice) and e.level == "error"]
    assert problems == []
    assert unknown == []
    assert sum(isinstance(event, Compacted) for event in events) >= 3
    assert server.refused == 0, "no request was longer than the server's own count allows"
    assert server.longest > CONTEXT * 0.6
    assert model.looked_back, "some of it was in the view no more"


async def test_between_large_steps_a_request_only_grows(tmp_path: Path) -> None:
    """Byte by byte, over two turns of 120 calls with long output: an engine's cache of it holds."""
    sent: list[tuple[list[str], str]] = []

    def see(asked: Asked) -> None:
        messages = [json.dumps(message) for message in asked.messages]
        sent.append((messages, json.dumps(asked.body.get("tools"))))

    def policy(asked: Asked) -> Reply:
        if len(sent) % 121 == 0:
            return Reply("Done.")
        return Reply("", (Call("python", {"code": f"print('result {len(sent)} ' * 150)"}),))

    with policy_server(policy, CONTEXT) as server:
        server.seen = see
        (tmp_path / "config.toml").write_text(config(server.address, CONTEXT))
        paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
        workspace = Workspace(load(paths.config_file), paths, tools=frozenset({"python"}))
        session = workspace.open()
        events = [e for n in range(2) for e in await send(session, f"Find the best of {n}.")]
        await workspace.aclose()
    compactions = sum(isinstance(event, Compacted) for event in events)
    breaks = sum(
        tools != tools_before or messages[: len(before)] != before
        for (before, tools_before), (messages, tools) in itertools.pairwise(sent)
    )
    assert len(sent) == 242
    assert compactions >= 4
    assert breaks <= compactions
    assert server.refused == 0
    goals = [" ".join(messages) for messages, _ in sent[121:]]
    assert all("Find the best of 0." in goal and "Find the best of 1." in goal for goal in goals)


async def test_a_limit_that_a_refusal_named_is_kept_over_a_restart(tmp_path: Path) -> None:
    """The settings promise more than the server has: one refusal, and never a second."""

    def policy(_asked: Asked) -> Reply:
        return Reply("The harbour is deep, and its quays are long. " * 60)

    with policy_server(policy, 4_096) as server:
        (tmp_path / "config.toml").write_text(config(server.address, 32_768))
        paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
        events: list[Event] = []
        id_ = None
        for _ in range(2):
            workspace = Workspace(load(paths.config_file), paths, tools=frozenset())
            session = workspace.open(id_)
            id_ = session.id
            for number in range(8):
                events += await send(session, f"Go on {number}.")
            assert session.context.next_request().room < 4_096
            await workspace.aclose()
        assert server.refused == 1
        assert server.requests == 16
    assert [e.text for e in events if isinstance(e, Notice) and e.level == "error"] == []
