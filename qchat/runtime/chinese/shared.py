"""What is said in more than one wing."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    " (before, {date}: {text})": "（以前，{date}：{text}）",
    " and {n} more": "，另有 {n} 个",
    " and ": "和",
    " or ": " 或 ",
    "A run that goes on keeps its goal and its check.": "继续的任务保留原来的目标和检验方式。",
    "Cannot write {path}: {error}.": "无法写入 {path}：{error}。",
    "Forgot {name}. The files in {path} are as they were.": (
        "已移除 {name}。{path} 里的文件没有改动。"
    ),
    "In all:": "合计：",
    "Keep this memory? It looks like {secret}.": "要记住吗？它看起来像{secret}。",
    "No folder is known yet. /know add PATH reads one.": (
        "还没有文件夹。/know add 路径 可读入一个。"
    ),
    "No memory fits.": "没有符合的记忆。",
    "Nothing in these files fits.": "这些文件里没有符合的内容。",
    "Nothing is being asked.": "现在没有要回答的问题。",
    "Nothing is remembered.": "还没有记忆。",
    "Nothing was done.": "什么也没做。",
    "Pinned": "已置顶",
    "Remembered [{id}]: {text}": "已记住 [{id}]：{text}",
    "There are no notes yet: /compact draft makes them.": "还没有笔记：/compact draft 可以生成。",
    "off": "关",
    "stopped": "已停止",
    "stopped after {steps}, the limit that is set": "已停止：完成 {steps}，达到所设上限",
    "without a sandbox": "在没有沙箱的情况下",
    "{n:,} call": "{n:,} 次调用",
    "{n:,} model": "{n:,} 个模型",
    "{n:,} step": "{n:,} 步",
    "{n:,} turn": "{n:,} 轮",
    "{text!r} is not a number from 1": "{text!r} 不是 1 以上的整数",
    "There is no project here: the folder in which qchat was started is gone.": (
        "这里没有项目：启动 qchat 的文件夹已不存在。"
    ),
    "The disk is full: memories can be read, but nothing new is kept until you make room": (
        "磁盘已满：已记住的内容仍可读取，但在腾出空间之前不会保存新内容"
    ),
    "memory is off: [memory] enabled = false in the settings": (
        "记忆已关闭：设置中 [memory] enabled = false"
    ),
    "this turn was cut short": "这一轮被中断了",
}
