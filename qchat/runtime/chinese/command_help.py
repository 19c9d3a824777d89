"""One line for each slash command and each key."""

from collections.abc import Mapping

COMMAND_HELP: Mapping[str, str] = {
    "allow what is asked, this once": "允许这一次请求",
    "allow it for all of this conversation": "在本会话中一律允许",
    "do not allow what is asked": "不允许这次请求",
    "do not allow it, nor ask again in this conversation": "不允许，本会话中也不再询问",
    "give running code the line that it asks for": "把代码请求的一行输入交给它",
    "show commands and keys": "显示命令和按键",
    "open the last thinking, or fold it": "展开或折叠最近的思考",
    "let the model think, from here on or for one prompt": "让模型思考：从现在起，或仅这一条",
    "answer without thinking, likewise": "不思考直接回答，用法同上",
    "limit the thinking to N tokens, 0 for no limit": "把思考限制在 N 个 token 内，0 为不限",
    "how hard a model thinks, where it takes that": "模型思考的力度（若模型支持）",
    "list backends, or go on with another": "列出后端，或换用另一个",
    "list the backend's models, or go on with another": "列出该后端的模型，或换用另一个",
    "think in rounds that build on what the last ones found": "分轮深入思考，每轮接着上一轮的成果",
    "list the trails of deep and compared turns, or open": "列出深入与对比的各条思路，或打开一条",
    "go on behind a trail, as behind any answer": "从某条思路继续，如同任何回答",
    "let another backend read the conversation and comment on it": "让另一个后端阅读对话并评论",
    "answer the last prompt with other backends too, side by side": (
        "用其他后端再回答上一条提问，并排显示"
    ),
    "how the local model was fitted here, or serve it with another engine": (
        "查看本地模型的装载方式，或换用另一个引擎"
    ),
    "choose who answers: the cloud, a file, a server": "选择由谁回答：云端、文件或服务器",
    "list what left this machine: hosts, bytes, memories": "列出离开本机的内容：主机、字节、记忆",
    "forbid every connection but to this machine, or allow them": "禁止一切对外连接，或重新允许",
    "keep something about you; --project TEXT: for this project alone": (
        "记住关于您的一件事，供以后使用；--project 内容：只用于本项目"
    ),
    "keep a memory always in front of the model": "让一条记忆始终在模型眼前",
    "no longer do so": "不再如此",
    "list, search, correct or take back what is remembered, have some suggested, or go without": (
        "列出、搜索、更正或撤回记忆，让模型建议，或暂不使用记忆"
    ),
    "remove a memory": "删除一条记忆",
    "run Python in the kernel that the model uses too": "在模型共用的内核里运行 Python",
    "show or change the kernel": "查看或更改内核",
    "copy a file into the folder where code runs": "把文件复制到代码运行的文件夹",
    "list the files of that folder": "列出该文件夹里的文件",
    "copy one of them out": "把其中一个复制出来",
    "open one of them with this machine's program": "用本机程序打开其中一个",
    "search the web; the model sees the results too": "搜索网络，模型也会看到结果",
    "read a page, or result N; the model sees it too": "阅读网页或第 N 条结果，模型也会看到",
    "open what source N said, offline too": "打开来源 N 的内容，离线也可",
    "find words in all your sessions, thinking and tools too": "在所有会话中查找，包括思考和工具",
    "list earlier conversations, or continue one": "列出以前的会话，或继续其中一个",
    "begin a new conversation": "开始新会话",
    "change prompt N, else the last; the old stays": "修改第 N 条提问（默认最后一条），原来的保留",
    "ask prompt N again, else the last; the old stays": "再答第 N 条（默认最后一条），原来的保留",
    "take prompt N out, else the last, with its memories": "移除第 N 条（默认最后一条）及其记忆",
    "bring back what /delete took, with its memories": "恢复 /delete 移除的内容及其记忆",
    "go on behind prompt N in a branch of its own": "从第 N 条之后另开一个分支",
    "list the branches of this conversation, or go to one": "列出本会话的分支，或转到其中一个",
    "write this conversation to a file": "把本会话写入文件",
    "choose how it looks": "选择外观",
    "copy the last answer, or that of prompt N": "复制最后的回答，或第 N 条的回答",
    "give this conversation a title": "给本会话起个标题",
    "list your last prompts; Ctrl+R finds one": "列出最近的提问，Ctrl+R 可查找",
    "show the settings and where their file is": "显示设置及其文件位置",
    "write the prompt in your own editor (Ctrl+X Ctrl+E)": "用自己的编辑器写提问（Ctrl+X Ctrl+E）",
    "list what the model can call": "列出模型可以调用的工具",
    "show what fills the context, and the next request": "查看上下文的占用和下一次请求",
    "send notes of what came before; a draft is shown first; nothing is deleted": (
        "把之前的内容整理成笔记再发送；草稿可先查看；什么也不删除"
    ),
    "take in conversations of ChatGPT, Claude and other programs": (
        "导入 ChatGPT、Claude 等程序的对话"
    ),
    "always send a message whole, whatever is compacted: the last turn, or by its handle": (
        "无论怎样压缩，都完整发送一条消息：上一轮，或按编号指定"
    ),
    "your own folders, which questions can be about: @know:NAME in a prompt": (
        "您自己的文件夹，提问时可用 @know:名称 引用"
    ),
    "work on a goal until it is reached, checked by --until COMMAND or --verify TEXT": (
        "持续工作直到目标达成，由 --until 命令 或 --verify 文字 检查"
    ),
    "end qchat": "退出 qchat",
}

