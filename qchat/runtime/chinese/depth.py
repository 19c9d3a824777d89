"""What is said by qchat/depth."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    " /pick {other} goes on with another.": " /pick {other} 可改为接着另一个回答。",
    " and {more} more": "，另有 {more} 个",
    " and {open} more": "，另有 {open} 个",
    ", at most {tokens:,} tokens": "，最多 {tokens:,} 个 token",
    ", round {round} of {rounds}": "，第 {round}/{rounds} 轮",
    ", {done} done": "，已完成 {done} 条",
    "/deep has no option {unknown}. It takes --rounds N, --width W and --tokens N before "
    "the question.": (
        "/deep 没有选项 {unknown}。问题之前可写 --rounds N、--width W 和 --tokens N。"
    ),
    "1 to {max_rounds} rounds and 1 to {max_width} trails side by side": (
        "1 到 {max_rounds} 轮，每轮 1 到 {max_width} 条并行思路"
    ),
    "Name at least one mode. There are: {help}.": "请至少写出一种模式。可用的有：{help}。",
    "Not sure: {unsure}{end}": "尚不确定：{unsure}{end}",
    "There is no mode {text!r}. There are: {help}.": "没有模式 {text!r}。可用的有：{help}。",
    "Trails begin with this conversation's variables, without {left}.": (
        "各思路以本会话的变量开始，但不含 {left}。"
    ),
    "deep takes {most}, not {rounds} and {width}.": (
        "deep 可用{most}，而不是 {rounds} 和 {width}。"
    ),
    "from before": "沿用之前的",
    "goes on: ": "继续：",
    "hint: {hint}": "提示：{hint}",
    "it ended without an answer": "它没有给出回答就结束了",
    "no trail came to an answer": "没有一条思路得出回答",
    "nothing new": "没有新内容",
    "nothing was established": "没有确定任何结论",
    "refine takes 1 to {max_times} times, not {times}.": (
        "refine 可用 1 到 {max_times} 次，而不是 {times} 次。"
    ),
    "round {round}: {counted}": "第 {round} 轮：{counted}",
    "running": "进行中",
    "still open: {rstrip}{more}": "尚未解决：{rstrip}{more}",
    "struck out: {strike}": "去掉：{strike}",
    "the rounds established nothing": "各轮都没有确定任何结论",
    "trails agree, but nothing that ran shows all of it": (
        "各条思路一致，但没有运行结果能证明其全部"
    ),
    "vote takes 1 to {max_votes} votes, not {votes}.": (
        "vote 可用 1 到 {max_votes} 票，而不是 {votes} 票。"
    ),
    "{added} established": "确定 {added} 条",
    "{claims} of what it rests on has no evidence": "所依据的内容中有 {claims} 条没有证据",
    "{claims} unchecked": "未核实 {claims} 条",
    "{completion:,} tokens": "{completion:,} 个 token",
    "{counted} · {tokens:,} tokens · {seconds}": "{counted} · {tokens:,} 个 token · {seconds}",
    "{count} of {votes} answers say this": "{votes} 个回答中有 {count} 个如此认为",
    "{label}'s answer goes on.": "会话接着 {label} 的回答继续。",
    "{n:,} round": "{n:,} 轮",
    "{n:,} trail": "{n:,} 条思路",
    "{name} needs at least {least} tokens, not {tokens}.": (
        "{name} 至少需要 {least} 个 token，而不是 {tokens} 个。"
    ),
    "{name} takes a number from 1 to {longest_budget:,}, not {value}.": (
        "{name} 需要 1 到 {longest_budget:,} 之间的数字，而不是 {value}。"
    ),
    "{name} takes a number, not {text!r}.": "{name} 需要一个数字，而不是 {text!r}。",
    "{name}{after}: {trails}, {tokens:,} tokens": "{name}{after}：{trails}，{tokens:,} 个 token",
    "{open} open": "未解决 {open} 个",
    "{overturned} overturned": "推翻 {overturned} 条",
}
