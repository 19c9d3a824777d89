"""The web, asked by the user, and what it said before."""

from qchat.commands.base import Command, CommandContext, Outcome, RunTurn, ShowMessage, ShowSource
from qchat.conversation.source_view import source_text
from qchat.protocol.errors import UsageError
from qchat.runtime import offline
from qchat.runtime.language import Said, tr, verbatim

FRESH = "--fresh"


async def _search(context: CommandContext, argument: str) -> Outcome:
    words, fresh = _switch(argument)
    if not words:
        raise UsageError(
            tr(
                "Say what to search for: /search WORDS. {fresh} asks again even if "
                "results are kept.",
                fresh=FRESH,
            )
        )
    _must_have(context, "web_search")
    typed = f"/search {argument}"
    return RunTurn(typed, context.session.call("web_search", {"query": words} | fresh, typed))


async def _read(context: CommandContext, argument: str) -> Outcome:
    address, fresh = _switch(argument)
    if not address or " " in address:
        raise UsageError(
            tr(
                "Say what to read: /read ADDRESS, or the number of a result. {fresh} "
                "fetches it again.",
                fresh=FRESH,
            )
        )
    _must_have(context, "web_read")
    typed = f"/read {argument}"
    return RunTurn(typed, context.session.call("web_read", {"address": address} | fresh, typed))


async def _source(context: CommandContext, argument: str) -> Outcome:
    number = argument.strip("[] ")
    if not number:
        return ShowMessage(_all_sources(context))
    if not (number.isascii() and number.isdigit()):
        raise UsageError(tr("Use the number of a source: /source N. /source lists them."))
    found = source_text(context.session, int(number))
    return ShowSource(found.number, found.plain())


def _switch(argument: str) -> tuple[str, dict[str, bool]]:
    words = argument.split()
    fresh = {"fresh": True} if FRESH in words else {}
    return " ".join(word for word in words if word != FRESH), fresh


def _must_have(context: CommandContext, tool: str) -> None:
    """Say to the user why a tool is not there; a model is never offered what is not. Raises."""
    if any(spec.name == tool for spec in context.session.toolbox.specs):
        return
    if offline.forbidden():
        raise UsageError(tr("qchat is offline, so the web is not asked. /offline off allows it."))
    raise UsageError(
        tr("This conversation does without the web: it was begun so, or `web.enabled` is off.")
    )


def _all_sources(context: CommandContext) -> Said:
    sources = context.session.toolbox.sources.all()
    lines = (f"[{source.number}] {source.title}\n    {source.url}" for source in sources)
    return verbatim("\n".join(lines)) if sources else tr("This conversation has no sources yet.")


def _numbers(context: CommandContext) -> list[str]:
    return [str(source.number) for source in context.session.toolbox.sources.all()]


COMMANDS = (
    Command("search", "WORDS", "search the web; the model sees the results too", _search),
    Command("read", "ADDRESS", "read a page, or result N; the model sees it too", _read),
    Command("source", "[N]", "open what source N said, offline too", _source, _numbers),
)
