"""Sums in many wordings; the result is always what Python prints."""

import math
from random import Random

from data import phrases, words
from data.dialogue import Step, Turn, output, parts, wording

FRAMES = phrases.lines("sums", "frames")
WORDS = {
    "+": [
        "{} plus {}",
        "the sum of {} and {}",
        "{} and {} added together",
        "{} + {}",
        "{}+{}",
        "{} plus {}",
        "{} added to {}",
    ],
    "-": [
        "{} minus {}",
        "{} less {}",
        "the difference between {} and {}",
        "{} - {}",
        "{}-{}",
        "{} take away {}",
    ],
    "*": [
        "{} times {}",
        "{} multiplied by {}",
        "the product of {} and {}",
        "{} x {}",
        "{} × {}",
        "{}*{}",
        "{} * {}",
        "{}x{}",
        "{} X {}",
        "{} multiplied with {}",
    ],
    "/": [
        "{} divided by {}",
        "{} over {}",
        "{} / {}",
        "{}/{}",
        "{} ÷ {}",
        "the quotient of {} and {}",
        "{} : {}",
    ],
    "//": ["{} // {}", "{}//{}", "the whole number part of {} divided by {}"],
    "%": [
        "{} mod {}",
        "{} modulo {}",
        "{} % {}",
        "the remainder of {} divided by {}",
        "the remainder of {} / {}",
    ],
    "**": [
        "{} to the power of {}",
        "{} ** {}",
        "{}**{}",
        "{} ^ {}",
        "{}^{}",
        "{} raised to the power of {}",
        "{} to the power {}",
    ],
}
GERMAN = {
    "+": "{} plus {}",
    "-": "{} minus {}",
    "*": "{} mal {}",
    "/": "{} geteilt durch {}",
    "**": "{} hoch {}",
}
CHINESE = {"+": "{}加{}", "-": "{}减{}", "*": "{}乘以{}", "/": "{}除以{}", "**": "{}的{}次方"}
STORIES = phrases.lines("sums", "stories")


def figure(draw: Random, small: bool = False) -> str:
    """Draw a number: mostly short and whole, sometimes long, with decimals."""
    chance = draw.random()
    if small or chance < 0.7:
        return str(draw.randint(1, 10 ** draw.choice([1, 2, 2, 3, 3])))
    if chance < 0.9:
        return str(draw.randrange(10 ** draw.randint(3, 7)))
    if chance < 0.98:
        whole = draw.randrange(10 ** draw.randint(1, 4))
        return f"{whole}.{draw.randrange(1, 10 ** draw.randint(1, 3))}"
    return str(draw.randrange(10 ** draw.randint(9, 12)))


def operands(draw: Random, sign: str) -> tuple[str, str]:
    """Draw two numbers for an operation, small enough that the result is printable."""
    if sign == "**":
        return str(draw.choice([2, 2, 3, 5, draw.randint(2, 99)])), str(
            draw.randint(2, draw.choice([4, 9, 20]))
        )
    first, second = figure(draw), figure(draw, small=sign in ("//", "%"))
    if float(second) == 0 and sign in ("/", "//", "%") and draw.random() < 0.9:
        second = "7"
    if sign == "/" and float(second) and draw.random() < 0.7:
        first = str(draw.randint(1, 500) * max(int(float(second)), 1))
    return first, second


def said(draw: Random, number: str) -> str:
    """Write a number as people do: now and then with commas between thousands."""
    if number.isdigit() and len(number) > 3 and draw.random() < 0.15:
        return f"{int(number):,}"
    return number


def binary(draw: Random) -> tuple[str, str]:
    """One operation: its wording and its Python expression."""
    sign = draw.choices(list(WORDS), [5, 4, 6, 4, 0.6, 1.2, 1.5])[0]
    first, second = operands(draw, sign)
    words_ = draw.choice(WORDS[sign]).format(said(draw, first), said(draw, second))
    return words_, f"{first} {sign} {second}"


def other_tongue(draw: Random) -> tuple[str, str]:
    """One operation in German or Chinese words."""
    sign = draw.choice(list(GERMAN))
    first, second = operands(draw, sign)
    return draw.choice([GERMAN, CHINESE])[sign].format(first, second), f"{first} {sign} {second}"


