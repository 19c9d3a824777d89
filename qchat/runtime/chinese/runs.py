"""What is said by qchat/runs."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "  … {missing} in the conversation": "  … 会话中还有 {missing}",
    ", {cached:,} of them reused": "，其中 {cached:,} 个为复用",
    "A run goes on here; stop it first.": "这里有任务正在进行；请先停止它。",
    "Best {name}: {value:g} ({better} is better) {when}": (
        "最好的 {name}：{value:g}（越 {better} 越好）{when}"
    ),
    "Checked by {by}: {evidence}": "由{by}检验：{evidence}",
    "Checking, by a fresh request to {model}": "正在检验：由 {model} 以全新请求检查",
    "Checking: {until}": "正在检验：{until}",
    "Files in {work_dir}: {names}{more}": "{work_dir} 中的文件：{names}{more}",
    "Goal not reached yet: what is left waits for your approval": (
        "目标尚未达到：剩余部分等待您批准"
    ),
    "Goal not reached: {why}": "目标未达到：{why}",
    "Goal reached": "目标已达到",
    "Goal: {text}": "目标：{text}",
    "It was not checked.": "未经检验。",
    "No new finding in {quiet} steps: neither notebook nor number shows progress.": (
        "{quiet} 步内没有新发现：笔记和指标都没有进展。"
    ),
    "Not reached yet: {evidence}": "尚未达到：{evidence}",
    "Report: {file}": "报告：{file}",
    "Report: {file}; the number drawn: {picture}": "报告：{file}；指标曲线：{picture}",
    "Say what the goal is.": "请写出目标。",
    "The goal is reached, as was checked by {by}.": "目标已达到，由{by}检验。",
    "The report could not be written to {folder}: {error}": "报告无法写入 {folder}：{error}",
    "The run was {why}. {more}": "任务{why}。{more}",
    "The run {session} is being worked on by process {other}. Follow it with: qchat run "
    "--resume {session}": (
        "任务 {session} 正由进程 {other} 执行。可旁观：qchat run --resume {session}"
    ),
    "There is no run in {id}.": "{id} 中没有任务。",
    "This goal is reached; begin another one.": "该目标已达到；请另开一个。",
    "To go on: {command}.": "要继续：{command}。",
    "To go on: {more}.": "要继续：{more}。",
    "Told to the model: {text}": "已告诉模型：{text}",
    "Waiting for your answer: {question}": "等待您的回答：{question}",
    "Waits for your approval: {question}": "等待您批准：{question}",
    "What is left waits for the user's approval.": "剩余部分等待用户批准。",
    "What was tried:": "尝试过：",
    "at step {step}, after {after_s}": "在第 {step} 步，{after_s} 之后",
    "qchat run --resume {id}{options}, or /goal resume{options} in the conversation": (
        "qchat run --resume {id}{options}，或在会话中 /goal resume{options}"
    ),
    "step {steps:,}": "第 {steps:,} 步",
    "stopped after {tokens:,} tokens": "已停止：已用 {tokens:,} 个 token",
    "stopped after {worked_s}, the time that is set": "已停止：已工作 {worked_s}，达到所设时间",
    "stopped by you": "由您停止",
    "stopped: another process has taken the run over": "已停止：另一个进程接管了任务",
    "stopped: the time is over": "已停止：时间已到",
    "stopped: {n} times in a row the model ended without reaching the goal": (
        "已停止：模型连续 {n} 次没有达到目标就结束"
    ),
    "the goal of this run cannot be read: {error}": "无法读取该任务的目标：{error}",
    "{go_on}, with more than {used} (0: no limit)": "{go_on}，其中 N 大于 {used}（0 为不限）",
    "{n:,} earlier one": "{n:,} 条更早的",
    "{n:,} token": "{n:,} 个 token",
    "{name} ({better} is better): best {value:g} at step {step}": (
        "{name}（越 {better} 越好）：最好 {value:g}，在第 {step} 步"
    ),
    "{name} = {value:g}, the best so far": "{name} = {value:g}，目前最好",
    "{steps}, {calls} ({failed:,} failed), {tokens}{reused}, {worked_s}": (
        "{steps}，{calls}（{failed:,} 次失败），{tokens}{reused}，{worked_s}"
    ),
    "{tokens} tokens": "{tokens} 个 token",
    "{used}: another request would go over the limit, which is {tokens:,}": (
        "{used}：再请求一次就会超过上限 {tokens:,}"
    ),
    "{waiting} waiting for you": "{waiting} 项等待您",
    "{why} You can tell the model something, or end the run.": (
        "{why} 您可以告诉模型一些信息，或结束任务。"
    ),
}
