"""A host of model files on loopback: lists like Hugging Face and ModelScope, ranges, and faults."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


@dataclass
class Hub:
    """What the host holds and does; change it while it runs."""

    files: dict[str, bytes] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    """Checksums to claim instead of the true ones."""
    base: str = ""
    cuts: list[int] = field(default_factory=list)
    """For each request of a file in turn, after how many bytes the connection is cut; -1 not."""
    statuses: list[int] = field(default_factory=list)
    """For each request of a file in turn, a status to answer with instead."""
    ranges: bool = True
    etag: str = '"one"'
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Path, range and authorization of every request."""
    stalled: threading.Event = field(default_factory=threading.Event)
    """Set when a cut of a request is reached and `hold` keeps it open."""
    hold: threading.Event | None = None

    def sha(self, path: str) -> str:
        return self.sha256.get(path) or hashlib.sha256(self.files[path]).hexdigest()


@contextmanager
def model_hub() -> Iterator[Hub]:
    """Serve on a free port until the end of the block."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _answer(self, hub)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        if hub.hold is not None:
            hub.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(request: BaseHTTPRequestHandler, hub: Hub) -> None:
    path = unquote(request.path)
    wanted = request.headers.get("range", "")
    hub.asked.append((path, wanted, request.headers.get("authorization", "")))
    if path.startswith("/api/"):
        _listing(request, hub, path)
        return
    if path.startswith("/moved/"):
        _send(request, 302, b"", location=f"{hub.base}/{path.removeprefix('/moved/')}")
        return
    name = path.split("/resolve/")[-1].partition("/")[2] if "/resolve/" in path else path[1:]
    if hub.statuses and (status := hub.statuses.pop(0)):
        _send(request, status, b"no")
    elif name not in hub.files:
        _send(request, 404, b"no such file")
    else:
        _file(request, hub, hub.files[name], wanted)


def _listing(request: BaseHTTPRequestHandler, hub: Hub, path: str) -> None:
    owner = "/".join(path.split("/models/")[1].split("/")[:2])
    names = hub.files if owner == "someone/model" else {}
    if not names:
        _send(request, 404, b"{}")
        return
    if "/api/v1/" in path:
        files = [{"Path": n, "Size": len(c), "Sha256": hub.sha(n)} for n, c in names.items()]
        _send(request, 200, json.dumps({"Code": 200, "Data": {"Files": files}}).encode())
        return
    rows = [
        {"type": "file", "path": n, "size": len(c), "lfs": {"oid": hub.sha(n), "size": len(c)}}
        for n, c in names.items()
    ]
    _send(request, 200, json.dumps([{"type": "directory", "path": "x"}, *rows]).encode())


def _file(request: BaseHTTPRequestHandler, hub: Hub, content: bytes, wanted: str) -> None:
    start, status, extra = 0, 200, {}
    same = request.headers.get("if-range", hub.etag) == hub.etag
    if wanted and hub.ranges and same:
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(content):
            _send(request, 416, b"")
            return
        status = 206
        extra["content-range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
    body = content[start:]
    cut = hub.cuts.pop(0) if hub.cuts else -1
    request.send_response(status)
    for key, value in {"content-length": str(len(body)), "etag": hub.etag, **extra}.items():
        request.send_header(key, value)
    request.end_headers()
    request.wfile.write(body if cut < 0 else body[:cut])
    if cut >= 0:
        request.wfile.flush()
        if hub.hold is not None:
            hub.stalled.set()
            hub.hold.wait(30)
        request.close_connection = True


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    request.send_response(status)
    for key, value in {"content-length": str(len(body)), **headers}.items():
        request.send_header(key, value)
    request.end_headers()
    request.wfile.write(body)
