"""What is said by qchat/runtime."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "Cannot create the folder {path}: {why}. QCHAT_HOME can name another place.": (
        "无法创建文件夹 {path}：{why}。可用 QCHAT_HOME 指定其他位置。"
    ),
    "Could not find {name}. Set EDITOR to the editor that you use.": (
        "找不到 {name}。请把 EDITOR 设为您使用的编辑器。"
    ),
    "qchat is offline, so {host} is not asked. /offline off in the chat allows it.": (
        "qchat 处于离线状态，因此不会请求 {host}。在对话中 /offline off 可允许。"
    ),
    "{command} could not be started: {why}": "无法启动 {command}：{why}",
    "{command} ended with status {status}; the prompt is as it was.": (
        "{command} 以状态 {status} 结束；提问保持原样。"
    ),
}
