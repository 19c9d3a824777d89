"""What a request held when a call was made: the user's own words, and who else was heard.

This is all that trust looks at. It is added up message by message where the messages are made, so
deciding about a call costs no more in a long conversation than in a short one.
"""

import msgspec

from qchat_memory.origin import Origin


class Provenance(msgspec.Struct, frozen=True):
    """Whose words the model had before it when it made a call."""

    user_text: tuple[str, ...] = ()
    """What the user typed, message by message, word for word."""
    untrusted: tuple[Origin, ...] = ()
    """The origins of text that others wrote, each once, oldest first; all kinds count alike."""

    @property
    def tainted(self) -> bool:
        """Whether somebody else may have asked for the call."""
        return bool(self.untrusted)


TRUSTED = Provenance()
"""Nobody but the user was heard: for what the user does without a model."""
