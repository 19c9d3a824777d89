"""What is said by qchat/console."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "not sent: {text}": "未发送：{text}",
    "It was not sent when qchat ended. Up brings it back, the last one first.": (
        "qchat 退出时还没有发送。按 ↑ 取回，最后一条最先。"
    ),
    "Prompts cannot be kept in {path}: {why}": "无法把输入保存到 {path}：{why}",
    "(it will be seen as it is typed) ": "（输入时会显示出来）",
    "1 to {n} (Enter: {n2}): ": "1 到 {n}（Enter：{n2}）：",
    "A line that was begun before this question is not given to it.": (
        "提问之前就开始输入的那一行不会交给它。"
    ),
    "Answer with /yes, /always (in this conversation), /no or /never.": (
        "请用 /yes、/always（本会话一律允许）、/no 或 /never 回答。"
    ),
    "Enter sends; Shift+Enter, Alt+Enter or Ctrl+J breaks the line.": (
        "Enter 发送；Shift+Enter、Alt+Enter 或 Ctrl+J 换行。"
    ),
    "No clipboard could be reached from here. /export writes the conversation to a file.": (
        "这里无法使用剪贴板。/export 可把会话写入文件。"
    ),
    'No run yet. qchat run "GOAL" begins one.\n': ('还没有任务。qchat run "目标" 可开始一个。\n'),
    "Nothing was allowed yet.": "还没有允许任何事。",
    "Process {holder} works on this run: its limits stay while it does.": (
        "进程 {holder} 正在执行该任务：期间不能更改其限制。"
    ),
    "Standard input is not UTF-8 text: {error}.": "标准输入不是 UTF-8 文本：{error}。",
    "That was no answer, and nothing was allowed.": "这不是回答，什么都没有允许。",
    "The model is told {when}.\n": "{when}会告诉模型。\n",
    "The process that worked on it has died. To take over: qchat run --resume {id_}": (
        "处理它的进程已经结束。接手请用：qchat run --resume {id_}"
    ),
    'There is no prompt. Use qchat ask "PROMPT", or pipe text in.': (
        '没有提问。请用 qchat ask "提问"，或通过管道传入文本。'
    ),
    "There is no run in {id} that goes on: qchat run --list shows them.": (
        "{id} 中没有可继续的任务：qchat run --list 可列出全部。"
    ),
    "There is no stopped deep turn to go on with, and no question. Use qchat ask --deep "
    '"QUESTION"; with -c or --session ID and no question it goes on with what was '
    "stopped.": (
        '没有可以继续的已停止的深入轮次，也没有提问。请用 qchat ask --deep "提问"；加 -c 或 '
        "--session ID 且不写提问，则继续已停止的轮次。"
    ),
    "This waits until the answer is done.": "这一条等回答结束后再发送。",
    "Who is to answer?": "由谁回答？",
    "[y]es, [a]lways in this session, [n]o, ne[v]er: ": (
        "[y] 允许，[a] 本会话一律允许，[n] 不允许，[v] 本会话一律不允许："
    ),
    "attached: {name}": "附件：{name}",
    "code in the kernel asks": "内核中的代码请求输入",
    "once it goes on: qchat run --resume {id}": "继续运行后（qchat run --resume {id}）",
    "path of a GGUF file or a folder; address of a server; region of the cloud "
    "({regions}) or its address": (
        "GGUF 文件或文件夹的路径；服务器的地址；云端的地域（{regions}）或其地址"
    ),
    "pipe it in": "通过管道传入",
    "qchat repl needs a terminal. In a pipe use: qchat ask.": (
        "qchat repl 需要终端。在管道中请用：qchat ask。"
    ),
    "qchat: not allowed, since nobody can be asked ({first_line}); see --yes\n": (
        "qchat：未允许，因为无人可问（{first_line}）；见 --yes\n"
    ),
    "qchat: reading standard input; < /dev/null leaves it out\n": (
        "qchat：正在读取标准输入；用 < /dev/null 可跳过\n"
    ),
    "qchat: what came of this answer is given up; it begins again": (
        "qchat：已放弃这次回答的内容，重新开始"
    ),
    "recalled: {text}": "想起：{text}",
    "reused {cached}, read {n}": "复用 {cached}，读取 {n}",
    "run {id} is worked on by process {holder}; this only looks on\n": (
        "任务 {id} 正由进程 {holder} 执行；这里只是旁观\n"
    ),
    "run {id}; if it is interrupted: qchat run --resume {id}\n": (
        "任务 {id}；若中断：qchat run --resume {id}\n"
    ),
    "say it in the command (qchat connect --help)": "写在命令中（qchat connect --help）",
    "session {id}; qchat ask -c goes on with it\n": "会话 {id}；用 qchat ask -c 继续\n",
    "thought for {seconds:.0f} s (/thinking shows it)": (
        "思考了 {seconds:.0f} 秒（/thinking 可查看）"
    ),
    "with its next step": "在下一步时",
    "{all} Say who answers: --backend NAME.": "{all} 请指定由谁回答：--backend 名称。",
    "{answer!r} is not one of the numbers. Ctrl+C leaves everything as it is.": (
        "{answer!r} 不是其中的编号。Ctrl+C 离开，不作更改。"
    ),
    "{name}: {model}. /help lists commands, Ctrl+D ends,": (
        "{name}：{model}。/help 列出命令，Ctrl+D 结束，"
    ),
    "{n} tokens": "{n} 个 token",
    "{question} Nobody can be asked here: say it in the command (qchat connect --help). "
    "There is: {known}.": (
        "{question} 这里无法询问：请在命令中写明（qchat connect --help）。可选：{known}。"
    ),
    "{question}: nobody can be asked here, so {where}.": (
        "{question}：这里无法询问，所以请{where}。"
    ),
    "instead of prompt {n}, Ctrl+C: as it was": "替换第 {n} 条提问，Ctrl+C：保持原样",
}
