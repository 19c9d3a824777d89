"""What is said by qchat/commands."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "{n} older ones: /find WORDS, or qchat sessions list.": (
        "还有 {n} 个更早的：/find 关键词，或 qchat sessions list。"
    ),
    "The import was stopped. Importing again goes on.": "导入已停止。再次导入会接着进行。",
    "(address of your workspace)": "（工作空间的地址）",
    "\nIts context of {context:,} tokens is assumed from the model's name. The server may hold "
    "less: qchat config set backends.{name}.context N.": (
        "\n上下文 {context:,} 个 token 是按模型名称推测的。服务器可能更少：qchat config set "
        "backends.{name}.context N。"
    ),
    "\nNobody has said how much this model's context holds.": (
        "\n没有人说明这个模型的上下文有多大。"
    ),
    "\nPinned memories take about {size} of {limit} tokens of every turn{over}.": (
        "\n置顶记忆在每轮中约占 {limit} 个 token 中的 {size} 个{over}。"
    ),
    "\n{n} more about other projects: /memory all lists them.": (
        "\n另有 {n} 条属于其他项目：/memory all 可列出它们。"
    ),
    " (backend {name!r})": "（后端 {name!r}）",
    " /goal resume goes on with it.": " /goal resume 可继续。",
    " Did you mean {near}?": " 是否指 {near}？",
    " The kernel is new, to see it: its variables are gone.": (
        " 内核已重新启动以使用它们，变量已丢失。"
    ),
    " The last one used {budget}.": " 上一次用了 {budget}。",
    " and the {gone} behind it": "以及其后的 {gone} 轮",
    ", and in new conversations": "，新会话也由它回答",
    "--hours needs a number, not {value!r}.": "--hours 需要一个数字，而不是 {value!r}。",
    "--{name} needs a value.": "--{name} 需要一个值。",
    "--{name} needs a whole number, not {value!r}.": "--{name} 需要一个整数，而不是 {value!r}。",
    "/copy takes the number of a prompt, not {argument!r}.": (
        "/copy 后面是提问的编号，而不是 {argument!r}。"
    ),
    "/deep --hint TEXT tells the next round something; /deep --strike NAME takes out a "
    "result, by its name in the table of the turn.": (
        "/deep --hint 文字 可告诉下一轮一些信息；/deep --strike 名称 "
        "按该轮表格中的名称去掉一个结果。"
    ),
    "/know takes list, add PATH, sync [NAME], remove NAME, search WORDS.": (
        "/know 可用 list、add 路径、sync [名称]、remove 名称、search 词语。"
    ),
    "; a budget takes its place": "；由思考上限代替",
    "; the newest that do not fit are left out": "；放不下的最新几条会被略去",
    "A goal is checked by --until or by --verify, not by both.": (
        "目标用 --until 或 --verify 来检查，不能两个都用。"
    ),
    "A key goes to {host} only over https://, so that nobody can read it.": (
        "只有通过 https:// 才会把密钥发给 {host}，这样别人读不到。"
    ),
    "A path is needed: drop the file into the terminal, or type it.": (
        "需要一个路径：把文件拖进终端，或输入路径。"
    ),
    "A workspace belongs to a region: name that too.": "工作空间属于某个地域：请同时给出地域。",
    "A workspace belongs to the cloud: leave out --workspace.": (
        "工作空间属于云端：请去掉 --workspace。"
    ),
    "Address (https://…/compatible-mode/v1)": "地址（https://…/compatible-mode/v1）",
    "Address of the server, like {example}": "服务器地址，例如 {example}",
    "An address holds no user or password: a key is asked for if needed.": (
        "地址里不能有用户名或密码：需要时会询问密钥。"
    ),
    "Ask a question: /deep [--rounds N] [--width W] [--tokens N] QUESTION. A deep turn "
    "that runs or was stopped takes /deep --hint TEXT for its next round, and /deep "
    "--strike NAME, which takes a result out; /deep --continue goes on with one that was "
    "stopped.": (
        "请写出问题：/deep [--rounds N] [--width W] [--tokens N] 问题。"
        "对正在进行或已停止的深入思考，/deep --hint 文字 可为下一轮提示，/deep --strike 名称 "
        "可去掉一个结果；/deep --continue 继续已停止的。"
    ),
    "Asking the model …": "正在询问模型…",
    "Asking {netloc} for its models …": "正在向 {netloc} 询问有哪些模型…",
    "Backends (/backend NAME switches):\n": "后端（/backend 名称 可切换）：\n",
    "Change: {text}": "更改：{text}",
    "Code can read it as {name!r} ({counted}).": "代码可以用 {name!r} 读取它（{counted}）。",
    "Copied the answer.": "已复制回答。",
    "Download {all} from the package index and install it in {environment}? Code in the "
    "kernel can then import it.": (
        "要从软件包索引下载 {all} 并安装到 {environment} 吗？之后内核里的代码可以导入它。"
    ),
    "Effort: {it}{beside}.": "思考力度：{it}{beside}。",
    "Exported to {path}": "已导出到 {path}",
    "File not found in the session's folder: {argument!r}. /files lists them.": (
        "会话文件夹里没有文件 {argument!r}。/files 列出全部。"
    ),
    "File not found: {shown}.": "找不到文件：{shown}。",
    "File not found: {shown}. Of a model on a hub: qchat models pull hf:{name}.": (
        "找不到文件：{shown}。模型在仓库上时：qchat models pull hf:{name}。"
    ),
    "Forgot [{id}]: {text}": "已忘记 [{id}]：{text}",
    "From here on {name} answers ({model}).": "从现在起由 {name} 回答（{model}）。",
    "From the next round on {strike} no longer counts.": "从下一轮起不再考虑 {strike}。",
    "In which region was the key made?": "密钥是在哪个地域创建的？",
    "Installed {all} for all kernels of qchat.{anew}": "已为 qchat 的所有内核安装 {all}。{anew}",
    "Invalid address {typed!r}. It should look like "
    "https://dashscope-intl.aliyuncs.com/compatible-mode/v1.": (
        "地址 {typed!r} 无效。它应该像 https://dashscope-intl.aliyuncs.com/compatible-mode/v1。"
    ),
    "Invalid address {typed!r}. Write it like {example}.": (
        "地址 {typed!r} 无效。请写成 {example} 这样。"
    ),
    "It says again: {text}": "现在又是：{text}",
    "It works. Use it for new conversations too?": "可以用。新会话也用它吗？",
    "Its text (empty leaves it out):": "它的内容（留空则去掉）：",
    "Keep all {n}": "全部保留（{n} 条）",
    "Keep all {n} for the project {name} alone": "全部 {n} 条只为项目 {name} 保留",
    "Keep it": "保留",
    "Keep it for the project {name} alone": "只为项目 {name} 保留",
    "Keep nothing": "都不保留",
    "Keep these memories?": "保留这些记忆吗？",
    "Key for {host} (it is not shown)": "{host} 的密钥（输入时不显示）",
    "Let code in this session's kernel reach the network? It could send what it sees "
    "anywhere. The kernel starts anew: its variables are gone.": (
        "要让本会话内核里的代码访问网络吗？它可能把看到的内容发到任何地方。内核会重新启动，"
        "变量将丢失。"
    ),
    "Looking for a key …": "正在查找密钥…",
    "Memory is off in this conversation: /memory on turns it on.": (
        "本会话的记忆已关闭：/memory on 可打开。"
    ),
    "Memory is off in this conversation: nothing is recalled, nothing is kept.": (
        "本会话的记忆已关闭：不想起，也不保留。"
    ),
    "Memory is on in this conversation.": "本会话的记忆已打开。",
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
    "Name what is to stay whole by its handle, as look_back and notes show it (12.3), or "
    "a turn by its number (12). The last turn is {last}.": (
        "请用 look_back 和笔记中显示的编号（12.3）指出要完整保留的内容，或用轮次编号（12）。"
        "最后一轮是 {last}。"
    ),
    "No earlier prompts.": "没有以前的提问。",
    "No longer pinned [{id}]: {text}": "不再置顶 [{id}]：{text}",
    "No turn here has trails.": "这里没有分多条思路的轮次。",
    "No, only with --backend {name} (--no-default)": (
        "否，仅在 --backend {name} 时使用（--no-default）"
    ),
    "Not kept: it looks like {secret}, and nobody said yes.": (
        "没有保留：它看起来像{secret}，而且没有得到允许。"
    ),
    "Not taken: it looks like {secret}. /remember asks for such.": (
        "未采纳：它看起来像{secret}。用 /remember 会先询问。"
    ),
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
    "Nothing in your sessions has {argument!r}.": "您的会话里没有 {argument!r}。",
    "Nothing was changed.": "没有作任何更改。",
    "Nothing was kept.": "什么都没有保留。",
    "Nothing was said yet.": "还没有说过什么。",
    "Offline: no connection but to this machine, here and when this is continued.": (
        "已离线：现在以及以后继续本会话时，只连接本机。"
    ),
    "Online: backends and the web may be asked.": "已联网：可以访问后端和网络。",
    "Only in this conversation (backend {name!r})": "只用于本会话（后端 {name!r}）",
    "Opened {argument}.": "已打开 {argument}。",
    "Path of a GGUF file, or a folder": "GGUF 文件或文件夹的路径",
    "Pinned [{id}]: {text}{it}": "已置顶 [{id}]：{text}{it}",
    "Prompt {number} has no answer to copy.": "第 {number} 条提问没有可复制的回答。",
    "Prompt {number}{more} left the conversation, and what was remembered for it is taken "
    "back. /undelete brings all of it back; /branch lists it.": (
        "第 {number} 条提问{more}已从会话中移除，为它记住的内容也已撤回。/undelete "
        "可全部恢复；/branch 可查看。"
    ),
    "Reading {path} in the background. Ask about it with @know:{name} in a prompt.": (
        "正在后台读取 {path}。在提问中用 @know:{name} 来问它。"
    ),
    "Remembered": "已记住",
    "Run all code of this conversation that ended well again, in its order? Variables and "
    "imports come back; what it wrote to files is written again.": (
        "按顺序重新运行本会话中成功的全部代码？变量和导入会恢复；写过的文件会再写一次。"
    ),
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
    "Taken back: {rest}": "已撤回：{rest}",
    "That is an address: of a file, qchat models pull ADDRESS fetches it.": (
        "这是一个地址：若是文件，可用 qchat models pull 地址 下载。"
    ),
    "That looks like a key, which is asked for apart, unseen. Nothing was sent.": (
        "这看起来像密钥；密钥会另外询问，输入时不显示。没有发送任何内容。"
    ),
    "The Python kernel is new: /kernel rerun runs the code of before again.": (
        "Python 内核是新的：/kernel rerun 可重新运行之前的代码。"
    ),
    "The budget is a number of tokens {most}, not {argument!r}.": (
        "思考上限是 token 数，{most}，而不是 {argument!r}。"
    ),
    "The goal here waits for your approval. /goal resume asks you, and goes on.": (
        "这里的目标正等待您批准。/goal resume 会询问您并继续。"
    ),
    "The goal {stands}: {text}\n{now}.{again}": "目标{stands}：{text}\n{now}。{again}",
    "The kernel is new, and has network.": "内核已重新启动，可以访问网络。",
    "The kernel is new, and has no network.": "内核已重新启动，不能访问网络。",
    "The key is kept in {kept}.": "密钥保存在{kept}。",
    "The model found nothing in this conversation that is worth keeping.": (
        "模型在本会话里没有找到值得记住的内容。"
    ),
    "The model is told with its next step.": "模型会在下一步得知。",
    "The session's folder is empty.": "会话文件夹是空的。",
    "The theme is {argument}, here and from now on.": "从现在起使用主题 {argument}。",
    "The work on the goal here was interrupted. /goal resume goes on with it.": (
        "这里的目标任务曾被中断。/goal resume 可继续。"
    ),
    "There are no sessions yet.": "还没有会话。",
    "There are no variables.": "没有变量。",
    "There is no GGUF model in the folder {folder}.": "文件夹 {folder} 里没有 GGUF 模型。",
    "There is no answer to copy yet.": "还没有可复制的回答。",
    "There is no branch {argument}. /branch lists all {n}.": (
        "没有分支 {argument}。/branch 列出全部 {n} 个。"
    ),
    "There is no deep turn here that runs or was stopped. /deep QUESTION begins one; what "
    "it found stays in the conversation.": (
        "这里没有正在进行或已停止的深入思考。/deep 问题 可开始；找到的内容会保留在会话中。"
    ),
    "There is no goal in this conversation. {what} sets one.": "本会话没有目标。用 {what} 设定。",
    "There is no prompt yet.": "还没有提问。",
    "There is no prompt {number}. This conversation has {length}.": (
        "没有第 {number} 条提问。本会话共有 {length} 条。"
    ),
    "There is no result {strike!r}. The table of the turn names them.": (
        "没有结果 {strike!r}。该轮的表格里有它们的名称。"
    ),
    "There is no sandbox: the kernel has the network of this machine anyway.": (
        "没有沙箱：内核本来就能使用本机的网络。"
    ),
    "There is no trail {argument!r}. /trail lists them.": (
        "没有思路 {argument!r}。/trail 列出全部。"
    ),
    "There is no trail {argument}. /trail lists them.": "没有思路 {argument}。/trail 列出全部。",
    "There is nothing to export yet.": "还没有可导出的内容。",
    "There is nothing to suggest from: you have written nothing here yet.": (
        "没有可供建议的内容：您在这里还没有写过什么。"
    ),
    "Thinking budget: {limit}.{used}": "思考预算：{limit}。{used}",
    "Thinking is off from here on.": "从现在起关闭思考。",
    "Thinking is on from here on.": "从现在起打开思考。",
    "This conversation is called {title!r}.": "本会话的标题是 {title!r}。",
    "This conversation is now called {argument!r}.": "本会话现在的标题是 {argument!r}。",
    "This is branch {argument} of {n}.": "这是第 {argument} 个分支，共 {n} 个。",
    "This kernel is not qchat's own (python.kernel or python.gateway_url is set): install "
    "packages where it comes from.": (
        "这个内核不是 qchat 自己的（设置了 python.kernel 或 python.gateway_url）："
        "请在它原来的地方安装软件包。"
    ),
    "This session has no tools.": "本会话没有工具。",
    "Trails (/trail ID opens one, /pick ID goes on behind it):": (
        "各条思路（/trail 编号 打开，/pick 编号 接着继续）："
    ),
    "Trying {place}: one question …": "正在尝试 {place}：问一个问题…",
    "Unknown command: /{name}.{hint} /help lists all of them.": (
        "未知命令：/{name}。{hint} /help 列出全部命令。"
    ),
    "Unknown engine {argument!r}. Engines: {all}.": "未知引擎 {argument!r}。可用引擎：{all}。",
    "Unknown theme {argument!r}. Themes: {all}.": "未知主题 {argument!r}。可用主题：{all}。",
    "Unknown way to connect: {name!r}. Use one of: {known}.{hint}": (
        "未知的连接方式 {name!r}。请用其中之一：{known}。{hint}"
    ),
    " For a file: connect file {typed}": "文件请用：connect file {typed}",
    " For a server: connect server {typed}": "服务器请用：connect server {typed}",
    " For the cloud: connect cloud {typed}": "云端请用：connect cloud {typed}",
    "{name} is the part of a model that sees (mmproj), not a whole model.": (
        "{name} 只是模型的视觉部分（mmproj），不是完整的模型。"
    ),
    "Updated": "已更新",
    "Use /offline on or /offline off, not {argument!r}.": (
        "请用 /offline on 或 /offline off，而不是 {argument!r}。"
    ),
    "Use the number of a source: /source N. /source lists them.": (
        "请用来源的编号：/source N。/source 列出全部。"
    ),
    "What to keep of this conversation": "本会话中要记住的内容",
    "What was deleted is back, and what was remembered for it.": (
        "删除的内容已恢复，为它记住的也已恢复。"
    ),
    "Which key?": "用哪个密钥？",
    "Which model in {folder}?": "用 {folder} 里的哪个模型？",
    "Which model of {place}?": "使用 {place} 的哪个模型？",
    "Which model?": "用哪个模型？",
    "Write each note under one of the headings: {headings}.": (
        "请把每条笔记写在以下标题之一下面：{headings}。"
    ),
    "Yes, make it the default": "是，设为默认",
    "You go on behind trail {id_}. /branch lists the other answers.": (
        "您现在接着思路 {id_} 继续。/branch 列出其他回答。"
    ),
    "You stand behind prompt {number}; what you send now begins a new branch. /branch "
    "lists the others.": (
        "您现在位于第 {number} 条提问之后；接下来发送的内容会另开一个分支。/branch 列出其他分支。"
    ),
    "Your hint is kept: the next round is told of it, or the answer.": (
        "您的提示已保存：下一轮或回答时会告诉模型。"
    ),
    "`qchat config set KEY VALUE` changes them.": "用 `qchat config set 键 值` 更改。",
    "another address, or one of a workspace": "其他地址，或工作空间的地址",
    "another key": "另一个密钥",
    "answers from here on": "从现在起回答",
    "answers to --backend {name}": "通过 --backend {name} 回答",
    "as configured: {configured}": "当前设置：{configured}",
    "as the model likes": "由模型决定",
    "context:   {context:,} tokens, as its list of models says (kept as context = {context2})": (
        "上下文：   {context:,} 个 token，依据其模型列表（已保存为 context = {context2}）"
    ),
    "enter a path": "输入路径",
    "is reached": "已达到",
    "is worked on": "正在进行",
    "it died ({detail}); it is loaded again with the next message": (
        "它已意外退出（{detail}）；下一条消息时重新加载"
    ),
    "loading, {progress:.0%}. {detail}": "正在加载，{progress:.0%}。{detail}",
    "not in memory; it is loaded with the next message": "不在内存中；下一条消息时加载",
    "ready. {detail}": "就绪。{detail}",
    'server:    {kind}, as its list of models says (kept as server = "{kind}")': (
        '服务器：   {kind}，依据其模型列表（已保存为 server = "{kind}"）'
    ),
    "the one in {source}": "使用{source}中的密钥",
    "up to {longest_budget:,} (0: no limit)": "最多 {longest_budget:,}（0 为不限）",
    "waits for your approval": "在等您批准",
    "was interrupted": "已中断",
    "was left": "已放下",
    "without a limit": "不限",
    "{argument!r} could be a program, so it is not opened. /save it and open it yourself.": (
        "{argument!r} 可能是程序，所以没有打开。请用 /save 存出来自己打开。"
    ),
    "{argument!r} is not the number of a prompt. Use 1 to {length}.": (
        "{argument!r} 不是提问的编号。请用 1 到 {length}。"
    ),
    "{budget} tokens for each reply": "每个回复 {budget} 个 token",
    "{engine_name} serves {model}: {state}": "{engine_name} 正在运行 {model}：{state}",
    "{error}\nChoose the region that gave the key out, or check it.": (
        "{error}\n请选择发放该密钥的地域，或检查密钥。"
    ),
    "{head} /model NAME chooses another:": "{head} /model 名称 可换用其他模型：",
    "{head} It cannot be asked for others now: {error}": (
        "{head} 现在无法询问它还有哪些模型：{error}"
    ),
    "{head} It keeps no list of others.": "{head} 它不提供其他模型的列表。",
    "{here} {number}: {turns}, the last: {prompt}": "{here} {number}：{turns}，最后一条：{prompt}",
    "{model} at {place}": "{place} 上的 {model}",
    "{model} cannot chat. {place} offers {all}.": "{model} 不能聊天。{place} 提供 {all}。",
    "{model} has no such setting; /budget limits its thinking.": (
        "{model} 没有这个设置；/budget 可限制它的思考。"
    ),
    "{model} takes {all}, not {argument!r}.": "{model} 可用 {all}，而不是 {argument!r}。",
    "{n:,} byte": "{n:,} 字节",
    "{name} answers at an address of your workspace. Its ID (like llm-abc123)?": (
        "{name} 使用您工作空间的专用地址。它的 ID 是什么（例如 llm-abc123）？"
    ),
    "{name} answers with {model}.": "{name} 用 {model} 回答。",
    "{name} has no model {model!r}. It has {all}.": "{name} 没有模型 {model!r}。它有 {all}。",
    "{name} is a server. Only a local model has an engine.": (
        "{name} 是服务器。只有本地模型才有引擎。"
    ),
    "{name} is an adapter (LoRA), not a whole model.": "{name} 是适配器（LoRA），不是完整的模型。",
    "{name} is an embedding model: it cannot chat.": "{name} 是嵌入模型，不能聊天。",
    "{name} serves {model} from the next message on.": "从下一条消息起，{name} 使用 {model}。",
    "{place} has no model {model!r}. It offers {all}.": (
        "{place} 没有模型 {model!r}。它提供 {all}。"
    ),
    "{place} keeps no list. Name of the model?": "{place} 没有模型列表。模型名称是什么？",
    "{place} offers no model that one can chat with. Load one there, then connect again.": (
        "{place} 没有可以聊天的模型。请先在那里加载一个，然后重新连接。"
    ),
    "{program} is not installed here. /save copies the file out.": (
        "这里没有安装 {program}。/save 可把文件复制出来。"
    ),
    "{report}\nOffline: only this machine is asked.": "{report}\n已离线：只询问本机。",
    "{shown} {here}{lasting}.": "{shown} {here}{lasting}。",
    "{words}\nOthers (/engine NAME): {others}": "{words}\n其他（/engine 名称）：{others}",
    "qchat is offline, so the web is not asked. /offline off allows it.": (
        "qchat 处于离线状态，因此不会访问网络。/offline off 可允许。"
    ),
    "This conversation does without the web: it was begun so, or `web.enabled` is off.": (
        "本会话不使用网络：开始时如此设定，或 `web.enabled` 已关闭。"
    ),
    "This conversation has no sources yet.": "本会话还没有来源。",
}
