"""What is said by qchat/admin."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "The conversations in {file} are damaged ({damage}). Copy that file away first. "
    "`qchat sessions export` still saves those that can be read; `qchat restore FILE` puts a "
    "backup in its place.": (
        "{file} 中的会话已损坏（{damage}）。请先复制该文件。能读出的会话仍可用 "
        "`qchat sessions export` 保存；`qchat restore FILE` 可用备份替换它。"
    ),
    "\nHere (`qchat --backend local --model NAME`):": (
        "\n已有的模型（`qchat --backend local --model 名称`）："
    ),
    "\nKept in {folder}\n": "\n保存在 {folder}\n",
    "\nTo pull (`qchat models pull NAME`; sizes are about):": (
        "\n可下载的模型（`qchat models pull 名称`；大小为约数）："
    ),
    "  answer:    {strip}\n": "  回答：     {strip}\n",
    "  ok": "正常",
    " (short)": "（偏短）",
    ", embedding": "，嵌入模型",
    ", on the GPU": "，在 GPU 上",
    ", partly on the GPU": "，部分在 GPU 上",
    ", then ": "，然后是 ",
    ", with {extras}": "，含{extras}",
    ", {active:g} used for each token": "，每个 token 激活 {active:g} B",
    ", {active:g}B active": "，激活 {active:g}B",
    ", {experts_used} of {experts} experts at a time": (
        "，每次激活 {experts} 个专家中的 {experts_used} 个"
    ),
    "--limit takes a number from 1.": "--limit 需要 1 以上的整数。",
    "; xllamacpp as installed cannot use the {gpu}": "；已安装的 xllamacpp 无法使用 {gpu}",
    "; {there} there now": "；那里现在{there}",
    'Ask about it with @know:{name}, as in: qchat ask "@know:{name} …"': (
        '用 @know:{name} 提问，例如：qchat ask "@know:{name} …"'
    ),
    "Cannot restore {source}: {why}.": "无法恢复 {source}：{why}。",
    "Another qchat has the conversations open: what is said in it would be set aside too. Close "
    "it, then restore again. Nothing was changed.": (
        "另一个 qchat 正打开着这些会话，在其中说的话也会被移到一旁。请先关闭再恢复。未作任何更改。"
    ),
    "Cannot write the backup {target}: {error}.": "无法写入备份 {target}：{error}。",
    "FAIL": "失败",
    "File not found: {set}. Built-in evaluations: {known}.": (
        "找不到文件：{set}。内置评测：{known}。"
    ),
    "File not found: {set}. Did you mean {near}, which is built in?": (
        "找不到文件：{set}。是否指内置的 {near}？"
    ),
    "File not found: {source}.": "找不到文件：{source}。",
    "Key for {name}: ": "{name} 的密钥：",
    "Keys were left out; --keys includes those of keys.json.\n": (
        "未包含密钥；--keys 会把 keys.json 中的密钥也放进去。\n"
    ),
    "More quantizations: qchat models list --all": "更多量化版本：qchat models list --all",
    "No conversations yet of user {user!r}.": "用户 {user!r} 还没有会话。",
    "No folder is known yet. qchat know add PATH reads one.": (
        "还没有文件夹。qchat know add 路径 可读入一个。"
    ),
    "Not kept: it looks like {secret}. --yes keeps it.": (
        "未保存：它看起来像{secret}。--yes 可强制保存。"
    ),
    "Not read: {more} more.": "未读入：另有 {more} 个。",
    "Not read: {problem}.": "未读入：{problem}。",
    "Nothing found for {words!r}.": "没有找到 {words!r}。",
    "Say what to search for: qchat know search WORD…": (
        "请写出要搜索的内容：qchat know search 词语…"
    ),
    "Say what to search for: qchat memory search WORD…": (
        "请写出要搜索的内容：qchat memory search 词语…"
    ),
    "Say which memory: qchat memory forget ID, or --all.": (
        "请写出是哪条记忆：qchat memory forget 编号，或 --all。"
    ),
    "Stopped. {reached} of {reached2} answers are kept": (
        "已停止。已保存 {reached}/{reached2} 个回答"
    ),
    "The backup holds {name!r}, which cannot be read.": "备份中的 {name!r} 无法读取。",
    "The backup holds {name!r}, which qchat never writes.": (
        "备份中有 {name!r}，qchat 从不写入这样的内容。"
    ),
    "The conversations in the backup are damaged: {answer}.": "备份中的会话已损坏：{answer}。",
    "The embedder is another: memories get new vectors. Ctrl+C is no harm.\n": (
        "嵌入模型已更换：正在为记忆生成新向量。按 Ctrl+C 不会有损失。\n"
    ),
    "The engine cannot use its {gpu}: a build for it, or llama-server, could.": (
        "引擎无法使用本机的 {gpu}：换用为它编译的版本或 llama-server 即可。"
    ),
    "The kernel printed something else than 42: {printed}.": (
        "内核输出的不是 42，而是：{printed}。"
    ),
    "The server also has memories that qchat 0.1 kept under the user's name alone, where "
    "every account could read them: `qchat memory identity shared` goes on with those": (
        "服务器上还有 qchat 0.1 仅以用户名保存的记忆，每个账户都能读到：可用 `qchat memory "
        "identity shared` 继续使用它们"
    ),
    "There are conversations or settings in {data_dir} already. --force sets them aside "
    "and restores the backup.": (
        "{data_dir} 里已有会话或设置。--force 会先把它们移到一旁，再恢复备份。"
    ),
    "There is nothing to back up yet.": "还没有可备份的内容。",
    "This is not an export of memories: it is not UTF-8 at byte {start}.": (
        "这不是记忆的导出文件：第 {start} 个字节处不是 UTF-8。"
    ),
    "This machine: {text}": "本机：{text}",
    "Unknown evaluation {unknown}. Evaluations: {known}.": (
        "未知评测 {unknown}。可用评测：{known}。"
    ),
    "Unknown theme {theme!r}. Themes: {known}.": "未知主题 {theme!r}。可用主题：{known}。",
    "Unknown theme {value!r}. Themes: {themes}.": "未知主题 {value!r}。可用主题：{themes}。",
    "Unknown tool {unknown}. Tools: {tools}.": "未知工具 {unknown}。可用工具：{tools}。",
    "an export as it was downloaded: zip, folder or file of {known}": (
        "下载得到的导出内容：{known} 的 zip、文件夹或文件"
    ),
    "another kernel runs": "另有 1 个内核在运行",
    "another qchat comes first on the PATH: {found}. This one is {start}": (
        "PATH 上先找到另一个 qchat：{found}。当前这个是 {start}"
    ),
    "architecture: {architecture}": "架构：{architecture}",
    "comes with qchat: --backend demo": "随 qchat 提供：--backend demo",
    "command": "命令",
    "computes": "可以计算",
    "computes at {url}{seen}. Everyone who has its token can see and end these kernels "
    "and reads the same folder: give each user a token, or a server, of their own": (
        "在 {url} 计算{seen}。持有其 token 的人都能看到并结束这些内核，并读取同一个文件夹："
        "请给每个用户单独的 token 或服务器"
    ),
    "context: {context:,} tokens\n": "上下文：{context:,} 个 token\n",
    "deleted {id}: {title}": "已删除 {id}：{title}",
    "demo model": "演示模型",
    "embedder": "嵌入模型",
    "engine": "引擎",
    "file: {file}\nsize: {total}": "文件：{file}\n大小：{total}",
    "fits": "放得下",
    "fits, context {context:,}": "放得下，上下文 {context:,}",
    "forgot all: {forget_all}": "已全部忘记：{forget_all}",
    "forgot {id}": "已忘记 {id}",
    "from {made}, by qchat {qchat}{more}": "制作于 {made}，qchat {qchat}{more}",
    "here: {fits}{text}": "在本机：{fits}{text}",
    "imported {number}": "已导入{number}",
    "it says again: {left}": "现在又是：{left}",
    "kernel": "内核",
    "key from {source}": "密钥来自{source}",
    "knowledge": "文件夹",
    "llama-server at {binary}": "llama-server，在 {binary}",
    "machine": "本机",
    "memory": "记忆",
    "name: {name}": "名称：{name}",
    "name: {name}\nrepository: {repository}": "名称：{name}\n仓库：{repository}",
    "no key": "没有密钥",
    "no key needed": "不需要密钥",
    "no key was kept for": "没有保存过密钥：",
    "no llama-cpp-python, no llama-server on the path (not needed)": (
        "没有 llama-cpp-python，PATH 上也没有 llama-server（并非必需）"
    ),
    "no qchat is on the PATH; this one is in {own}": "PATH 上没有 qchat；当前这个在 {own}",
    "none here: code runs at {gateway_url}, and is asked for before it does": (
        "本机没有：代码在 {gateway_url} 运行，运行前会询问"
    ),
    "none: code of the model is asked for before it runs (on Linux install bubblewrap)": (
        "没有：模型的代码运行前会询问（在 Linux 上请安装 bubblewrap）"
    ),
    "not said": "未注明",
    "not tried: offline": "未尝试：离线",
    "note": "注意",
    'off: python.sandbox = "off"; code of the model is asked for before it runs': (
        '关闭：python.sandbox = "off"；模型的代码运行前会询问'
    ),
    "on this machine": "在本机",
    "others": "其他引擎",
    "package": "软件包",
    "parameters: {parameters:g} billion": "参数量：{parameters:g} B 个",
    "parameters: {parameters}{experts}": "参数量：{parameters}{experts}",
    "qchat did not pull {name!r}. Models that it pulled: {names}. Remove files of other "
    "programs with those programs.": (
        "{name!r} 不是 qchat 下载的。qchat 下载的模型：{names}。其他程序的文件请用那些程序删除。"
    ),
    "qchat is offline, as you told it to be, so nothing is fetched.": (
        "按您的设置，qchat 处于离线状态，因此不会下载。"
    ),
    "quantization: {quantization}\ncontext: {context:,} tokens": (
        "量化：{quantization}\n上下文：{context:,} 个 token"
    ),
    "removed": "已删除密钥：",
    "removed {name}: {freed} are free again": "已删除 {name}：腾出 {freed}",
    "restored the backup {manifest}\n": "已恢复备份：{manifest}\n",
    "sandbox": "沙箱",
    "settings": "设置",
    "taken back: {id}": "已撤回：{id}",
    "the built-in demo model": "内置演示模型",
    "the defaults; {config_file} would change them": "使用默认设置；可在 {config_file} 中更改",
    "the files that its code left are still in {files}": "其代码留下的文件仍在 {files}",
    "the package {taken_name!r} ({other}) is installed beside {distribution!r} and has "
    "the same files. Uninstall {taken_name!r}, then install {distribution!r} again": (
        "软件包 {taken_name!r}（{other}）与 {distribution!r} 同时安装，且文件相同。请卸载 "
        "{taken_name!r}，再重新安装 {distribution!r}"
    ),
    "theme": "主题",
    "there is no file {file}": "没有文件 {file}",
    "too large": "太大",
    "too large: needs {size}": "太大：需要 {size}",
    "too large; ": "太大；",
    "tools that may be used: {tools} (default: none)": "可以使用的工具：{tools}（默认：无）",
    "web": "网络搜索",
    "what was here before is in {aside}\n": "原有内容已移到 {aside}\n",
    "write the report as {upper} too": "同时把报告写成 {upper}",
    "xllamacpp is not installed. Install it: pip install xllamacpp.": (
        "未安装 xllamacpp。安装方法：pip install xllamacpp。"
    ),
    "{address} can be reached (not asked; --search asks it)": (
        "{address} 可以连上（未实际请求；--search 会请求）"
    ),
    "{address} cannot be reached: {error}.": "无法连接 {address}：{error}。",
    "{asked} in {modes}: at most {most:,} tokens are written\n": (
        "{asked}，{modes}：最多写出 {most:,} 个 token\n"
    ),
    "{count} of {user}": "{user} 有 {count}",
    "{embedder}, vectors of {numbers} numbers": "{embedder}，向量有 {numbers} 个数",
    "{error} Close other qchat programs and try again.": "{error} 请关闭其他 qchat 程序后再试。",
    "{filename} cannot be written: {why}.": "无法写入 {filename}：{why}。",
    "{made} got new vectors; all are by {name}": "{made}已有新向量；全部由 {name} 生成",
    "{model} at {where} answers": "{where} 上的 {model} 有应答",
    "{model} at {where}, one of {models}": "{where} 上的 {model}，共 {models}",
    "{model} can be read": "{model} 可以读取",
    "{model} loads": "{model} 可以加载",
    "{n:,} folder": "{n:,} 个文件夹",
    "{n:,} memory": "{n:,} 条记忆",
    "{n:,} mode": "{n:,} 种模式",
    "{n:,} page": "{n:,} 个页面",
    "{n:,} question": "{n:,} 个问题",
    "{name} has its own mode and tools. Leave --modes and --tools out.": (
        "{name} 有自己的模式和工具，请去掉 --modes 和 --tools。"
    ),
    "{name} is a model on this machine. It needs no key.": "{name} 是本机上的模型，不需要密钥。",
    "{name}{about} into {models_dir}\n": "{name}{about}，下载到 {models_dir}\n",
    "{others} more about other projects: --all lists them.": (
        "另有 {others} 条关于其他项目：--all 可列出。"
    ),
    "{others} other kernels run": "另有 {others} 个内核在运行",
    "{parameters:.1f} million": "{parameters:.1f} M 个",
    "{parameters:.2f} billion": "{parameters:.2f} B 个",
    "{path}\nChat with it: qchat --backend local --model {name}": (
        "{path}\n开始对话：qchat --backend local --model {name}"
    ),
    "{search} (not asked; --search asks it)": "{search}（未实际请求；--search 会请求）",
    "{search} does not answer: {error}.": "{search} 没有应答：{error}。",
    "{search} finds nothing for Qwen.": "{search} 搜索 Qwen 没有结果。",
    "{search} finds {pages}": "{search} 找到 {pages}",
    "{source} is not a backup of qchat, or is damaged: {error}.": (
        "{source} 不是 qchat 的备份，或已损坏：{error}。"
    ),
    "{source} is not a backup of qchat.": "{source} 不是 qchat 的备份。",
    "{source} is not a backup of qchat: it is not a file.": (
        "{source} 不是 qchat 的备份：它不是文件。"
    ),
    "{source} was written by qchat {qchat}, which is newer than this ({version}). Upgrade "
    "qchat, then restore it.": (
        "{source} 由 qchat {qchat} 写成，比当前版本（{version}）新。请先升级 qchat，再恢复。"
    ),
    "{stopped}: run the same command to go on.": "{stopped}：再次运行同一命令即可继续。",
    "{text!r} is not IN,OUT, like 0.4,1.2": "{text!r} 不是 IN,OUT 的形式，例如 0.4,1.2",
    "{text!r} is not an amount above 0": "{text!r} 不是大于 0 的金额",
    "{vote} is added: rounds are worth what they gain over plain voting.\n": (
        "已加入 {vote}：多轮思考的价值要与普通投票相比才看得出。\n"
    ),
    "{what}; else all": "{what}；不写则为全部",
    "{where} has no model {model!r}. It has {models}: qchat config set "
    "backends.{name}.model NAME.": (
        "{where} 上没有模型 {model!r}。它有 {models}：qchat config set backends.{name}.model 名称。"
    ),
    "No conversations were found. Known are exports of {known}.": (
        "没有找到会话。可识别 {known} 的导出内容。"
    ),
}
