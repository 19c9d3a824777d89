"""A model's own chat template, filled in as the models' makers do it: for engines that do not."""

import datetime
import importlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

Json = Mapping[str, Any]


def renderer(template: str) -> Callable[[Json], str]:
    """Compile a template once; the function takes the body of a chat request.

    It runs sandboxed: a template comes with the model file and is as untrusted as that. Raises
    ValueError for a template or a conversation that cannot be rendered.
    """
    jinja2 = importlib.import_module("jinja2")
    sandbox = importlib.import_module("jinja2.sandbox")
    environment = sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda form: datetime.datetime.now().strftime(form)
    try:
        compiled = environment.from_string(template)
    except jinja2.TemplateError as error:
        raise ValueError(f"the model's chat template is broken: {error}") from error

    def render(body: Json) -> str:
        options = body.get("chat_template_kwargs") or {}
        try:
            return str(
                compiled.render(
                    messages=[_message(message) for message in body["messages"]],
                    tools=body.get("tools") or None,
                    add_generation_prompt=True,
                    **options,
                )
            )
        except (jinja2.TemplateError, TypeError, KeyError) as error:
            raise ValueError(f"the model's chat template refuses this: {error}") from error

    return render


def _message(message: Json) -> dict[str, Any]:
    """Text in one piece, and arguments as a mapping: templates of every generation take that."""
    shown = dict(message)
    content = message.get("content")
    if isinstance(content, list):
        shown["content"] = "".join(str(part.get("text", "")) for part in content)
    shown["content"] = shown.get("content") or ""
    if message.get("tool_calls"):
        shown["tool_calls"] = [_call(call) for call in message["tool_calls"]]
    return shown


def _call(call: Json) -> dict[str, Any]:
    function = dict(call["function"])
    if isinstance(function.get("arguments"), str):
        with suppress(ValueError):
            function["arguments"] = json.loads(function["arguments"] or "{}")
    return {**call, "function": function}


def _to_json(value: object, indent: int | None = None, **_options: object) -> str:
    """As the makers' own: no escapes for HTML, other scripts as they are."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> None:
    raise ValueError(message)
