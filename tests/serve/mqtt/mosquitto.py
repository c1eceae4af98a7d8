"""A real mosquitto on a port of the system's choice, that can be killed and come back."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

EXECUTABLE = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/sbin")
START_S = 5.0
OPEN = "allow_anonymous true\n"


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Mosquitto:
    """One broker; `config` is added to a listener on loopback, or replaces it whole."""

    def __init__(self, folder: Path, config: str = OPEN, *, is_whole: bool = False) -> None:
        if EXECUTABLE is None:
            pytest.skip("needs mosquitto: apt-get install mosquitto")
        self.port = free_port()
        listener = "" if is_whole else f"listener {self.port} 127.0.0.1\n"
        self._path = folder / "mosquitto.conf"
        # Started by root it would become a user who may not read the test's folder.
        self._path.write_text(
            f"user root\n{listener}{config.replace('PORT', str(self.port))}\n", encoding="utf-8"
        )
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """Everything that it wrote."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start it, and return when it listens."""
        assert EXECUTABLE is not None
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [EXECUTABLE, "-v", "-c", str(self._path)], stdout=log, stderr=log
            )
        deadline_s = time.monotonic() + START_S
        while time.monotonic() < deadline_s:
            assert self._process.poll() is None, self.log
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(self.log)

    def reload(self) -> None:
        """Let it read its access list again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
