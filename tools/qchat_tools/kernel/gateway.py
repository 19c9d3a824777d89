"""Kernels on another machine: an existing Jupyter Server, or a Kernel or Enterprise Gateway.

Its HTTP interface starts and ends kernels, its WebSocket carries the same messages as the sockets
of a kernel here (https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html,
the default protocol).
"""

import asyncio
import contextlib
import ipaddress
import ssl
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from qchat_tools.kernel.link import (
    USUAL_GAP_S,
    KernelError,
    LiveKernel,
    evaluate_request,
    evaluated,
    execute_request,
    waited,
)
from qchat_tools.kernel.output import Run
from qchat_tools.kernel.startup import STARTUP

if TYPE_CHECKING:
    import httpx
    from websockets.asyncio.client import ClientConnection

TIMEOUT_S = 30.0
_MAX_MESSAGE_BYTES = 64 * 1024 * 1024
_TRIES = 5
_PAUSE_S = 0.5
_NO_MAGIC = "get_ipython().automagic = False\n"
_GONE = ("restarting", "autorestarting", "dead", "terminating")


class Gateway(msgspec.Struct, frozen=True):
    """Where kernels are asked for; `kernel` names a kernelspec there, empty for its default."""

    url: str
    token: str = ""
    kernel: str = ""


class _Header(msgspec.Struct):
    msg_type: str = ""
    msg_id: str = ""


class _Message(msgspec.Struct):
    """One message of a kernel as the WebSocket carries it."""

    header: _Header
    parent_header: _Header
    channel: str = ""
    content: dict[str, Any] = {}


class _Started(msgspec.Struct):
    id: str


