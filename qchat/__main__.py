"""Start of the program, by `qchat` or `python -m qchat`."""

import os
import sys


def main() -> int:
    _open_what_is_closed()
    from qchat.runtime import garbage_collection, unused_imports  # noqa: PLC0415  after the path is safe

    garbage_collection.begin()
    unused_imports.leave_out()
    from qchat import cli  # noqa: PLC0415  likewise, and while nothing is looked for

    return cli.main(sys.argv[1:])


def _open_what_is_closed() -> None:
    """Put nothing in the place of streams that were closed before the start (`>&-`).

    Else the next file that is opened, say a database, would be standard output for every child.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


if __name__ == "__main__":
    # `python -m` puts the user's folder first: a file json.py or a folder tools/ there must not
    # take the place of a module.
    if sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109  pathlib is not loaded yet
        del sys.path[0]
    sys.exit(main())
