"""Load a library without a package that it names at its top and that nothing here ever uses."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from types import ModuleType
from typing import NoReturn

_ONE_AT_A_TIME = RLock()


class Absent(Exception):
    """Stands for a class of the package that was left out; to make or use one is a mistake."""

    def __init__(self, *_given: object, **_named: object) -> None:
        raise NotImplementedError("this part of a library was left out: qchat never uses it")

    @classmethod
    def parse(cls, *given: object, **named: object) -> NoReturn:
        """Refuse, as making one does."""
        cls(*given, **named)
        raise AssertionError


@contextmanager
def stand_in(module: str, *names: str) -> Iterator[None]:
    """While the body imports a library, give it `Absent` for these names of a module.

    The package behind the module need not be installed, and is not loaded where it is. Afterwards
    the module is what it was before, so that others who import it get the real one.
    """
    with _ONE_AT_A_TIME:
        before = sys.modules.get(module)
        standing = ModuleType(module)
        for name in names:
            setattr(standing, name, Absent)
        sys.modules[module] = standing
        try:
            yield
        finally:
            if before is None:
                del sys.modules[module]
            else:
                sys.modules[module] = before
