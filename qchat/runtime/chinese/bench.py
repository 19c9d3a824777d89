"""What is said by qchat/bench."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "recall is not measured: its questions are among qchat's tests, which are not installed. "
    "It is measured from a copy of the source.": (
        "未测量 recall：所需问题只在 qchat 的测试代码中，安装包不含这些文件。请在源代码目录中测量。"
    ),
    "Unknown group {unknown!r}. Groups: {known}.": "未知分组 {unknown!r}。可用分组：{known}。",
    "qchat bench compares itself with curl, which is not here: install it": (
        "qchat bench 要与 curl 对比，但本机没有 curl：请先安装"
    ),
}
