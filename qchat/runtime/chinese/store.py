"""What is said by qchat/store."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "prompt": "提问",
    "answer": "回答",
    "thoughts": "思考",
    "tool": "工具",
    "the sessions in {path} cannot be used: {why}": "无法使用 {path} 中的会话：{why}",
    "{path} was written by a newer qchat; update qchat to use it": (
        "{path} 由更新版本的 qchat 写入；请更新 qchat"
    ),
    "several sessions begin with {id!r}; `qchat sessions list` shows them": (
        "有多个会话以 {id!r} 开头；`qchat sessions list` 可列出全部"
    ),
    "there is no session that begins with {id!r}; `qchat sessions list` shows them": (
        "没有以 {id!r} 开头的会话；`qchat sessions list` 可列出全部"
    ),
}
