"""What is said by qchat/egress."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "    memory: {memory}": "    记忆：{memory}",
    ", {tokens:,} tokens": "，{tokens:,} 个 token",
    "Nothing has left this machine.": "没有内容离开本机。",
    "{host} ({by}): {requests}, {bytes:,} bytes{tokens}": (
        "{host}（{by}）：{requests}，{bytes:,} 字节{tokens}"
    ),
    "{n:,} request": "{n:,} 次请求",
}
