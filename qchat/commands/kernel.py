"""The Python kernel, which the user and the model share, and the files of its folder."""

import os
import subprocess
import sys
from pathlib import Path

from qchat.commands.base import (
    Command,
    CommandContext,
    Confirm,
    Outcome,
    RunTurn,
    Show,
    ShowMessage,
)
from qchat.protocol.errors import QchatError, UsageError
from qchat.protocol.wording import counted
from qchat.runtime.language import tr, verbatim
from qchat_tools.base import ToolError
from qchat_tools.kernel import packages
from qchat_tools.kernel.variables import Variable
from qchat_tools.kernel.workfolder import WorkFile

HARMLESS = frozenset(
    (".png", ".jpg", ".jpeg", ".gif", ".svg", ".csv", ".txt", ".md", ".json", ".pdf")
)
"""Files of these kinds are opened; others could be programs."""


async def _run(context: CommandContext, argument: str) -> Outcome:
    if not argument:
        return Show("run", "/run CODE runs Python; Alt+Enter or Ctrl+J breaks the line")
    return RunTurn(f"/run {argument}", context.session.run(argument))


async def _kernel(context: CommandContext, argument: str) -> Outcome:
    action, _, rest = argument.partition(" ")
    match action, rest.strip():
        case "variables", "":
            variables = await context.session.toolbox.kernel.variables()
            return ShowMessage(
                verbatim("\n".join(map(_variable, variables))) or tr("There are no variables.")
            )
        case "network", "on":
            return Confirm(
                tr(
                    "Let code in this session's kernel reach the network? It could send "
                    "what it sees anywhere. The kernel starts anew: its variables are gone."
                ),
                lambda: _network(context, on=True),
            )
        case "network", "off":
            return await _network(context, on=False)
        case "rerun", "":
            return Confirm(
                tr(
                    "Run all code of this conversation that ended well again, in its order? "
                    "Variables and imports come back; what it wrote to files is written again."
                ),
                lambda: _rerun(context),
            )
        case "install", names:
            return _install(context, names)
        case _:
            return ShowMessage(verbatim(await context.session.toolbox.kernel_command(argument)))


async def _network(context: CommandContext, *, on: bool) -> Outcome:
    kernel = context.session.toolbox.kernel
    try:
        await kernel.restart(network=on)
    except ToolError as error:
        raise QchatError(verbatim(str(error))) from error
    if on and kernel.sandbox is None:
        return ShowMessage(
            tr("There is no sandbox: the kernel has the network of this machine anyway.")
        )
    if on:
        return ShowMessage(tr("The kernel is new, and has network."))
    return ShowMessage(tr("The kernel is new, and has no network."))


async def _rerun(context: CommandContext) -> Outcome:
    return RunTurn("/kernel rerun", context.session.run_again())


def _install(context: CommandContext, text: str) -> Outcome:
    kernel = context.session.toolbox.kernel
    environment = kernel.where.environment
    if kernel.remote is not None or kernel.where.kernelspec or environment is None:
        raise QchatError(
            tr(
                "This kernel is not qchat's own (python.kernel or python.gateway_url "
                "is set): install packages where it comes from."
            )
        )
    try:
        names = packages.requirements(text)
    except ToolError as error:
        raise UsageError(verbatim(str(error))) from error

    async def install() -> Outcome:
        try:
            new = await packages.install(names, environment)
            if new:
                await kernel.restart()
        except ToolError as error:
            raise QchatError(verbatim(str(error))) from error
        anew = tr(" The kernel is new, to see it: its variables are gone.") if new else ""
        return ShowMessage(
            tr("Installed {all} for all kernels of qchat.{anew}", all=" ".join(names), anew=anew)
        )

    return Confirm(
        tr(
            "Download {all} from the package index and install it in "
            "{environment}? Code in the kernel can then import it.",
            all=" ".join(names),
            environment=environment,
        ),
        install,
    )


async def _files(context: CommandContext, _argument: str) -> Outcome:
    files = await context.session.toolbox.kernel.files()
    return ShowMessage(
        verbatim("\n".join(map(_file, files))) or tr("The session's folder is empty.")
    )


async def _upload(context: CommandContext, argument: str) -> Outcome:
    if not argument:
        raise UsageError(tr("Name a file to copy into the session's folder: /upload PATH."))
    try:
        file = await context.session.toolbox.kernel.upload(Path(_unquoted(argument)))
    except ToolError as error:
        raise QchatError(verbatim(str(error))) from error
    return ShowMessage(
        tr(
            "Code can read it as {name!r} ({counted}).",
            name=file.name,
            counted=counted(file.size, "byte"),
        )
    )


async def _save(context: CommandContext, argument: str) -> Outcome:
    name, _, target = argument.partition(" ")
    if not name:
        raise UsageError(tr("Name a file of the session's folder to copy out: /save NAME [TO]."))
    try:
        out = await context.session.toolbox.kernel.save_file(name, Path(target.strip() or "."))
    except ToolError as error:
        raise QchatError(verbatim(str(error))) from error
    return ShowMessage(tr("Saved as {out}.", out=out.absolute()))


async def _open(context: CommandContext, argument: str) -> Outcome:
    if not argument:
        raise UsageError(tr("Name a file of the session's folder to open: /open NAME."))
    kernel = context.session.toolbox.kernel
    if Path(argument).suffix.lower() not in HARMLESS:
        raise UsageError(
            tr(
                "{argument!r} could be a program, so it is not opened. /save it and "
                "open it yourself.",
                argument=argument,
            )
        )
    if argument not in {file.name for file in await kernel.files()}:
        raise UsageError(
            tr(
                "File not found in the session's folder: {argument!r}. /files lists them.",
                argument=argument,
            )
        )
    _show_to_the_desktop(kernel.work_dir / argument)
    return ShowMessage(tr("Opened {argument}.", argument=argument))


def _show_to_the_desktop(path: Path) -> None:
    if sys.platform == "win32":
        os.startfile(path)
        return
    program = "open" if sys.platform == "darwin" else "xdg-open"
    quiet = subprocess.DEVNULL
    try:
        subprocess.Popen([program, path], stdin=quiet, stdout=quiet, stderr=quiet)
    except OSError as error:
        raise QchatError(
            tr("{program} is not installed here. /save copies the file out.", program=program)
        ) from error


def _unquoted(path: str) -> str:
    """A path as terminals paste it: in quotes, or with blanks behind backslashes."""
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"":
        return path[1:-1]
    return path.replace("\\ ", " ") if os.name == "posix" else path


def _variable(variable: Variable) -> str:
    kind = f"{variable.type} {variable.shape}".strip()
    return f"{variable.name:20}  {kind:24}  {variable.size} bytes"


def _file(file: WorkFile) -> str:
    return f"{file.size:>12}  {file.name!r}"


def _names(context: CommandContext) -> list[str]:
    return [file.name for file in context.session.toolbox.kernel.known_files]


def _actions(_place: CommandContext) -> list[str]:
    return ["restart", "interrupt", "rerun", "variables", "network on", "network off", "install "]


COMMANDS = (
    Command("run", "[CODE]", "run Python in the kernel that the model uses too", _run),
    Command(
        "kernel",
        "[restart|interrupt|rerun|variables|network on|off|install NAME]",
        "show or change the kernel",
        _kernel,
        _actions,
    ),
    Command("upload", "PATH", "copy a file into the folder where code runs", _upload),
    Command("files", "", "list the files of that folder", _files),
    Command("save", "NAME [TO]", "copy one of them out", _save, _names),
    Command("open", "NAME", "open one of them with this machine's program", _open, _names),
)
