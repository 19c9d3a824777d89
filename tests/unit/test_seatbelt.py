"""The profile for macOS: what it says. It cannot be run here; see the module's own words."""

import re
from pathlib import Path

import pytest

from qchat_tools.sandbox import sandbox as sandboxes
from qchat_tools.sandbox.sandbox import find_sandbox
from qchat_tools.sandbox.seatbelt import Seatbelt, profile

READ, WRITE = Path("/opt/python"), Path('/data/work "mine"')


def test_all_is_denied_but_the_system_and_what_is_given() -> None:
    rules = profile([READ], [WRITE], network=False)
    assert rules.splitlines()[:2] == ["(version 1)", "(deny default)"]
    reads = re.findall(r"\(allow file-read\* (.*)\)", rules)
    assert any('(subpath "/opt/python")' in read for read in reads)
    for place in ("/Users", "/private/etc/", "/private/var/folders", '(subpath "/")'):
        assert place not in rules.replace("/private/etc/ssl", "")
    (written,) = re.findall(r"\(allow file-read\* file-write\* (.*)\)", rules)
    assert written == r'(subpath "/data/work \"mine\"")'


def test_only_sockets_in_its_own_folders_are_allowed_until_the_network_is() -> None:
    rules = profile([], [WRITE], network=False)
    (sockets,) = re.findall(r"\(allow (network.*)\)", rules)
    assert sockets.startswith("network-bind network-inbound network-outbound (subpath ")
    assert "(allow network*)" not in rules
    assert "(allow network*)" in profile([], [WRITE], network=True)


def test_parentheses_balance_whatever_a_folder_is_called() -> None:
    for name in ('a"b', "a)b", "a\\b", "ä b"):
        rules = re.sub(r'"(\\.|[^"\\])*"', '""', profile([Path("/") / name], [], network=True))
        assert rules.count("(") == rules.count(")")


def test_the_command_has_limits_and_a_home_of_its_own() -> None:
    with Seatbelt().confine(["python", "-V"], work_dir=WRITE) as confined:
        command = confined.argv
    assert command[:2] == ["/usr/bin/sandbox-exec", "-p"]
    assert confined.environment["HOME"] == str(WRITE)
    assert "ulimit -v" in " ".join(command)
    assert command[-2:] == ["python", "-V"]


@pytest.mark.parametrize("works", [True, False])
def test_it_is_taken_on_macos_if_it_works(works: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes.sys, "platform", "darwin")
    monkeypatch.setattr(sandboxes, "works", lambda _sandbox: works)
    sandboxes.probe.cache_clear()
    try:
        found = find_sandbox("auto")
        assert (found.name if found is not None else "") == ("sandbox-exec" if works else "")
    finally:
        sandboxes.probe.cache_clear()
