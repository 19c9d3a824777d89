"""The palette, the help, changed keys, copying, the mouse, export: what stands around a chat."""

import json
import stat
from pathlib import Path

import msgspec
import pytest

from qchat.commands import COMMANDS
from qchat.config.keymap import ACTIONS
from qchat.protocol.event_values import RecalledMemory
from qchat.protocol.events import Recalled, Sent
from qchat.runtime import clipboard, language
from qchat.tui.dialogs.command_palette import entries
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, idle, say, screen, wait_until


def test_the_palette_has_every_command_and_every_key() -> None:
    names = [entry.name for entry in entries()]
    assert {name.split()[0] for name in names if name[0] == "/"} == {f"/{n}" for n in COMMANDS}
    actions = {entry.action for entry in entries()} - {""}
    assert actions == {
        a.does for a in ACTIONS if a.does and a.scope == "chat" and a.id != "palette"
    }


async def test_the_palette_speaks_chinese(chats: Chats) -> None:
    chats.settings = msgspec.structs.replace(chats.settings, language="zh")
    try:
        async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
            await pilot.press("ctrl+p")
            await wait_until(pilot, lambda: "显示命令和按键" in screen(pilot))
            assert "查找命令" in screen(pilot)
            await pilot.press(*"qqqq")
            await wait_until(pilot, lambda: "没有这个名称的命令或按键" in screen(pilot))
    finally:
        language.use("en")


async def test_the_palette_runs_a_command_or_begins_it(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await pilot.press("ctrl+p", *"remember")
        await wait_until(pilot, lambda: "keep something about you" in screen(pilot))
        await pilot.press("enter")
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "/remember ")
        pilot.app.layout.prompt.text = ""
        await pilot.press("ctrl+p", *"no_think")
        await wait_until(pilot, lambda: "/no_think" in screen(pilot))
        await pilot.press("enter")
        await wait_until(pilot, lambda: not pilot.app.session.think)


async def test_the_help_names_every_command_and_key(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok")), size=(120, 200)) as pilot:
        await pilot.press("f1")
        await wait_until(pilot, lambda: "Commands" in screen(pilot))
        shown = screen(pilot)
        assert all(f"/{name}" in shown for name in COMMANDS)
        assert all(action.help in shown for action in ACTIONS if action.id != "editing")


async def test_a_changed_key_works_and_the_help_says_so(chats: Chats) -> None:
    chats.settings = msgspec.structs.replace(
        chats.settings, keys={"sessions": "f11", "help": "alt+h"}
    )
    async with chats.chat(ScriptedBackend(says("ok")), size=(120, 150)) as pilot:
        await pilot.press("f2")
        await pilot.press("f11")
        await wait_until(pilot, lambda: "Sessions" in screen(pilot))
        await pilot.press("f11", "alt+h")
        await wait_until(pilot, lambda: "F11" in screen(pilot))
        assert "F2" not in screen(pilot)


async def test_commands_are_offered_with_their_help(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await pilot.press(*"/bu")
        await wait_until(pilot, lambda: "limit the thinking to N tokens" in screen(pilot))
        await pilot.press("tab")
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "/budget ")


async def test_the_conversation_is_exported_once(chats: Chats, tmp_path: Path) -> None:
    async with chats.chat(ScriptedBackend(says("an *answer*"))) as pilot:
        await say(pilot, "alpha")
        await idle(pilot)
        for form in ("md", "jsonl"):
            pilot.app.layout.prompt.put(f"/export {form} {tmp_path}")
            await pilot.press("enter")
            await wait_until(pilot, (tmp_path / f"alpha.{form}").exists)
        pilot.app.layout.prompt.put(f"/export {tmp_path / 'alpha.md'}")
        await pilot.press("enter")
        await wait_until(pilot, lambda: "exists already" in " ".join(screen(pilot).split()))
    assert "an *answer*" in (tmp_path / "alpha.md").read_text()
    lines = [json.loads(line) for line in (tmp_path / "alpha.jsonl").read_text().splitlines()]
    assert lines[1]["prompt"] == "alpha"
    assert stat.S_IMODE((tmp_path / "alpha.md").stat().st_mode) & 0o077 == 0


async def test_the_mouse_is_given_away_and_taken_back(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await pilot.press("f9")
        await wait_until(pilot, lambda: "mouse free" in screen(pilot))
        await pilot.press("f9")
        await wait_until(pilot, lambda: "mouse free" not in screen(pilot))


@pytest.mark.parametrize(
    ("environment", "way"),
    [({"TMUX": "x"}, "tmux"), ({"SSH_TTY": "x"}, ""), ({"SSH_CONNECTION": "x"}, ""), ({}, "own")],
)
def test_the_way_to_the_clipboard(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], way: str
) -> None:
    monkeypatch.setattr(clipboard, "_to_tmux", lambda _text: "tmux")
    monkeypatch.setattr(clipboard, "_to_system", lambda _text: "own")
    monkeypatch.setattr("shutil.which", lambda name: name)
    assert clipboard.copy("x", environment) == way


async def test_what_left_the_machine_is_listed(chats: Chats) -> None:
    sent = Sent("api.example.com", 1234, "backend", memories=("m1",))
    memory = RecalledMemory("m1", "My parrot is [b]Zubiko[/b]", "2026-01-01")
    backend = ScriptedBackend([Recalled((memory,)), sent, *says("ok")])
    async with chats.chat(backend) as pilot:
        await say(pilot, "hello")
        await idle(pilot)
        await pilot.press("f5")
        await wait_until(pilot, lambda: "api.example.com" in screen(pilot))
        assert "1,234 bytes" in screen(pilot).replace("\n", " ")
        await pilot.press("enter")
        await wait_until(pilot, lambda: "memory: My parrot is [b]Zubiko[/b]" in screen(pilot))


@pytest.mark.parametrize("width", [40, 80, 120])
async def test_the_help_keeps_what_a_command_does_in_its_column(chats: Chats, width: int) -> None:
    async with chats.chat(ScriptedBackend(says("ok")), size=(width, 400)) as pilot:
        await pilot.press("f1")
        await wait_until(pilot, lambda: "Commands" in screen(pilot))
        lines = screen(pilot).splitlines()
        head = next(n for n, line in enumerate(lines) if "/kernel" in line)
        what = next(line for line in lines[head:] if "show" in line)
        assert what.index("show") - lines[head].index("/kernel") <= width // 4 + 2
