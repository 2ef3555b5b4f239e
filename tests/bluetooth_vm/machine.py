"""The virtual machine: boots a guest on this machine's own files and runs a program in it; what it writes stays."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bluetooth_vm.programs import PRELOADED

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "bluetooth-vm"
"""Where ``prepare.sh`` put the kernel and the RAM disk."""
BYTECODE = BUILD / "bytecode"
MEMORY = "2G"
PROCESSOR = "Nehalem"
"""Emulated, since KVM hangs on some machines. The oldest that numpy runs on: what later ones have is slow where it is
emulated (guarded memory, page tables of five levels, copying byte by byte)."""


class GuestFailed(Exception):
    """The guest did not come to the end; with the last it said."""


def run_in_guest(command: Sequence[str], out: Path, within_s: float) -> None:
    """``command`` as root in the guest, with ``out`` at /mnt, writable. Raises GuestFailed."""
    python_path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    _compile(out, python_path)
    scene = (
        f"cd {shlex.quote(str(ROOT))}",
        f"export PYTHONPATH={shlex.quote(python_path)} PYTHONPYCACHEPREFIX={shlex.quote(str(BYTECODE))}",
        "export OPENBLAS_NUM_THREADS=1",  # its threads would not outlive a fork
        f"exec {shlex.join([sys.executable, *command])} >/mnt/scene.log 2>&1",
    )
    (out / "scene.sh").write_text("\n".join(scene) + "\n", encoding="utf-8")
    console = out / "console.log"
    kernel_line = f"console=ttyS0 quiet panic=-1 mitigations=off run={HERE} modules={BUILD / 'kernel/lib/modules'}"
    qemu = [
        "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", PROCESSOR,
        "-smp", "2", "-m", MEMORY, "-nodefaults", "-no-reboot", "-display", "none", "-serial", f"file:{console}",
        "-kernel", str(BUILD / "vmlinuz"), "-initrd", str(BUILD / "initrd.gz"), "-append", kernel_line,
        "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
        "-virtfs", f"local,path={out},mount_tag=out,security_model=none,multidevs=remap",
    ]  # fmt: skip
    try:
        done = subprocess.run(qemu, timeout=within_s, capture_output=True, text=True, check=False)
        ended = f"the virtual machine ended with status {done.returncode} {done.stderr}"
    except subprocess.TimeoutExpired:
        ended = f"it did not end within {within_s:.0f} s"
    status = out / "status"
    if not status.exists() or status.read_text().strip() != "0":
        raise GuestFailed(f"{ended}\n{_tail(console)}\n{_tail(out / 'scene.log')}")


def _compile(out: Path, python_path: str) -> None:
    """What the guest will import, compiled out here, where it is quick and stays: there it would take a minute."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": python_path, "PYTHONPYCACHEPREFIX": str(BYTECODE)}
    session = ["rhomboid", "record", str(out / "compiled.mcap"), "--demo", "--script=rows", "--plain", "--speed=max"]
    imports = f"import tests.bluetooth_vm.scene, {', '.join(PRELOADED)}"
    for program in (["-c", imports], ["-m", *session]):
        subprocess.run([sys.executable, *program], env=environment, stdout=subprocess.DEVNULL, check=True)


def _tail(path: Path, lines: int = 30) -> str:
    if not path.exists():
        return f"--- there is no {path.name}"
    text = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join([f"--- the end of {path.name}", *text[-lines:]])
