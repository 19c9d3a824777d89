"""Boot a Linux of its own in QEMU, and try there what this machine does not give: control groups.

The files are this machine's own, read only, with a disk above them that is thrown away: were it
memory, every file that a test writes would count as such.
The kernel is one that is installed here, or unpacked somewhere: `--kernel FOLDER` has its boot/ and
lib/modules/. systemd starts as on a desktop, and the tests run as a plain user of it.

    python -m tests.machine --kernel FOLDER        (or: make test-control-groups KERNEL=FOLDER)
"""

import argparse
import gzip
import lzma
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
MODULES = (
    "virtio_pci",
    "9pnet_virtio",
    "9p",
    "overlay",
    "virtio_rng",
    "virtio_blk",
    "crc32c_generic",
    "ext4",
)
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    ".ko": bytes,
    ".gz": gzip.decompress,
    ".xz": lzma.decompress,
}
MEMORY_MB = 2500
DISK_BYTES = 4 << 30
"""At most; it takes what is written."""
PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "mkfs.ext4": "e2fsprogs",
}
PLACES = {"PATH": os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))}
ENDED = "the tests in the machine ended with"
TESTS = "tests/live/test_system_limit.py"

INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /lower /upper /new
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for m in $($b cat /modules/order); do $b insmod /modules/$m; done
$b mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000 host /lower
$b mount -t ext4 /dev/vda /upper
$b mkdir /upper/files /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work over /new
$b mkdir -p /new/proc /new/sys /new/dev /new/run
$b mount -t tmpfs run /new/run
$b cp /system.sh /try.sh /desktop.sh /service.sh /new/run/
$b umount /proc /sys
$b mount -o move /dev /new/dev
exec $b switch_root /new /bin/sh /run/system.sh
"""

SYSTEM = """
: > /etc/fstab
rm -f /.dockerenv
echo 'tester:x:12345:12345::/home/tester:/bin/sh' >> /etc/passwd
echo 'tester:x:12345:' >> /etc/group
echo 'tester:*:19000:0:99999:7:::' >> /etc/shadow
mkdir -p /home/tester && chown 12345:12345 /home/tester
chmod o+x {folders}
cat > /run/machine.target <<END
[Unit]
Requires=machine.service dbus.service
END
cat > /run/machine.service <<END
[Unit]
After=dbus.service systemd-logind.service
Wants=systemd-logind.service
[Service]
Type=oneshot
ExecStart=/bin/sh /run/try.sh
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
ExecStopPost=/bin/sh -c 'echo o > /proc/sysrq-trigger'
END
mkdir -p /run/systemd/system
# It would empty /tmp, which is this machine's: file by file, in the layer above it.
ln -s /dev/null /run/systemd/system/systemd-tmpfiles-setup.service
mv /run/machine.target /run/machine.service /run/systemd/system/
exec env -u container {systemd} --unit=machine.target --show-status=0 --log-level=warning
"""

TRY = """
echo "== started after $(cut -d ' ' -f 1 /proc/uptime) s"
systemctl start user@12345.service
echo "== as a user's program of a desktop"
runuser -u tester -- env XDG_RUNTIME_DIR=/run/user/12345 \\
    systemd-run --user --scope --quiet --slice=app.slice /bin/sh /run/desktop.sh
first=$?
echo "== where nothing is handed on"
systemd-run --pipe --wait --quiet --uid=tester /bin/sh /run/service.sh
second=$?
echo "{ended} $first and $second"
"""

TESTS_IN_IT = """
cd {repository}
export HOME=/home/tester PATH=/usr/bin:/bin LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
export HYPOTHESIS_STORAGE_DIRECTORY=/tmp/hypothesis QCHAT_TEST_CONTROL_GROUPS={expected}
exec {python} -m pytest -v --tb=native -p no:cacheprovider --timeout 1200 -k '{only}' {tests}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", type=Path, default=Path("/"), help="folder with boot/ and lib/")
    parser.add_argument("--accel", default="tcg,thread=multi", help="kvm: ten times as fast")
    parser.add_argument("--minutes", type=float, default=45, help="then it is given up")
    parser.add_argument("--only", default="", help="of the tests those with this in their names")
    options = parser.parse_args()
    missing = lacking(options.kernel)
    if missing:
        sys.stdout.write(f"skipped: {missing}\n")
        return 0
    with tempfile.TemporaryDirectory(prefix="machine") as folder:
        initial = Path(folder) / "initial"
        initial.write_bytes(archive(entries(options.kernel, options.only)))
        disk = empty_disk(Path(folder) / "disk")
        command = machine(image(options.kernel), initial, disk, options.accel)
        return follow(command, options.minutes * 60)


