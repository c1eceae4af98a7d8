"""`systemctl`, asked and told; and where on this machine, or in an image of one, units go."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import OutputError, UsageError
from edgekit.serve.systemd.unit import NAME

START_WITHIN_S = 90.0
"""The unit itself gives a start 60 s."""


@dataclass(frozen=True)
class Place:
    """The file system that the service is installed in."""

    root: Path = Path("/")
    """Another one is the root folder of an image that is being built."""
    unit_folder: Path = Path("/etc/systemd/system")

    @property
    def unit(self) -> Path:
        """The unit's file."""
        return self._below(self.unit_folder / NAME)

    @property
    def modules(self) -> Path:
        """The list of kernel modules that are loaded before the service starts."""
        return self._below(Path("/etc/modules-load.d/edgekit.conf"))

    @property
    def is_image(self) -> bool:
        """Whether systemd is not running here, and will only once the image has booted."""
        return self.root != Path("/") and not self.is_booted

    @property
    def is_booted(self) -> bool:
        """Whether systemd runs here; sd_booted(3)."""
        return self._below(Path("/run/systemd/system")).is_dir()

    def _below(self, path: Path) -> Path:
        return self.root / path.relative_to("/")


class Systemctl:
    """Runs `systemctl` for one place."""

    def __init__(self, place: Place) -> None:
        """Find it.

        Raises:
            UsageError: systemd is not here, or does not run this machine.
        """
        program = shutil.which("systemctl")
        if program is None or not (place.is_booted or place.is_image):
            raise UsageError(
                "systemd does not run this machine: start `edgekit serve` by what does, or see "
                "`edgekit service install --print`"
            )
        self._command = [program, *([f"--root={place.root}"] if place.is_image else [])]

    def do(self, *words: str) -> None:
        """Carry out a command.

        Raises:
            OutputError: It failed; its last line says why.
        """
        done = self._run(*words)
        if done.returncode != 0:
            why = (done.stderr.strip().splitlines() or [f"code {done.returncode}"])[-1]
            raise OutputError(
                f"systemctl {' '.join(words)}: {why}; look at: journalctl -u edgekit -n 50"
            )

    def answer(self, *words: str) -> str:
        """Return the one word that a question such as `is-active` is answered with."""
        return self._run(*words).stdout.strip() or "unknown"

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [*self._command, *words]
        try:
            return subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=START_WITHIN_S
            )
        except subprocess.TimeoutExpired as error:
            raise OutputError(
                f"{' '.join(command)}: no answer within {START_WITHIN_S:g} s; look at: "
                "journalctl -u edgekit -n 50"
            ) from error
