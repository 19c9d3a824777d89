"""The tool by which a model finds passages of the user's own files, and cites them by number."""

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from qchat.knowledge.library import Library
from qchat.protocol.errors import QchatError
from qchat_memory.origin import Origin
from qchat_tools.base import Call, ToolError, parse, spec
from qchat_tools.parts import Part, TextPart
from qchat_tools.web.sources import Sources

NOTHING = "Nothing in these files fits."


class KnowledgeArguments(msgspec.Struct):
    """What is looked for in the user's own files."""

    query: str
    """A question or a few words, in the language of the files."""
    folder: str = ""
    """Name of a folder, or a path below it like notes/2025; empty: all of them."""


class KnowledgeTool:
    """Finds passages; they count as files of the user's, not as their orders."""

    spec = spec(
        "knowledge_search",
        "Search the user's own notes, documents and code. Cite what you use as [number].",
        KnowledgeArguments,
    )
    origin = Origin("attached", "the user's files")

    def __init__(self, library: Library, sources: Sources) -> None:
        self._library = library
        self._sources = sources

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        wanted = parse(KnowledgeArguments, call.arguments)
        if not wanted.query.strip():
            raise ToolError("the query is empty")

        def find() -> list[Part]:
            scope = self._library.scope(wanted.folder)
            found = self._library.search(wanted.query, scope)
            return [
                self._sources.add(
                    passage.url,
                    passage.title,
                    passage.text,
                    origin=Origin("attached", f"{passage.folder}/{passage.path}"),
                )
                for passage in found
            ]

        try:
            parts = await asyncio.to_thread(find)
        except QchatError as error:
            raise ToolError(str(error)) from error
        for part in parts or [TextPart(NOTHING)]:
            yield part
