"""What this session has learnt about one server, from its replies and its refusals."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from qchat.backends.lessons import ANSWER_LIMITS, IN_MESSAGES, Lesson
from qchat.backends.profiles import is_plain, llama_cpp
from qchat.config.profile import Server
from qchat.protocol.event_values import ThinkingField
from qchat.protocol.messages import Assistant, Message
from qchat.runtime.language import tr
from qchat.wire.openai_chat import GOES_BACK
from qchat.wire.reading import Reader

Json = dict[str, Any]


class Learned:
    """Shapes what is sent: `server` is what it is known as; `omitted` the user's own list."""

    def __init__(self, server: Server, omitted: tuple[str, ...] = ()) -> None:
        self.server = server
        self.parses_thinking = server.parses_thinking
        """Whether the server sends thinking in a field of its own; None until it is known."""
        self._without: set[str] = set(omitted)
        self._renamed: dict[str, str] = {}
        self._longest = 0
        self._taught = False
        """Whether a reply has shown the field of its thinking."""

    def shaped(self, body: Mapping[str, Any]) -> Json:
        """A request as this server takes it."""
        sent = {self._renamed.get(key, key): body[key] for key in body if key not in self._without}
        for key in ANSWER_LIMITS:
            if self._longest and key in sent:
                sent[key] = min(sent[key], self._longest)
        if dropped := self._without.intersection(IN_MESSAGES):
            sent["messages"] = [
                {key: value for key, value in message.items() if key not in dropped}
                for message in sent["messages"]
            ]
        return sent

    def take(self, lesson: Lesson) -> str:
        """Keep to a lesson from here on; what was new in it, in words. Empty for nothing new."""
        new = [name for name in lesson.without if name not in self._without]
        self._without.update(new)
        if new:
            return tr("{new} left out", new=", ".join(new))
        if lesson.renamed and self._renamed.get(lesson.renamed[0]) != lesson.renamed[1]:
            self._renamed[lesson.renamed[0]] = lesson.renamed[1]
            return tr(
                "{renamed} sent as {renamed2}",
                renamed=lesson.renamed[0],
                renamed2=lesson.renamed[1],
            )
        if lesson.longest and (not self._longest or lesson.longest < self._longest):
            self._longest = lesson.longest
            return tr("at most {longest:,} tokens an answer", longest=lesson.longest)
        return ""

    def takes(self, field: str) -> bool:
        """Whether a field of a request has not been refused."""
        return field not in self._without

    def watch(self, reader: Reader) -> None:
        """Learn from a reply what the server is and in which field it reads earlier thinking."""
        if reader.by_llama_cpp and is_plain(self.server):
            self.server = llama_cpp()
            self.parses_thinking = self.server.parses_thinking
        if reader.reasoning_field:
            self.server = msgspec.structs.replace(self.server, reasoning=reader.reasoning_field)
            self.parses_thinking = self._taught = True
        elif reader.confirmed:
            self.parses_thinking = False
        elif reader.misjudged and self.parses_thinking is None:
            self.parses_thinking = True

    def recall(self, messages: Sequence[Message], address: str) -> None:
        """Learn from a conversation what this server's replies taught an earlier process.

        Nothing else is: what was refused once may be taken by a server that was started anew.
        """
        if self._taught:
            return
        replies = (m for m in reversed(messages) if isinstance(m, Assistant))
        for reply in replies:
            if (came_in := reply.thinking_field) is None or came_in.server != address:
                continue
            known = came_in.name in GOES_BACK  # a file may have been written by anyone
            if known:
                self.server = msgspec.structs.replace(self.server, reasoning=came_in.name)
            misjudged = not reply.thinking  # an answer that was taken for thinking while it came
            if self.parses_thinking is None and (known or misjudged):
                self.parses_thinking = True
            return


def thinking_field(address: str, reader: Reader) -> ThinkingField:
    """Where the thinking of a reply came."""
    return ThinkingField(address, reader.reasoning_field)