def lacking(kernel: Path) -> str:
    """What such a machine needs and this one does not have; empty where all is there."""
    if platform.machine() != "x86_64" or sys.platform != "linux":
        return "the machine is made for Linux on x86-64"
    for program, package in PROGRAMS.items():
        if not shutil.which(program, path=PLACES["PATH"]):
            return f"{program} is not installed (Debian: {package})"
    if systemd() is None:
        return "systemd is not installed"
    if not list(kernel.glob("boot/vmlinuz-*")):
        return f"there is no kernel in {kernel / 'boot'}; --kernel names a folder that has one"
    return ""


def systemd() -> Path | None:
    places = (Path("/usr/lib/systemd/systemd"), Path("/lib/systemd/systemd"))
    return next((place for place in places if place.exists()), None)


def image(kernel: Path) -> Path:
    return max(kernel.glob("boot/vmlinuz-*"))


def empty_disk(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", str(path)], env=PLACES, check=True)
    return path


def machine(kernel: Path, initial: Path, disk: Path, accel: str) -> list[str]:
    """The command that runs it; without the processor's help unless asked: few may have that."""
    host = "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"
    return [
        *("qemu-system-x86_64", "-accel", accel, "-cpu", "max,arch-capabilities=off"),
        *("-smp", "2", "-m", str(MEMORY_MB), "-nodefaults", "-nographic", "-no-reboot"),
        *("-serial", "stdio", "-kernel", str(kernel), "-initrd", str(initial)),
        *("-append", "console=ttyS0 quiet panic=-1 no_timer_check", "-device", "virtio-rng-pci"),
        *("-drive", f"file={disk},if=virtio,format=raw,cache=unsafe"),
        *("-fsdev", host, "-device", "virtio-9p-pci,fsdev=host,mount_tag=host"),
    ]


def follow(command: list[str], most_s: float) -> int:
    """Show what the machine says, and give the status of the tests in it."""
    statuses: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as running:
        assert running.stdout is not None
        limit = threading.Timer(most_s, running.terminate)
        limit.start()
        try:
            for line in running.stdout:
                text = re.sub(r"\x1b\[[\d;?]*\w|\x1bc|\r", "", line.decode(errors="replace"))
                sys.stdout.write(text)
                sys.stdout.flush()
                if text.startswith(ENDED):
                    statuses = re.findall(r"\d+", text)
        finally:
            limit.cancel()
            running.terminate()
    return 0 if statuses == ["0", "0"] else 1


def entries(kernel: Path, only: str) -> Iterator[tuple[str, int, bytes]]:
    """What the machine begins with: name, mode and content of each file."""
    version = image(kernel).name.removeprefix("vmlinuz-")
    modules = dict(ordered(kernel / "lib/modules" / version))
    busybox = shutil.which("busybox")
    assert busybox is not None
    for folder in ("bin", "modules"):
        yield folder, 0o40755, b""
    yield "bin/busybox", 0o100755, Path(busybox).read_bytes()
    yield "modules/order", 0o100644, "\n".join(modules).encode()
    for name, content in modules.items():
        yield f"modules/{name}", 0o100644, content
    for name, text in scripts(only).items():
        yield name, 0o100755, text.encode()


def scripts(only: str) -> dict[str, str]:
    python = Path(sys.executable)
    inside = {"repository": REPOSITORY, "python": python, "tests": TESTS, "only": only}
    # A plain user must get at the interpreter and the tests, wherever they lie.
    reached = (REPOSITORY, python, python.resolve(), Path(sys.base_prefix))
    folders = {str(parent) for path in reached for parent in path.parents if parent != Path("/")}
    return {
        "init": INIT,
        "system.sh": SYSTEM.format(folders=" ".join(sorted(folders)), systemd=systemd()),
        "try.sh": TRY.format(ended=ENDED),
        "desktop.sh": TESTS_IN_IT.format(expected="given", **inside),
        "service.sh": TESTS_IN_IT.format(expected="none", **inside),
    }


def ordered(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The kernel's modules that are needed, each after those that it needs."""
    files = {path.name.split(".ko")[0].replace("-", "_"): path for path in folder.rglob("*.ko*")}
    done: set[str] = set()

    def with_needed(name: str) -> Iterator[tuple[str, bytes]]:
        if name in done or name not in files:  # what is not there is built in
            return
        done.add(name)
        path = files[name]
        content = UNPACK[path.suffix](path.read_bytes())
        needs = re.search(rb"\0depends=([^\0]*)\0", content)
        for other in (needs[1].decode() if needs else "").split(","):
            yield from with_needed(other.replace("-", "_"))
        yield f"{name}.ko", content

    for name in MODULES:
        yield from with_needed(name)


def archive(files: Iterable[tuple[str, int, bytes]]) -> bytes:
    """A cpio archive of the "new" format, as the kernel unpacks it.

    https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
    """
    out = bytearray()
    for number, (name, mode, content) in enumerate([*files, ("TRAILER!!!", 0, b"")], start=1):
        ended = name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(ended), 0)
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + ended
        out += b"\0" * (-len(out) % 4)
        out += content + b"\0" * (-len(content) % 4)
    return bytes(out)


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main())
