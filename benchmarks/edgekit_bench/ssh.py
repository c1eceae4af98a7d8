"""Another machine over OpenSSH: commands and files, with the user's own keys and configuration."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import IntegrityError, UsageError
from edgekit.progress import SILENT, Progress

OPTIONS = (
    *("-o", "BatchMode=yes"),  # a question would wait for ever
    *("-o", "ConnectTimeout=20"),
    *("-o", "ServerAliveInterval=15"),
)
CONNECTION_FAILED = 255
"""Exit code of ssh when it could not connect; the remote command's otherwise."""


@dataclass(frozen=True)
class Remote:
    """A machine that `ssh` reaches by this name."""

    host: str
    """As ssh takes it: `pi@cot.lan`, or a name of the ssh configuration."""
    python: str = "python3"
    """The Python to use there."""
    ssh_config: Path | None = None
    """A configuration file instead of the user's."""

    def run(
        self, command: str, what: str, *, progress: Progress = SILENT, may_fail: bool = False
    ) -> str:
        """Run a shell command there and return its standard output.

        Args:
            command: For the remote shell, quoted already.
            what: What it is for, as in `make a folder`; begins the error.
            progress: Hears every line of its standard error.
            may_fail: A failing command is no error; one that cannot be reached is.

        Raises:
            UsageError: ssh is not installed, or cannot log in.
            IntegrityError: The command failed.
        """
        words = [self._program("ssh"), *self._options(), "--", self.host, command]
        code, out, err = _talk(words, progress)
        if code == CONNECTION_FAILED:
            raise UsageError(
                f"--host {self.host}: cannot {what}: {_last(err, out)}; check that "
                f"`ssh {self.host} true` works without a password"
            )
        if code != 0 and not may_fail:
            raise IntegrityError(
                f"{self.host}: cannot {what}: {_last(err, out)} (exit code {code})"
            )
        return out

    def send(self, paths: Sequence[Path], folder: str, what: str) -> None:
        """Copy files and folders into a folder there.

        Raises:
            UsageError: scp is not installed.
            IntegrityError: It failed.
        """
        self._copy([*map(str, paths), f"{self._copied_host()}:{folder}/"], what)

    def fetch(self, path: str, to: Path, what: str) -> None:
        """Copy a file from there.

        Raises:
            UsageError: scp is not installed.
            IntegrityError: It failed.
        """
        self._copy([f"{self._copied_host()}:{path}", str(to)], what)

    def _copy(self, paths: list[str], what: str) -> None:
        words = [self._program("scp"), "-r", "-q", *self._options(), "--", *paths]
        code, out, err = _talk(words, SILENT)
        if code != 0:
            raise IntegrityError(
                f"{self.host}: cannot {what}: {_last(err, out)} (exit code {code})"
            )

    def _options(self) -> list[str]:
        own = [] if self.ssh_config is None else ["-F", str(self.ssh_config)]
        return [*own, *OPTIONS]

    def _copied_host(self) -> str:
        """Return the host as scp wants it: an IPv6 address in brackets."""
        user, at, name = self.host.rpartition("@")
        return f"{user}{at}[{name}]" if ":" in name else self.host

    def _program(self, name: str) -> str:
        if not re.fullmatch(r"[^\s-]\S*", self.host):
            raise UsageError(f"--host {self.host}: no host; give user@device")
        found = shutil.which(name)
        if found is None:
            raise UsageError(f"--host needs {name}: sudo apt-get install openssh-client")
        return found


def quoted(words: Sequence[str]) -> str:
    """Return words as one command of the remote shell."""
    return shlex.join(words)


def _talk(words: list[str], progress: Progress) -> tuple[int, str, list[str]]:
    """Run a program; return its exit code, its output, and the lines of its standard error."""
    lines = []
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as out:
        with subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process:
            assert process.stderr is not None
            for line in process.stderr:
                lines.append(line.rstrip())
                progress.say(line.rstrip())
        out.seek(0)
        return process.returncode, out.read(), lines


def _last(err: list[str], out: str) -> str:
    """Return the last line that says something; some programs complain on standard output."""
    said = [line for line in err if line.strip()] or [
        line for line in out.splitlines() if line.strip()
    ]
    return said[-1].strip() if said else "no reason given"
