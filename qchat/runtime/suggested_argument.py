"""An argument of the command line that takes any word, and of which a shell completes some."""

import argparse
from collections.abc import Sequence


class SuggestedArgument(argparse.Action):
    """What `choices` would refuse is taken: whoever reads it says what was meant."""

    @property
    def suggested(self) -> Sequence[str]:
        """The words that a shell completes; asked for by the completion alone."""
        raise NotImplementedError

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        setattr(namespace, self.dest, values)
