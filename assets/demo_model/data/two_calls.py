"""Requests that take two calls, with thinking between them."""

from random import Random

from data import facts, memory, phrases, sums, topics, web, words
from data.dialogue import Step, Turn, output, wording
from data.topics import Topic

AND_REMEMBER = phrases.lines("two_calls", "and_remember")
CHANGES = [
    (
        [
            "double {}",
            "double {}?",
            "what is double {}?",
            "what is twice {}?",
            "what is {} times two?",
            "multiply {} by 2",
            "two times {}",
        ],
        "{v} * 2",
    ),
    (["half of {}", "what is half of {}?", "halve {}", "half {}"], "{v} / 2"),
    (["triple {}", "what is three times {}?", "what is triple {}?"], "{v} * 3"),
    (
        ["what is {} plus {n}?", "add {n} to {}", "{} plus {n}", "{} + {n}", "what is {} + {n}?"],
        "{v} + {n}",
    ),
    (["what is {} minus {n}?", "subtract {n} from {}", "{} minus {n}"], "{v} - {n}"),
    (
        [
            "what is {} times {n}?",
            "multiply {} by {n}",
            "{} times {n}",
            "{} * {n}",
            "how much is {} * {n}?",
        ],
        "{v} * {n}",
    ),
    (["what is {} divided by {n}?", "divide {} by {n}", "{} / {n}"], "{v} / {n}"),
    (["what is {n} percent of {}?", "{n}% of {}"], "{v} * {n} / 100"),
]
THEN = [
    ("{} and double the number", "{v} * 2"),
    ("{} and double it", "{v} * 2"),
    ("{}, then double it", "{v} * 2"),
    ("{} and double that", "{v} * 2"),
    ("{} and halve it", "{v} / 2"),
    ("{} and take half of it", "{v} / 2"),
    ("{}, divided by two", "{v} / 2"),
    ("{} and triple it", "{v} * 3"),
    ("{} and add {n}", "{v} + {n}"),
    ("{}, plus {n}", "{v} + {n}"),
    ("{} and add {n} to it", "{v} + {n}"),
    ("{} and subtract {n}", "{v} - {n}"),
    ("{} and multiply it by {n}", "{v} * {n}"),
    ("{}, times {n}", "{v} * {n}"),
    ("{} and divide it by {n}", "{v} / {n}"),
]


def _save_or_fail(draw: Random, text: str, thinking: str, done: str) -> tuple[Step, Step]:
    """Keep a sentence after something else was done; now and then the memory refuses."""
    step = memory.save(text, draw, thinking)
    if draw.random() < 0.08:
        message = sums.failure(draw, memory.SAVE_FAILURES)
        step = Step(thinking, "", step.tool, step.arguments, output(wording.error(message)))
        return step, Step(
            f"Saving failed: {message}. I say so.", f"{done} I could not save that: {message}"
        )
    return step, Step("It is saved. I tell both.", f"{done} I will remember that.")


def remember_result(draw: Random) -> Turn:
    """Compute, then keep the result."""
    worded, expression = sums.asked(draw)
    worded = draw.choice(AND_REMEMBER).format(worded.rstrip("?. ="))
    thought = (
        f"The user wants a sum and to remember it: {expression}. First I let Python compute it."
    )
    first = sums.compute(thought, expression)
    answer = sums.printed(expression)[1]
    if sums.failed(expression):
        return Turn("compute and remember", worded, (first, sums.told_failure(answer)))
    text = f"{expression} = {answer}"
    return Turn(
        "compute and remember",
        worded,
        (
            first,
            *_save_or_fail(
                draw, text, f"Python printed {answer}. Now I save the result.", text + "."
            ),
        ),
    )


def keep_and_compute(draw: Random) -> Turn:
    """Keep a fact, then compute."""
    said = memory.statement(draw)
    text = facts.sentence(said)
    worded, expression = sums.binary(draw)
    while sums.failed(expression):
        worded, expression = sums.binary(draw)
    asked = draw.choice(
        [
            "remember that {} and tell me what is {}",
            "remember that {}. What is {}?",
            "remember that {}, then calculate {}",
            "please remember that {}. And what is {}?",
            "remember that {} and calculate {}",
        ]
    ).format(said, worded)
    first = memory.save(
        text, draw, f"The user wants me to remember a fact and a sum. First I save: {text}"
    )
    second = sums.compute(f"It is saved. Now I let Python compute {expression}.", expression)
    answer = sums.printed(expression)[1]
    last = Step(
        f"Python printed {answer}. I tell both.",
        f"I will remember that: {text} {expression} = {answer}",
    )
    return Turn("remember and compute", asked, (first, second, last))


def _with_number(draw: Random) -> Topic:
    while True:
        made = topics.topic(draw)
        if (
            made.number
            and len(made.number) > 1
            and made.number in made.answer
            and made.question.rstrip("?") != made.entity
        ):
            return made


