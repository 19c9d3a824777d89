"""Kernels of a real Jupyter Server that the test starts; what its faults look like to the user."""

import asyncio
import datetime
import os
import socket
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from qchat_tools.base import Call, InputRequest
from qchat_tools.kernel.gateway import Gateway
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.kernel.link import KernelError
from qchat_tools.kernel.python import PythonTool
from qchat_tools.parts import RunPart, as_text

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN = "a-token-for-this-test"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="q") as short:
        places = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
        env = {**os.environ, **dict.fromkeys(places, short), "JUPYTER_TOKEN": TOKEN}
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
            *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
            cwd=folder,
            env=env,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            await answers(url)
            yield url
        finally:
            child.terminate()
            await child.wait()


async def answers(url: str) -> None:
    async with httpx.AsyncClient() as http, asyncio.timeout(60):
        while True:
            try:
                await http.get(f"{url}/api", timeout=5)
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
            else:
                return


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kernel]:
    folder = tmp_path_factory.mktemp("gateway")
    kernel = Kernel(folder, files_dir=folder, remote=Gateway(server, TOKEN), timeout_s=20)
    yield kernel
    await kernel.aclose()
    async with httpx.AsyncClient(headers={"Authorization": f"token {TOKEN}"}) as http:
        assert (await http.get(f"{server}/api/kernels")).json() == []


async def text(kernel: Kernel, code: str) -> str:
    return as_text([part async for part in kernel.execute(code)])


async def test_code_runs_there_and_its_state_lives(kernel: Kernel) -> None:
    parts = [part async for part in kernel.execute("kept = 6\nprint(kept * 7)")]
    assert as_text(parts) == "42"
    assert parts[0] == RunPart(1)
    assert await text(kernel, "kept") == "6"
    assert [variable.name for variable in await kernel.variables()] == ["kept"]


async def test_exceptions_and_interrupts_and_questions_work_there(kernel: Kernel) -> None:
    assert await text(kernel, "1/0") == "Error: ZeroDivisionError: division by zero\nline 1: 1/0"
    parts = kernel.execute("print('go', flush=True)\nimport time\ntime.sleep(60)")
    await anext(parts)
    await anext(parts)
    await parts.aclose()

    async def answer(_request: InputRequest) -> str:
        return "Ada"

    asked = [part async for part in kernel.execute("input('Who? ')", answer)]
    assert as_text(asked) == "'Ada'"
    assert await text(kernel, "kept") == "6"


async def test_the_models_code_is_asked_for(kernel: Kernel) -> None:
    questions: list[str] = []

    async def confirm(question: str) -> bool:
        questions.append(question)
        return True

    call = Call("1", {"code": "import os; print(os.getpid() > 0)"}, confirm)
    assert as_text([part async for part in PythonTool(kernel).run(call)]) == "True"
    assert kernel.remote is not None
    assert questions[0].startswith(f"Run this Python code at {kernel.remote.url}?")


async def test_a_kernel_that_dies_there_is_replaced_and_the_loss_is_told(kernel: Kernel) -> None:
    message = await asyncio.wait_for(text(kernel, "import os; os._exit(1)"), 20)
    assert "all its variables are gone" in message
    assert "NameError" in await text(kernel, "kept")


async def test_a_wrong_token_is_one_clear_line(server: str, tmp_path: Path) -> None:
    for token, why in (("wrong", "refuses the token"), ("", "wants a token")):
        assert why in await failure(Gateway(server, token), tmp_path)


async def test_a_kernelspec_that_is_not_there_is_told(server: str, tmp_path: Path) -> None:
    assert "gave no kernel" in await failure(Gateway(server, TOKEN, "nope"), tmp_path)


async def test_a_gateway_that_is_down_is_told(tmp_path: Path) -> None:
    assert "no kernel from the gateway" in await failure(
        Gateway("http://127.0.0.1:1", TOKEN), tmp_path
    )


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://a.example", "is not the address"),
        ("nonsense", "is not the address"),
        ("http://a.example:8888", "unencrypted"),
    ],
)
async def test_an_address_that_cannot_be_used_is_told(url: str, why: str, tmp_path: Path) -> None:
    assert why in await failure(Gateway(url, TOKEN), tmp_path)


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        message = await failure(Gateway(f"https://127.0.0.1:{port}", TOKEN), tmp_path)
    finally:
        server.close()
        await server.wait_closed()
    assert "its certificate is not trusted" in message


def self_signed(folder: Path) -> Path:
    """A key and a certificate for it that only itself has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = made.not_valid_before(now).not_valid_after(now + datetime.timedelta(hours=1))
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    pem = key.private_bytes(*private, serialization.NoEncryption())
    certificate = dated.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (folder / "server.pem").write_bytes(pem + certificate)
    return folder / "server.pem"


async def failure(gateway: Gateway, folder: Path) -> str:
    kernel = Kernel(folder, files_dir=folder, remote=gateway)
    try:
        with pytest.raises(KernelError) as caught:
            await text(kernel, "1")
    finally:
        await kernel.aclose()
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)
    return str(caught.value)
