"""The help of the command line, and what argparse says itself."""

from collections.abc import Mapping

COMMAND_LINE: Mapping[str, str] = {
    "Chat with Qwen models in the terminal.": "在终端里与 Qwen 模型对话。",
    "examples:\n  qchat                             chat in the terminal\n  qchat -c      "
    '                    go on with the last conversation\n  qchat ask "What is 127 * '
    '45?"     one answer, on standard output\n  git diff | qchat ask "Review this."\n  '
    "qchat connect                     choose who answers\n\nexit status: 0 done, 1 "
    "failed (one line on standard error says why), 2 wrong\nusage or settings, 3 the "
    "answer of ask was cut off or is missing, 130 cancelled,\n141 standard output was "
    "closed\nenvironment: QCHAT_HOME, DASHSCOPE_API_KEY and others; all are in `qchat "
    "man`\n": (
        "示例：\n  qchat                             在终端里对话\n  qchat -c                 "
        '         继续最近的会话\n  qchat ask "What is 127 * 45?"     只问一次，'
        '回答写到标准输出\n  git diff | qchat ask "Review this."\n  qchat connect           '
        "          选择由谁回答\n\n退出状态：0 完成，1 失败（标准错误中有一行原因），2 "
        "用法或设置有误，\n3 ask 的回答被截断或缺失，130 已取消，141 标准输出已被关闭\n"
        "环境变量：QCHAT_HOME、DASHSCOPE_API_KEY 等；`qchat man` 说明全部\n"
    ),
    "positional arguments": "位置参数",
    "options": "选项",
    "commands": "命令",
    "show this help message and exit": "显示本帮助并退出",
    "whose conversations, memories and settings (default: default)": (
        "使用谁的会话、记忆和设置（默认：default）"
    ),
    "open no connection but to this machine itself (default: as in config.toml)": (
        "除本机外不建立任何连接（默认：按 config.toml）"
    ),
    "who answers: demo, local, cloud, or one of config.toml (default: what answered the "
    "conversation, else `backend` of config.toml)": (
        "由谁回答：demo、local、cloud，或 config.toml 中的后端（默认：上次回答该会话的后端，"
        "否则为 config.toml 的 `backend`）"
    ),
    "another model of that backend, like qwen3.7-plus": "该后端的另一个模型，例如 qwen3.7-plus",
    "let the model think (default: as in config.toml)": "让模型思考（默认：按 config.toml）",
    "answer without thinking": "不思考，直接回答",
    "longest thinking of a reply in tokens; 0 sets no limit (default: as in config.toml)": (
        "每个回复最多思考多少个 token；0 为不限（默认：按 config.toml）"
    ),
    "did you mean {near}?": "是否指 {near}？",
    "in a chat it is /{word}.": "在对话中它是 /{word}。",
    "there are {known}.": "现有的命令：{known}。",
    "Unknown command {whole!r}: {hint}": "未知的命令 {whole!r}：{hint}",
    "offer the model no tools": "不给模型任何工具",
    "print the version": "显示版本",
    "continue the last conversation, with the model and the switches that it had": (
        "继续最近的会话，沿用其模型和开关"
    ),
    "continue a conversation by its id, or its beginning; without ID choose from a list": (
        "按编号或其开头继续一个会话；不写编号则从列表中选择"
    ),
    "one turn; the answer on standard output": "只问一次；回答写到标准输出",
    "work on a goal until it is reached": "为一个目标工作，直到达到为止",
    "the same chat line by line": "同样的对话，逐行进行",
    "choose who answers: the cloud, a file, a server": "选择由谁回答：云端、文件或服务器",
    "list, show, search, export or delete conversations": "列出、查看、搜索、导出或删除会话",
    "take in conversations from other programs": "导入其他程序的会话",
    "your own folders, which questions can be about": "您自己的文件夹，可供提问",
    "see and change what is remembered about you": "查看和更改关于您的记忆",
    "list and test the ways to a model": "列出和测试各个后端",
    "local models: what fits, what is here, fetch one": "本地模型：哪些放得下、已有哪些、下载",
    "where the settings are, what they say, change one": "设置在哪里、内容是什么、如何更改",
    "try everything that is configured here": "逐项检查这里的配置是否可用",
    "write all that is kept into one file": "把保存的全部内容写入一个文件",
    "bring back what `qchat backup` wrote": "恢复 `qchat backup` 写出的备份",
    "print a script that completes commands in a shell": "输出 shell 的命令补全脚本",
    "print the manual page": "输出手册页",
    "ask a set of questions, and say what may be concluded": (
        "用一组问题评测，并说明可以得出什么结论"
    ),
    "measure qchat on this machine": "测量 qchat 在本机的性能",
    'examples:\n  qchat ask "What is 127 * 45?"\n  qchat ask --json "Hello" | jq -r '
    '\'select(.type == "text").text\'\n  qchat ask -c "And in words?"      goes on with '
    "the last conversation\n\nexit status: 0 answered, 1 the turn failed, 2 wrong usage, "
    "3 the answer was cut\noff or is missing, 130 cancelled\n": (
        '示例：\n  qchat ask "What is 127 * 45?"\n  qchat ask --json "Hello" | jq -r '
        '\'select(.type == "text").text\'\n  qchat ask -c "And in words?"      '
        "继续最近的会话\n\n退出状态：0 已回答，1 该轮失败，2 用法有误，\n3 回答被截断或缺失，"
        "130 已取消\n"
    ),
    "what to ask; one piped line is added to it, more lines go along as a file does": (
        "要问的内容；管道传入的一行会附在其后，多行则像文件一样附上"
    ),
    "continue a conversation by its id, or its beginning": "按编号或其开头继续一个会话",
    "print the session's id and every event as one JSON line each": (
        "把会话编号和每个事件各写成一行 JSON"
    ),
    "allow what tools ask for, without being asked": "工具请求许可时一律允许，不再询问",
    "think in rounds that build on what the last ones found; with -c or --session and no "
    "prompt, go on with one that was stopped": (
        "分轮深入思考，每轮接着上一轮的成果；与 -c 或 --session 同用且不写问题时，继续已停止的那次"
    ),
    "most rounds (default: 4)": "最多几轮（默认：4）",
    "trails side by side in a round (default: 1)": "每轮的并行思路数（默认：1）",
    "most tokens that --deep may write in all, thinking included (default: no limit)": (
        "--deep 总共最多写出多少个 token，含思考（默认：不限）"
    ),
    'examples:\n  qchat run "Make the tests in tests/ pass." --until "python -m pytest '
    '-q tests"\n  qchat run "Find the longest Collatz sequence below 10000." '
    "--hours 0.5\n  qchat run --list                  shows what runs, and "
    "what can go on\n  qchat run --resume 1a2b3c4d       goes on where it was "
    'interrupted\n  qchat run --resume 1a2b3c4d --say "Use only the standard '
    'library."\n\nexit status: 0 reached, 1 not reached (the report says why), 2 wrong '
    "usage,\n130 cancelled\n": (
        '示例：\n  qchat run "Make the tests in tests/ pass." --until "python -m pytest -q '
        'tests"\n  qchat run "Find the longest Collatz sequence below 10000." --hours 0.5\n  '
        "qchat run --list                  "
        "列出正在进行和可以继续的任务\n  qchat run --resume 1a2b3c4d       从中断处继续\n  "
        'qchat run --resume 1a2b3c4d --say "Use only the standard library."\n\n退出状态：0 '
        "已达到，1 未达到（报告说明原因），2 用法有误，130 已取消\n"
    ),
    "what is to be reached": "要达到的目标",
    "reached when this command exits with 0; it is run here, as you would, whenever the "
    "model says that it is done ($QCHAT_WORK_DIR is the folder where its code works)": (
        "该命令以 0 退出即为达到；每当模型说已完成，"
        "就像您自己运行一样在这里运行它（$QCHAT_WORK_DIR 是其代码所在的文件夹）"
    ),
    "what a fresh request is to look at that checks it (default: the goal alone)": (
        "由全新请求检验时应查看什么（默认：只看目标）"
    ),
    "most replies (default: 2,000; 0: no limit)": "最多多少个回复（默认：2,000；0 为不限）",
    "most tokens read and written (default: any)": "最多读写多少个 token（默认：不限）",
    "longest time of work (default: 24; 0: any)": "最长工作多少小时（默认：24；0 为不限）",
    "go on with a run that was interrupted, or follow one that another process works on; "
    "--steps, --tokens and --hours set other limits for all its work": (
        "继续被中断的任务，或旁观另一个进程正在执行的任务；--steps、--tokens 和 --hours "
        "可为其全部工作重设上限"
    ),
    "with --resume: tell it to the model that works on it now": (
        "与 --resume 同用：把这句话告诉正在执行它的模型"
    ),
    "list the runs: state, time, tokens": "列出任务：状态、时间、token",
    "print every event, and the report, as JSON lines": "把每个事件和报告写成 JSON 行",
    "examples:\n  qchat connect                                     choose step by step\n "
    " qchat connect server 127.0.0.1:8000 --model qwen3-32b --default\n  qchat connect "
    "file ~/models/Qwen3-8B-Q4_K_M.gguf\n  qchat connect cloud Singapore --model "
    "qwen3.7-plus < key.txt\n": (
        "示例：\n  qchat connect                                     逐步选择\n  qchat "
        "connect server 127.0.0.1:8000 --model qwen3-32b --default\n  qchat connect file "
        "~/models/Qwen3-8B-Q4_K_M.gguf\n  qchat connect cloud Singapore --model qwen3.7-plus "
        "< key.txt\n"
    ),
    "what to use; asked if left out": "使用哪一种；不写则询问",
    "ID of a workspace of the cloud, whose own address is used then, like llm-abc123": (
        "云端工作空间的 ID，例如 llm-abc123，将使用它自己的地址"
    ),
    "which model of it; chosen from a list if left out": "使用其中的哪个模型；不写则从列表中选择",
    "use it for new conversations too": "新会话也使用它",
    "only add it to the backends, for --backend NAME": "只添加到后端，供 --backend 名称 使用",
    "actions": "操作",
    "list conversations, the newest first": "列出会话，最新的在前",
    "print one as Markdown": "以 Markdown 输出一个会话",
    "find words, in thinking and the output of tools too": "查找词语，也在思考和工具输出中查找",
    "write one to standard output": "把一个会话写到标准输出",
    "delete one with all its branches, for good": "永久删除一个会话及其全部分支",
    "its id, as `qchat sessions list` shows it, or the beginning of it": (
        "会话编号（见 `qchat sessions list`）或其开头"
    ),
    "what to look for, in any case": "要查找的内容，不分大小写",
    "kind of file (default: %(default)s)": "文件格式（默认：%(default)s）",
    "bring back conversations too that were imported before and deleted here": (
        "曾经导入、又在这里删除的会话也重新导入"
    ),
    "read a folder, so that it can be asked": "读入一个文件夹，供提问使用",
    "list the folders that are known": "列出已知的文件夹",
    "read what has changed": "读入有变化的内容",
    "forget a folder; its files stay": "移除一个文件夹；其中的文件不变",
    "list the passages that fit best": "列出最符合的段落",
    "the folder": "文件夹",
    "its name (default: its own)": "它的名字（默认：文件夹自己的名字）",
    "the folder's name, as `qchat know list` shows it": "文件夹的名字，见 `qchat know list`",
    "a question or a few words": "一个问题或几个词",
    "a folder, or a path like notes/2025": "一个文件夹，或 notes/2025 这样的路径",
    "list it, the newest first": "列出记忆，最新的在前",
    "remember a text": "记住一段文字",
    "list what fits some words best": "列出最符合这些词的记忆",
    "keep one always before the model": "让一条记忆始终在模型眼前",
    "no longer keep one always before the model": "不再让一条记忆始终在模型眼前",
    "take back the last step, or one memory's": "撤回最后一次操作，或某条记忆的最后一次更改",
    "correct the wording of one": "更正一条记忆的措辞",
    "delete one, or everything": "删除一条，或全部",
    "write all as JSON lines on standard output": "把全部记忆以 JSON 行写到标准输出",
    "read JSON lines from standard input": "从标准输入读取 JSON 行",
    "make new vectors for all with memory.embedder": "用 memory.embedder 为全部记忆重新生成向量",
    "show or move this installation's name on a server": "显示或更改本安装在服务器上的名称",
    "those about other projects, too": "也列出关于其他项目的",
    "what to remember": "要记住的内容",
    "kind of memory (default: %(default)s)": "记忆的种类（默认：%(default)s）",
    "keep it even if it looks like a secret": "即使看起来像机密也保存",
    "it is about this folder's project, and recalled there alone": (
        "它只与本文件夹的项目有关，也只在那里想起"
    ),
    "what to look for": "要查找的内容",
    "its id, as `qchat memory list` shows it": "记忆编号，见 `qchat memory list`",
    "take back what this one said last": "撤回这一条最近的更改",
    "the new wording": "新的措辞",
    "delete everything, files included": "删除全部，包括文件",
    "be the installation of that name, and see its memories; `shared` as qchat 0.1 did": (
        "以该名称的安装身份运行，并看到它的记忆；`shared` 与 qchat 0.1 相同"
    ),
    "list all of them; * marks the default": "列出全部；* 表示默认",
    "ask one question, and say what works": "提一个问题，并说明哪些功能可用",
    "enter a key, which is tried and kept in the system's keyring": (
        "输入密钥，验证后保存到系统钥匙串"
    ),
    "which one (default: the one in use)": "哪一个（默认：正在使用的）",
    "whose key, like cloud": "哪个后端的密钥，例如 cloud",
    "delete the key that is kept": "删除已保存的密钥",
    "keep it without trying it": "不验证直接保存",
    "list what is here, and what could be pulled": "列出已有的和可下载的模型",
    "fetch a model: a NAME of the list, with :QUANTIZATION if not the proposed one; "
    "hf:OWNER/REPOSITORY[:QUANTIZATION] or ms:… from Hugging Face or ModelScope; or the "
    "address of a GGUF file": (
        "下载模型：列表中的名称，可加 :量化版本；Hugging Face 或 ModelScope 上的 "
        "hf:OWNER/REPOSITORY[:量化版本] 或 ms:…；或 GGUF 文件的地址"
    ),
    "say what a model is, and how it would run here": "说明一个模型，以及它在本机如何运行",
    "delete a model that was pulled": "删除已下载的模型",
    "play the built-in evaluations with two models": "用内置评测比较两个模型",
    "list every quantization, not only the best that fits": (
        "列出每个量化版本，而不只是放得下的最好的一个"
    ),
    "like qwen3-8b, qwen3-8b:Q5_K_M, hf:Qwen/Qwen3-8B-GGUF, https://….gguf": (
        "例如 qwen3-8b、qwen3-8b:Q5_K_M、hf:Qwen/Qwen3-8B-GGUF、https://….gguf"
    ),
    "Hugging Face or ModelScope (default: %(default)s)": (
        "Hugging Face 或 ModelScope（默认：%(default)s）"
    ),
    "a GGUF file or the name of a model (default: the demo model)": (
        "GGUF 文件或模型名称（默认：演示模型）"
    ),
    "a model that qchat pulled, as `qchat models list` shows it": (
        "qchat 下载的模型，见 `qchat models list`"
    ),
    "a backend, BACKEND:MODEL, or a model on this machine": "后端、后端:模型，或本机上的模型",
    "conversations of each evaluation (default: as many as it takes to be certain)": (
        "每项评测的对话数（默认：直到结论确定）"
    ),
    "only these evaluations (default: all six)": "只做这些评测（默认：全部六项）",
    "of what is drawn": "抽取所用的随机种子",
    "print where config.toml is; write an example if there is none": (
        "显示 config.toml 的位置；没有时写一个示例"
    ),
    "change one setting; the rest stays as it is": "更改一项设置，其余不变",
    "print every setting as it holds, without keys": "显示当前生效的每项设置，不含密钥",
    "which setting, like theme or backends.big.model": (
        "哪项设置，例如 theme 或 backends.big.model"
    ),
    "as in the file; a word needs no quotes, like paper or 600": (
        "与文件中的写法相同；单词不必加引号，例如 paper 或 600"
    ),
    "Conversations, memories, settings, themes and files of all users of this "
    "installation go into one gzipped tar, readable by you alone. A chat may go on "
    "meanwhile. Keys and models stay out unless you ask for them: keys can be entered "
    "again, models fetched again.": (
        "本安装中所有用户的会话、记忆、设置、主题和文件会写入一个 gzip 压缩的 tar，"
        "只有您可以读取。期间可以继续对话。除非您要求，密钥和模型不包含在内："
        "密钥可以重新输入，模型可以重新下载。"
    ),
    "where to write it; a folder gets qchat-DATE.tar.gz (default: this folder)": (
        "写到哪里；若是文件夹则写为 qchat-日期.tar.gz（默认：当前文件夹）"
    ),
    "keys.json too: keep the file safe": "包含 keys.json：请妥善保管该文件",
    "pulled models too: many gigabytes": "包含已下载的模型：可能有许多 GB",
    "Unpack a backup, check it, and put it in place. What is here is set aside, not "
    "deleted. Close other qchat programs first.": (
        "解开备份、检查并恢复到位。现有内容会移到一旁，不会删除。请先关闭其他 qchat 程序。"
    ),
    "a file that qchat backup wrote": "qchat backup 写出的文件",
    "only say what it is": "只说明它是什么",
    "also where something is here, which is set aside": "即使这里已有内容也恢复，原有内容移到一旁",
    "install:\n  bash   qchat completion bash "
    "\\\n             > ~/.local/share/bash-completion/completions/qchat\n  zsh    "
    'qchat completion zsh > "${fpath[1]}/_qchat"\n  fish   qchat completion fish > '
    "~/.config/fish/completions/qchat.fish\n": (
        "安装：\n  bash   qchat completion bash "
        "\\\n             > ~/.local/share/bash-completion/completions/qchat\n  zsh    "
        'qchat completion zsh > "${fpath[1]}/_qchat"\n  fish   qchat completion fish > '
        "~/.config/fish/completions/qchat.fish\n"
    ),
    "the shell that reads the script": "读取脚本的 shell",
    "read it:\n  qchat man | man -l -\nkeep it:\n  qchat man > ~/.local/share/man/man1/qchat.1\n": (
        "阅读：\n  qchat man | man -l -\n保存：\n  qchat man > ~/.local/share/man/man1/qchat.1\n"
    ),
    "a file of questions: lines of JSON with question and answer, or the published file "
    "of GPQA, AIME, MMLU-Pro, LiveCodeBench, BFCL, tau2 or SimpleQA; or what is built in: "
    "thinkfollow, tooluse, needle, recall, injection, longrun": (
        "问题文件：每行一个含 question 和 answer 的 JSON，或 GPQA、AIME、MMLU-Pro、"
        "LiveCodeBench、BFCL、tau2、SimpleQA 的公开文件；或内置的：thinkfollow、tooluse、"
        "needle、recall、injection、longrun"
    ),
    "ways to answer that are compared: no-think, think, think:N, vote:N, refine:N, "
    "deep:RxW (default: %(default)s)": (
        "要比较的回答方式：no-think、think、think:N、vote:N、refine:N、deep:RxW（默认："
        "%(default)s）"
    ),
    "who answers (default: as in config.toml)": "由谁回答（默认：按 config.toml）",
    "another model of that backend": "该后端的另一个模型",
    "tokens that each mode may write for a question, thinking included (default: %(default)s)": (
        "每种方式对每个问题最多写出多少个 token，含思考（默认：%(default)s）"
    ),
    "ask only so many questions, drawn by the seed (default: all of a file)": (
        "只问这么多个问题，由种子抽取（默认：文件中的全部）"
    ),
    "of all that is drawn (default: 0)": "全部抽取所用的随机种子（默认：0）",
    "most requests at a time (default: 4; fewer while the server refuses)": (
        "最多同时多少个请求（默认：4；服务器拒绝时减少）"
    ),
    "the backend that judges by rubrics": "按评分标准评判的后端",
    "price of a million tokens (default: where it is known)": (
        "每百万 token 的价格（默认：已知时自动使用）"
    ),
    "stop when so much is spent, in the money of the price (default: no limit)": (
        "花费达到该数额时停止，以价格的货币计（默认：不限）"
    ),
    "forget what was answered before, and begin anew": "忘掉之前的回答，重新开始",
    "measure these alone (default: all): startup, memory, rendering, kernel …": (
        "只测量这些（默认：全部）：startup、memory、rendering、kernel …"
    ),
    "examples:": "示例：",
    "be a Chroma server, for those who share one": "作为 Chroma 服务器运行，供多人共用",
    "where it keeps what it is told": "保存数据的位置",
    "address to listen at (default: %(default)s, this machine alone)": (
        "监听的地址（默认：%(default)s，仅限本机）"
    ),
    "port to listen at (default: %(default)s)": "监听的端口（默认：%(default)s）",
    "say only errors on standard error, and neither steps nor warnings": (
        "标准错误中只写错误，不写步骤和警告"
    ),
    "Whoever is to answer is tried with one question before that is kept.": (
        "所选的回答方会先用一个问题试过，然后才保存。"
    ),
    "Tries every part as it is configured: loads the default model, asks each server that "
    "you set up for its models with its key, computes in the kernel or at the gateway, "
    "opens conversations and memories, makes a vector, checks that web search has its "
    "key or that its server answers. Exit status 1 if anything does not work.": (
        "按配置逐项试用：加载默认模型；用密钥向您设置的每个服务器询问模型；"
        "在内核或网关中计算；打开会话和记忆；生成一个向量；检查搜索是否有密钥、"
        "其地址是否有应答。任何一项不可用时退出状态为 1。"
    ),
    "search the web for a word too, Qwen; otherwise nobody is asked": (
        "同时在网络上搜索一个词（Qwen）；否则不向任何人请求"
    ),
}

ARGPARSE: Mapping[str, str] = {
    "usage: ": "用法：",
    "unrecognized arguments: %s": "无法识别的参数：%s",
    "the following arguments are required: %s": "缺少必需的参数：%s",
    "one of the arguments %s is required": "需要以下参数之一：%s",
    "not allowed with argument %s": "不能与参数 %s 一起使用",
    "ignored explicit argument %r": "不接受的值 %r",
    "expected one argument": "需要一个值",
    "expected at most one argument": "最多需要一个值",
    "expected at least one argument": "至少需要一个值",
    "expected %s arguments": "需要 %s 个值",
    "ambiguous option: %(option)s could match %(matches)s": (
        "选项 %(option)s 不明确，可能是 %(matches)s"
    ),
    "invalid choice: %(value)r (choose from %(choices)s)": (
        "无效的选择 %(value)r（可选：%(choices)s）"
    ),
    "invalid %(type)s value: %(value)r": "%(value)r 不是有效的 %(type)s",
    "argument %(argument_name)s: %(message)s": "参数 %(argument_name)s：%(message)s",
}