def look_up_and_compute(draw: Random) -> Turn:
    """Find a number, then change it."""
    made = _with_number(draw)
    lead = draw.choice(
        [
            "find {}",
            "look up {}",
            "search for {}",
            "find out {}",
            "search the web for {}",
            "Look up {}",
            "Find {}",
        ]
    )
    query = made.query
    if query.lower().startswith(("when", "how", "who", "where", "in ")):
        asked, lead = query, "find out {}" if lead[0] in "fF" else "look up {}"
    else:
        asked = draw.choice([query, f"the {query}"])
    frame, change = draw.choice(THEN)
    number = sums.figure(draw, small=True)
    question = frame.format(lead.format(asked), n=number)
    thought = f"The user wants something looked up and then a sum: {query}. First I search the web."
    chance = draw.random()
    if chance < 0.2:
        message = sums.failure(draw, web.FAILURES)
        step = Step(
            thought,
            tool="web_search",
            arguments={"query": query},
            result=output(wording.error(message)),
        )
        return Turn("look up and compute", question, (step, web.told_failure(message)))
    result, place = web.results(draw, made)
    first = Step(thought, tool="web_search", arguments={"query": query}, result=result)
    expression = change.format(v=made.number, n=number)
    second = sums.compute(
        f"{web.sought(made)} The results say: {web.cited(made.answer, place)}"
        f" Now I let Python compute {expression}.",
        expression,
    )
    answer = sums.printed(expression)[1]
    last = Step(
        f"Python printed {answer}. I tell both.",
        f"{web.cited(made.answer, place)} {expression} = {answer}",
    )
    return Turn("look up and compute", question, (first, second, last))


def look_up_and_keep(draw: Random) -> Turn:
    """Find something, then keep it."""
    made = topics.topic(draw)
    frame = draw.choice(
        [
            "{} and remember it",
            "{}, and remember it",
            "{} and save it",
            "{} and remember the answer",
            "{}, then remember it",
        ]
    )
    question = frame.format(made.question.rstrip("?."))
    thought = (
        f"The user wants something looked up and remembered: {made.query}. First I search the web."
    )
    if draw.random() < 0.2:
        message = sums.failure(draw, web.FAILURES)
        step = Step(
            thought,
            tool="web_search",
            arguments={"query": made.query},
            result=output(wording.error(message)),
        )
        return Turn("look up and remember", question, (step, web.told_failure(message)))
    result, place = web.results(draw, made)
    first = Step(thought, tool="web_search", arguments={"query": made.query}, result=result)
    rest = _save_or_fail(
        draw,
        made.answer,
        f"{web.sought(made)} The results say: {web.cited(made.answer, place)} Now I save it.",
        web.cited(made.answer, place),
    )
    return Turn("look up and remember", question, (first, *rest))


def _numbered(draw: Random) -> facts.Fact:
    while True:
        fact = facts.has(draw)
        if fact.number:
            return fact


def recall_and_compute(draw: Random) -> Turn:
    """Find a number of the user's own, then change it."""
    fact = _numbered(draw)
    frames, change = draw.choice(CHANGES)
    number = sums.figure(draw, small=True)
    question = memory.asked(draw, draw.choice(frames).format(f"my {fact.subject}", n=number))
    while question.isupper():
        question = question.lower()
    text = facts.sentence(fact.statement)
    expression = change.format(v=fact.number, n=number)
    found = f"{memory.about(fact.subject)} My memory says: {text}"
    second_thought = f"{found} Now I let Python compute {expression}."
    answer = sums.printed(expression)[1]
    last = Step(
        f"Python printed {answer}. I tell both.", f"{facts.told(text)} {expression} = {answer}"
    )
    others = facts.unrelated(draw, fact.subject, draw.choice([0, 0, 1, 2, 3]))
    if draw.random() < 0.3:
        shown = memory.dated(draw, memory.among(draw, text, others))
        only = sums.compute(
            f"{memory.about(fact.subject)} The recalled memories say: {text}"
            f" Now I let Python compute {expression}.",
            expression,
        )
        return Turn("recall and compute", question, (only, last), shown, closed=True)
    recalled = memory.dated(draw, facts.unrelated(draw, fact.subject, draw.choice([0, 0, 0, 1, 2])))
    if draw.random() < 0.2:
        lost = memory.lost(fact.subject)
        return Turn(
            "recall and compute",
            question,
            (memory.search(fact.subject, memory.listing(draw, others)), lost),
            recalled,
            closed=True,
        )
    first = memory.search(fact.subject, memory.listing(draw, memory.among(draw, text, others)))
    return Turn(
        "recall and compute",
        question,
        (first, sums.compute(second_thought, expression), last),
        recalled,
        closed=True,
    )


def again(draw: Random, before: str) -> Turn | None:
    """`Remember the result`, after a sum; none when there was no sum before."""
    if " = " not in before or before.count(" = ") > 1 or "[" in before or ":" in before:
        return None
    asked = draw.choice(
        [
            "remember that",
            "remember the result",
            "remember it",
            "save that",
            "please remember the result",
            "keep that in memory",
            "now remember the result",
            "save the result",
        ]
    )
    step = memory.save(
        before, draw, f"The user wants me to remember the last result: {before} I save it."
    )
    return Turn(
        "remember again",
        asked,
        (step, Step("It is saved. I confirm it.", f"I will remember that: {before}")),
    )


def turn(draw: Random) -> Turn:
    """One request of two calls."""
    kinds = [
        remember_result,
        look_up_and_compute,
        recall_and_compute,
        keep_and_compute,
        look_up_and_keep,
    ]
    return draw.choices(kinds, [3, 3, 3, 1.2, 1.5])[0](draw)


__all__ = ["again", "turn", "words"]