class GatewayKernel:
    """A kernel at a gateway, and the connection to it; it counts as dead when that is lost."""

    pid = 0
    folder: Path | None = None

    def __init__(self, http: "httpx.AsyncClient", socket: "ClientConnection", id_: str) -> None:
        self.dead = asyncio.Event()
        self.on_death: Callable[[LiveKernel], None] | None = None
        self.exit_reason = "its gateway ended it"
        self._http = http
        self._socket = socket
        self._id = id_
        self._session = uuid.uuid4().hex
        self._run: Run | None = None
        self._run_id = ""
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._interrupts: set[asyncio.Task[None]] = set()
        self._listener = asyncio.create_task(self._listen())

    def begin(self, run: Run, *, may_ask: bool) -> None:
        self._run = run
        content = execute_request(run.code, may_ask=may_ask)
        self._run_id = self._send("shell", "execute_request", content)

    def answer(self, text: str) -> None:
        self._send("stdin", "input_reply", {"value": text, "status": "ok"})

    async def evaluate(self, expression: str) -> str:
        return evaluated(await self._ask(evaluate_request(expression)))

    def interrupt(self) -> None:
        asking = self._do(self._post("interrupt"))
        self._interrupts.add(asking)
        asking.add_done_callback(self._interrupts.discard)

    async def interrupted(self) -> None:
        if self._interrupts:
            await asyncio.wait(self._interrupts)

    def kill(self) -> None:
        self._die("killed")

    async def set_up(self) -> None:
        """Run what kernels here get when they start. Raises KernelError."""
        content = execute_request(_NO_MAGIC + STARTUP, may_ask=False)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._ask({**content, "silent": True, "store_history": False})
        except TimeoutError as error:
            raise KernelError(
                f"the kernel at the gateway did not answer for {TIMEOUT_S:g} s"
            ) from error

    async def aclose(self) -> None:
        """End the kernel there, and the connection."""
        self.kill()
        self._listener.cancel()
        await asyncio.gather(self._listener, *self._tasks, return_exceptions=True)
        await self._delete()
        await self._socket.close()
        await self._http.aclose()

    async def _delete(self) -> None:
        """Ask until it is gone: a server that restarts a kernel just then cannot end it."""
        import httpx  # noqa: PLC0415

        for _ in range(_TRIES):
            with contextlib.suppress(httpx.HTTPError):
                answer = await self._http.delete(f"api/kernels/{self._id}")
                if not answer.is_server_error:
                    return
            await asyncio.sleep(_PAUSE_S)

    def _send(self, channel: str, kind: str, content: dict[str, Any]) -> str:
        """Put a message on its way; gives its id, which all answers carry."""
        id_ = uuid.uuid4().hex
        header = {
            "msg_id": id_,
            "msg_type": kind,
            "session": self._session,
            "username": "qchat",
            "date": datetime.now(UTC).isoformat(),
            "version": "5.3",
        }
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        text = msgspec.json.encode({**message, "channel": channel, "buffers": []}).decode()
        self._do(self._socket.send(text))
        return id_

    def _do(self, work: Any) -> asyncio.Task[None]:
        """Start a piece of work that may fail when the connection is lost: then the kernel is."""

        async def done() -> None:
            import httpx  # noqa: PLC0415
            from websockets.exceptions import WebSocketException  # noqa: PLC0415

            try:
                await work
            except (OSError, WebSocketException, httpx.HTTPError) as error:
                self._die(f"the connection to its gateway failed: {error}")

        task = asyncio.create_task(done(), name="gateway-send")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _post(self, action: str) -> None:
        await self._http.post(f"api/kernels/{self._id}/{action}")

    async def _ask(self, content: dict[str, Any]) -> dict[str, Any]:
        """Send a request to run something and wait for its reply. Raises KernelError."""
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        request = self._send("shell", "execute_request", content)
        self._replies[request] = reply
        died = asyncio.ensure_future(self.dead.wait())
        try:
            await asyncio.wait((reply, died), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._replies.pop(request, None)
            died.cancel()
        if not reply.done():
            raise KernelError(f"the Python kernel died ({self.exit_reason})")
        return reply.result()

    async def _listen(self) -> None:
        from websockets.exceptions import WebSocketException  # noqa: PLC0415

        try:
            async for frame in self._socket:
                self._take(frame)
        except (OSError, WebSocketException) as error:
            self._die(f"the connection to its gateway was lost: {error}")
        else:
            self._die("its gateway closed the connection")

    def _take(self, frame: str | bytes) -> None:
        try:
            message = msgspec.json.decode(frame, type=_Message)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return  # with buffers, for widgets, or nonsense
        parent = message.parent_header.msg_id
        if message.header.msg_type == "status" and message.content.get("execution_state") in _GONE:
            self._die("its gateway found it dead")
        elif message.channel == "shell":
            waiting = self._replies.get(parent)
            if waiting is not None and not waiting.done():
                waiting.set_result(message.content)
            elif self._run is not None and parent == self._run_id:
                self._run.reply(message.content)
        elif self._run is not None and parent == self._run_id:
            self._run.feed(message.header.msg_type, message.content)
            if self._run.idle and not self._run.ended.is_set():
                self._do(self._end_without_reply(self._run))

    async def _end_without_reply(self, run: Run) -> None:
        """End a run whose reply is lost, as an interrupt can do: later ones are answered."""
        await waited(run.ended, USUAL_GAP_S)
        if not run.ended.is_set():
            with contextlib.suppress(KernelError):
                await self._ask(evaluate_request("0"))
                run.end()

    def _die(self, why: str) -> None:
        if self.dead.is_set():
            return
        self.exit_reason = why
        self.dead.set()
        if self._run is not None:
            self._run.end()
        if self.on_death is not None:
            self.on_death(self)


async def launch(gateway: Gateway) -> GatewayKernel:
    """Start a kernel at a gateway and connect to it. Raises KernelError."""
    import httpx  # noqa: PLC0415  slow to load
    from websockets.asyncio.client import connect  # noqa: PLC0415
    from websockets.exceptions import WebSocketException  # noqa: PLC0415

    base = _checked(gateway)
    trust = ssl.create_default_context()
    headers = {"Authorization": f"token {gateway.token}"} if gateway.token else {}
    http = httpx.AsyncClient(base_url=base, headers=headers, verify=trust, timeout=TIMEOUT_S)
    try:
        id_ = await _start_kernel(http, gateway)
        url = (
            f"ws{base.removeprefix('http')}api/kernels/{id_}/channels?session_id={uuid.uuid4().hex}"
        )
        socket = await connect(
            url,
            additional_headers=headers,
            ssl=trust if base.startswith("https") else None,
            max_size=_MAX_MESSAGE_BYTES,
            open_timeout=TIMEOUT_S,
            proxy=None,
        )
        kernel = GatewayKernel(http, socket, id_)
        try:
            await kernel.set_up()
        except BaseException:
            await kernel.aclose()
            raise
        return kernel
    except (httpx.HTTPError, WebSocketException, OSError, TimeoutError) as error:
        await http.aclose()
        raise KernelError(f"no kernel from the gateway {gateway.url}: {_said(error)}") from error
    except BaseException:
        await http.aclose()
        raise


async def running(gateway: Gateway) -> int:
    """How many kernels run there, whoever started them. Raises KernelError."""
    import httpx  # noqa: PLC0415  slow to load

    headers = {"Authorization": f"token {gateway.token}"} if gateway.token else {}
    base = _checked(gateway)
    try:
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=TIMEOUT_S) as http:
            answer = await http.get("api/kernels")
        return len(msgspec.json.decode(answer.content, type=list[_Started]))
    except httpx.HTTPError as error:
        raise KernelError(f"no kernel from the gateway {gateway.url}: {_said(error)}") from error
    except msgspec.MsgspecError:
        return 0  # a gateway may keep that to itself; a refused token shows with the first kernel


async def _start_kernel(http: "httpx.AsyncClient", gateway: Gateway) -> str:
    answer = await http.post("api/kernels", json={"name": gateway.kernel} if gateway.kernel else {})
    if answer.status_code in (401, 403):
        why = "refuses the token" if gateway.token else "wants a token"
        raise KernelError(f"the gateway {gateway.url} {why}: see python.gateway_token_env")
    if answer.is_error:
        raise KernelError(f"the gateway {gateway.url} gave no kernel: {_complaint(answer)}")
    try:
        return msgspec.json.decode(answer.content, type=_Started).id
    except msgspec.MsgspecError as error:
        raise KernelError(f"{gateway.url} does not answer like a Jupyter Server") from error


def _complaint(answer: "httpx.Response") -> str:
    try:
        said = msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        said = {}
    text = str(said.get("message") or said.get("reason") or "")
    return f"{answer.status_code} {' '.join(text.split())[:300]}".strip()


def _checked(gateway: Gateway) -> str:
    """The address with a slash at its end. Raises KernelError for one that cannot be used."""
    parts = urlsplit(gateway.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise KernelError(f"python.gateway_url is not the address of a server: {gateway.url!r}")
    if parts.scheme == "http" and gateway.token and not _is_here(parts.hostname):
        raise KernelError(
            f"{gateway.url} would carry the token unencrypted; use https:// or an SSH tunnel"
        )
    return gateway.url.rstrip("/") + "/"


def _is_here(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"its certificate is not trusted ({text}); SSL_CERT_FILE names further authorities"
    return text
