"""Connecting: each is tried, then kept; what goes wrong is a sentence, and keeps nothing."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from qchat.commands import CommandContext, ShowMessage, execute
from qchat.commands.connecting import Given, connect, method_named
from qchat.commands.dialogue import Closed, Complete
from qchat.config import credentials as keys
from qchat.config.settings import BackendSettings, MemorySettings, Settings, load
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import QchatError, UsageError
from qchat.protocol.events import Text
from qchat.runtime.paths import Paths
from qchat_assets import demo_model_path
from tests.engines import write_babbler
from tests.modelserver import model_server

KEY = "sk-right"


class Answers:
    """A user who gives these answers, one after the other: an index, or a line."""

    def __init__(self, *answers: int | str) -> None:
        self._answers = list(answers)
        self.seen: list[str] = []

    async def choose(
        self, question: str, options: Sequence[str], *, at: int = 0, header: str = ""
    ) -> int:
        self.seen += [question, header, *options]
        answer = self._next(question)
        assert isinstance(answer, int), question
        return at if answer < 0 else answer

    async def enter(
        self, question: str, *, secret: bool = False, complete: Complete | None = None
    ) -> str:
        self.seen.append(question)
        answer = self._next(question)
        assert isinstance(answer, str), question
        return answer

    def say(self, text: str) -> None:
        self.seen.append(text)

    def _next(self, question: str) -> int | str:
        if not self._answers:
            raise Closed(f"unexpected: {question}")
        return self._answers.pop(0)


AS_MARKED = -1
DEFAULT, ONLY_HERE = 0, 1


@pytest.fixture
async def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workspace]:
    home = tmp_path / "home"
    monkeypatch.setenv("QCHAT_HOME", str(home))
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    settings = Settings(memory=MemorySettings(enabled=False))
    opened = Workspace(settings, Paths(home, home, home / "logs"), tools=frozenset())
    yield opened
    await opened.aclose()


async def connected(
    workspace: Workspace, session: Session | None, way: str, *answers: int | str, **given: object
) -> str:
    said = Given(**given)  # type: ignore[arg-type]
    return await connect(method_named(way), workspace, session, Answers(*answers), said)


async def asked(session: Session, prompt: str = "hello") -> str:
    async with aclosing(session.send(prompt)) as events:
        return "".join([event.text async for event in events if isinstance(event, Text)]).strip()


async def test_five_in_a_row_and_each_answers_for_itself(workspace: Workspace) -> None:
    session = workspace.open()
    with model_server("alpha", says="I am Alpha.") as alpha, model_server("beta") as beta:
        beta.says = "I am Beta."
        for server in (alpha, beta, alpha, beta, beta):
            await connected(workspace, session, "server", DEFAULT, target=server.address)
            before = len(alpha.asked) + len(beta.asked)
            mine = len(server.asked)
            assert await asked(session) == server.says
            assert (len(server.asked), len(alpha.asked) + len(beta.asked)) == (mine + 1, before + 1)
            assert session.backend.model == server.models[0]
    holds = load(workspace.paths.config_file)
    assert holds.backends[holds.backend].base_url == f"http://{beta.address}/v1"


async def test_the_same_name_at_another_address_is_another_backend(workspace: Workspace) -> None:
    session = workspace.open()
    with model_server("one") as server:
        await connected(workspace, session, "server", DEFAULT, target=server.address)
        name = workspace.settings.backend
        first = workspace.backend(name)
        assert workspace.backend(name) is first
    with model_server("two") as server:
        file = workspace.paths.config_file
        old, new = first.model, server.models[0]
        text = file.read_text().replace(f'"{old}"', f'"{new}"')
        file.write_text(text.replace(holds_address(text), f"http://{server.address}/v1"))
        workspace.settings = load(file)
        assert workspace.backend(name) is not first
        assert workspace.backend(name).model == "two"


def holds_address(text: str) -> str:
    return next(line.split('"')[1] for line in text.splitlines() if line.startswith("base_url"))


async def test_a_model_is_chosen_from_a_list_without_those_that_cannot_chat(
    workspace: Workspace,
) -> None:
    session = workspace.open()
    offered = ("text-embedding-v4", "qwen3-8b", "qwen3.7-plus", "bge-m3", "qwen3-rerank")
    with model_server(*offered) as server:
        answers = Answers(1, ONLY_HERE)
        method = method_named("server")
        said = await connect(method, workspace, session, answers, Given(target=server.address))
    seen = "\n".join(answers.seen)
    assert "context" in seen
    assert "262,144" in seen
    assert not any(name in seen for name in ("embedding", "bge", "rerank"))
    assert said.startswith("qwen3.7-plus at ")
    assert session.backend.model == "qwen3.7-plus"
    assert load(workspace.paths.config_file).backend == "demo"


async def test_a_key_goes_to_no_host_but_the_chosen_one(workspace: Workspace) -> None:
    session = workspace.open()
    with model_server("qwen3.7-plus", key=KEY) as here, model_server("x", key=KEY) as other:
        for server, answers in ((other, ("sk-wrong", "sk-wrong")), (here, (KEY,))):
            url = f"http://{server.address}/v1"
            if server is other:
                with pytest.raises(Closed):  # asked for another key, until the user leaves
                    await connected(workspace, session, "cloud", *answers, target=url)
                assert not workspace.paths.keys_file.exists()
            else:
                said = await connected(workspace, session, "cloud", *answers, DEFAULT, target=url)
        assert (here.keys, other.keys) == ({KEY}, {"sk-wrong"})
        assert f"kept in the file {workspace.paths.keys_file}" in said
        assert await asked(session) == here.says
    assert KEY not in workspace.paths.config_file.read_text()
    assert session.backend.name == "cloud"


async def test_the_key_that_was_entered_answers_and_not_another_in_the_environment(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-of-another-region")
    session = workspace.open()
    another = 1
    with model_server("qwen3.7-plus", key=KEY) as server:
        url = f"http://{server.address}/v1"
        await connected(workspace, session, "cloud", another, KEY, DEFAULT, target=url)
        assert await asked(session) == server.says
        workspace.settings = load(workspace.paths.config_file)
        assert await asked(workspace.open()) == server.says
        assert server.keys == {KEY}


async def test_the_address_of_the_settings_is_respected(workspace: Workspace) -> None:
    with model_server("qwen3.7-plus", key=KEY) as server:
        url = f"http://{server.address}/v1"
        workspace.paths.config_dir.mkdir(parents=True, exist_ok=True)
        workspace.paths.config_file.write_text(
            f'[backends.cloud]\nkind = "openai"\nmodel = "qwen3.7-plus"\nbase_url = "{url}"\n'
        )
        workspace.settings = load(workspace.paths.config_file)
        session = workspace.open()
        await connected(workspace, session, "cloud", AS_MARKED, KEY, DEFAULT)
        assert server.keys == {KEY}
        assert await asked(session) == server.says
        found = keys.find("cloud", workspace.settings.backends["cloud"], workspace.paths.keys_file)
        assert found == KEY


@pytest.mark.parametrize(
    ("owner", "written", "kind"),
    [
        ("vllm", "", "vllm"),
        ("sglang", "", "sglang"),
        ("llamacpp", "", "llama.cpp"),
        ("library", "", "ollama"),
        ("sglang", "vllm", "sglang"),  # another program at the same address
        ("vllm", "plain", "plain"),  # the user's own choice
        ("openai", "", ""),
        ("", "vllm", "vllm"),
    ],
)
async def test_what_a_server_says_that_it_is_stands_in_the_settings(
    workspace: Workspace, owner: str, written: str, kind: str
) -> None:
    with model_server("Qwen3-8B") as server:
        server.owner = owner
        if written:
            known = BackendSettings(
                kind="openai", base_url=f"http://{server.address}/v1", server=written
            )
            backends = workspace.settings.backends | {"mine": known}
            workspace.settings = msgspec.structs.replace(workspace.settings, backends=backends)
        told = await connected(workspace, None, "server", target=server.address, default=True)
    holds = load(workspace.paths.config_file)
    assert holds.backends[holds.backend].server == kind
    assert ("as its list of models says" in told) == (kind != written)


async def test_the_context_that_a_server_tells_is_kept_and_the_users_own_stays(
    workspace: Workspace,
) -> None:
    """An answer without thinking, of a model that may begin in its middle, is not called one."""
    with model_server("Qwen3.6-35B-A3B") as server:
        server.context = 8_192
        for mine in (0, 4_096):
            known = BackendSettings(
                kind="openai", base_url=f"http://{server.address}/v1", context=mine
            )
            backends = workspace.settings.backends | {"mine": known}
            workspace.settings = msgspec.structs.replace(workspace.settings, backends=backends)
            told = await connected(workspace, None, "server", target=server.address, default=True)
            assert ("8,192 tokens, as its list of models says" in told) == (not mine)
            assert "thinking:  no" in told
            holds = load(workspace.paths.config_file)
            assert holds.backends[holds.backend].context == (mine or 8_192)


async def test_files_in_a_row_and_what_they_are_called(
    workspace: Workspace, tmp_path: Path
) -> None:
    session = workspace.open()
    folder = tmp_path / "my models"
    folder.mkdir()
    beta = folder / "Beta Model's.gguf"
    shutil.copy(demo_model_path(), beta)
    escaped = str(beta).replace(" ", "\\ ").replace("'", "\\'")
    quoted = "'" + str(beta).replace("'", "'\\''") + "'"
    for typed in (str(beta), f'"{beta}"', quoted, escaped, beta.as_uri(), str(folder)):
        await connected(workspace, session, "file", DEFAULT, target=typed)
        assert workspace.settings.backend == "beta-model-s"
        assert workspace.settings.backends["beta-model-s"].model == str(beta)
    assert session.backend.model == "Beta Model's"


async def test_what_leaves_is_listed_also_where_nothing_comes_of_it(workspace: Workspace) -> None:
    session = workspace.open()
    with model_server("m", key=KEY) as server, pytest.raises(QchatError):
        await connected(workspace, session, "server", target=server.address, key="sk-no")
    hosts = [event.host for turn in session.senders() for event in turn.events]
    assert hosts == [server.address]


def truncated(file: Path) -> Path:
    data = demo_model_path().read_bytes()
    file.write_bytes(data[: len(data) * 2 // 3])
    return file


async def test_what_cannot_load_is_not_kept(workspace: Workspace, tmp_path: Path) -> None:
    session = workspace.open()
    before = session.backend
    broken = truncated(tmp_path / "broken.gguf")
    with pytest.raises(QchatError, match="incomplete"):
        await connected(workspace, session, "file", DEFAULT, target=str(broken))
    babbler = write_babbler(tmp_path / "good.gguf")
    assert babbler.exists()
    assert session.backend is before
    assert not workspace.paths.config_file.exists()


async def test_what_left_without_a_conversation_is_listed_in_the_next_one(
    tmp_path: Path,
) -> None:
    settings = Settings(memory=MemorySettings(enabled=False))
    paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
    with model_server("m") as server, model_server("n") as other:
        first = Workspace(settings, paths, tools=frozenset())
        await connected(first, None, "server", DEFAULT, target=server.address)
        empty = first.open()
        await connected(first, empty, "server", DEFAULT, target=other.address)
        await first.aclose()
        later = Workspace(settings, paths, tools=frozenset())
        try:
            session = later.open()
            outcome = await execute("/egress", CommandContext(later, session))
            assert isinstance(outcome, ShowMessage)
            assert "from the command line" in outcome.text
            assert server.address in outcome.text
            assert other.address in outcome.text
            assert later.sessions() == []
        finally:
            await later.aclose()


async def test_a_model_that_the_server_does_not_have_is_refused_before_a_prompt(
    workspace: Workspace,
) -> None:
    session = workspace.open()
    context = CommandContext(workspace, session)
    with model_server("qwen3-8b", "qwen3.8-max", "text-embedding-v4") as server:
        await connected(workspace, session, "server", 0, DEFAULT, target=server.address)
        outcome = await execute("/model", context)
        assert isinstance(outcome, ShowMessage)
        assert "$2 / $6" in outcome.text
        assert "embedding" not in outcome.text
        with pytest.raises(UsageError, match=r"has no model 'qwen3-9b'. It has qwen3-8b"):
            await execute("/model qwen3-9b", context)
        assert session.backend.model == "qwen3-8b"
        await execute("/model qwen3.8-max", context)
        assert session.backend.model == "qwen3.8-max"
        assert await asked(session) == server.says
        assert server.asked[-1]["model"] == "qwen3.8-max"
    outcome = await execute("/model", context)
    assert isinstance(outcome, ShowMessage)
    assert "cannot be asked" in outcome.text
