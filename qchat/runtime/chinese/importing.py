"""What is said by qchat/importing."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "Deleted here, and not brought back: {conversations}. --again brings back such.": (
        "曾在这里删除，未恢复：{conversations}。--again 可恢复。"
    ),
    "Here already: {conversations}.": "这里已有：{conversations}。",
    "Imported {count} of {of} from {path}.": "已从 {path} 导入 {of} 的 {count}。",
    "Left out: {broken}.": "略过：{broken}。",
    "Left out: {more} more.": "略过：另有 {more} 个。",
    "Not an export that is known: {name}.": "不是已知的导出文件：{name}。",
    "branches into more turns than a conversation can have": "分支的轮数超过会话的上限",
    "cannot be read ({error})": "无法读取（{error}）",
    "ends in the middle, after entry {number}": "在第 {number} 条之后中断",
    "has a shape that is not known ({name}: {error})": "结构未知（{name}：{error}）",
    "has more than {limit:,} bytes": "超过 {limit:,} 字节",
    "has no mapping of messages": "没有消息的 mapping",
    "has no messages": "没有消息",
    "is damaged after entry {number} ({error})": "在第 {number} 条之后损坏（{error}）",
    "is not JSON ({error})": "不是 JSON（{error}）",
    "is not a conversation": "不是会话",
    "is not a record of a session": "不是会话记录",
    "is not a turn ({error})": "不是一轮对话（{error}）",
    "is not an activity": "不是活动记录",
    "{error}. {number:,} conversations are in; import it again, and it goes on.": (
        "{error}。已导入 {number:,} 个会话；再次导入会接着进行。"
    ),
    "{folder} holds more than {max_in_folder:,} files. Name the folder of the export.": (
        "{folder} 中的文件超过 {max_in_folder:,} 个。请写出导出内容所在的文件夹。"
    ),
    "{grown} had grown: what is new was added.": "{grown}有新内容，已补入。",
    "{n:,} conversation": "{n:,} 个会话",
    "{path} cannot be opened: {error}.": "无法打开 {path}：{error}。",
    "{path} cannot be read: {error}.": "无法读取 {path}：{error}。",
    "{path} is a damaged zip: its end is missing. Download it again.": (
        "{path} 是损坏的 zip：缺少结尾。请重新下载。"
    ),
    "{path} is a damaged zip: {error}.": "{path} 是损坏的 zip：{error}。",
    "{path} is not a file or a folder.": "{path} 既不是文件也不是文件夹。",
}
