"""A server of a model that solves by chance, with known statistics: what theory says can be tested.

A question has parts. In each trail every part that is not known yet is found with the chance
`finds`; what is found is wrong with the chance `errs`. What the request tells as established or
unchecked counts as known: it is read from the request and nowhere else, for the server keeps no
state. A claim is checked with the chance `finds`. With `lies` a result is made up, with a handle
that does not exist or that leads to something else. Every draw hangs on the request's own seed.
"""

import json
import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import comb
from typing import Any

import msgspec

from qchat.config.settings import BackendSettings

Json = dict[str, Any]

NAME = "qwen3-solver"
NOTES, FINAL = "Write down what this attempt found", "Write the answer from it"
NOTES_TOKENS, FINAL_TOKENS, CALL_TOKENS = 60, 40, 30
_KNOWN = re.compile(r"^- (r\d+): part (\d+) = (\d+)", re.M)
_HERE = re.compile(r"part (\d+) = (\d+)")
_ROUND = re.compile(r"this is round (\d+) of")


class Statistics(msgspec.Struct):
    """What kind of solver it is."""

    parts: int = 3
    finds: float = 0.5
    errs: float = 0.0
    lies: float = 0.0
    uses_python: bool = False
    """Whether what it finds is calculated, so that there is evidence."""
    rubbish: frozenset[int] = frozenset()
    """Rounds in which it babbles."""
    knowledge: bool = False
    """Whether it is always the same that it finds for a question, right or wrong, and believes."""
    tokens: int = 200
    """What a trail costs, if its limit allows; 0 takes all of the limit."""
    seed: int = 0


def question(number: int) -> str:
    """The question of that number."""
    return f"Task {number}: what is the sum of all parts?"


def value(number: int, part: int) -> int:
    """What a part of a question is, in truth."""
    return random.Random(f"{number}.{part}").randrange(1_000, 9_999)


def answer(number: int, parts: int) -> str:
    """The right answer to a question."""
    return str(sum(value(number, part) for part in range(1, parts + 1)))


def of_vote(votes: int, whole: float) -> float:
    """Right with two right votes; with one, where it is the first of all different ones."""
    exactly = [comb(votes, n) * whole**n * (1 - whole) ** (votes - n) for n in range(votes + 1)]
    return 1 - exactly[0] - exactly[1] * (1 - 1 / votes)


def of_deep(rounds: int, parts: int, finds: float, errs: float) -> float:
    """A part is missing, wrong or right; a wrong one is found out as often as one is found."""
    missing, wrong, right = 1.0, 0.0, 0.0
    for _ in range(rounds):
        missing, wrong, right = (
            missing * (1 - finds) + wrong * finds,
            wrong * (1 - finds) + missing * finds * errs,
            right + missing * finds * (1 - errs),
        )
    return right**parts


class Request(msgspec.Struct):
    """One request as the solver reads it."""

    body: Json
    number: int
    phase: str
    """`work`, `called`, `notes` or `final`."""
    round: int
    known: dict[int, tuple[str, int]]
    """Parts that the experience tells, with the names of the results."""
    claims: set[str]

    @property
    def text(self) -> str:
        return json.dumps(self.body["messages"], ensure_ascii=False)


def read(body: Json) -> Request:
    """What a request says."""
    messages = body["messages"]
    users = [str(m["content"]) for m in messages if m["role"] == "user"]
    system = " ".join(str(m["content"]) for m in messages if m["role"] == "system")
    task = re.search(r"Task (\d+)", " ".join(users))
    phase = "work"
    if NOTES in users[-1]:
        phase = "notes"
    elif FINAL in system:
        phase = "final"
    elif messages[-1]["role"] == "tool":
        phase = "called"
    told = users[-1] if phase != "notes" else " ".join(users)
    claims = told.partition("Said without evidence")[2].partition("\n\n")[0]
    told = told.partition("Overturned")[0]
    names = {match[1] for match in _KNOWN.finditer(claims)}
    known = {int(m[2]): (m[1], int(m[3])) for m in _KNOWN.finditer(told)}
    at = _ROUND.search(system)
    return Request(body, int(task[1]) if task else 0, phase, int(at[1]) if at else 1, known, names)