KEY_HELP: Mapping[str, str] = {
    "go to what is asked: y, a, n, v answer it there": "去回答提问：在那里按 y、a、n、v",
    "send; while the model is busy it waits its turn": "发送；模型忙时排队等候",
    "break the line": "换行",
    "take the marked command; Up and Down mark": "采用选中的命令，上下键选择",
    "move by lines, then to earlier prompts": "逐行移动，到顶后翻到以前的提问",
    "find an earlier prompt": "查找以前的提问",
    "Ctrl+X Ctrl+E: write in your editor": "Ctrl+X Ctrl+E：在编辑器里写",
    "in an empty prompt: end qchat": "输入为空时：退出 qchat",
    "edit the line": "编辑",
    "scroll by a page": "翻页",
    "stop the turn; what was streamed is kept": "停止；已输出的内容保留",
    "answer now: end the thinking": "立即回答：结束思考",
    "ask the last prompt again, as after a failure": "重新回答上一条，例如失败之后",
    "fold or open all thinking": "折叠或展开所有思考",
    "fold or open all tool calls": "折叠或展开所有工具调用",
    "go to the blocks, and up": "进入内容块，再按向上",
    "go to the prompt before": "转到上一条提问",
    "go to the prompt behind": "转到下一条提问",
    "think, or not, about the next message alone": "仅对下一条消息思考或不思考",
    "prompts that wait: Enter edits, Del removes": "排队的提问：Enter 修改，Del 移除",
    "find in this conversation: Enter, Up, Down go on": "在本会话中查找：Enter、上、下继续",
    "go to the end": "转到末尾",
    "walk the blocks; Tab goes back": "在内容块间移动，Tab 返回",
    "fold or open a block": "折叠或展开",
    "open the marked link; else fold or open": "打开选中的链接，否则折叠或展开",
    "mark the next link or code in a block": "选中块里的下一个链接或代码",
    "mark the one before": "选中前一个",
    "copy what is marked, else the block": "复制选中的内容，否则复制整块",
    "run code of a block in the kernel": "在内核里运行块中的代码",
    "change a prompt (the old one stays, as a branch), or a saved memory": (
        "修改提问（原来的作为分支保留）或已保存的记忆"
    ),
    "take back a saved memory; once more: bring it back": "撤回已保存的记忆，再按一次恢复",
    "pin a saved memory, or no longer": "固定或取消固定记忆",
    "ask a prompt again, likewise; Left, Right: the others": "重新回答；左右键看其他版本",
    "take a prompt out of the conversation; /undelete": "从会话中移除提问，/undelete 恢复",
    "show a block as it was written": "显示原文",
    "this help": "本帮助",
    "sessions": "会话",
    "memory: find, pin, edit, forget": "记忆：查找、固定、修改、遗忘",
    "kernel: variables, files, restart": "内核：变量、文件、重启",
    "what left this machine": "离开本机的内容",
    "release the mouse for the terminal's own selection": "把鼠标交还终端，用于终端自己的选择",
    "what answers, and what it costs": "由谁回答，用量如何",
    "all commands": "所有命令",
    "stop; twice: end qchat": "停止；按两次退出 qchat",
    "end qchat": "退出 qchat",
}
