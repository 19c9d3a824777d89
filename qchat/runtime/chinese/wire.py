"""What is said by qchat/wire."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "the server sent an event of more than {size} bytes: not a reply": (
        "服务器发来超过 {size} 字节的事件：这不是回复"
    ),
    "{server} reported an error: {fault}": "{server} 报告错误：{fault}",
}
