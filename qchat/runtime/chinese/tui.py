"""What is said by qchat/tui."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "not sent: {all}{files}": "未发送：{all}{files}",
    "{n} not sent": "{n} 条未发送",
    "This was not sent when qchat ended. Up brings it into the prompt.": (
        "qchat 退出时这条还没有发送。按 ↑ 放回输入框。"
    ),
    "{n} texts were not sent when qchat ended. Up brings the last one into the prompt.": (
        "qchat 退出时有 {n} 条还没有发送。按 ↑ 把最后一条放回输入框。"
    ),
    "Text of another conversation was not sent. Up brings it here, F2 leads there.": (
        "另一个对话里有未发送的内容。按 ↑ 取到这里，按 F2 到那里去。"
    ),
    "importing {bar} {share}": "正在导入 {bar} {share}",
    " (it says again: {text})": "（现在又是：{text}）",
    " + {n} attached": " + {n} 个附件",
    " with “{sought}” · / changes it": " · 含“{sought}” · / 可更改",
    " · Esc stops": " · Esc 停止",
    " · pinned": " · 已置顶",
    " · used once": " · 用过 1 次",
    " · used {uses} times": " · 用过 {uses} 次",
    " · {failed} failed": " · {failed} 个失败",
    " · {tokens} tokens": " · {tokens} 个 token",
    "(without a prompt)": "（没有提示文字）",
    ", at most {budget} tokens": "，最多 {budget} 个 token",
    "/deep --continue goes on": "/deep --continue 可继续",
    "1 call": "1 次调用",
    "1 line": "1 行",
    "1 memory": "1 条记忆",
    "1 thought": "1 段思考",
    "1 turn": "1 轮",
    "A line is asked for: /answer and the text.": "需要输入一行：/answer 加内容。",
    "An answer is being written. Ctrl+D again ends qchat.": "正在回答。再按 Ctrl+D 退出 qchat。",
    "Ask anything · / commands · Alt+Enter new line · F1 help": (
        "输入问题 · / 命令 · Alt+Enter 换行 · F1 帮助"
    ),
    "Ask anything · / commands · Shift+Enter, Alt+Enter or Ctrl+J: new line · F1 help": (
        "输入问题 · / 命令 · Shift+Enter、Alt+Enter 或 Ctrl+J 换行 · F1 帮助"
    ),
    "BLOCKS ↑↓ walk ←→ mark · y copy r run e edit t retry d delete · Tab: write": (
        "内容块 ↑↓ 移动 ←→ 选中 · y 复制 r 运行 e 修改 t 重答 d 移除 · Tab 返回输入"
    ),
    "Backend    {name}": "后端       {name}",
    "Click once more: {answer}": "再点一次：{answer}",
    "Code in the kernel asks": "内核中的代码请求输入",
    "Commands": "命令",
    " (assumed from the model's name)": "（按模型名称推测）",
    "Context    unknown": "上下文     未知",
    "Context    {it} tokens": "上下文     {it} 个 token",
    "Correct this memory": "更正这条记忆",
    "Corrected": "已更正",
    "Ctrl+C again ends qchat": "再按 Ctrl+C 退出 qchat",
    "Ctrl+R runs, Esc closes": "Ctrl+R 运行，Esc 关闭",
    "Enter answers · Ctrl+D: no input (EOFError) · Esc: write on": (
        "Enter 回答 · Ctrl+D 结束输入（EOFError）· Esc 继续写"
    ),
    "Enter goes on · Esc closes and changes nothing": "Enter 继续 · Esc 关闭，不作更改",
    "Enter keeps it, Esc leaves it as it was": "Enter 保存，Esc 保持原样",
    "Esc closes": "Esc 关闭",
    "Esc closes · o opens the page in the browser · y copies": (
        "Esc 关闭 · o 在浏览器中打开 · y 复制"
    ),
    "In {title!r}:": "在 {title!r} 中：",
    "It computes, remembers and looks up, no more. /connect opens this again.": (
        "它会计算、记忆和查找，仅此而已。/connect 可再次打开这里。"
    ),
    "It waits until the goal is over. /goal say TEXT tells the model now.": (
        "它会等到目标结束。/goal say 文字 可立即告诉模型。"
    ),
    "It wants /yes, /always, /no or /never.": "请用 /yes、/always、/no 或 /never 回答。",
    "Keys": "按键",
    "Last step  {prompt} tokens read, {cached} of them reused from before, {completion} written": (
        "上一步     读取 {prompt} 个 token，其中 {cached} 个为复用，写出 {completion} 个"
    ),
    "Model      {shown}": "模型       {shown}",
    "Next       {tokens:,} tokens: /context says of what": (
        "下一次     {tokens:,} 个 token：/context 说明用在哪里"
    ),
    "Next       {tokens:,} of {room:,} tokens: /context says of what": (
        "下一次     {tokens:,} / {room:,} 个 token：/context 说明用在哪里"
    ),
    "No longer pinned": "不再置顶",
    "No longer remembered: {text}": "已不再记得：{text}",
    "Note       {text}": "注意       {text}",
    "Python for the kernel that the model uses too": "模型也使用的内核中的 Python",
    "Remembered again": "已重新记住",
    "Search for commands…": "查找命令…",
    "Shift+Tab: ": "按 Shift+Tab：",
    "Sources": "来源",
    "Speed      {tokens_per_s:.1f} tokens per second": (
        "速度       每秒 {tokens_per_s:.1f} 个 token"
    ),
    "Taken back": "已撤回",
    "The answer is there: {title}": "回答已完成：{title}",
    "The answer that you left goes on. F2 lists your sessions.": "离开的回答仍在继续，F2 列出会话",
    "There is a new answer in {title}. F2 opens it.": "{title} 里有新的回答，按 F2 打开。",
    "There is no theme {wanted!r}. Themes: {all}": "没有主题 {wanted!r}。可用主题：{all}",
    "Thinking   {it}": "思考       {it}",
    "This conversation": "本会话",
    "This tiny model computes, remembers and looks up, no more. /connect leads to a real one.": (
        "这个小模型只会计算、记忆和查询。用 /connect 连接真正的模型。"
    ),
    "Thought": "思考完毕",
    "Thought for {duration}": "思考了 {duration}",
    "To answer: {key}, then y, a, n or v; or write /yes or /no": (
        "要回答：先按 {key}，再按 y、a、n 或 v；或输入 /yes 或 /no"
    ),
    "Welcome! Just write, or choose:": "欢迎！直接写，或选择：",
    "What left this machine": "离开本机的内容",
    "Your conversation is kept as it stood: `qchat -c` goes on with it.\nThe details are "
    "in {log_file}; they name files of qchat, and may hold words of yours.\n": (
        "您的会话已按原样保存：`qchat -c` 可继续。\n详情见 {log_file}；其中有 qchat 的文件名，"
        "也可能有您写的话。\n"
    ),
    "Your own go to {themes_dir}": "您自己的主题放在 {themes_dir}",
    "[picture: {alt}]": "[图片：{alt}]",
    "[{id}] says something else by now: {text} (F3: all)": (
        "[{id}] 现在的内容不同：{text}（F3：全部）"
    ),
    "[… {omitted} characters are only in the file …]\n{drawn}": (
        "[… 还有 {omitted} 个字符只在文件中 …]\n{drawn}"
    ),
    "a memory needs words; d forgets it": "记忆需要内容；d 可忘记它",
    "a title needs at least one letter; the old one stays": "标题至少要有一个字；保留原来的",
    "another qchat works on its goal": "另一个 qchat 正在完成目标",
    "answering …": "回答中 …",
    "attached {name} · {length}": "附件 {name} · {length}",
    "calling {tools}": "正在调用 {tools}",
    "cannot be shown: {error}": "无法显示：{error}",
    "chat now with the small demo model (Enter)": "现在就和小型演示模型聊天（Enter）",
    "context": "上下文",
    "copied": "已复制",
    "dark": "深色",
    "deleted {title!r}; u brings it back, for {hidden_days} days; gone at once: qchat "
    "sessions delete {id}": (
        "已删除 {title!r}；{hidden_days} 天内按 u 可恢复；立即彻底删除：qchat sessions delete {id}"
    ),
    "e edit": "e 更正",
    "engine crashed": "引擎崩溃",
    "find": "查找",
    "find an earlier prompt by its words": "按词查找以前的提问",
    "forgot {text!r}; u brings it back while this panel is open": (
        "已忘记 {text!r}；面板打开期间按 u 可恢复"
    ),
    "instead of prompt {instead}, Esc: as it was": "替换第 {instead} 条提问，Esc：保持原样",
    "it is {picture}": "位置：{picture}",
    "its file is gone": "文件已不存在",
    "kernel has network": "内核可联网",
    "loading": "正在加载",
    "loading the model {progress}": "正在加载模型 {progress}",
    "mark a file first": "请先选中一个文件",
    "memory off": "记忆关闭",
    "memory: {memory}": "记忆：{memory}",
    "model unloaded": "模型未加载",
    "mouse free": "鼠标已交还",
    "new answer": "有新回答",
    "no answer": "没有回答",
    "no longer pinned: {text}": "不再置顶：{text}",
    "no memories went along": "没有记忆随之发出",
    "no sandbox": "无沙箱",
    "no think": "不思考",
    "No command or key is called so.": "没有这个名称的命令或按键。",
    "not found": "没有找到",
    "nothing to bring back": "没有可恢复的内容",
    "offline": "离线",
    "offline: nothing can leave": "离线：什么都不会离开本机",
    "on": "开",
    "opened {name}": "已打开 {name}",
    "opened {url}": "已打开 {url}",
    "p picks it to go on with · Esc closes": "p 从这里继续 · Esc 关闭",
    "p pin": "p 置顶",
    "p unpin": "p 取消置顶",
    "pictures are off": "图片显示已关闭",
    "pinned: {text}": "已置顶：{text}",
    "qchat asks": "qchat 有问题要问您",
    "qchat stopped because of a bug in it.\n\n": "qchat 因自身缺陷而停止。\n\n",
    "reading the prompt": "正在读取提问",
    "run {lines} of code in the kernel": "在内核里运行 {lines} 代码",
    "running {tools}": "正在运行 {tools}",
    "saved {saved}": "已保存 {saved}",
    "starting": "正在启动",
    "take this prompt and all behind it out (/undelete brings it back)": (
        "移除这条提问及其后的一切（/undelete 恢复）"
    ),
    "the kernel runs Python, not {language}": "内核运行 Python，而不是 {language}",
    "the mouse is qchat's again": "鼠标又归 qchat",
    "the mouse is the terminal's": "鼠标已交还终端",
    "think": "思考",
    "thinking": "思考中",
    "untitled": "未命名",
    "this memory was taken back: u brings it back": "这条记忆已撤回：u 可恢复",
    "u bring back": "u 恢复",
    "u undo": "u 撤回",
    "waiting for you": "等您回答",
    "waits: {all}{files}": "等待中：{all}{files}",
    "works on its goal": "正在完成目标",
    "writing": "书写中",
    "x once more restarts the kernel: its variables are gone then": (
        "再按一次 x 重启内核，变量将全部丢失"
    ),
    "y yes · a always in this conversation · n no · v never · Esc: write on": (
        "y 允许 · a 本会话一律允许 · n 不允许 · v 一律不允许 · Esc 继续写"
    ),
    "{about}: {key_from} holds one": "{about}：{key_from} 里有一个",
    "{arrow}Recalled {what}": "{arrow}想起 {what}",
    "{arrow}Thinking …": "{arrow}思考中…",
    "{at} of {all}": "第 {at} 个，共 {all} 个",
    "{code}\n[… {rest} more characters]": "{code}\n[… 还有 {rest} 个字符]",
    "{failure}\nThe earlier answer stays; /branch lists the attempt.": (
        "{failure}\n之前的回答保留；/branch 可查看这次尝试。"
    ),
    "{key} again: {what} · any other key: no": "再按 {key}：{what} · 按其他键取消",
    "{key} leads here · or write /yes, /always, /no or /never": (
        "按 {key} 到这里回答 · 或输入 /yes、/always、/no、/never"
    ),
    "{key} leads to the line · or write /answer and the text": (
        "按 {key} 到这一行 · 或输入 /answer 加内容"
    ),
    "{line} [… {n} more characters]": "{line} [… 还有 {n} 个字符]",
    "{model}. Ask something, or type /help.": "{model}。请提问，或输入 /help。",
    "{m} min {n} s": "{m} 分 {n} 秒",
    "{name} cannot end its thinking early": "{name} 不能提前结束思考",
    "{name} is no text; s saves it out": "{name} 不是文本；按 s 存出来",
    "{number} lines": "{number} 行",
    "{number} memories": "{number} 条记忆",
    "{n} calls": "{n} 次调用",
    "{n} more running": "另有 {n} 个在运行",
    "{n} s": "{n} 秒",
    "{n} thoughts": "{n} 段思考",
    "{n} turns": "{n} 轮",
    "{n} waiting": "{n} 条等候",
    "{short} tokens": "{short} 个 token",
    "{text!r} is back": "{text!r} 已恢复",
    "{think} once": "{think}（仅一次）",
    "{title!r} is back": "{title!r} 已恢复",
    "{url} is not an address that a browser opens": "{url} 不是浏览器能打开的地址",
    "{when:%d %b %Y} {when:%H:%M}": "{when:%Y年%m月%d日} {when:%H:%M}",
    "{when:%d %b} {when:%H:%M}": "{when:%m月%d日} {when:%H:%M}",
    "{width} by {height} pixels are too many": "{width} × {height} 像素太大了",
    "… and {n:,} more: find them by their words": "… 另有 {n:,} 条：用词语查找",
    "light": "浅色",
    "↓ new below · Ctrl+End": "↓ 下方有新内容 · Ctrl+End",
}
