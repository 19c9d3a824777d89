"""What is said by qchat/local."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    ", ": "，",
    "; `qchat models list` shows them": "；`qchat models list` 可列出全部",
    "; did you mean: {near}": "；是否指：{near}",
    "; fit = false in its settings loads it all the same": (
        "；在它的设置中写 fit = false 可强制加载"
    ),
    "; set {token_env} for a repository that wants a login": "；需要登录的仓库请设置 {token_env}",
    "; what came is kept, and goes on next time": "；已下载的部分保留，下次继续",
    "It would fit with a context of {context:,}: set context = {context}": (
        "上下文为 {context:,} 时放得下：请设 context = {context}"
    ),
    "No known model fits": "已知的模型都放不下",
    "What would fit: {name} (qchat models pull {name})": (
        "放得下的有：{name}（qchat models pull {name}）"
    ),
    "a repository is OWNER/NAME, not {repository!r}": (
        "仓库应写成 OWNER/NAME，而不是 {repository!r}"
    ),
    "cache {cache}": "缓存 {cache}",
    "cannot read the model file {path}: {why}": "无法读取模型文件 {path}：{why}",
    "cannot write {target}: {error}": "无法写入 {target}：{error}",
    "context {context:,}": "上下文 {context:,}",
    "exit status {status}": "退出状态 {status}",
    "experts of {cpu_experts} layers in RAM": "{cpu_experts} 层的专家在内存中",
    "gpu_layers = {gpu_layers} has no effect: the engine sees no GPU": (
        "gpu_layers = {gpu_layers} 不起作用：引擎没有找到 GPU"
    ),
    "it ended with {how}": "它以{how}结束",
    "it was never started": "它从未启动",
    "needs about {ram} RAM": "约需 {ram} 内存",
    "needs about {ram} RAM and {gpu} GPU": "约需 {ram} 内存和 {gpu} 显存",
    "no GGUF file": "没有 GGUF 文件",
    "no model has been pulled yet: `qchat models list` shows which fit this machine, "
    "`qchat models pull NAME` brings one": (
        "还没有下载模型：`qchat models list` 可列出适合本机的模型，`qchat models pull 名称` 可下载"
    ),
    "not enough space: {name} needs {missing} more, {folder} has {free} free": (
        "空间不足：{name} 还需要 {missing}，{folder} 只剩 {free}"
    ),
    "not enough space: {name} needs {missing} more, {parent} has {free} free": (
        "空间不足：{name} 还需要 {missing}，{parent} 只剩 {free}"
    ),
    "out of memory: {name} with a context of {context:,} tokens needs about {need}; there "
    "is {text}. {chosen}{more}": (
        "内存不足：{name} 在 {context:,} 个 token 的上下文下约需 {need}；现有 {text}。"
        "{chosen}{more}"
    ),
    "several models begin with {name!r}: {names}": "有多个模型以 {name!r} 开头：{names}",
    "the catalogue has no model {name!r}{hint}": "目录中没有模型 {name!r}{hint}",
    "the connection to {host} ended early": "与 {host} 的连接提前结束",
    "the disk is full: {name} is kept as far as it came, and goes on next time": (
        "磁盘已满：{name} 已下载的部分保留，下次继续"
    ),
    "the engine llama-cpp-python is not installed: pip install llama-cpp-python (which "
    "compiles it) brings it, or use another engine": (
        "未安装引擎 llama-cpp-python：可用 pip install llama-cpp-python 安装（会进行编译），"
        "或换用另一个引擎"
    ),
    "the host calls its file {name!r}, which cannot be the name of a file here": (
        "服务器给文件起的名字是 {name!r}，不能用作本机的文件名"
    ),
    "the local engine cannot load {name}: {reason}": "本地引擎无法加载 {name}：{reason}",
    "the local engine did not load {model} in time": "本地引擎没有及时加载 {model}",
    "the local engine has no pipes": "本地引擎没有管道",
    "the local engine was started without a plan": "本地引擎启动时没有装载方案",
    "the system ended it: out of memory": "系统结束了它：内存不足",
    "there is no llama-server on the path: install llama.cpp, or use another engine": (
        "PATH 上没有 llama-server：请安装 llama.cpp，或换用另一个引擎"
    ),
    "there is no model file {path}": "没有模型文件 {path}",
    "there is no model {name!r} here: `qchat models list` shows what there is": (
        "这里没有模型 {name!r}：`qchat models list` 可列出全部"
    ),
    "{experts} has no effect: this engine cannot keep experts in RAM": (
        "{experts} 不起作用：该引擎不能把专家放在内存中"
    ),
    "{here} of {layers} layers on the GPU": "{layers} 层中的 {here} 层在 GPU 上",
    "{host} answered with status {status}; try again later": (
        "{host} 返回状态 {status}；请稍后再试"
    ),
    "{host} cannot be reached: {what}; check the network, and try again": (
        "无法连接 {host}：{what}；请检查网络后重试"
    ),
    "{host} does not give this away ({status}){hint}": "{host} 拒绝提供（{status}）{hint}",
    "{host} has another version of the file": "{host} 上的文件已是另一个版本",
    "{host} has no such file or repository (404)": "{host} 没有这个文件或仓库（404）",
    "{host} sent a different part of the file than was asked for": (
        "{host} 返回的不是所请求的文件部分"
    ),
    "{n:,} core": "{n:,} 核",
    "{n:,} thread": "{n:,} 个线程",
    "{name} came damaged: its checksum is {found}… and should be {sha256}…; it was "
    "deleted, pull it again": (
        "{name} 在下载中损坏：校验和是 {found}…，应为 {sha256}…；已删除，请重新下载"
    ),
    "{name} is being pulled by another qchat": "{name} 正由另一个 qchat 下载",
    "{name} is incomplete: {size:,} of at least {end:,} bytes are there. Download it again.": (
        "{name} 不完整：至少应有 {end:,} 字节，只有 {size:,} 字节。请重新下载。"
    ),
    "{name} is listed as {have}, not as {rest}": "{name} 列出的是 {have}，没有 {rest}",
    "{name} is not a GGUF file": "{name} 不是 GGUF 文件",
    "{name} is not a GGUF file but {guess}": "{name} 不是 GGUF 文件，而是{guess}",
    "{name} sent an endless list": "{name} 返回的列表没有尽头",
    "{name} sent something that is not a list of files": "{name} 返回的不是文件列表",
    "{name} should have {total} but comes with {total2}: the host has another file": (
        "{name} 应为 {total}，实际为 {total2}：服务器上是另一个文件"
    ),
    "{name} {repository} has not {wanted}; it has: {have}": (
        "{name} {repository} 没有 {wanted}；它有：{have}"
    ),
    "{name} {total_bytes} ({free_bytes} free)": "{name} {total_bytes}（可用 {free_bytes}）",
    "{name}: not all of its parts are there": "{name}：分片不全",
    "{path} does not say which kind of model it holds": "{path} 没有说明它是哪种模型",
    "{path} holds only the picture part of a model (mmproj)": (
        "{path} 只含模型的图像部分（mmproj）"
    ),
    "{path} is a GGUF file of version {version}, which cannot be loaded": (
        "{path} 是第 {version} 版的 GGUF 文件，无法加载"
    ),
    "{path} is a broken or incomplete GGUF file": "{path} 是损坏或不完整的 GGUF 文件",
    "{path} is a device or a pipe, not a GGUF file": "{path} 是设备或管道，不是 GGUF 文件",
    "{path} is a folder, not a GGUF file": "{path} 是文件夹，不是 GGUF 文件",
    "{problem}; nothing is kept of it": "{problem}；没有保留任何内容",
    "{ram_bytes} RAM ({free_bytes} free)": "{ram_bytes} 内存（可用 {free_bytes}）",
    "{target} is another file ({here} instead of {total}): remove it first, or pull under "
    "another name": (
        "{target} 是另一个文件（{here}，而不是 {total}）：请先删除它，或用其他名字下载"
    ),
    "{text}; nothing is kept of it": "{text}；没有保留任何内容",
    "{url} is not the address of a GGUF file: it should end in .gguf": (
        "{url} 不是 GGUF 文件的地址：应以 .gguf 结尾"
    ),
    "{url} would be downloaded without encryption: use https": (
        "{url} 会以未加密方式下载：请用 https"
    ),
}