class Solver:
    """Answers requests; `asked` are those that came. `hold` is called before each answer."""

    def __init__(self, statistics: Statistics) -> None:
        self.statistics = statistics
        self.asked: list[Request] = []
        self.written = 0
        """Tokens in all."""
        self.hold: Callable[[Request], None] = lambda _request: None
        self.address = ""
        self.code = ""
        """What it runs before it calculates."""

    @property
    def settings(self) -> BackendSettings:
        return BackendSettings(
            kind="openai", base_url=f"http://{self.address}/v1", model=NAME, api_key="none"
        )

    def reply(self, body: Json) -> Json:
        """Text, calls and the tokens of a reply."""
        request = read(body)
        self.asked.append(request)
        self.hold(request)
        most = int(body.get("max_tokens") or 0) or 1_000_000
        drawn_by = "" if self.statistics.knowledge else body.get("seed")
        chance = random.Random(f"{self.statistics.seed} {request.number} {drawn_by}")
        said = {
            "work": self._work, "called": self._called, "notes": self._notes, "final": self._final
        }[request.phase](request, chance)  # fmt: skip
        cost = {"notes": NOTES_TOKENS, "final": FINAL_TOKENS}.get(request.phase)
        if cost is None:
            cost = CALL_TOKENS if said.get("code") else self.statistics.tokens or most
        said["tokens"] = min(cost, most)
        self.written += said["tokens"]
        return said

    def _work(self, request: Request, chance: random.Random) -> Json:
        s = self.statistics
        if request.round in s.rubbish:
            return {"text": "blah " * 20}
        found: dict[int, int] = {}
        lines = []
        for part in range(1, s.parts + 1):
            truth = value(request.number, part)
            lucky, wrong = chance.random() < s.finds, chance.random() < s.errs
            if part in request.known:
                name, known = request.known[part]
                if name in request.claims and lucky:
                    right = known == truth or s.knowledge
                    lines.append(f"checked {name} {'right' if right else 'wrong'}")
            elif lucky:
                found[part] = truth + 1 if wrong else truth
            elif chance.random() < s.lies:
                lines.append(f"lie: part {part} = {truth + 7}")
        if s.uses_python and found and "tools" in request.body:
            code = "\n".join(f'print("part {p} =", {v - 3} + 3)' for p, v in found.items())
            return {"text": "\n".join(lines), "code": f"{self.code}\n{code}".strip()}
        lines += [f"found part {p} = {v}" for p, v in found.items()]
        return {"text": self._with_answer(request, lines, found, chance)}

    def _called(self, request: Request, chance: random.Random) -> Json:
        output = str(request.body["messages"][-1]["content"])
        found = {int(m[1]): int(m[2]) for m in _HERE.finditer(output)}
        lines = [f"found part {p} = {v}" for p, v in found.items()]
        return {"text": self._with_answer(request, lines, found, chance)}

    def _with_answer(
        self, request: Request, lines: list[str], found: dict[int, int], chance: random.Random
    ) -> str:
        values = {part: known for part, (_, known) in request.known.items()} | found
        if len(values) == self.statistics.parts:
            return "\n".join([*lines, f"Answer: {sum(values.values())}"])
        return "\n".join([*lines, f"Answer: {chance.randrange(10**6, 10**7)}"])

    def _notes(self, request: Request, chance: random.Random) -> Json:
        said = "\n".join(
            str(m["content"]) for m in request.body["messages"] if m["role"] == "assistant"
        )
        if "blah" in said:
            return {"text": "blah " * 20}
        asked = str(request.body["messages"][-1]["content"])
        handles = re.findall(r"^\[(\d+\.\d+)\] python", asked, re.M)
        seen = f" [{handles[0]}]" if handles else ""
        lines = [f"RESULT: {m[0]}{seen}" for m in re.finditer(r"(?<=found )part \d+ = \d+", said)]
        lies = [m[0] for m in re.finditer(r"(?<=lie: )part \d+ = \d+", said)]
        made_up = chance.choice(["999.9", *handles])  # a handle of nothing, or of something else
        lines += [f"RESULT: {lie} [{made_up}]" for lie in lies]
        lines += [
            f"CHECKED: {m[1]} {m[2]}" + (" because it comes out differently" * (m[2] == "wrong"))
            for m in re.finditer(r"checked (r\d+) (right|wrong)", said)
        ]
        answers = re.findall(r"Answer: (\d+)", said)
        whole = bool(answers) and len(answers[-1]) < 7
        lines += [f"ANSWER: {answers[-1]}", "SURE: 0.9"] if whole else []
        lines.append("OPEN: none" if whole else "OPEN: the parts that are missing")
        return {"text": "\n".join(lines)}

    def _final(self, request: Request, chance: random.Random) -> Json:
        return {"text": self._with_answer(request, [], {}, chance)}


@contextmanager
def solver(statistics: Statistics) -> Iterator[Solver]:
    """Serve it on a port of loopback."""
    state = Solver(statistics)
    handler = type("Handler", (_Handler,), {"state": state})
    with _Server(("127.0.0.1", 0), handler) as server:
        state.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # many trails knock at once: one that is turned away waits a second


class _Handler(BaseHTTPRequestHandler):
    state: Solver
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": NAME}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.path.endswith("/chat/completions"):
            self._send(404, {"error": {"message": "no such path"}})
            return
        said = self.state.reply(body)
        deltas: list[Json] = [{"content": said["text"]}] if said["text"] else []
        if said.get("code"):
            arguments = json.dumps({"code": said["code"]})
            call = {"name": "python", "arguments": arguments}
            deltas.append({"tool_calls": [{"index": 0, "id": "call-1", "function": call}]})
        reason = "tool_calls" if said.get("code") else "stop"
        lines = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        lines.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        usage = {"prompt_tokens": len(json.dumps(body)) // 4, "completion_tokens": said["tokens"]}
        lines.append({"choices": [], "usage": usage})
        text = "".join(f"data: {json.dumps(line)}\n\n" for line in lines) + "data: [DONE]\n\n"
        self._write("text/event-stream", text.encode())

    def _send(self, status: int, reply: Json) -> None:
        self._write("application/json", json.dumps(reply).encode(), status)

    def _write(self, kind: str, content: bytes, status: int = 200) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            pass  # whoever asked is gone

    def log_message(self, *_arguments: object) -> None:
        pass
