"""What is said by qchat/store."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "the sessions in {path} cannot be used: {why}": "无法使用 {path} 中的会话：{why}",
    "{many} with {id_or_prefix!r}; `qchat sessions list` shows them": (
        "{many} {id_or_prefix!r}；`qchat sessions list` 可列出全部"
    ),
    "{path} was written by a newer qchat; update qchat to use it": (
        "{path} 由更新版本的 qchat 写入；请更新 qchat"
    ),
}