def chain(draw: Random) -> tuple[str, str]:
    """Three to five numbers, some in parentheses, written tightly or loosely."""
    numbers = [figure(draw, small=draw.random() < 0.7) for _ in range(draw.randint(3, 5))]
    signs = [draw.choice("+++---***/") for _ in numbers[1:]]
    start = draw.randrange(len(numbers) - 1)
    grouped = draw.random() < 0.55
    expression = ""
    for index, number in enumerate(numbers):
        expression += f" {signs[index - 1]} " if index else ""
        expression += "(" if grouped and index == start else ""
        expression += number + (")" if grouped and index == start + 1 else "")
    shown = expression
    chance = draw.random()
    if chance < 0.3:
        shown = expression.replace(" ", "")
    elif chance < 0.45:
        shown = expression.replace("*", draw.choice("x×")).replace("/", "÷")
    elif chance < 0.6 and not grouped:
        spoken = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
        shown = " ".join(spoken.get(token, token) for token in expression.split())
    return shown, expression


def listed(draw: Random) -> tuple[str, str]:
    """Several numbers in a list, to be added or multiplied."""
    numbers = [figure(draw, small=draw.random() < 0.8) for _ in range(draw.randint(3, 5))]
    row = f"{', '.join(numbers[:-1])} and {numbers[-1]}"
    worded, sign = draw.choice(
        [
            ("the sum of {}", "+"),
            ("the total of {}", "+"),
            ("{} added up", "+"),
            ("{} together", "+"),
            ("the product of {}", "*"),
            ("{} multiplied together", "*"),
        ]
    )
    return worded.format(row), f" {sign} ".join(numbers)


def share(draw: Random) -> tuple[str, str]:
    """Percentages."""
    part, whole = str(draw.randint(1, 150)), figure(draw)
    worded = draw.choice(
        ["{}% of {}", "{} % of {}", "{} percent of {}", "{}% from {}", "{} per cent of {}"]
    )
    return worded.format(part, said(draw, whole)), f"{whole} * {part} / 100"


def multiple(draw: Random) -> tuple[str, str]:
    """Double, half, squares, roots."""
    number = figure(draw)
    if draw.random() < 0.5:
        number = str(draw.randint(1, 99) ** 2)
    worded, expression = draw.choice(
        [
            ("double {}", "{} * 2"),
            ("twice {}", "{} * 2"),
            ("the double of {}", "{} * 2"),
            ("triple {}", "{} * 3"),
            ("three times {}", "{} * 3"),
            ("half of {}", "{} / 2"),
            ("a half of {}", "{} / 2"),
            ("half {}", "{} / 2"),
            ("a third of {}", "{} / 3"),
            ("a quarter of {}", "{} / 4"),
            ("{} squared", "{} ** 2"),
            ("the square of {}", "{} ** 2"),
            ("{} cubed", "{} ** 3"),
            ("the square root of {}", "math.sqrt({})"),
            ("square root of {}", "math.sqrt({})"),
            ("sqrt({})", "math.sqrt({})"),
            ("sqrt {}", "math.sqrt({})"),
            ("the root of {}", "math.sqrt({})"),
        ]
    )
    return worded.format(said(draw, number)), expression.format(number)


def turned(draw: Random) -> tuple[str, str]:
    """Orders that name the numbers in another order than the expression."""
    first, second = figure(draw), figure(draw)
    worded, expression = draw.choice(
        [
            ("subtract {} from {}", "{1} - {0}"),
            ("take {} from {}", "{1} - {0}"),
            ("add {} to {}", "{1} + {0}"),
            ("add {} and {}", "{0} + {1}"),
            ("multiply {} by {}", "{0} * {1}"),
            ("multiply {} and {}", "{0} * {1}"),
            ("multiply {} with {}", "{0} * {1}"),
            ("divide {} by {}", "{0} / {1}"),
            ("I divide {} by {}, what is it?", "{0} / {1}"),
            ("if I multiply {} by {}, what do I get?", "{0} * {1}"),
            ("if you add {} to {}, what is it?", "{1} + {0}"),
        ]
    )
    worded = worded.format(said(draw, first), said(draw, second))
    return worded, expression.format(first, second if float(second) else "3")


def story(draw: Random) -> tuple[str, str]:
    """A small word problem."""
    line, sign = draw.choice(STORIES).rsplit("|", 1)
    first, second = str(draw.randint(2, 10 ** draw.choice([1, 2, 3]))), str(draw.randint(2, 99))
    worded = line.format(
        a=first, b=second, n=words.noun(draw), name=words.single(draw), other=words.single(draw)
    )
    return worded, f"{second} * {first}" if sign == "*=" else f"{first} {sign} {second}"


