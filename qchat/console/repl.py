"""The chat line by line, for dumb terminals, screen readers and people who like a scrollback."""

import asyncio
import signal
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from prompt_toolkit.application import in_terminal
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.document import Document
from prompt_toolkit.patch_stdout import patch_stdout

from qchat.commands import (
    Answer,
    CommandContext,
    Confirm,
    Converse,
    CopyText,
    Edit,
    EditOutside,
    LongWork,
    Open,
    Outcome,
    Quit,
    Reload,
    RunTurn,
    Show,
    ShowMessage,
    ShowSource,
    ShowTrail,
    Write,
    execute,
    is_command,
)
from qchat.commands.goal import unfinished
from qchat.console.dialogue import ConsoleDialogue
from qchat.console.keyboard import asked, teach
from qchat.console.line_completions import LineCompletions
from qchat.console.line_input import SILENCE_S, line_input
from qchat.console.line_output import line_output
from qchat.console.line_prompt import LinePrompt, PromptFile
from qchat.console.prompt_keys import prompt_keys
from qchat.console.question import LineQuestion, Stopped
from qchat.console.renderer import terminal_view
from qchat.console.typeahead import Typing
from qchat.conversation.attachments import (
    attachments,
    length,
    not_attached,
)
from qchat.conversation.session import Session
from qchat.conversation.unsent import KEEP_EVERY_S, UnsentTexts
from qchat.conversation.workspace import Workspace
from qchat.protocol.draft import Draft
from qchat.protocol.errors import QchatError, UsageError
from qchat.protocol.events import Attached, Event
from qchat.protocol.permission import Permission
from qchat.runtime.clipboard import copy
from qchat.runtime.editor import edited
from qchat.runtime.language import tr
from qchat.runtime.paths import private_dir
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat_tools.base import InputRequest

SHOWN_UNSENT = 200
"""Characters of a text that was not sent, in the line that says so."""
NO_CLIPBOARD = "No clipboard could be reached from here. /export writes the conversation to a file."


