"""What a conversation holds of strangers' words and of the user's own."""

from collections.abc import Iterable

import msgspec

from qchat.protocol.messages import GAVE_BACK, Assistant, Message, ToolResult, User
from qchat_tools.parts import WEB_HEADER, ImagePart, SourcePart, as_text
from qchat_tools.taint import PYTHON_OUTPUT, foreign
from qchat_tools.wording import ATTACHED


class Background(msgspec.Struct, frozen=True):
    """Before what a tool call must be judged; see `qchat_tools.base.Call` for the fields."""

    tainted: bool
    asked: str
    sources: tuple[str, ...] = ()


def background(messages: Iterable[Message]) -> Background:
    """Sort what a model was sent by whose words it is.

    A page that was read earlier still speaks to the model as long as it is sent: it taints.
    """
    tainted = False
    asked: list[str] = []
    code: list[str] = []
    sources: dict[str, None] = {}
    for message in messages:
        match message:
            case User() if WEB_HEADER in message.text:  # a search of the user's own, told
                tainted = True
            case User(reported=True):  # code of the user's own, and what came of it
                own, _, output = message.text.partition(GAVE_BACK)
                code.append(own)
                if message.pictures or foreign(output, "\n".join([*asked, *code])):
                    sources[PYTHON_OUTPUT] = None
            case User():
                own, *files = message.text.split(ATTACHED)
                asked.append(own)  # a file beside it may be anybody's
                sources |= dict.fromkeys(file.partition(":\n")[0] for file in files)
            case ToolResult() if any(isinstance(part, SourcePart) for part in message.parts):
                tainted = True
                pages = (part for part in message.parts if isinstance(part, SourcePart))
                sources |= dict.fromkeys(page.url for page in pages)
            case ToolResult(name="python") if _foreign(message, [*asked, *code]):
                sources[PYTHON_OUTPUT] = None
            case Assistant():
                code += [str(call.arguments) for call in message.calls if call.name == "python"]
            case _:
                pass
    return Background(tainted, "\n".join(asked), tuple(sources))


def _foreign(result: ToolResult, known: Iterable[str]) -> bool:
    """Whether a result may hold words of a file: text that nobody here wrote, or a picture."""
    drawn = any(isinstance(part, ImagePart) for part in result.parts)
    return drawn or foreign(as_text(result.parts), "\n".join(known))
