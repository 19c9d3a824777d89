"""The prompt in the user's own editor."""

from textual.app import SuspendNotSupported

from qchat.protocol.errors import QchatError
from qchat.runtime.editor import edited, editor
from qchat.tui.base_app import BaseApp
from qchat.tui.screen_layout import ScreenLayout


async def edit_outside(app: BaseApp, layout: ScreenLayout) -> None:
    """Give the prompt to the user's editor, and take what comes of it."""
    prompt = layout.prompt
    before = prompt.text
    try:
        editor()
        with app.suspend():
            after = await edited(before)
    except (QchatError, SuspendNotSupported) as error:
        layout.conversation.notice(str(error), "warning")
    else:
        prompt.rewrite(after, len(after))
    app.refresh(layout=True)
    prompt.enter()