async def repl(workspace: Workspace, session_id: str | None, typing: Typing) -> int:
    """Chat until Ctrl+D or /quit; `typing` holds the terminal. Gives back the exit status."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(tr("qchat repl needs a terminal. In a pipe use: qchat ask."))
    return await Repl(workspace, workspace.open(session_id), typing).run()


class Repl:
    """One terminal, one session at a time."""

    def __init__(self, workspace: Workspace, session: Session, typing: Typing) -> None:
        self._workspace = workspace
        self._typing = typing
        self._place = CommandContext(workspace, session)
        self._editing: Edit | None = None
        """The earlier prompt that is being changed."""
        self._written = ""
        """What stands in the next prompt from the beginning."""
        self._pasted: list[Attached] = []
        """Long pastes that go along with the next prompt."""
        history = private_dir(workspace.paths.data_dir) / "history"
        history.touch(mode=0o600)
        self._history = PromptFile(str(history))
        self._prompt = LinePrompt(
            history=self._history,
            completer=LineCompletions(lambda: self._place),
            auto_suggest=AutoSuggestFromHistory(),
            key_bindings=prompt_keys(self._pasted, self._leave_editing, self._write_outside),
            enable_suspend=True,
            multiline=True,
            prompt_continuation="  ",
            rprompt=self._goes_along,
            input=line_input(typing),
            output=line_output(),
        )
        self._prompt.app.ttimeoutlen = SILENCE_S
        self._later: deque[str] = deque()
        """Lines that were sent while a question was open."""
        self._question = LineQuestion(self._prompt, self._later, typing)
        self._unsent = UnsentTexts(workspace.store, workspace.user)
        self._playing = False
        """Whether a turn runs."""
        self._doing: asyncio.Task[bool] | None = None
        teach()

    async def run(self) -> int:
        self._greet()
        self._continue(self._place.session)
        await self._check()
        beside = asyncio.create_task(self._reembed(), name="reembed")
        watching = asyncio.create_task(self._workspace.reading.run(), name="know")
        keeping = asyncio.create_task(self._keep_unsent(), name="unsent")
        try:
            return await self._chat()
        finally:
            beside.cancel()
            watching.cancel()
            keeping.cancel()
            self._keep()
            self._unsent.close()

    # What is written elsewhere

    async def _write_outside(self) -> None:
        """Let the user go on with the line in their own editor."""
        buffer = self._prompt.default_buffer
        async with in_terminal():
            try:
                text = await self._edited(buffer.text)
            except QchatError as error:
                _say(str(error))
                return
        buffer.document = Document(text, len(text))

    async def _edited(self, before: str) -> str:
        """What the user's own editor makes of a text. Raises UsageError."""
        try:
            return await edited(before, self._prompt.write_outside)
        except UsageError:
            if self._prompt.outside not in ("", before):
                self._history.append_string(self._prompt.outside)
            raise
        finally:
            if sys.exc_info()[0] is not asyncio.CancelledError:
                self._prompt.write_outside("")

    # What is not sent

    async def _keep_unsent(self) -> None:
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            self._keep()

    def _keep(self) -> None:
        """Keep what was written and not sent (decision 0093); no word that is asked in secret."""
        if self._playing and not self._question.open:
            self._typing.collect()
        drafts = [Draft(line) for line in (*self._later, *self._typing.lines)]
        if not self._question.secret:
            drafts += self._written_now()
        if said := self._unsent.keep([(self._place.session, drafts)]):
            with patch_stdout():
                _say(said)

    def _written_now(self) -> list[Draft]:
        """What stands in the prompt, and goes along with it."""
        *others, here = self._prompt.unsent
        drafts = [Draft(text) for text in others]
        if here.strip() or self._pasted:
            pasted = tuple(self._pasted)
            instead = self._editing.number if self._editing is not None else None
            drafts.append(Draft(here or pasted[0].name, pasted, instead=instead))
        return drafts

    def _bring_back(self, session: Session) -> None:
        """What was left unsent in a conversation is the newest of the history."""
        try:
            drafts = self._unsent.take(session)
        except QchatError as error:
            _say(str(error))
            return
        for draft in drafts:
            for text in draft.texts:
                self._history.append_string(text)
            _say(tr("not sent: {text}", text=" ".join(draft.text.split())[:SHOWN_UNSENT]))
        if drafts:
            _say(tr("It was not sent when qchat ended. Up brings it back, the last one first."))
        if not self._history.failed:
            self._keep()  # it is in the file of the history now

    async def _reembed(self) -> None:
        """Show what goes on below the prompt, and say when it is done, above it."""
        work = self._workspace.reembedding
        self._prompt.bottom_toolbar = None
        running = asyncio.create_task(work.run())
        try:
            while not running.done():
                await asyncio.wait([running], timeout=0.5)
                self._prompt.bottom_toolbar = work.shown or None
                self._prompt.app.invalidate()
        finally:
            running.cancel()
        with patch_stdout():
            try:
                said = running.result()
            except QchatError as error:
                said = str(error)
            if said:
                _say(said)

    async def _chat(self) -> int:
        while True:
            if self._later:
                line = self._later.popleft()
                _say(f"> {line}")
                if await self._take(line):
                    return 0
                continue
            try:
                with asked(self._prompt.app.output):
                    line = await self._prompt.read("> ", self._editable())
            except KeyboardInterrupt:
                self._leave_editing()
                self._put_by()
                continue
            except EOFError:
                return 0
            if problem := self._history.problem:
                _say(problem)
            line = line if line.strip() or not self._pasted else self._pasted[0].name
            if line.strip() and await self._take(line):
                return 0

    def _leave_editing(self) -> None:
        """The earlier prompt stays as it was."""
        self._editing = None

    def _put_by(self) -> None:
        """Long pastes that go along no more can be brought back by Up, as text."""
        for text in self._pasted:
            self._prompt.history.append_string(text.text)
        self._pasted.clear()

    def _goes_along(self) -> str:
        """What stands at the right of the prompt."""
        chips = [f"+ {text.name} · {length(text.text)}" for text in self._pasted]
        if self._editing is not None:
            number = self._editing.number
            chips.append(tr("instead of prompt {n}, Ctrl+C: as it was", n=number))
        return " ".join(chips)

    def _editable(self) -> str:
        written, self._written = self._written, ""
        return self._editing.prompt if self._editing is not None else written

    async def _take(self, line: str) -> bool:
        """Do what a line says; True ends the program."""
        task = self._doing = asyncio.create_task(self._do(line))
        with _interrupt_calls(task.cancel):
            await asyncio.wait([task])
        if task.cancelled():
            _say(tr("stopped"))
            return False
        return task.result()

    async def _do(self, line: str) -> bool:
        try:
            if not is_command(line):
                await self._play(self._answer(line))
                return False
            place = msgspec.structs.replace(self._place, pasted=tuple(self._pasted))
            return await self._show(await execute(line, place))
        except QchatError as error:
            _say(str(error))
            return False

    def _answer(self, line: str) -> AsyncGenerator[Event, None]:
        """Send a line, in place of an earlier prompt where one is being changed."""
        session, editing = self._place.session, self._editing
        attached = [*attachments(line, Path.cwd()), *self._pasted]
        for remark in not_attached(line, Path.cwd()):
            _say(remark)
        self._editing = None
        self._pasted.clear()
        if editing is not None:
            return session.edit(editing.number, line, attached)
        return session.send(line, attached)

    async def _show(self, outcome: Outcome) -> bool:
        match outcome:
            case ShowMessage() | Show() | ShowSource() | ShowTrail():
                _say(outcome.text)
            case RunTurn():
                if outcome.takes_pasted:
                    self._pasted.clear()
                await self._play(outcome.events)
            case Edit():
                self._editing = outcome
                self._put_by()
                self._pasted += outcome.pasted
            case Reload():
                self._continue(self._place.session)
                _say(outcome.text)
            case Open():
                session = self._workspace.open(outcome.session_id)
                self._place = CommandContext(self._workspace, session)
                self._leave_editing()
                self._continue(session)
            case Confirm():
                if await self._ask(outcome.question) in ("once", "session"):
                    return await self._show(await outcome.then())
                _say(tr("Nothing was done."))
            case LongWork():
                return await self._show(await outcome.run())
            case Converse():
                with self._typing.for_an_answer():
                    outcome = await outcome.run(ConsoleDialogue())
                self._workspace.keep_choices(self._place.session)
                return await self._show(outcome)
            case CopyText():
                _say(
                    outcome.said
                    if await asyncio.to_thread(copy, outcome.text)
                    else tr(NO_CLIPBOARD)
                )
            case EditOutside():
                self._written = await self._edited("")
            case Write():
                self._written = await self._edited(outcome.text)
            case Answer():
                _say(tr("Nothing is being asked."))
            case Quit():
                return True
        return False

    async def _play(self, events: AsyncGenerator[Event, None]) -> None:
        view = terminal_view()
        self._place.session.ask = self._ask
        self._place.session.ask_input = self._ask_line
        self._playing = True
        try:
            async for event in events:
                view.show(event)
        finally:
            self._playing = False

    async def _ask(self, question: str) -> Permission:
        try:
            return await self._question.permission(question, self._place)
        except Stopped:
            self._stop()
            return "no"

    async def _ask_line(self, request: InputRequest) -> str | None:
        try:
            return await self._question.line(request, self._place)
        except Stopped:
            self._stop()
            return None

    def _stop(self) -> None:
        if self._doing is not None:
            self._doing.cancel()

    def _greet(self) -> None:
        backend = self._place.session.backend
        _say(
            tr(
                "{name}: {model}. /help lists commands, Ctrl+D ends,",
                name=backend.name,
                model=backend.model,
            )
        )
        _say(tr("Enter sends; Shift+Enter, Alt+Enter or Ctrl+J breaks the line."))

    def _continue(self, session: Session) -> None:
        for turn in session.turns:
            _say(f"> {turn.typed}")
            view = terminal_view()
            for event in turn.events:
                view.show(event)
        left = unfinished(self._workspace, session)
        for remark in (*session.remarks, *([left] if left else [])):
            _say(remark)
        self._bring_back(session)

    async def _check(self) -> None:
        """A default that cannot answer is said before the first prompt, not after it."""
        session = self._place.session
        try:
            await session.backend.check()
        except QchatError as error:
            _say(str(error))
            if said := await self._workspace.fall_back(session, error):
                _say(said)


@contextmanager
def _interrupt_calls(stop: Callable[[], object]) -> Iterator[None]:
    """Let Ctrl+C stop a turn instead of the program."""
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, lambda _number, _frame: loop.call_soon_threadsafe(stop))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _say(text: str) -> None:
    sys.stdout.write(f"{sanitize_for_terminal(text)}\n")
    sys.stdout.flush()
