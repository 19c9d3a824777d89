"""What is said by qchat/config."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    " (did you mean {near}?)": "（是否指 {near}？）",
    ", not {given}": "，而不是 {given}",
    ": one of {found}": "：可选 {found}",
    "Another process is changing {file}. Try again.": "另一个进程正在更改 {file}。请重试。",
    "Cannot read the keys in {file}: {why}.": "无法读取 {file} 中的密钥：{why}。",
    "Cannot read {path}: it is not UTF-8 text ({error}).": (
        "无法读取 {path}：它不是 UTF-8 文本（{error}）。"
    ),
    "Cannot read {path}: {error}.": "无法读取 {path}：{error}。",
    "Cannot read {path}: {why}.": "无法读取 {path}：{why}。",
    "Cannot save the key in {file}: {why}.": "无法把密钥保存到 {file}：{why}。",
    "Cannot write {file}: {why}.": "无法写入 {file}：{why}。",
    "Invalid API key for backend {name!r}: a key has no spaces and no special characters.": (
        "后端 {name!r} 的 API 密钥无效：密钥中没有空格和特殊字符。"
    ),
    "Invalid setting name {key!r}. Write it like theme or backends.big.model.": (
        "设置名 {key!r} 无效。请写成 theme 或 backends.big.model 这样。"
    ),
    "Invalid workspace ID {workspace!r}: use letters, digits and hyphens, like llm-abc123.": (
        "工作空间 ID {workspace!r} 无效：请使用字母、数字和连字符，例如 llm-abc123。"
    ),
    "No key was given for backend {name!r}.": "后端 {name!r} 没有密钥。",
    "Other users can read the keys in {file}. Protect it: chmod 600 {file}": (
        "其他用户可以读取 {file} 中的密钥。请加以保护：chmod 600 {file}"
    ),
    "The key on standard input is not UTF-8 text.": "标准输入中的密钥不是 UTF-8 文本。",
    "Unknown backend {name!r}. Backends: {known}.": "未知后端 {name!r}。可用后端：{known}。",
    "Invalid API key for backend {name!r}: give the key alone, without the name of its "
    "variable.": "后端 {name!r} 的 API 密钥无效：只填密钥本身，不要带变量名。",
    "Invalid API key for backend {name!r}: that is an address or a path. Give the key "
    "itself.": "后端 {name!r} 的 API 密钥无效：这是地址或路径。请填密钥本身。",
    "Unknown region {text!r}. Regions: {known_names}.": (
        "未知地域 {text!r}。可用地域：{known_names}。"
    ),
    "above {number}": "大于 {number}",
    "below {number}": "小于 {number}",
    "from {number} on": "{number} 以上",
    "the environment variable {variable}": "环境变量 {variable}",
    "the file": "该文件",
    "the file {file}": "文件 {file}",
    "the settings file": "设置文件",
    "the system's keyring": "系统钥匙串",
    "unknown setting {keys}{meant}": "未知设置 {keys}{meant}",
    "up to {number}": "不超过 {number}",
    "{file} is damaged. Delete it and enter your keys again.": (
        "{file} 已损坏。请删除它并重新输入密钥。"
    ),
    "{key} must be an address, like http://127.0.0.1:8888, not {value!r}.": (
        "{key} 必须是地址，例如 http://127.0.0.1:8888，而不是 {value!r}。"
    ),
    "{key} must be one of {known}{shown}": "{key} 必须是 {known} 之一{shown}",
    "{key} must be the name of an environment variable, like MY_KEY; the key itself "
    "belongs into that variable.": (
        "{key} 必须是环境变量的名称，例如 MY_KEY；密钥本身应放在该变量中。"
    ),
    "{key} must be {words}{limit}{shown}": "{key} 必须是{words}{limit}{shown}",
    "{key} needs {missing}{settings}": "{key} 需要 {missing}{settings}",
    "{last}: backend must be one of {known}, not {backend!r}. `qchat connect` adds one.": (
        "{last}：backend 必须是 {known} 之一，而不是 {backend!r}。`qchat connect` 可添加。"
    ),
    "{name} has no shared address: name your workspace as well (its ID stands in the "
    "console of Model Studio).": (
        "{name} 没有公用地址：请同时写出您的工作空间（其 ID 在百炼控制台中）。"
    ),
    "{path} is not valid TOML: {error}": "{path} 不是有效的 TOML：{error}",
    "{path}: {table} is one value, so {key} cannot be set.": (
        "{path}：{table} 是单个值，因此无法设置 {key}。"
    ),
    "{where} is not valid TOML: {error}{hint}.": "{where} 不是有效的 TOML：{error}{hint}。",
    '; texts stand in quotes: {key} = "…"': '；文本要加引号：{key} = "…"',
    "{key} is set by the administrator in {by}; {where} cannot set it too.": (
        "{key} 由管理员在 {by} 中设定，{where} 不能再设定它。"
    ),
    "{where}: {mistake}.": "{where}：{mistake}。",
}
