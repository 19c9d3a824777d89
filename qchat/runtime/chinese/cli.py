"""What is said by qchat/cli."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    " The details are in {place}.": " 详情见 {place}。",
    "--list lists the runs, and does nothing else.": "--list 只列出任务，不能与其他选项一起使用。",
    "--user needs a name": "--user 需要一个名字",
    "--{given} needs --deep.": "--{given} 需要与 --deep 一起使用。",
    "-c and --resume open a chat. ask and repl take -c or --session ID.": (
        "-c 和 --resume 用于打开会话。ask 和 repl 请用 -c 或 --session 编号。"
    ),
    "Argument {argument}: -- is not a value. See qchat --help.": (
        "参数 {argument}：-- 不是它的值。见 qchat --help。"
    ),
    'Say the goal, or which run goes on: qchat run "GOAL", or --resume ID.': (
        '请写出目标，或要继续哪个任务：qchat run "目标"，或 --resume 编号。'
    ),
    'Say which run, and what: qchat run --resume ID --say "TEXT".': (
        '请写出是哪个任务、要说什么：qchat run --resume 编号 --say "文字"。'
    ),
    "The argument {argument!r} is not UTF-8 text.": "参数 {argument!r} 不是 UTF-8 文本。",
    "This terminal (TERM=dumb) shows no window. Use: qchat repl.": (
        "这个终端（TERM=dumb）显示不了窗口。请用：qchat repl。"
    ),
    "The chat needs a terminal. In a pipe use: qchat ask.": (
        "对话界面需要终端。在管道中请用：qchat ask。"
    ),
    "The user name {name!r} {why}: its memories and settings are its own.": (
        "用户名 {name!r} {why}：它有自己单独的记忆和设置。"
    ),
    "begins or ends with a blank, so it may look like another": (
        "首尾有空格，可能看起来像另一个名字"
    ),
    "has accents as characters of their own, so it may look like another": (
        "以独立字符表示重音，可能看起来像另一个名字"
    ),
    "holds invisible characters, so it may look like another": (
        "含有不可见字符，可能看起来像另一个名字"
    ),
    "mixes letters of {listed}, so it may look like another": (
        "混用了 {listed} 字母，可能看起来像另一个名字"
    ),
    "offer only these tools: {tools} (default: all)": "只给模型这些工具：{tools}（默认：全部）",
    "qchat: Internal error ({name}: {bug}). This is a bug in qchat.{details}\n": (
        "qchat：内部错误（{name}：{bug}）。这是 qchat 的缺陷。{details}\n"
    ),
    "unknown tool {unknown}; known: {known}": "未知工具 {unknown}；可用的有：{known}",
    "{text!r} is not a number of hours, like 1.5": "{text!r} 不是小时数，例如 1.5",
    "{text!r} is not a number of tokens from 0 to {longest_budget:,}": (
        "{text!r} 不是 0 到 {longest_budget:,} 之间的 token 数"
    ),
    "{text!r} is not a whole number, 0 or more": "{text!r} 不是 0 以上的整数",
    "{upper}{message}. See {prog} --help.": "{upper}{message}。见 {prog} --help。",
}
