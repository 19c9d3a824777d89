"""What is said by qchat/evaluation."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "A model's programs are only tested in a sandbox, and this machine has none. `qchat "
    "doctor` says what is missing.": (
        "模型写的程序只在沙箱中测试，而本机没有沙箱。`qchat doctor` 会说明缺少什么。"
    ),
    "An answer cannot be kept in {path}: {why}. Make room, and run the same command "
    "again: it goes on from here.": (
        "回答无法保存到 {path}：{why}。请腾出空间后再次运行同一命令，会从这里继续。"
    ),
    "Answers are compared between two modes: name two, --modes think,no-think.": (
        "比较回答需要两种模式：请写出两种，例如 --modes think,no-think。"
    ),
    "Tasks of several turns are played with think or no-think, not with {mode}.": (
        "多轮任务只能用 think 或 no-think 运行，不能用 {mode}。"
    ),
    "The judge could not be asked: {failure}": "无法询问评判模型：{failure}",
    "The set's programs cannot be run: {why}": "题集自带的程序无法运行：{why}",
    "This evaluation is running already, in another process. It writes {folder}.": (
        "该评测正在另一个进程中运行，写入 {folder}。"
    ),
    "What {model} costs is not known. Beside --max-cost say it: --price IN,OUT for a "
    "million tokens.": (
        "不知道 {model} 的价格。请与 --max-cost 一起写出：--price IN,OUT（每百万 token）。"
    ),
    "{lost}{end} What was answered is kept: run the same command to go on.": (
        "{lost}{end} 已有的回答已保存：再次运行同一命令即可继续。"
    ),
    "{path} cannot be read as Parquet: {error}": "无法按 Parquet 读取 {path}：{error}",
    "{path} cannot be read: {why}.": "无法读取 {path}：{why}。",
    "{path} holds no questions.": "{path} 中没有问题。",
    "{path} is a Parquet file, and what reads those is not installed: in the folder of "
    "qchat, pip install '.[parquet]'": (
        "{path} 是 Parquet 文件，而读取它的组件尚未安装："
        "请在 qchat 的文件夹中运行 pip install '.[parquet]'"
    ),
    "{path} is not UTF-8 text: {error}.": "{path} 不是 UTF-8 文本：{error}。",
    "{path}, line {place}: it is not JSON ({error}).": (
        "{path}，第 {place} 行：不是 JSON（{error}）。"
    ),
    "{path}, line {place}: it is not a JSON object.": "{path}，第 {place} 行：不是 JSON 对象。",
    "{path}, question {line}: {error}.": "{path}，第 {line} 个问题：{error}。",
    "{path}, question {place}: it is not a JSON object.": (
        "{path}，第 {place} 个问题：不是 JSON 对象。"
    ),
    "{spent_so_far:.2f} is spent, and --max-cost is {max_cost:g}. What was answered is "
    "kept: with a higher limit the same command goes on.": (
        "已花费 {spent_so_far:.2f}，而 --max-cost 是 {max_cost:g}。已有的回答已保存："
        "提高上限后运行同一命令即可继续。"
    ),
    "{text!r} is not a backend ({known}), nor BACKEND:MODEL, nor a model on this machine. "
    "`qchat models list` shows those that are here.": (
        "{text!r} 既不是后端（{known}），也不是 后端:模型 的形式，也不是本机上的模型。`qchat "
        "models list` 可列出本机的模型。"
    ),
}
