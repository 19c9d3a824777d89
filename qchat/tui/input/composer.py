"""Where one writes: what waits, what goes along, the commands offered, the prompt."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import OptionList, Static

from qchat.commands import CommandContext, Completion, complete, is_command, is_known
from qchat.conversation.attachments import (
    attachments,
    completions,
    exists,
    from_paste,
    not_attached,
)
from qchat.knowledge import mentions as knowledge
from qchat.protocol.draft import Draft
from qchat.protocol.errors import QchatError, UsageError
from qchat.protocol.events import Attached
from qchat.tui.input.chips import Chips
from qchat.tui.input.completions import MAX_OFFERED, Completions
from qchat.tui.input.history_search import HistorySearch
from qchat.tui.input.prompt import Prompt
from qchat.tui.input.queue import Queue
from qchat.tui.input.think_switch import ThinkSwitch


class _Dropped(NamedTuple):
    """The pasted texts as they were before some went, and what was written beside them."""

    beside: str
    pasted: tuple[Attached, ...]


class Composer(Vertical):
    """The prompt with what belongs to it; whoever holds it gets a `Drafted`."""

    class Drafted(Message):
        """This is to be sent."""

        def __init__(self, draft: Draft) -> None:
            super().__init__()
            self.draft = draft

    class Refused(Message):
        """It cannot be sent like this, and why."""

        def __init__(self, problem: str) -> None:
            super().__init__()
            self.problem = problem

    class Remarked(Message):
        """It was sent, and something about it is worth a word."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Begin(Message):
        """Put the beginning of a line into the prompt, for its writer to go on with."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    def __init__(self, place: Callable[[], CommandContext]) -> None:
        super().__init__(id="composer")
        self._place = place
        self._waiting: list[Draft] = []
        """The prompts that wait: the list belongs to whoever plays them."""
        self._pasted: list[Attached] = []
        self._dropped: list[_Dropped] = []
        """What was taken out since the last prompt was sent; undo brings it back."""
        self._instead: int | None = None
        self.outside = ""
        """What the user's own editor has saved so far; empty where none is open."""
        # Kept by name: a query would look in whatever screen is on top.
        self._queue = Queue()
        self._chips = Chips()
        self._completions = Completions()
        self._think = ThinkSwitch(lambda: place().session.think)
        vim = place().workspace.settings.vim
        self.prompt = Prompt(vim=vim)
        self.prompt.brings_back = self._bring_back
        self._named: tuple[str, tuple[Attached, ...]] = ("", ())
        """What was typed when it was last looked at, and the files that it names."""
        self._vim = Static("INSERT" if vim else "", id="vim", markup=False)
        self._vim.display = vim
        self._search = HistorySearch(self.prompt.past.found)

    def compose(self) -> ComposeResult:
        yield self._search
        yield self._queue
        yield self._chips
        yield self._completions
        with Horizontal(id="line"):
            yield self.prompt
            yield self._vim
            yield self._think

    # What is written

    def write(self, draft: Draft) -> None:
        """Put a draft back where it can be changed; what stood there can be had back by Up."""
        if self.prompt.text.strip() and self.prompt.text != draft.typed:
            self.prompt.past.add(self.prompt.text)
        self._drop(range(len(self._pasted)))
        self.prompt.put(draft.typed)
        self._pasted = [*draft.pasted]
        self._instead = draft.instead
        self._refresh()
        self.prompt.enter()

    @property
    def draft(self) -> Draft:
        """What stands there now, with the files that it names: what the next request would send."""
        text = self.prompt.text
        if is_command(text):
            return Draft("")
        if text != self._named[0]:
            self._named = (text, _named_files(text))
        pasted = tuple(self._pasted)
        return Draft(text, pasted, (*self._named[1], *pasted))

    @property
    def unsent(self) -> list[Draft]:
        """All that would be lost with the program, what stands in the prompt last."""
        *elsewhere, here = self.prompt.past.unsent(self.prompt.text)
        here = self.outside or here
        drafts = [Draft(text) for text in elsewhere]
        if self._pasted and not here.strip():
            here = self._pasted[0].name
        if here.strip():
            drafts.append(Draft(here, tuple(self._pasted), instead=self._instead))
        return drafts

    @property
    def pasted(self) -> tuple[Attached, ...]:
        """The texts that wait for the next prompt."""
        return tuple(self._pasted)

    def write_outside(self, text: str) -> None:
        """The user's own editor has saved this."""
        self.outside = text

    def take_change(self) -> Draft | None:
        """Take out what is to stand in the place of an earlier prompt; None without such."""
        if self._instead is None:
            return None
        draft = Draft(self.prompt.text, tuple(self._pasted), instead=self._instead, held=True)
        self._pasted, self._dropped, self._instead = [], [], None
        self.prompt.put("")
        self._refresh()
        return draft

    def forget_pasted(self) -> None:
        """The texts that waited for the next prompt have gone with a command."""
        self._pasted = []
        self._refresh()

    def switch_thinking(self) -> None:
        """Let the next message alone be thought about, or not."""
        self._think.switch()

    def refresh_state(self) -> None:
        """The session's own switches may have changed."""
        self._think.show()

    def _refresh(self) -> None:
        self._chips.show(self._pasted, self._instead)
        self.prompt.loaded = bool(self._pasted) or self._instead is not None

    def on_prompt_sent(self, message: Prompt.Sent) -> None:
        message.stop()
        self._close_completions()
        if is_command(message.text):
            self.post_message(self.Drafted(Draft(message.text)))
            return
        try:
            named = attachments(message.text, Path.cwd())
        except UsageError as error:
            self.prompt.put(message.text)
            self.post_message(self.Refused(f"{error}"))
            return
        text = message.text or self._pasted[0].name
        pasted = tuple(self._pasted)
        think = self._think.take()
        draft = Draft(text, pasted, (*named, *pasted), self._instead, think)
        self._pasted, self._dropped, self._instead = [], [], None
        self._refresh()
        self.post_message(self.Drafted(draft))
        for remark in not_attached(message.text, Path.cwd()):
            self.post_message(self.Remarked(remark))

    def on_prompt_pasted(self, message: Prompt.Pasted) -> None:
        self._pasted.append(from_paste(message.text, self._pasted))
        self._refresh()

    def on_prompt_dropped(self) -> None:
        self.on_chips_dropped(Chips.Dropped(len(self._pasted) - 1))

    def on_prompt_left(self) -> None:
        self.on_chips_dropped(Chips.Dropped(-1))

    def on_chips_dropped(self, message: Chips.Dropped) -> None:
        if message.place >= 0:
            self._drop([message.place])
        elif self._instead is not None:
            self._instead = None
            self.prompt.put("")
        self._refresh()

    def _drop(self, places: Sequence[int]) -> None:
        if places:
            self._dropped.append(_Dropped(self.prompt.text, tuple(self._pasted)))
            self._pasted = [text for n, text in enumerate(self._pasted) if n not in places]

    def _bring_back(self) -> bool:
        """Undo the last drop, if the text is as it was then: what was typed since goes first."""
        if not self._dropped or self._dropped[-1].beside != self.prompt.text:
            return False
        former = self._dropped.pop().pasted
        self._pasted = [*former, *(text for text in self._pasted if text not in former)]
        self._refresh()
        return True

    # What waits

    def show_waiting(self, waiting: list[Draft]) -> None:
        """Show the prompts that wait; Up in an empty prompt takes the last one out of the list."""
        self._waiting = waiting
        self._queue.show(waiting)

    def to_queue(self) -> None:
        """Walk the prompts that wait."""
        if self._waiting:
            self._queue.focus()

    def on_prompt_mode_changed(self, message: Prompt.ModeChanged) -> None:
        self._vim.update(message.text)

    def on_prompt_search_history(self) -> None:
        self._close_completions()
        self._search.open()

    def on_history_search_taken(self, message: HistorySearch.Taken) -> None:
        if message.text is not None:
            self.prompt.past.step(0, self.prompt.text)
            self.prompt.put(message.text)
        self.prompt.enter()

    def on_prompt_recall(self) -> None:
        if self._waiting:
            self._take_back(len(self._waiting) - 1)
        else:
            self.prompt.walk(-1)

    def on_queue_edited(self, message: Queue.Edited) -> None:
        self._take_back(message.place)

    def on_queue_removed(self, message: Queue.Removed) -> None:
        if message.place < len(self._waiting):
            draft = self._waiting.pop(message.place)  # its text stands in the history
            if draft.pasted:
                whole = (*self._pasted, *draft.pasted)
                self._dropped.append(_Dropped(self.prompt.text, whole))
        self._queue.show(self._waiting)
        if not self._waiting:
            self.prompt.enter()

    def _take_back(self, place: int) -> None:
        """Out of the queue, into the prompt; what stood there takes its place in the queue."""
        if place >= len(self._waiting):
            return
        draft = self._waiting.pop(place)
        pasted = tuple(self._pasted)
        if written := self.prompt.text.strip() or (pasted and pasted[0].name):
            self._waiting.insert(place, Draft(written, pasted, pasted, held=draft.held))
        self.write(draft)
        self._queue.show(self._waiting)

    # What is offered

    def on_prompt_complete(self) -> None:
        if line := self._completions.chosen:
            self._take_completion(line)

    def _take_completion(self, line: str) -> None:
        whole = " " in line or "@" in line
        self.prompt.rewrite(text := line if whole else f"{line} ", len(text))

    def on_text_area_changed(self) -> None:
        """Offer what a line that starts with a slash, or a text that ends in @…, may become."""
        text = self.prompt.text
        if text.startswith("/") and "\n" not in text:
            self._completions.offer(complete(text, self._place()), text)
        else:
            offered = self._at_offers(text) if self.prompt.at_end else []
            self._completions.offer([Completion(line, name=name) for line, name in offered], text)
        self._mark_offered(taken=self._completions.open and not _is_complete(text))

    def _at_offers(self, text: str) -> list[tuple[str, str]]:
        """Known folders for `@know:…`, and files."""
        with suppress(QchatError):  # a list of folders that cannot be read offers none
            known = knowledge.completions(text, self._place().workspace.library.names)
            return [*known, *completions(text, Path.cwd(), MAX_OFFERED)]
        return completions(text, Path.cwd(), MAX_OFFERED)

    def _mark_offered(self, *, taken: bool) -> None:
        """Enter takes the marked line, unless what is typed says something by itself."""
        self.prompt.completing = self._completions.open
        self.prompt.takes_mark = taken

    def on_prompt_choose(self, message: Prompt.Choose) -> None:
        if message.step:
            self._completions.move(message.step)
            self._mark_offered(taken=True)
        else:
            self._close_completions()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._take_completion(self._completions.line(event.option_index))
        self.prompt.enter()

    def _close_completions(self) -> None:
        self._completions.close()
        self._mark_offered(taken=False)


def _named_files(text: str) -> tuple[Attached, ...]:
    """The files that a text names so far; one that cannot go along is told when it is sent."""
    if "@" not in text:
        return ()
    try:
        return tuple(attachments(text, Path.cwd()))
    except UsageError:
        return ()


def _is_complete(text: str) -> bool:
    """Whether a text may be sent as it is, though more could be offered for it."""
    if text.startswith("/"):
        name, space, _ = text.partition(" ")
        return bool(space) or is_known(name.removeprefix("/"))
    word = text.rpartition("@")[2].strip('"')
    return not word or word == "know" or exists(word, Path.cwd())
