"""What the user sends: a command is run and its outcome shown, all else is for the model."""

from functools import partial

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
from qchat.protocol.draft import Draft
from qchat.protocol.errors import QchatError, TurnRunningError
from qchat.runtime.language import tr
from qchat.tui.background_work import start
from qchat.tui.base_app import BaseApp
from qchat.tui.dialogs.code_editor import CodeEditor
from qchat.tui.dialogs.dialogue import DialogueScreen
from qchat.tui.outside_editor import edit_outside
from qchat.tui.screen_layout import ScreenLayout
from qchat.tui.session_questions import SessionQuestions
from qchat.tui.session_switcher import SessionSwitcher
from qchat.tui.state_display import StateDisplay
from qchat.tui.transcript.turn_queue import TurnQueue
from qchat.tui.transcript_actions import TranscriptActions


class CommandRunner:
    """Shows each kind of outcome in the way of this interface."""

    def __init__(
        self,
        app: BaseApp,
        layout: ScreenLayout,
        state: StateDisplay,
        switcher: SessionSwitcher,
        questions: SessionQuestions,
        actions: TranscriptActions,
    ) -> None:
        self._app = app
        self._layout = layout
        self._state = state
        self._switcher = switcher
        self._questions = questions
        self._actions = actions

    async def submit(self, draft: Draft, queue: TurnQueue) -> None:
        """Do what a prompt says: a command at once, the rest in its turn."""
        if is_command(draft.text):
            await self.run(draft.text, queue)
        elif queue.busy:
            self._wait(draft, queue)
            if queue.session.oversight is not None:
                said = tr("It waits until the goal is over. /goal say TEXT tells the model now.")
                self._app.notify(said)
        else:
            queue.ask(draft)

    def _wait(self, draft: Draft, queue: TurnQueue) -> None:
        queue.waiting.append(draft)
        self._state.refresh()

    async def run(self, line: str, queue: TurnQueue) -> None:
        """Run a command in a session, and show what comes of it."""
        try:
            pasted = self._layout.composer.pasted
            context = CommandContext(self._app.workspace, queue.session, pasted)
            outcome = await execute(line, context)
        except TurnRunningError as error:
            # It is done at the end of the turn, and stands in line with the prompts until then.
            # The answer may be whole on the screen while its turn is still being closed.
            if queue.busy:
                self._wait(Draft(line), queue)
            else:
                queue.notice(str(error), "warning")
        except QchatError as error:
            queue.notice(str(error), "warning")
            self._layout.conversation.follow()
        else:
            await self.show(outcome, line, queue)

    async def show(self, outcome: Outcome, line: str, queue: TurnQueue) -> None:
        """Show what has come of a command line, in the session that it was for."""
        match outcome:
            case ShowMessage():
                queue.notice(outcome.text, memory=outcome.memory)
                self._layout.conversation.follow()
            case RunTurn():
                if queue.play_or_wait(outcome, Draft(line)) and outcome.takes_pasted:
                    self._layout.composer.forget_pasted()
            case Edit():
                draft = Draft(outcome.prompt, outcome.pasted, instead=outcome.number)
                self._layout.composer.write(draft)
            case Write():
                self._layout.composer.write(Draft(outcome.text))
            case Reload():
                if queue.shown:
                    queue.show()
                queue.notice(outcome.text)
            case Open():
                self._switcher.open(outcome.session_id)
            case Confirm() | LongWork():
                start(self._app, partial(self._worked, outcome, line, queue))
            case Converse():
                self.converse(outcome, queue)
            case Answer():
                self._questions.answer(outcome)
            case CopyText():
                self._app.copy_to_clipboard(outcome.text)
                self._app.notify(outcome.said, timeout=2)
            case EditOutside():
                await edit_outside(self._app, self._layout)
            case ShowSource():
                self._actions.open_source(outcome.number)
            case ShowTrail():
                self._actions.open_trail(outcome.turn)
            case Show():
                await self._open_view(outcome.view, queue)
            case Quit():
                self._app.exit(0)
        self._app.restyle()
        self._state.refresh()

    async def _open_view(self, view: str, queue: TurnQueue) -> None:
        match view:
            case "help":
                self._layout.help()
            case "run":
                editor = CodeEditor(self._layout.code, self._layout.write_code)
                self._app.push_screen(editor, partial(self._run_code, queue))
            case "thinking":
                self._layout.conversation.fold_all("thinking")
            case "connect":
                self._layout.open_welcome()
            case panel:
                await self._layout.open_panel(panel)

    async def _run_code(self, queue: TurnQueue, code: str | None) -> None:
        if code and code.strip():
            self._layout.write_code("")
            await self.run(f"/run {code}", queue)

    async def _worked(self, work: Confirm | LongWork, line: str, queue: TurnQueue) -> None:
        """Do it, where it is to be asked for if that is allowed; it may take long."""
        if isinstance(work, Confirm) and not await self._allowed(work):
            self._layout.conversation.notice(tr("Nothing was done."))
            return
        try:
            outcome = await (work.then() if isinstance(work, Confirm) else work.run())
        except QchatError as error:
            self._layout.conversation.notice(str(error), "warning")
        else:
            await self.show(outcome, line, queue)

    async def _allowed(self, confirm: Confirm) -> bool:
        return await self._layout.questions.ask(confirm.question) in ("once", "session")

    def converse(self, steps: Converse, queue: TurnQueue) -> None:
        """Ask step by step on a screen of its own."""
        screen = DialogueScreen(steps.title, steps.run)
        self._app.push_screen(screen, partial(self._conversed, queue))

    async def _conversed(self, queue: TurnQueue, outcome: Outcome | None) -> None:
        if outcome is not None:
            self._layout.close_welcome()
            self._layout.prompt.enter()
            self._app.workspace.keep_choices(queue.session)
            await self.show(outcome, "", queue)
            await self._switcher.start(queue.session)
