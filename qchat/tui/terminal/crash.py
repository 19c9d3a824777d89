"""What stays on the terminal after a bug: one page that the user can read."""

from pathlib import Path

from rich.text import Text

from qchat.runtime.language import tr
from qchat.tui.render.strips import shown


def crash_page(error: BaseException | None, log_file: Path) -> Text:
    """Say what happened, what is kept, and where the details are."""
    what = f"{type(error).__name__}: {shown(str(error))}"
    page = Text(tr("qchat stopped because of a bug in it.\n\n"), style="bold", overflow="fold")
    page.append(f"  {what[:2000]}\n\n", "not bold")
    page.append(
        tr(
            "Your conversation is kept as it stood: `qchat -c` goes on with it.\nThe "
            "details are in {log_file}; they name files of qchat, and may hold words "
            "of yours.\n",
            log_file=log_file,
        ),
        "not bold",
    )
    return page
