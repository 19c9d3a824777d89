"""Where model files can be had: the Hugging Face hub, ModelScope, or any address."""

import os
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx
import msgspec

from qchat import __version__
from qchat.protocol.errors import DownloadError, UsageError
from qchat.runtime.language import Said, tr

LOOPBACK = ("127.0.0.1", "::1", "localhost")
CONNECT_S = 15.0
SILENCE_S = 60.0
MAX_LIST_BYTES = 16 * 1024 * 1024


class RemoteFile(msgspec.Struct, frozen=True):
    """A file that can be fetched. 0 and empty where its host does not say beforehand."""

    name: str
    url: str
    size_bytes: int = 0
    sha256: str = ""


class Hub(msgspec.Struct, frozen=True):
    """A host of models: `base` is its address, `token_env` names the variable with a token."""

    name: str
    base: str
    token_env: str

    def token(self) -> str:
        return os.environ.get(self.token_env, "").strip()


def hub(name: str) -> Hub:
    """`hf` or `ms`; each can be replaced by a mirror in the variable that its own tools know."""
    if name == "hf":
        base = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
        return Hub("Hugging Face", base.rstrip("/"), "HF_TOKEN")
    base = os.environ.get("MODELSCOPE_DOMAIN") or "https://modelscope.cn"
    return Hub("ModelScope", base.rstrip("/"), "MODELSCOPE_API_TOKEN")


def client(token: str = "") -> httpx.Client:
    """For lists and files; a token is sent to the first host only, never where it redirects."""
    headers = {"user-agent": f"qchat/{__version__}", "accept-encoding": "identity"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    timeout = httpx.Timeout(SILENCE_S, connect=CONNECT_S)
    return httpx.Client(timeout=timeout, headers=headers, follow_redirects=True)


def files_of(place: Hub, repository: str) -> list[RemoteFile]:
    """The GGUF files of a repository. Raises DownloadError."""
    path = quote(repository, safe="/")
    if place.name == "Hugging Face":
        rows = _rows(place, f"{place.base}/api/models/{path}/tree/main?recursive=true", ())
        found = [_hugging_face(place, path, row) for row in rows]
    else:
        listing = f"{place.base}/api/v1/models/{path}/repo/files?Revision=master&Recursive=true"
        found = [_modelscope(place, path, row) for row in _rows(place, listing, ("Data", "Files"))]
    return sorted((file for file in found if file is not None), key=lambda file: file.name)


def at_address(url: str) -> RemoteFile:
    """A file by its address, under the last part of its path. Raises UsageError."""
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise UsageError(tr("{url} would be downloaded without encryption: use https", url=url))
    name = PurePosixPath(unquote(parts.path)).name
    if parts.scheme not in ("http", "https") or not parts.hostname or not name.endswith(".gguf"):
        raise UsageError(
            tr("{url} is not the address of a GGUF file: it should end in .gguf", url=url)
        )
    return RemoteFile(name, url)


def _rows(place: Hub, url: str, path: Sequence[str]) -> list[dict[str, Any]]:
    """The objects of a list, at a path inside of the answer."""
    try:
        with client(place.token()) as http, http.stream("GET", url) as response:
            body = bytearray()
            for block in response.iter_bytes():
                body += block
                if len(body) > MAX_LIST_BYTES:
                    raise DownloadError(tr("{name} sent an endless list", name=place.name))
    except httpx.HTTPError as error:
        raise DownloadError(unreachable(place.name, error)) from error
    if response.status_code != 200:
        raise DownloadError(refused(place.name, response.status_code, place.token_env))
    try:
        found: Any = msgspec.json.decode(bytes(body))
        for key in path:
            found = found[key]
        return msgspec.convert(found, list[dict[str, Any]])
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        raise DownloadError(
            tr("{name} sent something that is not a list of files", name=place.name)
        ) from error


def _hugging_face(place: Hub, repository: str, row: dict[str, Any]) -> RemoteFile | None:
    path, lfs = str(row.get("path", "")), row.get("lfs")
    if row.get("type") != "file" or not path.endswith(".gguf"):
        return None
    oid = str(lfs.get("oid", "")) if isinstance(lfs, dict) else ""
    url = f"{place.base}/{repository}/resolve/main/{quote(path, safe='/')}"
    return RemoteFile(path, url, _whole(row.get("size")), oid.removeprefix("sha256:"))


def _modelscope(place: Hub, repository: str, row: dict[str, Any]) -> RemoteFile | None:
    path = str(row.get("Path", ""))
    if not path.endswith(".gguf"):
        return None
    url = f"{place.base}/models/{repository}/resolve/master/{quote(path, safe='/')}"
    return RemoteFile(path, url, _whole(row.get("Size")), str(row.get("Sha256") or ""))


def unreachable(host: str, error: httpx.HTTPError) -> Said:
    """One line for a connection that did not come about, or broke."""
    what = str(error) or type(error).__name__
    return tr(
        "{host} cannot be reached: {what}; check the network, and try again", host=host, what=what
    )


def refused(host: str, status: int, token_env: str = "") -> Said:
    """One line for an answer that is no file."""
    if status in (401, 403):
        hint = (
            tr("; set {token_env} for a repository that wants a login", token_env=token_env)
            if token_env
            else ""
        )
        return tr(
            "{host} does not give this away ({status}){hint}", host=host, status=status, hint=hint
        )
    if status == 404:
        return tr("{host} has no such file or repository (404)", host=host)
    return tr("{host} answered with status {status}; try again later", host=host, status=status)


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
