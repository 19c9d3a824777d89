"""The programs whose exports are known; the first that recognises an entry reads its document."""

from qchat.importing.chatgpt import ChatGPT
from qchat.importing.claude import Claude
from qchat.importing.reader import Reader

READERS: tuple[Reader, ...] = (ChatGPT(), Claude())
