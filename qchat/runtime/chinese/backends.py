"""What is said by qchat/backends."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    " (for most servers base_url ends in /v1)": "（多数服务器的 base_url 以 /v1 结尾）",
    " (no data for {s:g} s)": "（{s:g} 秒没有数据）",
    " (no port was named)": "（没有写端口）",
    ", {cached} of them reused": "，其中 {cached} 个为复用",
    "1 piece could not be read, like {quote!r}": "有 1 个片段无法读取：{quote!r}",
    "; a key belongs to one region: perhaps it is one of {regions}": (
        "；密钥只属于一个地域：它也许属于 {regions}"
    ),
    "; asking again does not help: see to the account there, or use another (/model)": (
        "；再问也没有用：请查看那里的账户，或换一个（/model）"
    ),
    "; check the key": "；请检查密钥",
    "; base_url begins with https:// there": "；那里的 base_url 以 https:// 开头",
    "; for good: omit = [{names}] in its settings": "；长期有效：在它的设置中写 omit = [{names}]",
    "; if it speaks plain HTTP, base_url begins with http://": (
        "；如果它只用 HTTP，base_url 应以 http:// 开头"
    ),
    "; it asks to wait {retry_after_s}": "；它要求等待 {retry_after_s}",
    "; models there: {near}": "；那里的模型：{near}",
    "; qchat keeps to {context:,} tokens in this session; for good: context = {context2} "
    "under [backends.{name}] (qchat config set backends.{name}.context {context2})": (
        "；本会话中 qchat 按 {context:,} 个 token 控制；长期有效：在 [backends.{name}] 下写 "
        "context = {context2}（qchat config set backends.{name}.context {context2}）"
    ),
    "; set context = N under [backends.{name}] to what the server has": (
        "；请在 [backends.{name}] 下把 context = N 设为服务器的实际值"
    ),
    "; the proxy on the way wants a name: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT": (
        "；途中的代理需要用户名：HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT"
    ),
    "; the request is too large for it: /compact, attach less, or let it take more": (
        "；请求对它来说太大：可用 /compact、少附文件，或让它接受更多"
    ),
    "Its server has no thinking budget: qchat ends the thinking at {budget} tokens.": (
        "它的服务器没有思考预算：qchat 会在 {budget} 个 token 处结束思考。"
    ),
    "[backends.{name}] base_url may hold a scheme, host, port and path": (
        "[backends.{name}] base_url 只能包含协议、主机、端口和路径"
    ),
    "[backends.{name}] needs the model's name: model = ...": (
        "[backends.{name}] 需要模型名称：model = ..."
    ),
    "asked was {address}{missing}; check base_url and the model's name": (
        "请求的地址是 {address}{missing}；请检查 base_url 和模型名称"
    ),
    "at most {longest:,} tokens an answer": "每个回答最多 {longest:,} 个 token",
    "backend {name!r} has no key: {where}keep one with: qchat backends key {name}": (
        "后端 {name!r} 没有密钥：{where}用 qchat backends key {name} 保存一个"
    ),
    "before its reply began": "在回复开始之前",
    "broke the reply off ({said_reason})": "中断了回复（{said_reason}）",
    "budget:    {budget}": "预算：     {budget}",
    "cannot ask {host}: {why}; check base_url": "无法请求 {host}：{why}；请检查 base_url",
    "cannot get embeddings from {url} ({error}): check memory.embedder in the settings": (
        "无法从 {url} 取得向量（{error}）：请检查设置中的 memory.embedder"
    ),
    "connection refused by {place}: is the server running there?": (
        "{place} 拒绝了连接：服务器在那里运行吗？"
    ),
    "ended the reply by its content filter ({said_reason})": (
        "因内容过滤结束了回复（{said_reason}）"
    ),
    "ended the reply with calls ({said_reason}), and sent none": (
        "以工具调用结束回复（{said_reason}），却没有发来调用"
    ),
    "in mid-reply": "在回复中途",
    "in {m:.0f} min, at {at:%H:%M}": "{m:.0f} 分钟后，{at:%H:%M}",
    "in {s:.0f} s": "{s:.0f} 秒后",
    "it was cut off": "连接被切断",
    "kept, {within}": "遵守，{within}",
    "memory.embedder: {error}": "memory.embedder：{error}",
    "no": "否",
    "no address is known for {host}: check base_url and the network": (
        "找不到 {host} 的地址：请检查 base_url 和网络"
    ),
    "no call came": "没有发来调用",
    "no connection to {host}: {why}": "无法连接 {host}：{why}",
    "no end of thinking in {n} tokens: it was closed": "思考 {n} 个 token 仍未结束：已将其结束",
    "no key was given for backend {name!r}": "后端 {name!r} 没有密钥",
    "no secure connection to {host}: {why}{hint}": "无法与 {host} 建立安全连接：{why}{hint}",
    "not kept, {within}": "未遵守，{within}",
    "not told; about {completion} tokens came": "未告知；收到约 {completion} 个 token",
    "not tried: it did not think": "未测试：它没有思考",
    "qchat does not know how {model} switches its thinking, and sends nothing of it: give "
    "it a profile in config.toml.": (
        "qchat 不知道 {model} 如何切换思考，因此不发送相关参数：请在 config.toml 中为它指定 "
        "profile。"
    ),
    'paused the reply ({said_reason}): send "go on"': "暂停了回复（{said_reason}）：请发送“继续”",
    "refused, so use --no-tools: {refused}": "被拒绝，请使用 --no-tools：{refused}",
    "set the environment variable {it}, or ": "请设置环境变量 {it}，或",
    "speed:     first token after {first:.2f} s, {speed:.0f} tokens/s": (
        "速度：     {first:.2f} 秒后出现第一个 token，{speed:.0f} token/s"
    ),
    "streaming: {yes}, {pieces} pieces": "流式：     {yes}，{pieces} 个片段",
    "the proxy {proxy} on the way to {host} cannot be reached: check HTTPS_PROXY, or name "
    "{host} in NO_PROXY": (
        "无法连接通往 {host} 的代理 {proxy}：请检查 HTTPS_PROXY，或在 NO_PROXY 中写上 {host}"
    ),
    "{host} breaks the rules of HTTP ({why}), or a proxy on the way does: its own "
    "log may say more": (
        "{host} 或途中的代理违反了 HTTP 规则（{why}）：服务器自己的日志或许有更多说明"
    ),
    "what answers at {host} does not speak HTTP: is it the right port?": (
        "{host} 上的服务不使用 HTTP：端口对吗？"
    ),
    "what answers there does not speak TLS": "那里的服务不使用 TLS",
    "; what answers for the server cannot reach it: is it still starting?": (
        "；前面的网关连不上服务器：它还在启动吗？"
    ),
    "the connection to {host} broke in mid-reply; what came is kept": (
        "与 {host} 的连接在回复中途断开；已收到的内容已保留"
    ),
    "the connection to {host} broke: {why}": "与 {host} 的连接断开：{why}",
    "the connection to {host} ended in mid-reply; what came is kept{odd}": (
        "与 {host} 的连接在回复中途结束；已收到的内容已保留{odd}"
    ),
    "the embeddings at {url} answered {status_code}: {detail}": (
        "{url} 的嵌入服务返回 {status_code}：{detail}"
    ),
    "the engine was stopped in mid-reply; what it had written is kept: /retry asks once more": (
        "引擎在回复中途被停止；已写的内容已保留：/retry 再问一次"
    ),
    "the local engine died ({how}); what it had written is kept": (
        "本地引擎崩溃了（{how}）；已写的内容已保留"
    ),
    "the local engine had died ({how}) and starts again": "本地引擎已崩溃（{how}），正在重新启动",
    "the proxy on the way to {host} refused: {why}": "通往 {host} 的代理拒绝了：{why}",
    "the reply begins again": "回复重新开始",
    "the server has none; qchat ended the thinking after {used} tokens": (
        "服务器没有预算；qchat 在 {used} 个 token 后结束了思考"
    ),
    "the service keeps no list of models: the first question will tell": (
        "服务不提供模型列表：第一次提问时才知道"
    ),
    "the service takes the key, and offers {models}": "服务接受该密钥，提供{models}",
    "there is no profile named {wanted!r}; known are: {known}": (
        "没有名为 {wanted!r} 的 profile；已知的有：{known}"
    ),
    "there is no server named {server!r}; known are: {known}": (
        "没有名为 {server!r} 的服务器；已知的有：{known}"
    ),
    "thinking:  {yes}": "思考：     {yes}",
    "tools:     {tools}": "工具：     {tools}",
    "trying again": "重试",
    "usage:     {usage}": "用量：     {usage}",
    "yes": "是",
    "yes, it called {called}": "可以，它调用了 {called}",
    "{host} answered {status}: {why}": "{host} 返回 {status}：{why}",
    "{host} answered, but not with a list of models: is it a server for chats?": (
        "{host} 有应答，但不是模型列表：它是对话服务器吗？"
    ),
    "{host} counted {prompt:,} tokens in a prompt of at least {least:,}: it has cut the "
    "beginning without a word. Let it load the model with a longer context (Ollama: "
    "num_ctx), or set context = {prompt} under [backends.{name}]": (
        "{host} 对至少 {least:,} 个 token 的提问只计了 {prompt:,} 个：它悄悄截掉了开头。"
        "请让它以更长的上下文加载模型（Ollama：num_ctx），或在 [backends.{name}] 下设 context "
        "= {prompt}"
    ),
    "{host} does not take the connection: is the network up?": "{host} 不接受连接：网络正常吗？",
    "{host} ended the reply with {said_reason!r}, a word that qchat does not know: it may "
    "be incomplete": ("{host} 以 {said_reason!r} 结束了回复，qchat 不认识这个词：回复可能不完整"),
    "{host} redirects ({status}) to {where}: set base_url to the right address": (
        "{host} 重定向（{status}）到 {where}：请把 base_url 设为正确的地址"
    ),
    "{host} sent a reply that cannot be decompressed": "{host} 的回复无法解压",
    "{host} sent a web page instead of a reply: check base_url, which for most servers "
    "ends in /v1": (
        "{host} 返回的是网页而不是回复：请检查 base_url，多数服务器的 base_url 以 /v1 结尾"
    ),
    "{host} sent an empty reply; try again": "{host} 返回了空回复；请重试",
    "{host} sent an empty reply{odd}; try again": "{host} 的回复是空的{odd}；请重试",
    "{host} sent only signs of life, and nothing of a reply, for {alive_s:.0f} s; try "
    "again, or raise silence_s (now {silence_s:g}, of which qchat waits {signs_of_life} "
    "times)": (
        "{host} 在 {alive_s:.0f} 秒内只保持连接，没有发来任何回复内容；请重试，或调大 "
        "silence_s（现为 {silence_s:g}，qchat 会等待它的 {signs_of_life} 倍）"
    ),
    "{host} sent something that is no reply: {quote!r}": "{host} 返回的不是回复：{quote!r}",
    "{host} sent something that is not a piece of a reply: {quote!r}": (
        "{host} 返回的不是回复的片段：{quote!r}"
    ),
    "{host} stopped responding {when}{waited}; try again": (
        "{host} {when}停止了响应{waited}；请重试"
    ),
    "{host} thinks without end; what came is kept": "{host} 无休止地思考；已收到的内容已保留",
    "{host} {why}; what came is kept": "{host} {why}；已收到的内容已保留",
    "{kept}, and it starts again: /retry asks once more": "{kept}，正在重新启动：/retry 再问一次",
    "{kept}. {engine} died twice in a row: try another engine ({offer}), then /retry": (
        "{kept}。{engine} 已连续两次意外退出：请换用另一个引擎（{offer}），再 /retry"
    ),
    "{kept}. {engine} died {times} times in a row: try another engine ({offer}), then /retry": (
        "{kept}。{engine} 已连续 {times} 次意外退出：请换用另一个引擎（{offer}），再 /retry"
    ),
    "{many} pieces could not be read, like {quote!r}": "有 {many} 个片段无法读取，例如 {quote!r}",
    "{model} always thinks: that cannot be switched off.": "{model} 总是思考：无法关闭。",
    "{model} never thinks: it answers at once.": "{model} 从不思考：直接回答。",
    "{model} tried to use {names}, but has no tools here.": (
        "{model} 想使用 {names}，但这里没有工具。"
    ),
    "{model} was asked not to think, and did: its server drops the switch": (
        "已要求 {model} 不思考，它还是思考了：服务器忽略了开关"
    ),
    "{n:,} second": "{n:,} 秒",
    "{name} is a chat model, not an embedding model: its vectors do not tell what texts "
    "mean. Name an embedding model (such as a GGUF of Qwen3-Embedding), or set "
    'memory.embedder to "static".': (
        "{name} 是对话模型而不是嵌入模型：它的向量不能表达文字的含义。请指定嵌入模型（例如 "
        'Qwen3-Embedding 的 GGUF），或把 memory.embedder 设为 "static"。'
    ),
    "{new} left out": "不再发送 {new}",
    "{prompt} tokens in{reused}, {completion} out": (
        "读入 {prompt} 个 token{reused}，写出 {completion} 个"
    ),
    "{reader}; the rest of the reply is here": "{reader}；回复的其余部分在此",
    "{refusal}; asking again with the pictures in words": "{refusal}；改用文字描述图片再问一次",
    "{renamed} sent as {renamed2}": "把 {renamed} 改名为 {renamed2} 发送",
    "{told}; asking again, {new} from here on{lesson}": (
        "{told}；正在重新请求，从现在起{new}{lesson}"
    ),
    "{url} returned {data} embeddings for {texts} texts: nothing was kept": (
        "{url} 对 {texts} 段文字返回了 {data} 个向量：没有保存任何内容"
    ),
    "{used} of {budget} tokens used": "用了 {budget} 个 token 中的 {used} 个",
    "{when} (attempt {n} of {all})": "{when}（第 {n} 次，共 {all} 次）",
    "{where} is not an address: it should look like https://HOST/v1": (
        "{where} 不是地址：应该像 https://HOST/v1"
    ),
    "{where} is not an address: {error}": "{where} 不是地址：{error}",
}
