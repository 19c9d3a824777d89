"""Runs all measurements, or those that are named, and prints the table."""

import argparse
import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from qchat.admin.actions import Actions, Common, action
from qchat.bench.table import Row, table
from qchat.protocol.errors import QchatError, UsageError
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat_assets import demo_model_path


def add(commands: Actions, common: Common, about: str) -> None:
    bench = action(commands, "bench", common, _bench, about)
    bench.add_argument(
        "groups",
        nargs="*",
        metavar="GROUP",
        help="measure these alone (default: all): startup, memory, rendering, kernel …",
    )


def _bench(options: argparse.Namespace, _paths: Paths) -> int:
    if not shutil.which("curl"):
        raise QchatError(tr("qchat bench compares itself with curl, which is not here: install it"))
    known = groups()
    if unknown := [name for name in options.groups if name not in known]:
        raise UsageError(
            tr(
                "Unknown group {unknown!r}. Groups: {known}.",
                unknown=unknown[0],
                known=", ".join(known),
            )
        )
    rows: list[Row] = []
    failures = []
    for name in options.groups or known:
        began = time.monotonic()
        try:
            made = known[name]()
            rows += asyncio.run(made) if isinstance(made, Coroutine) else made
        except Exception as error:  # noqa: BLE001  the other rows are worth having
            failures.append(f"not measured: {name}: {error!r}")
        sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    sys.stdout.write(f"{table(rows)}\n")
    sys.stderr.writelines(f"{failure}\n" for failure in failures)
    return 1 if failures else 0


def groups() -> Mapping[str, Callable[[], list[Row] | Coroutine[Any, Any, list[Row]]]]:
    """What is measured together, by its module's name, in the table's order."""
    # What is measured is heavy: nobody else shall load it.
    from qchat.bench import (  # noqa: PLC0415
        depth,
        generation,
        kernel,
        knowledge,
        longsession,
        longtalk,
        longturn,
        memory,
        prompts,
        recall,
        rendering,
        speculation,
        startup,
        steps,
        streaming,
        web,
    )

    model = demo_model_path()
    return {
        "startup": startup.rows,
        "longsession": longsession.rows,
        "longtalk": longtalk.rows,
        "memory": memory.rows,
        "recall": recall.rows,
        "knowledge": knowledge.rows,
        "rendering": rendering.rows,
        "longturn": longturn.rows,
        "steps": steps.rows,
        "depth": depth.rows,
        "streaming": partial(streaming.rows, model),
        "generation": partial(generation.rows, model),
        "prompts": partial(prompts.rows, model),
        "kernel": kernel.rows,
        "speculation": partial(speculation.rows, model),
        "web": web.rows,
    }
