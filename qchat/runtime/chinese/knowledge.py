"""What is said by qchat/knowledge."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    " (not read yet)": "（尚未读入）",
    ", {problems:,} not readable": "，{problems:,} 个无法读取",
    "Passages of your files were missing ({lacking:,}), and are read again": (
        "文件中有段落缺失（{lacking:,} 段），已重新读取"
    ),
    "Chroma has {there:,} of {embedded:,} vectors": (
        "Chroma 有 {there:,} 个向量，应有 {embedded:,} 个"
    ),
    "Folder not found: {path}.": "找不到文件夹：{path}。",
    "No folder named {name!r} is known. /know list names those that are.": (
        "没有名为 {name!r} 的文件夹。/know list 可列出全部。"
    ),
    "Nothing was read below {below!r} in {name}.": "{name} 中没有读入 {below!r} 下的内容。",
    "The disk is full ({path}). Make room: `qchat know sync` then reads what is missing.": (
        "磁盘已满（{path}）。请腾出空间：之后 `qchat know sync` 会读入缺少的内容。"
    ),
    "The folder {path} cannot be read ({why}). What was read of it before stays; /know "
    "remove {name} forgets it.": (
        "无法读取文件夹 {path}（{why}）。之前读入的内容保留；/know remove {name} 可移除。"
    ),
    "The passages are found by their words only, not by their meaning: {error}": (
        "只能按词查找，无法按意思查找：{error}"
    ),
    "The vectors of {name} were damaged ({error}), and are new": (
        "{name} 的向量已损坏（{error}），现已重建"
    ),
    "What was read of your folders cannot be used ({error}). Check that the disk is not "
    "full. If you delete {path}, /know add reads them again.": (
        "已读入的文件夹内容无法使用（{error}）。请检查磁盘是否已满。若删除 {path}，/know add "
        "会重新读入。"
    ),
    "What was read of your folders was damaged ({error}) and is set aside in {aside}. The "
    "folders are still known ({number:,})": (
        "已读入的文件夹内容已损坏（{error}），已移到 {aside}。文件夹列表仍在（{number:,}）"
    ),
    "What was read of your folders was damaged, and is new": "已读入的文件夹内容已损坏，现已重建",
    "a PDF without text: it may hold pictures of pages": "没有文字的 PDF：可能只有页面图片",
    "a book without text": "没有文字的书",
    "a damaged PDF": "损坏的 PDF",
    "a damaged book": "损坏的书",
    "a damaged document": "损坏的文档",
    "a damaged page": "损坏的网页",
    "a document that unpacks to far too much": "解压后过大的文档",
    "a document without text": "没有文字的文档",
    "a page without text": "没有文字的网页",
    "it has the words of {words:,} of {passages:,} passages": (
        "只有 {words:,} 段的词，应有 {passages:,} 段"
    ),
    "it is a folder": "它是文件夹",
    "it is another database": "它是另一个数据库",
    "locked by a password": "有密码保护",
    "no notebook, or a damaged one": "不是 notebook，或已损坏",
    "no text": "不是文字",
    "reading your folders {progress}": "正在读入您的文件夹 {progress}",
    "slides without text": "没有文字的幻灯片",
    "text of an unknown encoding": "编码未知的文字",
    "{gone:,} gone": "{gone:,} 个已消失",
    "{n:,} file": "{n:,} 个文件",
    "{n:,} passage": "{n:,} 段",
    "{name!r} already names {path}. Give this one another name: /know add PATH --name NAME.": (
        "{name!r} 已用于 {path}。请换个名字：/know add 路径 --name 名称。"
    ),
    "{name}: nothing has changed ({same}).": "{name}：没有变化（{same}）。",
    "{path} is where qchat keeps its own things.": "{path} 是 qchat 存放自己数据的地方。",
    "{path} was written by a newer qchat; update qchat.": (
        "{path} 由更新版本的 qchat 写成；请升级 qchat。"
    ),
    "{problems:,} not readable": "{problems:,} 个无法读取",
    "{read} read": "读入 {read}",
    "{said}. `qchat know sync` reads them again; an open chat does, too.": (
        "{said}。`qchat know sync` 会重新读入；打开的对话也会。"
    ),
    "{same:,} unchanged": "{same:,} 个未变",
    "{sum:,} vectors are bent": "{sum:,} 个向量有误",
    "{unread} is not read to the end yet, so not all can be found. An open chat reads it, "
    "and `qchat know sync` does.": (
        "{unread} 尚未读完，因此不一定都能找到。打开的对话会继续读，`qchat know sync` 也会。"
    ),
}
