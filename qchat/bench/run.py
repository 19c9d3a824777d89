"""Runs all measurements and prints the table."""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from qchat.admin.actions import Actions, Common, action
from qchat.bench.table import Row, table
from qchat.protocol.errors import QchatError
from qchat.runtime.paths import Paths
from qchat_assets import demo_model_path


def add(commands: Actions, common: Common, about: str) -> None:
    action(commands, "bench", common, _bench, about)


def _bench(_options: argparse.Namespace, _paths: Paths) -> int:
    if not shutil.which("curl"):
        raise QchatError("qchat bench compares itself with curl, which is not here: install it")
    # What is measured is heavy: nobody else shall load it.
    from qchat.bench import (  # noqa: PLC0415
        generation,
        kernel,
        longsession,
        longturn,
        memory,
        prompts,
        rendering,
        speculation,
        startup,
        steps,
        streaming,
        web,
    )

    model = demo_model_path()
    groups: list[Callable[[], list[Row] | Coroutine[Any, Any, list[Row]]]] = [
        startup.rows,
        longsession.rows,
        memory.rows,
        rendering.rows,
        longturn.rows,
        steps.rows,
        partial(streaming.rows, model),
        partial(generation.rows, model),
        partial(prompts.rows, model),
        kernel.rows,
        partial(speculation.rows, model),
        web.rows,
    ]
    rows, failures = [], []
    for group in groups:
        try:
            made = group()
            rows += asyncio.run(made) if isinstance(made, Coroutine) else made
        except Exception as error:  # noqa: BLE001  the other rows are worth having
            failures.append(f"not measured: {group}: {error!r}")
    sys.stdout.write(f"{table(rows)}\n")
    sys.stderr.writelines(f"{failure}\n" for failure in failures)
    return 1 if failures else 0
