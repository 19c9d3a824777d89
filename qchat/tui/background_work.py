"""Starts work beside what else a window does."""

from collections.abc import Callable, Coroutine
from typing import Any

from textual.dom import DOMNode
from textual.worker import Worker

Work = Callable[[], Coroutine[None, None, None]]


def start(
    node: DOMNode,
    work: Callable[[], Coroutine[Any, Any, object]],
    group: str = "default",
    *,
    exclusive: bool = False,
) -> None:
    """Run work as a worker of a node, until it is done or the node has gone.

    It is given as a function: a window that ends before it begins would leave a coroutine behind
    that nobody ever awaited.
    """
    _: Worker[object] = node.run_worker(work, group=group, exclusive=exclusive)
