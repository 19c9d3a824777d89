"""What qchat says while it is used, in Chinese: notices, dialogues, errors of commands."""

from collections.abc import Mapping

from qchat.runtime.chinese_failures import FAILURES

MESSAGES: Mapping[str, str] = {
    "\nNobody has said how much this model's context holds.": (
        "\n没有人说明这个模型的上下文有多大。"
    ),
    "\nPinned memories take about {size} of {limit} tokens of every turn{over}.": (
        "\n置顶记忆在每轮中约占 {limit} 个 token 中的 {size} 个{over}。"
    ),
    "Run all code of this conversation that ended well again, in its order? "
    "Variables and imports come back; what it wrote to files is written again.": (
        "按顺序重新运行本会话中成功的全部代码？变量和导入会恢复；写过的文件会再写一次。"
    ),
    " (before, {date}: {text})": "（以前，{date}：{text}）",
    " (it says again: {text})": "（现在又是：{text}）",
    " + {n} attached": " + {n} 个附件",
    " /goal resume goes on with it.": " /goal resume 可继续。",
    " and {n} more": "，另有 {n} 个",
    " with “{sought}” · / changes it": " · 含“{sought}” · / 可更改",
    " · pinned": " · 已置顶",
    " · used once": " · 用过 1 次",
    " · used {uses} times": " · 用过 {uses} 次",
    " · {failed} failed": " · {failed} 个失败",
    " · {tokens} tokens": " · {tokens} 个 token",
    ", at most {budget} tokens": "，最多 {budget} 个 token",
    "--hours needs a number, not {value!r}.": ("--hours 需要一个数字，而不是 {value!r}。"),
    "--{name} needs a value.": "--{name} 需要一个值。",
    "--{name} needs a whole number, not {value!r}.": ("--{name} 需要一个整数，而不是 {value!r}。"),
    "/copy takes the number of a prompt, not {argument!r}.": (
        "/copy 后面是提问的编号，而不是 {argument!r}。"
    ),
    "/kernel takes restart, interrupt, rerun, variables, network on|off or "
    "install NAME, not {command!r}": (
        "/kernel 可用 restart、interrupt、rerun、varia"
        "bles、network on|off 或 install 名称，而不是"
        " {command!r}"
    ),
    "/know takes list, add PATH, sync [NAME], remove NAME, search WORDS.": (
        "/know 可用 list、add 路径、sync [名称]、remove 名称、search 词语。"
    ),
    "1 call": "1 次调用",
    "1 memory": "1 条记忆",
    "1 thought": "1 段思考",
    "1 to {n} (Enter: {n2}): ": "1 到 {n}（Enter：{n2}）：",
    "1 turn": "1 轮",
    "; a budget takes its place": "；由思考上限代替",
    "; the newest that do not fit are left out": "；放不下的最新几条会被略去",
    "It waits until the goal is over. /goal say TEXT tells the model now.": (
        "它会等到目标结束。/goal say 文字 可立即告诉模型。"
    ),
    "A run that goes on keeps its goal and its check.": "继续的任务保留原来的目标和检验方式。",
    "A goal is checked by --until or by --verify, not by both.": (
        "目标用 --until 或 --verify 来检查，不能两个都用。"
    ),
    "A key goes to {host} only over https://, so that nobody can read it.": (
        "只有通过 https:// 才会把密钥发给 {host}，这样别人读不到。"
    ),
    "A path is needed: drop the file into the terminal, or type it.": (
        "需要一个路径：把文件拖进终端，或输入路径。"
    ),
    "A workspace belongs to a region: name that too.": ("工作空间属于某个地域：请同时给出地域。"),
    "Address (https://…/compatible-mode/v1)": ("地址（https://…/compatible-mode/v1）"),
    "Address of the server, like {example}": "服务器地址，例如 {example}",
    "An address holds no user or password: a key is asked for if needed.": (
        "地址里不能有用户名或密码：需要时会询问密钥。"
    ),
    "Asking the model …": "正在询问模型…",
    "Asking {netloc} for its models …": "正在向 {netloc} 询问有哪些模型…",
    "Backend    {name}": "后端       {name}",
    "Backends (/backend NAME switches):\n": "后端（/backend 名称 可切换）：\n",
    "Change this memory?": "要更改这条记忆吗？",
    "Change: {text}": "更改：{text}",
    "Code can read it as {name!r} ({counted}).": ("代码可以用 {name!r} 读取它（{counted}）。"),
    "Context    {it} tokens": "上下文     {it} 个 token",
    "Copied the answer.": "已复制回答。",
    "Correct this memory": "更正这条记忆",
    "Corrected": "已更正",
    "Ctrl+R runs, Esc closes": "Ctrl+R 运行，Esc 关闭",
    "Download {all} from the package index and install it in "
    "{environment}? Code in the kernel can then import it.": (
        "要从软件包索引下载 {all} 并安装到 {environment} 吗？之后内核里的代码可以导入它。"
    ),
    "Effort: {it}{beside}.": "思考力度：{it}{beside}。",
    "Enter goes on · Esc closes and changes nothing": ("Enter 继续 · Esc 关闭，不作更改"),
    "Enter keeps it, Esc leaves it as it was": "Enter 保存，Esc 保持原样",
    "Enter sends; Shift+Enter, Alt+Enter or Ctrl+J breaks the line.": (
        "Enter 发送；Shift+Enter、Alt+Enter 或 Ctrl+J 换行。"
    ),
    "Esc closes": "Esc 关闭",
    "Esc closes · o opens the page in the browser · y copies": (
        "Esc 关闭 · o 在浏览器中打开 · y 复制"
    ),
    "Exported to {path}": "已导出到 {path}",
    "File not found in the session's folder: {argument!r}. /files lists them.": (
        "会话文件夹里没有文件 {argument!r}。/files 列出全部。"
    ),
    "File not found: {shown}.": "找不到文件：{shown}。",
    "Forget this memory?": "要忘记这条记忆吗？",
    "Forgot [{id}]: {text}": "已忘记 [{id}]：{text}",
    "Forgot {name}. The files in {path} are as they were.": (
        "已移除 {name}。{path} 里的文件没有改动。"
    ),
    "From here on {name} answers ({model}).": ("从现在起由 {name} 回答（{model}）。"),
    "From the next round on {strike} no longer counts.": ("从下一轮起不再考虑 {strike}。"),
    "In all:": "合计：",
    "In which region was the key made?": "密钥是在哪个地域创建的？",
    "Installed {all} for all kernels of qchat.{anew}": ("已为 qchat 的所有内核安装 {all}。{anew}"),
    "Invalid address {typed!r}. It should look like "
    "https://dashscope-intl.aliyuncs.com/compatible-mode/v1.": (
        "地址 {typed!r} 无效。它应该像 https://dashscope-intl.aliyuncs.com/compatible-mode/v1。"
    ),
    "A workspace belongs to the cloud: leave out --workspace.": (
        "工作空间属于云端：请去掉 --workspace。"
    ),
    "That looks like a key, not an address. Nothing was sent.": (
        "这看起来像密钥，而不是地址。没有发送任何内容。"
    ),
    "That is an address: of a file, qchat models pull ADDRESS fetches it.": (
        "这是一个地址：若是文件，可用 qchat models pull 地址 下载。"
    ),
    "File not found: {shown}. Of a model on a hub: qchat models pull hf:{name}.": (
        "找不到文件：{shown}。模型在仓库上时：qchat models pull hf:{name}。"
    ),
    "Invalid address {typed!r}. Write it like {example}.": (
        "地址 {typed!r} 无效。请写成 {example} 这样。"
    ),
    "It computes, remembers and looks up, no more. /connect opens this again.": (
        "它会计算、记忆和查找，仅此而已。/connect 可再次打开这里。"
    ),
    "It looks like {secret}.": "它看起来像{secret}。",
    "It may be what others want: the conversation holds {listed}.": (
        "这可能是别人的意图：会话中有{listed}。"
    ),
    "It says again: {text}": "现在又是：{text}",
    "It tells the site words that you did not write.": "它会把不是您写的词告诉该网站。",
    "It works. Use it for new conversations too?": "可以用。新会话也用它吗？",
    "Its text (empty leaves it out):": "它的内容（留空则去掉）：",
    "Keep all {n}": "全部保留（{n} 条）",
    "Keep it": "保留",
    "Keep nothing": "都不保留",
    "Keep these memories?": "保留这些记忆吗？",
    "Key for {host} (it is not shown)": "{host} 的密钥（输入时不显示）",
    "Last step  {prompt} tokens read, {cached} of them reused from before, {completion} written": (
        "上一步     读取 {prompt} 个 token，其中 {cached} 个为复用，写出 {completion} 个"
    ),
    "Let code in this session's kernel reach the network? It could send "
    "what it sees anywhere. The kernel starts anew: its variables are gone.": (
        "要让本会话内核里的代码访问网络吗？它可能把看到的内容发到任何地方。内核会"
        "重新启动，变量将丢失。"
    ),
    "Looking for a key …": "正在查找密钥…",
    "Memory is off in this conversation: /memory on turns it on.": (
        "本会话的记忆已关闭：/memory on 可打开。"
    ),
    "Memory is off in this conversation: nothing is recalled, nothing is kept.": (
        "本会话的记忆已关闭：不想起，也不保留。"
    ),
    "Memory is on in this conversation.": "本会话的记忆已打开。",
    "Model      {shown}": "模型       {shown}",
    "Name a backend that is to comment: /ask-other NAME [QUESTION].": (
        "请写出由哪个后端评论：/ask-other 名称 [问题]。"
    ),
    "Name a backend to compare with: /compare NAME [NAME …], or NAME MODEL.": (
        "请写出与哪个后端对比：/compare 名称 [名称 …]，或 名称 模型。"
    ),
    "Name a file of the session's folder to copy out: /save NAME [TO].": (
        "请写出要复制出来的会话文件：/save 名称 [目标]。"
    ),
    "Name a file of the session's folder to open: /open NAME.": (
        "请写出要打开的会话文件：/open 名称。"
    ),
    "Name a file to copy into the session's folder: /upload PATH.": (
        "请写出要复制进会话文件夹的文件：/upload 路径。"
    ),
    "Name a trail: /pick ID. /trail lists them.": (
        "请写出思路的编号：/pick 编号。/trail 列出全部。"
    ),
    "Name what is to stay whole by its handle, as look_back and notes show "
    "it (12.3), or a turn by its number (12). The last turn is {last}.": (
        "请用 look_back 和笔记中显示的编号（12.3）指出要完整保留的"
        "内容，或用轮次编号（12）。最后一轮是 {last}。"
    ),
    "Next       {tokens:,} of {room:,} tokens: /context says of what": (
        "下一次     {tokens:,} / {room:,} 个 token：/context 说明用在哪里"
    ),
    "No clipboard could be reached from here. /export writes the conversation to a file.": (
        "这里无法使用剪贴板。/export 可把会话写入文件。"
    ),
    "No earlier prompts.": "没有以前的提问。",
    "No folder is known yet. /know add PATH reads one.": (
        "还没有文件夹。/know add 路径 可读入一个。"
    ),
    "No longer pinned": "不再置顶",
    "No longer pinned [{id}]: {text}": "不再置顶 [{id}]：{text}",
    "No longer remembered: {text}": "已不再记得：{text}",
    "No memory fits.": "没有符合的记忆。",
    "No turn here has trails.": "这里没有分多条思路的轮次。",
    "Not kept: it looks like {secret}, and nobody said yes.": (
        "没有保留：它看起来像{secret}，而且没有得到允许。"
    ),
    "Not taken: it looks like {secret}. /remember asks for such.": (
        "未采纳：它看起来像{secret}。用 /remember 会先询问。"
    ),
    "Note       {text}": "注意       {text}",
    "Nothing at {typed!r} answers like a server of models.": (
        "{typed!r} 上没有像模型服务器那样应答的程序。"
    ),
    "Nothing has been asked yet that another backend could answer.": (
        "还没有可以让另一个后端回答的提问。"
    ),
    "Nothing has been said yet on which another backend could comment.": (
        "还没有可以让另一个后端评论的内容。"
    ),
    "Nothing has been said yet that could be kept.": "还没有可以保留的内容。",
    "Nothing in these files fits.": "这些文件里没有符合的内容。",
    "Nothing in your sessions has {argument!r}.": "您的会话里没有 {argument!r}。",
    "Nothing is remembered.": "还没有记忆。",
    "Nothing was kept.": "什么都没有保留。",
    "Nothing was said yet.": "还没有说过什么。",
    "Offline: no connection but to this machine, here and when this is continued.": (
        "已离线：现在以及以后继续本会话时，只连接本机。"
    ),
    "Online: backends and the web may be asked.": "已联网：可以访问后端和网络。",
    "Opened {argument}.": "已打开 {argument}。",
    "Path of a GGUF file, or a folder": "GGUF 文件或文件夹的路径",
    "Pinned": "已置顶",
    "Pinned [{id}]: {text}{it}": "已置顶 [{id}]：{text}{it}",
    "Prompt {number} has no answer to copy.": "第 {number} 条提问没有可复制的回答。",
    "Prompt {number}{more} left the conversation, and what was remembered "
    "for it is taken back. /undelete brings all of it back; /branch lists "
    "it.": (
        "第 {number} 条提问{more}已从会话中移除，为它记住的内容也"
        "已撤回。/undelete 可全部恢复；/branch 可查看。"
    ),
    "Python for the kernel that the model uses too": "模型也使用的内核中的 Python",
    "Read this address?": "要读取这个地址吗？",
    "Reading {path} in the background. Ask about it with @know:{name} in a prompt.": (
        "正在后台读取 {path}。在提问中用 @know:{name} 来问它。"
    ),
    " in session {id}": "（会话 {id}）",
    "Keep all {n} for the project {name} alone": "全部 {n} 条只为项目 {name} 保留",
    "Keep it for the project {name} alone": "只为项目 {name} 保留",
    "There is no project here: the folder in which qchat was started is gone.": (
        "这里没有项目：启动 qchat 的文件夹已不存在。"
    ),
    "\n{n} more about other projects: /memory all lists them.": (
        "\n另有 {n} 条属于其他项目：/memory all 可列出它们。"
    ),
    "kept by the model": "由模型保存",
    "kept by you": "由你保存",
    "not trusted": "不可信",
    "project {name}": "项目 {name}",
    "trusted": "可信",
    "Remembered": "已记住",
    "Remembered [{id}]: {text}": "已记住 [{id}]：{text}",
    "Remembered again": "已重新记住",
    "Run this Python code {danger}?": "要{danger}运行这段 Python 代码吗？",
    "Save this memory?": "要保存这条记忆吗？",
    "Saved as {out}.": "已保存为 {out}。",
    "Say what the goal is: {what}.": "请写出目标：{what}。",
    "Say what to keep always before the model: /pin TEXT, or /pin ID for a memory.": (
        "请写出要始终放在模型眼前的内容：/pin 内容，或 /pin 记忆编号。"
    ),
    "Say what to look for in all conversations: /find WORDS.": (
        "请写出要在所有会话中查找的词：/find 词语。"
    ),
    "Say what to read: /read ADDRESS, or the number of a result. {fresh} fetches it again.": (
        "请写出要阅读什么：/read 地址，或结果的编号。{fresh} 会重新获取。"
    ),
    "Say what to remember: /remember TEXT.": "请写出要记住什么：/remember 内容。",
    "Say what to search for: /search WORDS. {fresh} asks again even if results are kept.": (
        "请写出要搜索什么：/search 词语。{fresh} 会重新搜索，即使已有结果。"
    ),
    "Say where the export is: /import PATH, a zip, a folder or a file.": (
        "请写出导出文件在哪里：/import 路径（zip、文件夹或文件）。"
    ),
    "Say which memory: /forget ID. /memory lists them with their ids.": (
        "请写出哪条记忆：/forget 编号。/memory 列出记忆及其编号。"
    ),
    "Say which memory: /unpin ID. /memory lists them with their ids.": (
        "请写出哪条记忆：/unpin 编号。/memory 列出记忆及其编号。"
    ),
    "Search the web for this? These are not your words.": ("要在网上搜索这个吗？这不是您写的词。"),
    "Sources": "来源",
    "Speed      {tokens_per_s:.1f} tokens per second": (
        "速度       每秒 {tokens_per_s:.1f} 个 token"
    ),
    "Standard input is not UTF-8 text: {error}.": ("标准输入不是 UTF-8 文本：{error}。"),
    "Tab completes · Enter goes on · Esc closes and changes nothing": (
        "Tab 补全 · Enter 继续 · Esc 关闭，不作更改"
    ),
    "Taken back": "已撤回",
    "Taken back: {rest}": "已撤回：{rest}",
    "The budget is a number of tokens {most}, not {argument!r}.": (
        "思考上限是 token 数，{most}，而不是 {argument!r}。"
    ),
    "The goal {stands}: {text}\n{now}.{again}": ("目标{stands}：{text}\n{now}。{again}"),
    "The kernel is new, and has network.": "内核已重新启动，可以访问网络。",
    "The kernel is new, and has no network.": "内核已重新启动，不能访问网络。",
    "The model found nothing in this conversation that is worth keeping.": (
        "模型在本会话里没有找到值得记住的内容。"
    ),
    "The model is told with its next step.": "模型会在下一步得知。",
    "The process that worked on it has died. To take over: qchat run --resume {id_}": (
        "处理它的进程已经结束。接手请用：qchat run --resume {id_}"
    ),
    "The session's folder is empty.": "会话文件夹是空的。",
    "The theme is {argument}, here and from now on.": ("从现在起使用主题 {argument}。"),
    "There are no sessions yet.": "还没有会话。",
    "There are no variables.": "没有变量。",
    "There is no GGUF model in the folder {folder}.": ("文件夹 {folder} 里没有 GGUF 模型。"),
    "There are no notes yet: /compact draft makes them.": "还没有笔记：/compact draft 可以生成。",
    "There is no answer to copy yet.": "还没有可复制的回答。",
    "There is no branch {argument}. /branch lists all {n}.": (
        "没有分支 {argument}。/branch 列出全部 {n} 个。"
    ),
    "There is no goal in this conversation. {what} sets one.": ("本会话没有目标。用 {what} 设定。"),
    'There is no prompt. Use qchat ask "PROMPT", or pipe text in.': (
        '没有提问。请用 qchat ask "提问"，或通过管道传入文本。'
    ),
    "There is no result {strike!r}. The table of the turn names them.": (
        "没有结果 {strike!r}。该轮的表格里有它们的名称。"
    ),
    "There is no sandbox: the kernel has the network of this machine anyway.": (
        "没有沙箱：内核本来就能使用本机的网络。"
    ),
    "There is no stopped deep turn to go on with, and no question. Use "
    'qchat ask --deep "QUESTION"; with -c or --session ID and no question '
    "it goes on with what was stopped.": (
        "没有可以继续的已停止的深入轮次，也没有提问。请用 qchat ask -"
        '-deep "提问"；加 -c 或 --session ID 且不写提问'
        "，则继续已停止的轮次。"
    ),
    "There is no theme {wanted!r}. Themes: {all}": ("没有主题 {wanted!r}。可用主题：{all}"),
    "There is no trail {argument!r}. /trail lists them.": (
        "没有思路 {argument!r}。/trail 列出全部。"
    ),
    "There is no trail {argument}. /trail lists them.": ("没有思路 {argument}。/trail 列出全部。"),
    "There is nothing to export yet.": "还没有可导出的内容。",
    "There is nothing to suggest from: you have written nothing here yet.": (
        "没有可供建议的内容：您在这里还没有写过什么。"
    ),
    "Thinking   {it}": "思考       {it}",
    "This conversation is called {title!r}.": "本会话的标题是 {title!r}。",
    "This conversation is now called {argument!r}.": ("本会话现在的标题是 {argument!r}。"),
    "This is branch {argument} of {n}.": ("这是第 {argument} 个分支，共 {n} 个。"),
    "This kernel is not qchat's own (python.kernel or python.gateway_url "
    "is set): install packages where it comes from.": (
        "这个内核不是 qchat 自己的（设置了 python.kernel 或"
        " python.gateway_url）：请在它原来的地方安装软件包。"
    ),
    "This session has no tools.": "本会话没有工具。",
    "Thought": "思考完毕",
    "Thought for {duration}": "思考了 {duration}",
    "Trails (/trail ID opens one, /pick ID goes on behind it):": (
        "各条思路（/trail 编号 打开，/pick 编号 接着继续）："
    ),
    "Trying {place}: one question …": "正在尝试 {place}：问一个问题…",
    "Unknown command: /{name}.{hint} /help lists all of them.": (
        "未知命令：/{name}。{hint} /help 列出全部命令。"
    ),
    "Unknown engine {argument!r}. Engines: {all}.": ("未知引擎 {argument!r}。可用引擎：{all}。"),
    "Unknown theme {argument!r}. Themes: {all}.": ("未知主题 {argument!r}。可用主题：{all}。"),
    "Unknown way to connect: {name!r}. Use one of: {known}.": (
        "未知的连接方式 {name!r}。请用其中之一：{known}。"
    ),
    "Updated": "已更新",
    "Use /offline on or /offline off, not {argument!r}.": (
        "请用 /offline on 或 /offline off，而不是 {argument!r}。"
    ),
    "Use the number of a source: /source N. /source lists them.": (
        "请用来源的编号：/source N。/source 列出全部。"
    ),
    "Welcome! Just write, or choose:": "欢迎！直接写，或选择：",
    "What left this machine": "离开本机的内容",
    "What to keep of this conversation": "本会话中要记住的内容",
    "What was deleted is back, and what was remembered for it.": (
        "删除的内容已恢复，为它记住的也已恢复。"
    ),
    "Which key?": "用哪个密钥？",
    "Which model in {folder}?": "用 {folder} 里的哪个模型？",
    "Which model?": "用哪个模型？",
    "Who is to answer?": "由谁回答？",
    "Write each note under one of the headings: {headings}.": (
        "请把每条笔记写在以下标题之一下面：{headings}。"
    ),
    "You go on behind trail {id_}. /branch lists the other answers.": (
        "您现在接着思路 {id_} 继续。/branch 列出其他回答。"
    ),
    "You stand behind prompt {number}; what you send now begins a new "
    "branch. /branch lists the others.": (
        "您现在位于第 {number} 条提问之后；接下来发送的内容会另开一个分支。/branch 列出其他分支。"
    ),
    "Your hint is kept: the next round is told of it, or the answer.": (
        "您的提示已保存：下一轮或回答时会告诉模型。"
    ),
    "Your own go to {themes_dir}": "您自己的主题放在 {themes_dir}",
    "[{id}] says something else by now: {text} (F3: all)": (
        "[{id}] 现在的内容不同：{text}（F3：全部）"
    ),
    "[… {omitted} characters are only in the file …]\n{drawn}": (
        "[… 还有 {omitted} 个字符只在文件中 …]\n{drawn}"
    ),
    "`qchat config set KEY VALUE` changes them.": ("用 `qchat config set 键 值` 更改。"),
    "a card number": "银行卡号",
    "a memory needs words; d forgets it": "记忆需要内容；d 可忘记它",
    "a number of an identity document": "证件号码",
    "a password": "密码",
    "a private key": "私钥",
    "a secret code": "验证码或口令",
    "a seed phrase": "助记词",
    "a title needs at least one letter; the old one stays": "标题至少要有一个字；保留原来的",
    "a token": "令牌",
    "an access key": "访问密钥",
    "an account number": "账号",
    "an address with a password": "带密码的地址",
    "an answer to a security question": "密保问题的答案",
    "as the model likes": "由模型决定",
    "at {url}": "在 {url} 上",
    "attached {name} · {length}": "附件 {name} · {length}",
    "attached: {name}": "附件：{name}",
    "cannot be shown: {error}": "无法显示：{error}",
    "chat now with the small demo model (Enter)": "现在就和小型演示模型聊天（Enter）",
    "deleted {title!r}; u brings it back, for {hidden_days} days; gone at "
    "once: qchat sessions delete {id}": (
        "已删除 {title!r}；{hidden_days} 天内按 u 可恢复；立即彻底删除：qchat sessions delete {id}"
    ),
    "event": "事件",
    "fact": "事实",
    "forgot {text!r}; u brings it back while this panel is open": (
        "已忘记 {text!r}；面板打开期间按 u 可恢复"
    ),
    "instead of prompt {instead}, Esc: as it was": ("替换第 {instead} 条提问，Esc：保持原样"),
    "instruction": "指示",
    "is reached": "已达到",
    "is worked on": "正在进行",
    "its file is gone": "文件已不存在",
    "mark a file first": "请先选中一个文件",
    "memories keep their old vectors: {error}": "记忆保留原来的向量：{error}",
    "memory is off in this conversation: /memory on turns it on": (
        "本会话的记忆已关闭：/memory on 可打开"
    ),
    "memory: {memory}": "记忆：{memory}",
    "no longer pinned: {text}": "不再置顶：{text}",
    "no memories went along": "没有记忆随之发出",
    "nothing to bring back": "没有可恢复的内容",
    "nothing was deleted here since qchat began: /branch lists branches": (
        "qchat 启动以来这里没有删除过内容：/branch 列出分支"
    ),
    "off": "关",
    "offline: nothing can leave": "离线：什么都不会离开本机",
    "on": "开",
    "opened {name}": "已打开 {name}",
    "opened {url}": "已打开 {url}",
    "pictures are off": "图片显示已关闭",
    "pinned: {text}": "已置顶：{text}",
    "preference": "偏好",
    "qchat repl needs a terminal. In a pipe use: qchat ask.": (
        "qchat repl 需要终端。在管道中请用：qchat ask。"
    ),
    "recalled: {text}": "想起：{text}",
    "reused {cached}, read {n}": "复用 {cached}，读取 {n}",
    "saved {saved}": "已保存 {saved}",
    "stopped": "已停止",
    "text that you did not write ({listed})": "不是您写的文字（{listed}）",
    "the kernel runs Python, not {language}": ("内核运行 Python，而不是 {language}"),
    "there is no prompt {number}: {have}": "没有第 {number} 条提问：{have}",
    "there is no source [{number}] in this conversation": ("本会话没有来源 [{number}]"),
    "this memory was taken back: u brings it back": "这条记忆已撤回：u 可恢复",
    "thought for {seconds:.0f} s (/thinking shows it)": (
        "思考了 {seconds:.0f} 秒（/thinking 可查看）"
    ),
    "unknown": "未知",
    "use Alibaba Cloud Model Studio with a key": ("用密钥连接阿里云百炼（Model Studio）"),
    "use a GGUF file on this machine": "使用本机的 GGUF 文件",
    "use a server: vLLM, Ollama, LM Studio …": ("使用服务器：vLLM、Ollama、LM Studio 等"),
    "waits for your approval": "在等您批准",
    "waits: {all}{files}": "等待中：{all}{files}",
    "was interrupted": "已中断",
    "was left": "已放下",
    "with network, after text from others was read": "在读过他人的文字之后、带网络",
    "without a sandbox": "在没有沙箱的情况下",
    "{about}: {key_from} holds one": "{about}：{key_from} 里有一个",
    "{all} Say who answers: --backend NAME.": ("{all} 请指定由谁回答：--backend 名称。"),
    "{answer!r} is not one of the numbers. Ctrl+C leaves everything as it is.": (
        "{answer!r} 不是其中的编号。Ctrl+C 离开，不作更改。"
    ),
    "{argument!r} could be a program, so it is not opened. /save it and open it yourself.": (
        "{argument!r} 可能是程序，所以没有打开。请用 /save 存出来自己打开。"
    ),
    "{argument!r} is not the number of a prompt. Use 1 to {length}.": (
        "{argument!r} 不是提问的编号。请用 1 到 {length}。"
    ),
    "{arrow}Recalled {what}": "{arrow}想起 {what}",
    "{arrow}Thinking …": "{arrow}思考中…",
    "{code}\n[… {rest} more characters]": "{code}\n[… 还有 {rest} 个字符]",
    "{error}\nChoose the region that gave the key out, or check it.": (
        "{error}\n请选择发放该密钥的地域，或检查密钥。"
    ),
    "{failure}\nThe earlier answer stays; /branch lists the attempt.": (
        "{failure}\n之前的回答保留；/branch 可查看这次尝试。"
    ),
    "{model} cannot chat. {place} offers {all}.": ("{model} 不能聊天。{place} 提供 {all}。"),
    "{model} has no such setting; /budget limits its thinking.": (
        "{model} 没有这个设置；/budget 可限制它的思考。"
    ),
    "{model} takes {all}, not {argument!r}.": ("{model} 可用 {all}，而不是 {argument!r}。"),
    "{name} answers at an address of your workspace. Its ID (like llm-abc123)?": (
        "{name} 使用您工作空间的专用地址。它的 ID 是什么（例如 llm-abc123）？"
    ),
    "{name} cannot be read: {strerror}": "无法读取 {name}：{strerror}",
    "{name} cannot end its thinking early": "{name} 不能提前结束思考",
    "{name} has no model {model!r}. It has {all}.": ("{name} 没有模型 {model!r}。它有 {all}。"),
    "{name} has {size:,} bytes; at most {largest:,} can be attached": (
        "{name} 有 {size:,} 字节；最多可附加 {largest:,} 字节"
    ),
    "{name} is a server. Only a local model has an engine.": (
        "{name} 是服务器。只有本地模型才有引擎。"
    ),
    "{name} is an adapter (LoRA), not a whole model.": (
        "{name} 是适配器（LoRA），不是完整的模型。"
    ),
    "{name} is an embedding model: it cannot chat.": "{name} 是嵌入模型，不能聊天。",
    "{name} is no text; s saves it out": "{name} 不是文本；按 s 存出来",
    "{name} is not a text file (it is not UTF-8)": ("{name} 不是文本文件（不是 UTF-8）"),
    "{name} serves {model} from the next message on.": ("从下一条消息起，{name} 使用 {model}。"),
    "{name}: {model}. /help lists commands, Ctrl+D ends,": (
        "{name}：{model}。/help 列出命令，Ctrl+D 结束，"
    ),
    "{number} memories": "{number} 条记忆",
    "{n} calls": "{n} 次调用",
    "{n} more": "另有 {n} 个",
    "{n} thoughts": "{n} 段思考",
    "{n} tokens": "{n} 个 token",
    "{n} turns": "{n} 轮",
    "{place} has no model {model!r}. It offers {all}.": (
        "{place} 没有模型 {model!r}。它提供 {all}。"
    ),
    "{place} keeps no list. Name of the model?": ("{place} 没有模型列表。模型名称是什么？"),
    "{place} offers no model that one can chat with.": "{place} 没有可以聊天的模型。",
    "{program} is not installed here. /save copies the file out.": (
        "这里没有安装 {program}。/save 可把文件复制出来。"
    ),
    "{question} Nobody can be asked here: say it in the command (qchat "
    "connect --help). There is: {known}.": (
        "{question} 这里无法询问：请在命令中写明（qchat connect --help）。可选：{known}。"
    ),
    "{question}: nobody can be asked here, so {where}.": (
        "{question}：这里无法询问，所以请{where}。"
    ),
    "{report}\nOffline: only this machine is asked.": "{report}\n已离线：只询问本机。",
    "{short} tokens": "{short} 个 token",
    "{text!r} is back": "{text!r} 已恢复",
    "{think} once": "{think}（仅一次）",
    "{title!r} is back": "{title!r} 已恢复",
    "{url} is not an address that a browser opens": "{url} 不是浏览器能打开的地址",
    "{when:%d %b %Y} {when:%H:%M}": ("{when:%Y年%m月%d日} {when:%H:%M}"),
    "{when:%d %b} {when:%H:%M}": "{when:%m月%d日} {when:%H:%M}",
    "{width} by {height} pixels are too many": ("{width} × {height} 像素太大了"),
    "{words}\nOthers (/engine NAME): {others}": ("{words}\n其他（/engine 名称）：{others}"),
    "… and {n:,} more: find them by their words": "… 另有 {n:,} 条：用词语查找",
    **FAILURES,
}
