"""What tools ask the user."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "Change this memory?": "要更改这条记忆吗？",
    "Forget this memory?": "要忘记这条记忆吗？",
    "It looks like {secret}.": "它看起来像{secret}。",
    "It may be what others want: the conversation holds {listed}.": (
        "这可能是别人的意图：会话中有{listed}。"
    ),
    "It tells the site words that you did not write.": "它会把不是您写的词告诉该网站。",
    "Read this address?": "要读取这个地址吗？",
    "Run this Python code {danger}?": "要{danger}运行这段 Python 代码吗？",
    "Save this memory?": "要保存这条记忆吗？",
    "Search the web for this?": "要在网上搜索这个吗？",
    "These are not your words.": "这不是您写的词。",
    "at {url}": "在 {url} 上",
    "text that you did not write ({listed})": "不是您写的文字（{listed}）",
    "with network, after text from others was read": "在读过他人的文字之后、带网络",
    "{n} more": "另有 {n} 个",
}