def asked(draw: Random) -> tuple[str, str]:
    """Draw a whole request with its expression."""
    chance = draw.random()
    if chance < 0.12:
        return cased(draw, story(draw))
    if chance < 0.2:
        worded, expression = turned(draw)
        frame = draw.choice(["{}", "{}.", "please {}", "can you {}?", "{} please", "Please {}."])
        return cased(draw, (frame.format(worded), expression))
    kinds = [binary, chain, share, multiple, other_tongue, listed]
    worded, expression = draw.choices(kinds, [8, 3, 1.2, 2, 1, 0.8])[0](draw)
    return cased(draw, (draw.choice(FRAMES).format(worded), expression))


def cased(draw: Random, request: tuple[str, str]) -> tuple[str, str]:
    """Write the request in small or large letters now and then; `X` still multiplies."""
    worded, expression = request
    chance = draw.random()
    if chance < 0.15:
        worded = worded.lower()
    elif chance < 0.22:
        worded = worded.upper()
    elif chance < 0.32:
        worded = worded[0].upper() + worded[1:]
    return worded, expression


def program(expression: str) -> str:
    """The Python program for an expression."""
    start = "import math\n" if "math." in expression else ""
    return f"{start}print({expression})"


def printed(expression: str) -> tuple[str, str]:
    """What the kernel says: (result as the model reads it, the number or the error's line)."""
    code = program(expression)
    try:
        answer = str(eval(expression, {"math": math}))
    except (ArithmeticError, ValueError) as failure:
        line = code.splitlines()[-1]
        error = wording.python_error(
            type(failure).__name__, str(failure), len(code.splitlines()), line
        )
        return output(error), f"{type(failure).__name__}: {failure}"
    return output(parts.TextPart(answer + "\n", "stdout")), answer


def failed(expression: str) -> bool:
    """Whether Python refuses the expression."""
    return printed(expression)[0].startswith("Error:")


def compute(thinking: str, expression: str) -> Step:
    """The step that calls Python with an expression."""
    return Step(
        thinking,
        tool="python",
        arguments={"code": program(expression)},
        result=printed(expression)[0],
    )


FAILURES = phrases.lines("sums", "failures")


def failure(draw: Random, known: list[str]) -> str:
    """Draw a tool's failure: known wordings, and ones never seen, since it must copy them."""
    if draw.random() < 0.3:
        happened = draw.choice(["failed", "refused", "is missing", "was lost"])
        return f"{words.noun(draw)} {happened}: {words.value(draw)}"
    return draw.choice(known).format(draw.choice([5, 10, 20, 30, 60, 120]))


def turn(draw: Random) -> Turn:
    """One sum."""
    worded, expression = asked(draw)
    return solved(draw, "sum", worded, expression)


def solved(draw: Random, topic: str, worded: str, expression: str) -> Turn:
    """The replies to a sum: compute, then tell the number or the failure."""
    first = compute(f"The user wants a sum: {expression}. I let Python compute it.", expression)
    if draw.random() < 0.04:
        message = failure(draw, FAILURES)
        broken = Step(
            first.thinking, "", first.tool, first.arguments, output(wording.error(message))
        )
        return Turn(topic, worded, (broken, told_failure(message)))
    if failed(expression):
        return Turn(topic, worded, (first, told_failure(printed(expression)[1])))
    answer = printed(expression)[1]
    return Turn(
        topic,
        worded,
        (first, Step(f"Python printed {answer}. I give the result.", f"{expression} = {answer}")),
    )


def told_failure(message: str) -> Step:
    """The honest answer after Python failed."""
    return Step(f"Python failed: {message}. I say so.", f"Python could not do that: {message}")


def follow_up(draw: Random, before: str) -> Turn | None:
    """A next request that speaks of the result before, or none when there was no number."""
    if " = " not in before:
        return None
    result = before.rsplit(" = ", 1)[1]
    number = figure(draw, small=True)
    worded, expression = draw.choice(
        [
            ("double that", "{r} * 2"),
            ("and double that?", "{r} * 2"),
            ("now halve it", "{r} / 2"),
            ("and half of it?", "{r} / 2"),
            ("add {n} to that", "{r} + {n}"),
            ("plus {n}", "{r} + {n}"),
            ("now add {n}", "{r} + {n}"),
            ("minus {n}", "{r} - {n}"),
            ("times {n}", "{r} * {n}"),
            ("and times {n}?", "{r} * {n}"),
            ("multiply it by {n}", "{r} * {n}"),
            ("divide that by {n}", "{r} / {n}"),
        ]
    )
    return solved(draw, "sum again", worded.format(n=number), expression.format(r=result, n=number))
