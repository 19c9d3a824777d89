"""How it looks."""

import msgspec

from qchat.commands.base import Command, CommandContext, Outcome, Show, ShowMessage
from qchat.config import config_file
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr
from qchat_themes import load_themes


async def _theme(context: CommandContext, argument: str) -> Outcome:
    """Interfaces take the theme from the workspace's settings after each command."""
    workspace = context.workspace
    themes, problems = load_themes(workspace.paths.themes_dir)
    if not argument:
        now = workspace.settings.theme
        names = [f"{'*' if name == now else ' '} {name}" for name in themes]
        return Show("theme", "\n".join([*names, *problems]))
    if argument not in themes:
        raise UsageError(
            tr(
                "Unknown theme {argument!r}. Themes: {all}.",
                argument=argument,
                all=", ".join(themes),
            )
        )
    paths, user = workspace.paths, workspace.user
    config_file.put(paths.own_config(user), "theme", argument, *paths.settings_files(user))
    workspace.settings = msgspec.structs.replace(workspace.settings, theme=argument)
    return ShowMessage(tr("The theme is {argument}, here and from now on.", argument=argument))


def _names(context: CommandContext) -> list[str]:
    return [*load_themes(context.workspace.paths.themes_dir)[0]]


COMMANDS = (Command("theme", "[NAME]", "choose how it looks", _theme, _names),)
