"""What is said by qchat/conversation."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "If qchat ends now, what you are writing is lost: {error}": (
        "如果 qchat 现在退出，正在写的内容会丢失：{error}"
    ),
    " of {room:,} ({room2:.0%})": "/{room:,}（{room2:.0%}）",
    " with network": "，可以联网",
    "(Nothing but its title was seen.)": "（只看到了标题。）",
    ", about": "，为估计值",
    "/kernel takes restart, interrupt, rerun, variables, network on|off or install NAME, "
    "not {command!r}": (
        "/kernel 可用 restart、interrupt、rerun、variables、network on|off 或 install 名称，"
        "而不是 {command!r}"
    ),
    "; the call that it was writing was not run": "；正在写的调用没有运行",
    "@{name} is a folder: nothing of it was attached. Name a file in it.": (
        "@{name} 是文件夹：没有附上任何内容。请写出其中的文件。"
    ),
    "File not found: {name}. It was sent as text, without a file.": (
        "找不到文件：{name}。已作为文字发送，没有附文件。"
    ),
    "If you want it so often, name the number in your prompt, or ask for code that writes it.": (
        "如果确实需要重复这么多次，请在提问中写明次数，或让它写代码来输出。"
    ),
    "Long tool output from before is sent by its head and tail from here on": (
        "从现在起，之前较长的工具输出只发送头尾"
    ),
    "No code has ended well in this conversation yet.": "这个会话里还没有成功运行的代码。",
    "Nothing is compacted here.": "这里没有压缩过。",
    "Nothing was sent: this prompt has about {alone:,} tokens, and the model's context "
    "holds {context:,}. Shorten it, or put long text into a file that code can read.": (
        "没有发送：这条提问约有 {alone:,} 个 token，而模型的上下文只有 {context:,} 个。"
        "请缩短，或把长文字放进代码可以读取的文件。"
    ),
    "Python runs at {url}; {shared}": "Python 在 {url} 运行；{shared}",
    "Python runs {held}{network}; its folder is {work_dir}": (
        "Python {held}运行{network}；文件夹是 {work_dir}"
    ),
    "The Python kernel is new: {cells} of before run again.": (
        "Python 内核是新的：正在重新运行之前的 {cells}。"
    ),
    "The context is {room:.0%} full ({now:,} of {room2:,} tokens). So long as all fits, "
    "nothing changes. If it goes on like this, then: {then} /compact draft shows notes "
    "before they hold, for you to change; /context shows what fills it.": (
        "上下文已用 {room:.0%}（{room2:,} 个 token 中的 {now:,} 个）。只要放得下就不会有变化。"
        "若继续增长：{then} /compact draft 可先查看并修改笔记；/context 说明用在哪里。"
    ),
    "The default backend {name!r} cannot be used: {error} The demo model answers instead.": (
        "默认后端 {name!r} 无法使用：{error} 改由演示模型回答。"
    ),
    "The kernel is new: its variables are gone.": "内核已重新启动：变量已丢失。",
    "The kernel was interrupted.": "内核已中断。",
    "The last compaction is undone: what it left out is sent again.": (
        "上次压缩已撤销：省略的内容会重新发送。"
    ),
    "The model took longer than {patience_s:.0f} s to answer.": (
        "模型超过 {patience_s:.0f} 秒没有回答。"
    ),
    "The model took too long to write notes": "模型写笔记用时过长",
    "The model writes notes of what was done so far.": "模型正在为之前的内容写笔记。",
    "The notes are sent as you changed them from here on.": "从现在起按您修改后的笔记发送。",
    "The oldest turns no longer fit and are not sent from here on": (
        "最早的几轮已放不下，从现在起不再发送"
    ),
    "The reply was stopped: {why}. It stays above; the model is told, and tries again. {wanted}": (
        "回复已停止：{why}。它保留在上面；已告知模型，它会再试。{wanted}"
    ),
    "There is nothing that could be made shorter.": "没有可以缩短的内容。",
    "This conversation was answered by the backend {backend!r}{what}, which is no longer "
    "in your settings.": ("本会话由后端 {backend!r}{what} 回答，而它已不在您的设置中。"),
    "This conversation was answered by {target}, a file that is gone.": (
        "本会话由 {target} 回答，而该文件已不存在。"
    ),
    "What goes: {what}: about {tokens_before:,} tokens become {tokens_after:,}. What "
    "stays as it is: {stays}pinned memories, what you marked with /keep, and all that "
    "came after turn {number}. Nothing is deleted.": (
        "会省略：{what}：约 {tokens_before:,} 个 token 变为 {tokens_after:,} 个。会保持原样："
        "{stays}置顶的记忆、用 /keep 标记的内容，以及第 {number} 轮之后的全部内容。"
        "不会删除任何内容。"
    ),
    "What was done before is sent as notes from here on; your words stay as they are": (
        "从现在起，之前的内容以笔记形式发送；您写的话保持原样"
    ),
    '[web] search = "searxng" needs search_url, its address': (
        '[web] search = "searxng" 需要 search_url，即它的地址'
    ),
    "[web] search = {search!r} needs a key: set the environment variable {variable}": (
        "[web] search = {search!r} 需要密钥：请设置环境变量 {variable}"
    ),
    "[{number}] is no source of this conversation": "[{number}] 不是本会话的来源",
    "a turn is running; stop it first (Esc in the window, Ctrl+C in a line)": (
        "有一轮正在进行；请先停止（窗口里按 Esc，命令行里按 Ctrl+C）"
    ),
    "always sent whole": "总是完整发送",
    "blank space": "空白",
    "everyone who has its token shares its kernels and its folder": (
        "持有其 token 的人共用它的内核和文件夹"
    ),
    "in a sandbox ({name})": "在沙箱（{name}）中",
    "its last {characters:,} characters say “{quoted}” {times:,} times": (
        "最后 {characters:,} 个字符把“{quoted}”说了 {times:,} 次"
    ),
    "long output of {results} is sent by its head and tail": "{results}的长输出只发送头尾",
    "made shorter like the others when it must be": "必要时与其他内容一样缩短",
    "new conversation": "新会话",
    "nothing has been asked yet that could be compared": "还没有可以比较的提问",
    "nothing was deleted here since qchat began: /branch lists branches": (
        "qchat 启动以来这里没有删除过内容：/branch 列出分支"
    ),
    "nothing was sent: {error}": "没有发送：{error}",
    "stopped: nothing new came of the last {stop_stale} replies with their calls": (
        "已停止：最近 {stop_stale} 个回复及其调用没有带来新内容"
    ),
    "stopped: the model repeated {same} {stop_after} times": (
        "已停止：模型重复了{same} {stop_after} 次"
    ),
    "stopped: {why}, in {n} replies in a row. {wanted} Else another model may do better: /model.": (
        "已停止：连续 {n} 次回复{why}。{wanted}否则换个模型也许更好：/model。"
    ),
    "the model gave no answer; /retry asks it again": "模型没有给出回答；/retry 再问一次",
    "the model said the same again and again: {rounds}": "模型一再重复同样的话：{rounds}",
    "the reply was cut off: its longest length or the end of the context came{lost}": (
        "回复被截断：达到长度上限或上下文已满{lost}"
    ),
    "the same calls with the same results": "相同的调用，结果也相同",
    "there are {it}": "共有 {it} 条",
    "there is no prompt {number}: {have}": "没有第 {number} 条提问：{have}",
    "There is no source [{number}] in this conversation.": "本会话没有来源 [{number}]。",
    "there is no turn {turn} in this conversation": "本会话没有第 {turn} 轮",
    "there is none yet": "还没有提问",
    "this turn is not kept yet: {error}": "这一轮尚未保存：{error}",
    "your words ({said}), ": "您写的话（{said}）、",
    "{backend!r} is now {target}; this conversation was answered by {before}. What you "
    "send goes to the new one.": (
        "{backend!r} 现在是 {target}；本会话之前由 {before} 回答。您发送的内容将交给新的。"
    ),
    "{cells} ran again, in order.": "已按顺序重新运行 {cells}。",
    "{cells} ran again, in order; {failed} failed this time: {named}.": (
        "已按顺序重新运行 {cells}；这次有 {failed} 个失败：{named}。"
    ),
    "{command} is sent again by typing it": "要再次发送 {command}，请直接输入它",
    "{error}; less of the conversation is sent now": "{error}；现在只发送较少的会话内容",
    "{gone} {model} would answer now: /backend NAME chooses another.": (
        "{gone} 现在将由 {model} 回答：/backend 名称 可换用其他。"
    ),
    "{handle} is {how} from here on.": "从现在起，{handle} {how}。",
    "{n:,} cell": "{n:,} 个代码单元",
    "{n:,} earlier turn": "{n:,} 轮之前的对话",
    "{n:,} prompt": "{n:,} 条提问",
    "{n:,} reply": "{n:,} 个回复",
    "{name!r} cannot answer, so the demo model does in this conversation for now. Use "
    "/connect or /backend to choose another.": (
        "{name!r} 无法回答，本会话暂由演示模型回答。可用 /connect 或 /backend 换用其他。"
    ),
    "{name} cannot be read: {strerror}": "无法读取 {name}：{strerror}",
    "{name} has {size:,} bytes; at most {largest:,} can be attached": (
        "{name} 有 {size:,} 字节；最多可附加 {largest:,} 字节"
    ),
    "{name} is not a text file (it is not UTF-8)": "{name} 不是文本文件（不是 UTF-8）",
    "{number} will not be sent any more, your words in them too": (
        "{number}不再发送，其中您写的话也不再发送"
    ),
    "{replies} and what came of {results} become notes": "{replies}和{results}的结果改为笔记",
    "{shorter:>8,}  saved by compaction; /compact undo sends them again": (
        "{shorter:>8,}  因压缩而省下；/compact undo 可重新发送"
    ),
    "{total:>8,}{of} tokens in the next request{about}": (
        "{total:>8,}{of}：下一次请求的 token 数{about}"
    ),
    "{unread} could not be sent for want of room; what was said there is found by look_back": (
        "有 {unread}因放不下而没有发送；其中的内容可用 look_back 找到"
    ),
    "{used} of {budget} tokens, {budget2} left": (
        "{budget} 个 token 中的 {used} 个，剩余 {budget2} 个"
    ),
    "{used} tokens": "{used} 个 token",
    "{what}: about {before:,} tokens became {after:,}. Nothing is deleted; /compact undo "
    "sends it again.": (
        "{what}：约 {before:,} 个 token 变为 {after:,} 个。没有删除任何内容；/compact undo "
        "会重新发送。"
    ),
    "{why_none}: notes are made without it.": "{why_none}：笔记将不含模型所写的内容。",
}
