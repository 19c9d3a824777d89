"""What qchat says in Chinese when a server, an engine or a turn does not do as it should."""

from collections.abc import Mapping

FAILURES: Mapping[str, str] = {
    " (no port was named)": "（没有写端口）",
    " (for most servers base_url ends in /v1)": "（多数服务器的 base_url 以 /v1 结尾）",
    " (no data for {s:g} s)": "（{s:g} 秒没有数据）",
    " or ": " 或 ",
    ", and it starts again: /retry asks once more": "，正在重新启动：/retry 再问一次",
    "; a key belongs to one region: perhaps it is one of {regions}": (
        "；密钥只属于一个地域：它也许属于 {regions}"
    ),
    "; asking again does not help: see to the account there, or use another (/model)": (
        "；再问也没有用：请查看那里的账户，或换一个（/model）"
    ),
    "; check the key": "；请检查密钥",
    "; if it speaks plain HTTP, base_url begins with http://": (
        "；如果它只用 HTTP，base_url 应以 http:// 开头"
    ),
    "; the proxy on the way wants a name: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT": (
        "；途中的代理需要用户名：HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT"
    ),
    "; the request is too large for it: /compact, attach less, or let it take more": (
        "；请求对它来说太大：可用 /compact、少附文件，或让它接受更多"
    ),
    "If you want it so often, name the number in your prompt, or ask for code that writes it.": (
        "如果确实需要重复这么多次，请在提问中写明次数，或让它写代码来输出。"
    ),
    "Long tool output from before is sent by its head and tail from here on": (
        "从现在起，之前较长的工具输出只发送头尾"
    ),
    "No code has ended well in this conversation yet.": "这个会话里还没有成功运行的代码。",
    "Nothing is compacted here.": "这里没有压缩过。",
    "The last compaction is undone: what it left out is sent again.": (
        "上次压缩已撤销：省略的内容会重新发送。"
    ),
    "The model writes notes of what was done so far.": "模型正在为之前的内容写笔记。",
    "The notes are sent as you changed them from here on.": "从现在起按您修改后的笔记发送。",
    "The oldest turns no longer fit and are not sent from here on": (
        "最早的几轮已放不下，从现在起不再发送"
    ),
    "The reply was stopped: {why}. It stays above; the model is told, and tries again. {wanted}": (
        "回复已停止：{why}。它保留在上面；已告知模型，它会再试。{wanted}"
    ),
    "There is nothing that could be made shorter.": "没有可以缩短的内容。",
    "What was done before is sent as notes from here on; your words stay as they are": (
        "从现在起，之前的内容以笔记形式发送；您写的话保持原样"
    ),
    "a turn is running; stop it first (Esc in the window, Ctrl+C in a line)": (
        "有一轮正在进行；请先停止（窗口里按 Esc，命令行里按 Ctrl+C）"
    ),
    "asked was {address}{missing}; check base_url and the model's name": (
        "请求的地址是 {address}{missing}；请检查 base_url 和模型名称"
    ),
    "backend {name!r} has no key: ": "后端 {name!r} 没有密钥：",
    "before its reply began": "在回复开始之前",
    "cannot ask {host}: {why}; check base_url": "无法请求 {host}：{why}；请检查 base_url",
    "connection refused by {place}: is the server running there?": (
        "{place} 拒绝了连接：服务器在那里运行吗？"
    ),
    "in mid-reply": "在回复中途",
    "in {m:.0f} min, at {at:%H:%M}": "{m:.0f} 分钟后，{at:%H:%M}",
    "in {s:.0f} s": "{s:.0f} 秒后",
    "keep one with: qchat backends key {name}": "用命令保存一个：qchat backends key {name}",
    "no address is known for {host}: check base_url and the network": (
        "找不到 {host} 的地址：请检查 base_url 和网络"
    ),
    "no connection to {host}: {why}": "无法连接 {host}：{why}",
    "no end of thinking in {n} tokens: it was closed": "思考 {n} 个 token 仍未结束：已将其结束",
    "no secure connection to {host}: {why}{hint}": "无法与 {host} 建立安全连接：{why}{hint}",
    "nothing has been asked yet that could be compared": "还没有可以比较的提问",
    "nothing was sent: {error}": "没有发送：{error}",
    "set the environment variable {it}, or ": "请设置环境变量 {it}，或",
    "stopped: {why}, in {n} replies in a row. {wanted} Else another model may do better: /model.": (
        "已停止：连续 {n} 次回复{why}。{wanted}否则换个模型也许更好：/model。"
    ),
    "the connection to {host} broke in mid-reply; what came is kept": (
        "与 {host} 的连接在回复中途断开；已收到的内容已保留"
    ),
    "the connection to {host} broke: {why}": "与 {host} 的连接断开：{why}",
    "the connection to {host} ended in mid-reply; what came is kept{odd}": (
        "与 {host} 的连接在回复中途结束；已收到的内容已保留{odd}"
    ),
    "the engine was stopped in mid-reply; what it had written is kept: /retry asks once more": (
        "引擎在回复中途被停止；已写的内容已保留：/retry 再问一次"
    ),
    "the local engine died ({how}); what it had written is kept": (
        "本地引擎崩溃了（{how}）；已写的内容已保留"
    ),
    "the local engine had died ({how}) and starts again": "本地引擎已崩溃（{how}），正在重新启动",
    "the model said the same again and again: {rounds}": "模型一再重复同样的话：{rounds}",
    "the proxy on the way to {host} refused: {why}": "通往 {host} 的代理拒绝了：{why}",
    "the reply begins again": "回复重新开始",
    "the sessions in {path} cannot be used: {why}": "无法使用 {path} 中的会话：{why}",
    "this turn is not kept yet: {error}": "这一轮尚未保存：{error}",
    "this turn was cut short": "这一轮被中断了",
    "trying again": "重试",
    "{host} answered {status}: {fault}{advice}": "{host} 返回 {status}：{fault}{advice}",
    "{host} does not take the connection: is the network up?": "{host} 不接受连接：网络正常吗？",
    "{host} redirects ({status}) to {where}: set base_url to the right address": (
        "{host} 重定向（{status}）到 {where}：请把 base_url 设为正确的地址"
    ),
    "{host} sent a reply that cannot be decompressed": "{host} 的回复无法解压",
    "{host} sent an empty reply{odd}; try again": "{host} 的回复是空的{odd}；请重试",
    "{host} stopped responding {when}{waited}; try again": (
        "{host} {when}停止了响应{waited}；请重试"
    ),
    "{host} thinks without end; what came is kept": "{host} 无休止地思考；已收到的内容已保留",
    "{model} tried to use {names}, but has no tools here.": (
        "{model} 想使用 {names}，但这里没有工具。"
    ),
    "{model} was asked not to think, and did: its server drops the switch": (
        "已要求 {model} 不思考，它还是思考了：服务器忽略了开关"
    ),
    "{path} was written by a newer qchat; update qchat to use it": (
        "{path} 由更新版本的 qchat 写入；请更新 qchat"
    ),
    "{refusal}; asking again with the pictures in words": "{refusal}；改用文字描述图片再问一次",
    "{what}: about {before:,} tokens became {after:,}. Nothing is deleted; /compact undo sends "
    "it again.": (
        "{what}：约 {before:,} 个 token 变为 {after:,} 个。没有删除任何内容；/compact undo "
        "会重新发送。"
    ),
    "{when} (attempt {n} of {all})": "{when}（第 {n} 次，共 {all} 次）",
}
