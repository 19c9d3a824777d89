"""What a model generation, and a kind of server, understand: plain data.

The known ones stand in `backends/profiles.toml`; the user's own in `config.toml`.
"""

from typing import Any, Literal

import msgspec

Sampling = dict[str, float]


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One generation of models; the defaults are those of an unknown one, and safe everywhere."""

    name: str = "unknown"
    """By which a backend's `profile` finds it; for your own the name of the table."""
    match: tuple[str, ...] = ()
    """Patterns for the model's name, in lower case; * and ? as in file names."""
    thinking: Literal["switch", "always", "never", "unknown"] = "unknown"
    """Whether it thinks: as it is told, in any case, not at all."""
    soft_switch: bool = False
    """Whether it reads `/no_think` in a message; sent only where the server may drop the switch."""
    opens_thinking: bool = False
    """Whether its template opens `<think>` itself, so that a reply holds only the closing tag."""
    calls: Literal["json", "xml"] = "json"
    """How calls stand in raw text."""
    earlier_thinking: Literal["all", "turn", "none"] = "turn"
    """What goes back to it: all, or of the running turn alone, or none."""
    preserve_thinking: bool = False
    """Whether it takes the field of that name, without which it drops what it thought earlier."""
    reasoning_effort: tuple[str, ...] = ()
    """The values that it takes, strongest first; never beside a thinking budget."""
    efforts: dict[str, int] = {}
    """Tokens of thinking that each of these values stands for, as its maker says."""
    other_efforts: dict[str, str] = {}
    """Words of other makers for them; "none" is no thinking."""
    new_answer_limit: bool = False
    """Whether its own service wants `max_completion_tokens` in place of `max_tokens`."""
    keeps_thinking: bool = False
    """Whether it still sees what it thought in earlier turns unless it is told otherwise."""
    images: bool = False
    """Whether it sees pictures; others are told of them in words."""
    vocabulary: str = ""
    """The vocabulary of its tokenizer, as `backends/vocabulary.py` names them; empty: unknown."""
    context: int = 0
    """Native context length in tokens; 0 is not known."""
    longest_output: int = 0
    """Tokens of a reply, thinking included; 0 leaves it to the server."""
    when_thinking: Sampling = {}
    """Sampling while it thinks, like temperature = 0.6."""
    when_not: Sampling = {}
    """Sampling of an answer without thinking."""


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a kind of server takes the knobs; the defaults are those of an unknown one."""

    switch: Literal["body", "template"] = "template"
    """Where `enable_thinking` goes: top level, or `chat_template_kwargs`."""
    drops_switch: bool = False
    """Whether servers of this kind may ignore it, so that a soft switch is sent as well."""
    hosts: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    """What its list of models says in `owned_by`, where that names the program."""
    reasoning: str = "reasoning_content"
    """The field in which earlier thinking goes back; a reply may teach another one."""
    parses_thinking: bool | None = None
    """Whether it always sends thinking in a field of its own; unset where that is an option."""
    answer_limit: Literal["max_tokens", "max_completion_tokens", "by model"] = "max_tokens"
    """The field for the longest answer."""
    tool_stream: bool = False
    """Whether it streams arguments of calls only when it is asked to."""
    budget: str = ""
    """Field for the longest thinking in tokens; without one qchat ends the thinking itself."""
    budget_message: str = ""
    """Field for the sentence that closes the thinking."""
    tokenize: str = ""
    """The field of a text in a request to `/tokenize` beside its base; empty where it has none."""
    control: bool = False
    """Whether a running reply's thinking can be ended by a second request."""
    resume: dict[str, Any] = {}
    """Fields with which a reply is taken up where the last message ends."""
    search: str = ""
    """Field that lets the service search the web itself."""
    omit: tuple[str, ...] = ()
    """Sampling fields that it does not know."""
