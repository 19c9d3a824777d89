"""What keys do at a plain prompt, where it is not what prompt_toolkit does."""

from collections.abc import Callable, Coroutine
from itertools import islice
from typing import Any

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.filters import Condition, is_searching
from prompt_toolkit.key_binding import (
    ConditionalKeyBindings,
    KeyBindings,
    KeyBindingsBase,
    KeyPressEvent,
    merge_key_bindings,
)
from prompt_toolkit.key_binding.bindings.named_commands import get_by_name
from prompt_toolkit.keys import Keys
from prompt_toolkit.utils import is_dumb_terminal

from qchat.console.keyboard import take_colours_as_text
from qchat.console.line_prompt import elsewhere
from qchat.conversation.attachments import from_paste, is_long
from qchat.protocol.events import Attached


def prompt_keys(
    pasted: list[Attached],
    cleared: Callable[[], None],
    write_outside: Callable[[], Coroutine[Any, Any, None]],
) -> KeyBindingsBase:
    """Keys of our own; a long paste goes to `pasted`, and Ctrl+C that clears calls `cleared`.

    In a search of the history Enter, Ctrl+C and the others are the search's own.
    """
    always = KeyBindings()
    take_colours_as_text(always)
    return merge_key_bindings(
        [always, ConditionalKeyBindings(_at_prompt(pasted, cleared, write_outside), ~is_searching)]
    )


def _at_prompt(
    pasted: list[Attached],
    cleared: Callable[[], None],
    write_outside: Callable[[], Coroutine[Any, Any, None]],
) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _send(event: KeyPressEvent) -> None:
        _keep_what_stands_elsewhere(event.current_buffer)
        event.current_buffer.validate_and_handle()

    @keys.add("c-c")
    def _clear(event: KeyPressEvent) -> None:
        """What is cleared can be brought back by Up."""
        buffer = event.current_buffer
        if buffer.text:
            _keep_what_stands_elsewhere(buffer)
            buffer.append_to_history()
            buffer.reset()
            cleared()
        else:
            event.app.exit(exception=KeyboardInterrupt())

    @keys.add("tab")
    def _complete(event: KeyPressEvent) -> None:
        """Take the only one there is, also before its menu has come: some type fast."""
        buffer = event.current_buffer
        menu = buffer.complete_state
        if menu is None or not menu.completions:
            asked = CompleteEvent(completion_requested=True)
            offered = buffer.completer.get_completions(buffer.document, asked)
            only = list(islice(offered, 2))
            if len(only) == 1:
                buffer.apply_completion(only[0])
                return
        get_by_name("menu-complete").call(event)

    @keys.add("escape", "enter")
    @keys.add("c-j")
    def _break(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add("c-x", "c-e")
    def _write_outside(event: KeyPressEvent) -> None:
        """In $EDITOR; what comes of it stands in the prompt, and is not sent at once."""
        event.app.create_background_task(write_outside())

    @keys.add(Keys.BracketedPaste)
    def _paste(event: KeyPressEvent) -> None:
        text = event.data.replace("\r\n", "\n").replace("\r", "\n")
        if is_long(text):
            pasted.append(from_paste(text, pasted))
            return
        # Of what is put in at once, a dumb terminal is shown the last letter.
        for piece in text if is_dumb_terminal() else (text,):
            event.current_buffer.insert_text(piece)

    @keys.add(
        "backspace", filter=Condition(lambda: bool(pasted) and not get_app().current_buffer.text)
    )
    def _drop(event: KeyPressEvent) -> None:
        """It can be brought back by Up, as text."""
        event.current_buffer.history.append_string(pasted.pop().text)
        event.current_buffer.reset()

    return keys


def _keep_what_stands_elsewhere(buffer: Buffer) -> None:
    """What was written, and then left by Up for an earlier prompt, can be found by Up again."""
    for text in elsewhere(buffer):
        buffer.history.append_string(text)
