"""Python programs that the user gives to run."""

import ast
import contextlib
import io
from random import Random

from data import phrases, sums, words
from data.dialogue import Step, Turn, output, parts, wording

RUN = phrases.lines("programs", "run")


def _text(draw: Random) -> str:
    said = draw.choice(
        [
            "hi",
            "hello",
            "hello world",
            "test",
            words.single(draw),
            words.name(draw),
            f"{words.noun(draw)} {words.number(draw)}",
        ]
    )
    return said.replace('"', "").replace("'", "").replace("\\", "")


def program(draw: Random) -> str:
    """Draw a small program, that may fail."""
    a, b = sums.figure(draw, small=True), sums.figure(draw, small=True)
    text, mark = _text(draw), draw.choice("\"'")
    numbers = ", ".join(str(draw.randint(0, 99)) for _ in range(draw.randint(2, 5)))
    return draw.choice(
        [
            f"print({mark}{text}{mark})",
            f"print({mark}{text}{mark})",
            f"print({mark}{text}{mark})",
            f"print({a} {draw.choice('+-*')} {b})",
            f"print(len({mark}{text}{mark}))",
            f"len({mark}{text}{mark})",
            f"{mark}{text}{mark}.upper()",
            f"print({mark}{text}{mark}[::-1])",
            f"sum([{numbers}])",
            f"print(sum([{numbers}]))",
            f"sorted([{numbers}])",
            f"max([{numbers}])",
            f"print(max({numbers}))",
            f"for i in range({draw.randint(2, 5)}): print(i)",
            f"print(list(range({draw.randint(2, 9)})))",
            f"x = {a}; print(x * 2)",
            f"x = {a}\nprint(x + {b})",
            f"{a} / 0",
            f"print({a} // 0)",
            f"print({known_name(draw)})",
            f"int({mark}{words.letters(draw)}{mark})",
            f"round({a} / 7, 2)",
            f"print({a} > {b})",
            f"x = {a}",
        ]
    )


def known_name(draw: Random) -> str:
    """A name that Python does not know."""
    return "x_" + words.letters(draw)


def execute(code: str) -> tuple[str, str]:
    """Run a program as the kernel does: (result as read, the error's line or none)."""
    tree = ast.parse(code)
    space: dict[str, object] = {}
    printed = io.StringIO()
    out: list[parts.Part] = []
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(tree, "cell", "exec"), space)
            value = (
                eval(compile(ast.Expression(last.value), "cell", "eval"), space) if last else None
            )
    except Exception as failure:  # noqa: BLE001  whatever the drawn program raises is what is told
        line = code.splitlines()[-1]
        error = wording.python_error(
            type(failure).__name__, str(failure), len(code.splitlines()), line
        )
        return output(error), f"{type(failure).__name__}: {failure}"
    if printed.getvalue():
        out.append(parts.TextPart(printed.getvalue(), "stdout"))
    if value is not None:
        out.append(parts.TextPart(repr(value), "result"))
    return output(*out), ""


def turn(draw: Random) -> Turn:
    """Run what the user gives."""
    code = program(draw)
    result, error = execute(code)
    asked = (
        draw.choice(RUN)
        if "\n" not in code
        else draw.choice(["run this:\n{}", "run:\n{}", "run\n```python\n{}\n```"])
    ).format(code)
    step = Step(
        "The user gives a program. I run it with Python.",
        tool="python",
        arguments={"code": code},
        result=result,
    )
    if draw.random() < 0.06:
        message = sums.failure(draw, sums.FAILURES)
        step = Step(step.thinking, "", step.tool, step.arguments, output(wording.error(message)))
        return Turn("program", asked, (step, sums.told_failure(message)))
    if error:
        return Turn("program", asked, (step, sums.told_failure(error)))
    if result == wording.NO_OUTPUT:
        return Turn(
            "program", asked, (step, Step("It ran and printed nothing.", "It ran without output."))
        )
    last = Step(
        "The program ran. I tell its output.",
        f"Output:\n{result}" if "\n" in result else f"Output: {result}",
    )
    return Turn("program", asked, (step, last))


CLOCK = phrases.lines("programs", "clock")
NOW = "import datetime\nprint(datetime.datetime.now().strftime('%A, %d %B %Y, %H:%M'))"


def clock(draw: Random) -> Turn:
    """Tell the time and date, which only the machine knows."""
    day = f"{draw.choice(words.DAYS)}, {draw.randint(1, 31):02} {draw.choice(words.MONTHS)}"
    now = f"{day} {draw.randint(2024, 2035)}, {draw.randint(0, 23):02}:{draw.randint(0, 59):02}"
    step = Step(
        "The user asks for the time. I ask Python's clock.",
        tool="python",
        arguments={"code": NOW},
        result=output(parts.TextPart(now + "\n", "stdout")),
    )
    asked = draw.choice(CLOCK)
    asked = asked[0].upper() + asked[1:] if draw.random() < 0.3 else asked
    return Turn("clock", asked, (step, Step(f"Python printed {now}. I tell it.", f"It is {now}.")))
