"""A real sshd on a free port of loopback: its own keys and configuration, and a home of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PRIVILEGE_FOLDER = Path("/run/sshd")
STARTED_WITHIN_S = 10.0
OWN = ("edgekit", "_editable_impl_edgekit", "__editable__", "__pycache__", "distutils-precedence")
"""What of this environment's packages the remote home must not see: edgekit itself, above all."""


@dataclass(frozen=True)
class SshServer:
    """A host that `ssh -F config cot` reaches."""

    config: Path
    home: Path
    host: str = "cot"

    def leftovers(self) -> list[str]:
        """Return what the benchmark's folder in the home is called, if it is still there."""
        return [path.name for path in self.home.glob(".edgekit-bench-*")]


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """Start an sshd for the current user, and end it; skip where that is impossible."""
    keygen = shutil.which("ssh-keygen")
    if SSHD is None or keygen is None:
        pytest.skip("needs sshd and ssh: sudo make tools")
    if os.geteuid() != 0:
        pytest.skip("sshd lets nobody in unless root starts it")
    PRIVILEGE_FOLDER.mkdir(exist_ok=True)
    home, keys = folder / "home", folder / "keys"
    home.mkdir()
    keys.mkdir()
    for name in ("host", "user"):
        path = str(keys / name)
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    shutil.copy(keys / "user.pub", keys / "authorized")
    port = _free_port()
    process = _start(folder, keys, home, port)
    try:
        _wait(process, port, folder / "log")
        yield SshServer(_client(folder, keys, port), home)
    finally:
        process.terminate()
        process.wait(10)


def packages(folder: Path) -> Path:
    """Return a folder that shows all packages of this environment but edgekit.

    They stand for what pip would fetch or a folder of wheels would hold: the remote virtual
    environment finds them installed, so that the test needs neither network nor minutes.
    """
    folder.mkdir()
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not path.name.startswith(OWN):
            (folder / path.name).symlink_to(path)
    return folder


def _start(folder: Path, keys: Path, home: Path, port: int) -> subprocess.Popen[bytes]:
    assert SSHD is not None
    config = folder / "sshd_config"
    site = packages(folder / "site")
    lines = (
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {keys / 'host'}",
        f"AuthorizedKeysFile {keys / 'authorized'}",
        f"PidFile {folder / 'pid'}",
        "PasswordAuthentication no",
        "PermitRootLogin prohibit-password",
        "StrictModes no",
        "UsePAM no",
        "Subsystem sftp internal-sftp",
        f"SetEnv HOME={home} PYTHONPATH={site} OMP_NUM_THREADS=1",
    )
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (folder / "log").open("wb") as log:
        return subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stderr=log, stdout=log)


def _client(folder: Path, keys: Path, port: int) -> Path:
    config = folder / "ssh_config"
    lines = (
        "Host cot",
        "  HostName 127.0.0.1",
        f"  Port {port}",
        f"  User {getpass.getuser()}",
        f"  IdentityFile {keys / 'user'}",
        "  IdentitiesOnly yes",
        f"  UserKnownHostsFile {folder / 'known_hosts'}",
        "  StrictHostKeyChecking accept-new",
        "Host stranger",
        "  HostName 127.0.0.1",
        f"  Port {port}",
        f"  IdentityFile {keys / 'host'}",
        "  IdentitiesOnly yes",
        f"  UserKnownHostsFile {folder / 'known_hosts'}",
        "  StrictHostKeyChecking accept-new",
    )
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return config


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"sshd did not start: {log.read_text(encoding='utf-8')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
