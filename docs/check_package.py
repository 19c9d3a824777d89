"""Is everything in the wheel and the sdist that a user needs, and nothing else?

`python docs/check_package.py DIST`: the wheel must hold every tracked file of the five packages,
with their data (models, themes, profiles, styles), no tests, and the command; the sdist what builds
the same. That the wheel works where it is installed is tests/everyday/test_fresh_clone.py.
"""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

NAME = "qchat_terminal-"
COMMAND = "qchat = qchat.__main__:main"
ROOT = Path(__file__).parent.parent
PACKAGES = {
    "qchat": "qchat",
    "tools/qchat_tools": "qchat_tools",
    "memory/qchat_memory": "qchat_memory",
    "themes/qchat_themes": "qchat_themes",
    "assets/qchat_assets": "qchat_assets",
}


def main() -> int:
    dist = Path(sys.argv[1])
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as file:
        entries = [name for name in file.namelist() if name.endswith("/entry_points.txt")]
        starts = "".join(file.read(name).decode() for name in entries)
        in_wheel = {name for name in file.namelist() if ".dist-info/" not in name}
    with tarfile.open(sdist) as file:
        in_sdist = {name.partition("/")[2] for name in file.getnames()}
    tracked = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    wanted = {_in_wheel(name) for name in tracked}
    wrong = [f"not in the wheel: {name}" for name in sorted(wanted - in_wheel)]
    wrong += [f"should not be in the wheel: {name}" for name in sorted(in_wheel - wanted)]
    wrong += [f"not in the sdist: {name}" for name in sorted({*tracked, "LICENSE"} - in_sdist)]
    wrong += [] if COMMAND in starts else [f"no command: {COMMAND}"]
    wrong += [f"not named {NAME}: {file.name}" for file in (wheel, sdist) if NAME not in file.name]
    sys.stdout.write("\n".join([*wrong, f"{wheel.name}: {len(in_wheel)} files"]) + "\n")
    return int(bool(wrong))


def _in_wheel(name: str) -> str:
    folder = next(folder for folder in PACKAGES if name.startswith(f"{folder}/"))
    return PACKAGES[folder] + name.removeprefix(folder)


if __name__ == "__main__":
    raise SystemExit(main())
