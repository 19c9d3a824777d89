"""What sub-commands send to other hosts is listed among what left the machine, as all is."""

from collections.abc import Sequence
from contextlib import closing
from urllib.parse import urlsplit

from qchat.config.settings import BackendSettings
from qchat.protocol.events import Sent
from qchat.runtime import offline
from qchat.runtime.paths import Paths
from qchat.store import Store


def note(paths: Paths, user: str, sent: Sequence[Sent]) -> None:
    """Keep it for the user's list, beside all conversations. Raises StoreError."""
    if not sent:
        return
    with closing(Store(paths.sessions_db)) as store:
        store.sendings.note(store.create_session(user).id, sent)


def note_asking(paths: Paths, user: str, name: str, backend: BackendSettings) -> None:
    """Note that a server is asked for its models, before it is. Raises OfflineError, StoreError."""
    address = urlsplit(backend.base_url)
    offline.check(address.hostname or "")
    note(paths, user, [Sent(address.netloc, 0, name)])
