"""What is said by qchat/bench."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "Unknown group {unknown!r}. Groups: {known}.": "未知分组 {unknown!r}。可用分组：{known}。",
    "qchat bench compares itself with curl, which is not here: install it": (
        "qchat bench 要与 curl 对比，但本机没有 curl：请先安装"
    ),
}
