"""The programs whose exports are known; the first that recognises an entry reads its document."""

from qchat.importing.chatgpt import ChatGPT
from qchat.importing.cherry_studio import CherryStudio
from qchat.importing.claude import Claude
from qchat.importing.gemini import Gemini
from qchat.importing.librechat import LibreChat
from qchat.importing.lm_studio import LMStudio
from qchat.importing.open_webui import OpenWebUI
from qchat.importing.qwen_code import QwenCode
from qchat.importing.reader import Reader

READERS: tuple[Reader, ...] = (
    ChatGPT(),
    Claude(),
    Gemini(),
    OpenWebUI(),
    LibreChat(),
    CherryStudio(),
    LMStudio(),
    QwenCode(),
)
