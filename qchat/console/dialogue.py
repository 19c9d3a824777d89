"""A dialogue in a plain terminal: numbered options, and lines that complete paths."""

import sys
from collections.abc import Iterable, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from qchat.commands.dialogue import Closed, Complete
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal


class ConsoleDialogue:
    """Asks on the terminal; Ctrl+C and Ctrl+D leave it."""

    async def choose(
        self, question: str, options: Sequence[str], *, at: int = 0, header: str = ""
    ) -> int:
        wide = len(str(len(options)))
        lines = [f"{'':{wide}}  {header}"] if header else []
        lines += [f"{number:{wide}}  {option}" for number, option in enumerate(options, 1)]
        self.say("\n".join([question, *lines]))
        while True:
            answer = (
                await _line(tr("1 to {n} (Enter: {n2}): ", n=len(options), n2=at + 1))
            ).strip()
            if not answer:
                return at
            if answer.isdecimal() and 1 <= int(answer[:9]) <= len(options):
                return int(answer) - 1
            self.say(
                tr(
                    "{answer!r} is not one of the numbers. Ctrl+C leaves everything as it is.",
                    answer=answer,
                )
            )

    async def enter(
        self, question: str, *, secret: bool = False, complete: Complete | None = None
    ) -> str:
        return await _line(f"{question}: ", secret=secret, complete=complete)

    def say(self, text: str) -> None:
        sys.stdout.write(f"{sanitize_for_terminal(text)}\n")
        sys.stdout.flush()


class Silent:
    """Where nobody can be asked: a question is an error that says what to give instead.

    `key` is what was piped in; it answers the one question that is secret.
    """

    def __init__(self, key: str = "") -> None:
        self._key = key

    async def choose(
        self, question: str, options: Sequence[str], *, at: int = 0, header: str = ""
    ) -> int:
        del at, header
        known = "; ".join(option.strip() for option in options)
        raise UsageError(
            tr(
                "{question} Nobody can be asked here: say it in the command (qchat "
                "connect --help). There is: {known}.",
                question=question,
                known=known,
            )
        )

    async def enter(
        self, question: str, *, secret: bool = False, complete: Complete | None = None
    ) -> str:
        del complete
        if secret and self._key:
            key, self._key = self._key, ""
            return key
        where = tr("pipe it in") if secret else tr("say it in the command (qchat connect --help)")
        raise UsageError(
            tr("{question}: nobody can be asked here, so {where}.", question=question, where=where)
        )

    def say(self, text: str) -> None:
        sys.stderr.write(f"{sanitize_for_terminal(text)}\n")


class _Paths(Completer):
    def __init__(self, complete: Complete) -> None:
        self._complete = complete

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        del complete_event
        for whole in self._complete(document.text):
            yield Completion(whole, start_position=-len(document.text))


async def _line(question: str, *, secret: bool = False, complete: Complete | None = None) -> str:
    completer = _Paths(complete) if complete is not None else None
    session: PromptSession[str] = PromptSession(completer=completer, is_password=secret)
    try:
        return await session.prompt_async(question)
    except (KeyboardInterrupt, EOFError):
        raise Closed from None
