"""Where qchat keeps its things: `QCHAT_HOME`, or the platform's own folders."""

import os
from pathlib import Path
from urllib.parse import quote

import msgspec
import platformdirs

from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr
from qchat_tools.typed_path import typed_path


class Paths(msgspec.Struct, frozen=True):
    """Folders of one installation; nothing is created before it is needed."""

    config_dir: Path
    data_dir: Path
    log_dir: Path

    @property
    def config_file(self) -> Path:
        return self.config_dir / "config.toml"

    def own_config(self, user: str = "default") -> Path:
        """Where the settings of a user are written: of the default one, `config.toml`."""
        if user == "default":
            return self.config_file
        return self.config_dir / "users" / f"{quote(user, safe=' @+')}.toml"

    def settings_files(self, user: str = "default") -> tuple[Path, ...]:
        """The files whose settings hold, the strongest last: shared, one's own, of that user."""
        return tuple(dict.fromkeys((shared_config(), self.config_file, self.own_config(user))))

    @property
    def keys_file(self) -> Path:
        """Keys of backends, where there is no keyring; readable by its owner only."""
        return self.config_dir / "keys.json"

    @property
    def sessions_db(self) -> Path:
        return self.data_dir / "sessions.db"

    @property
    def limits_file(self) -> Path:
        """How much context servers really take, as they said."""
        return self.data_dir / "limits.json"

    @property
    def memory_dir(self) -> Path:
        return self.data_dir / "memory"

    @property
    def knowledge_dir(self) -> Path:
        """What was read of the user's own folders, to be found again; a folder for each user."""
        return self.data_dir / "knowledge"

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

    @property
    def files_dir(self) -> Path:
        return self.data_dir / "files"

    @property
    def web_dir(self) -> Path:
        """Pages and search results that were fetched, for a second look and for when offline.

        A folder for each user: what one has read is nobody else's business.
        """
        return self.data_dir / "web"

    @property
    def work_dir(self) -> Path:
        """Holds one working folder per session, for the code interpreter."""
        return self.data_dir / "work"

    def run_dir(self, session: str) -> Path:
        """Where the reports and pictures of a session's runs are kept."""
        return self.runs_dir / session

    @property
    def runs_dir(self) -> Path:
        return self.data_dir / "runs"

    @property
    def evaluations_dir(self) -> Path:
        """A folder for each evaluation, with what was answered in it."""
        return self.data_dir / "evaluations"

    @property
    def python_dir(self) -> Path:
        """A virtual environment with the packages that the user had installed for the kernels."""
        return self.data_dir / "python"

    @property
    def themes_dir(self) -> Path:
        return self.config_dir / "themes"


def default_paths() -> Paths:
    """Read `QCHAT_HOME` (one folder for everything), else ask the platform."""
    home = os.environ.get("QCHAT_HOME")
    if home:
        root = typed_path(home).absolute()
        return Paths(root, root, root / "logs")
    dirs = platformdirs.PlatformDirs("qchat", appauthor=False)
    return Paths(dirs.user_config_path, dirs.user_data_path, dirs.user_log_path)


def shared_config() -> Path:
    """The settings of an administrator for all users of this machine; there need not be any."""
    named = os.environ.get("QCHAT_SHARED_CONFIG")
    if named:
        return typed_path(named).absolute()
    return platformdirs.PlatformDirs("qchat", appauthor=False).site_config_path / "config.toml"


def private_dir(path: Path) -> Path:
    """Create a folder that only its owner can read (0700), and give it back.

    Those above it that are missing are made alike; `mkdir(parents=True)` lets all read them.
    """
    missing = [folder for folder in path.parents if not folder.exists()]
    try:
        for folder in (*reversed(missing), path):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise QchatError(
            tr(
                "Cannot create the folder {path}: {why}. QCHAT_HOME can name another place.",
                path=path,
                why=error.strerror,
            )
        ) from error
    return path
