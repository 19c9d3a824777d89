"""Start of the program, by `qchat` or `python -m qchat`."""

import os
import sys


def main() -> int:
    from qchat.runtime import garbage  # noqa: PLC0415  after the path is safe

    garbage.begin()
    from qchat import cli  # noqa: PLC0415  likewise, and while nothing is looked for

    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    # `python -m` puts the user's folder first: a file json.py or a folder tools/ there must not
    # take the place of a module.
    if sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109  pathlib is not loaded yet
        del sys.path[0]
    sys.exit(main())
