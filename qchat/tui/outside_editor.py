"""The prompt in the user's own editor."""

from textual.app import SuspendNotSupported

from qchat.protocol.errors import QchatError
from qchat.runtime.editor import edited, editor
from qchat.tui.base_app import BaseApp
from qchat.tui.screen_layout import ScreenLayout


async def edit_outside(app: BaseApp, layout: ScreenLayout) -> None:
    """Give the prompt to the user's editor, and take what comes of it.

    What an editor saved that then failed waits above the prompt: it may be wanted, or not.
    """
    composer, prompt = layout.composer, layout.prompt
    before = after = prompt.text
    problem = ""
    try:
        editor()
        with app.suspend():
            try:
                after = await edited(before, composer.write_outside)
            except QchatError as error:  # Textual takes the terminal back only behind no error
                problem = str(error)
    except (QchatError, SuspendNotSupported) as error:
        problem = str(error)
    if problem:
        if composer.outside not in ("", before):
            layout.hold(composer.outside)
        layout.conversation.notice(problem, "warning")
    else:
        prompt.rewrite(after, len(after))
    composer.write_outside("")
    app.refresh(layout=True)
    prompt.enter()
