"""Runs the program that an answer gives against its tests, in the sandbox of the model's code.

Each answer gets a kernel of its own, in a folder of its own: nothing of one reaches the next.
"""

import json
import secrets
import shutil
from contextlib import aclosing

from qchat.config.settings import Settings
from qchat.evaluation.graders import code_in
from qchat.evaluation.question import CodeTests, Verdict
from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths, private_dir
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.kernel.link import KernelError
from qchat_tools.parts import TextPart
from qchat_tools.sandbox.guard import Limits
from qchat_tools.sandbox.sandbox import find_sandbox

STARTS_S = 20.0
"""For all that is not the program: a kernel, processes."""

_HARNESS = '''
import json as _json, pathlib as _pathlib, subprocess as _subprocess, sys as _sys
def _qchat_tests(source, asserts, cases, function, timeout_s, mark):
    _pathlib.Path("answer.py").write_text(source, encoding="utf-8")
    _pathlib.Path("driver.py").write_text(_DRIVER, encoding="utf-8")
    for place, (given, wanted) in enumerate(cases or [("", "")], 1):
        where = f"test {place} of {len(cases)}: " if cases else ""
        plain = not (asserts or function)
        argv = ["answer.py"] if plain else ["driver.py"]
        if not plain:  # by the way that the program itself does not see
            given = _json.dumps([mark, function, asserts, given])
        try:
            done = _subprocess.run(
                [_sys.executable, "-X", "utf8", *argv], input=given, capture_output=True,
                text=True, encoding="utf-8", errors="replace", timeout=timeout_s,
            )
        except _subprocess.TimeoutExpired:
            return f"{where}stopped after the time limit of {timeout_s:g} s"
        said = done.stdout
        if plain and done.returncode == 0:
            right = _same(said, wanted)
        elif mark in said:
            said = said.rpartition(mark)[2].strip()
            right = asserts or _json.loads(said) == _json.loads(wanted)
        else:
            why = (done.stderr.strip().splitlines() or ["it ended before its tests did"])[-1]
            return f"{where}{why[:200]}"
        if not right:
            return f"{where}{said[:200]!r}, and not {wanted[:200]!r}"
    return ""
def _same(got, wanted):
    ours, theirs = got.split(), wanted.split()
    if len(ours) != len(theirs):
        return False
    for one, other in zip(ours, theirs):
        try:
            if one != other and not ("." in other and abs(float(one) - float(other)) <= 1e-6):
                return False
        except ValueError:
            return False
    return True
_DRIVER = """
import json, sys
def run(mark, function, asserts, given):
    scope = {"__name__": "answer"}
    exec(compile(open("answer.py", encoding="utf-8").read(), "answer.py", "exec"), scope)
    if asserts:
        exec(compile(asserts, "tests.py", "exec"), scope)
        print(mark)
        return
    call = scope.get(function)
    if call is None and "Solution" in scope:
        call = getattr(scope["Solution"](), function, None)
    if call is None:
        raise NameError(f"there is no function {function}")
    values = [json.loads(line) for line in given.splitlines() if line.strip()]
    print(mark, json.dumps(call(*values)))
run(*json.loads(sys.stdin.read()))
"""
'''
"""Runs in the kernel, that is, in its sandbox; each test is a process of its own."""


async def code_tests(grader: CodeTests, reply: str, settings: Settings, paths: Paths) -> Verdict:
    """Whether the reply's program passes all tests. Raises QchatError where no kernel starts."""
    source = code_in(reply)
    if not source.strip():
        return Verdict(False, "", "there is no program in the reply")
    mark = secrets.token_hex(8)
    timeout_s = STARTS_S + grader.timeout_s * max(1, len(grader.cases))
    kernel = open_kernel(settings, paths, f"tests-{mark}", timeout_s)
    if kernel.sandbox is None:
        raise no_sandbox()
    try:
        why = await _why_not(kernel, _program(grader, source, mark), mark)
    finally:
        await kernel.aclose()
        shutil.rmtree(kernel.work_dir, ignore_errors=True)
    return Verdict(not why, source[:200], why)


def no_sandbox() -> QchatError:
    """Why nothing that a model or a set wrote is run."""
    return QchatError(
        tr(
            "A model's programs are only tested in a sandbox, and this machine has "
            "none. `qchat doctor` says what is missing."
        )
    )


def open_kernel(
    settings: Settings, paths: Paths, name: str, timeout_s: float | None = None
) -> Kernel:
    """A kernel for an evaluation alone, in a folder of its own; it starts with its first run."""
    python = settings.python
    return Kernel(
        private_dir(paths.work_dir / name),
        files_dir=paths.files_dir,
        sandbox=find_sandbox(python.sandbox),
        timeout_s=timeout_s or python.timeout_s,
        limits=Limits(python.memory_mb << 20, python.folder_mb << 20),
    )


def _program(grader: CodeTests, source: str, mark: str) -> str:
    cases = [(case.input, case.output) for case in grader.cases]
    data = [source, grader.code, cases, grader.function, grader.timeout_s, secrets.token_hex(8)]
    call = f"_why = _qchat_tests(*_json.loads({json.dumps(data)!r}))"
    return "\n".join([_HARNESS.strip(), call, f"print({mark!r}, _why or 'passed')"])


async def _why_not(kernel: Kernel, program: str, mark: str) -> str:
    """What is wrong; empty where all tests passed."""
    texts: list[str] = []
    errors: list[str] = []
    try:
        async with aclosing(kernel.execute(program)) as parts:
            async for part in parts:
                if isinstance(part, TextPart):
                    (errors if part.stream == "error" else texts).append(part.text)
    except KernelError as error:
        return str(error)
    said = "".join(texts)
    if mark in said:
        verdict = said.rpartition(mark)[2].strip()
        return "" if verdict == "passed" else verdict
    return (errors[-1] if errors else said or "it ended before its tests did").strip()[:300]
