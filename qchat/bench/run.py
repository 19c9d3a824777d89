"""Runs all measurements and prints the table."""

import argparse
import asyncio
import shutil
import sys

from qchat.admin.actions import Actions, Common, action
from qchat.bench.table import table
from qchat.errors import QchatError
from qchat.paths import Paths
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
        streaming,
        web,
    )

    rows = startup.rows()
    rows += longsession.rows()
    rows += memory.rows()
    rows += asyncio.run(rendering.rows())
    rows += asyncio.run(longturn.rows())
    rows += asyncio.run(streaming.rows(demo_model_path()))
    rows += asyncio.run(generation.rows(demo_model_path()))
    rows += asyncio.run(prompts.rows(demo_model_path()))
    rows += asyncio.run(kernel.rows())
    rows += asyncio.run(speculation.rows(demo_model_path()))
    rows += asyncio.run(web.rows())
    sys.stdout.write(f"{table(rows)}\n")
    return 0
