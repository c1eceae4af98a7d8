"""A folder that stands for a machine, and a `systemctl` that remembers what it was told."""

from __future__ import annotations

from pathlib import Path

from edgekit.serve.systemd.systemctl import Place

SYSTEMCTL = """#!/bin/sh
# Keeps the unit's state in files beside itself, as systemd keeps it in memory.
here=$(dirname "$0")
echo "$*" >> "$here/log"
while case "$1" in -*) true;; *) false;; esac; do shift; done
case "$1" in
  is-active) cat "$here/active" 2>/dev/null || { echo inactive; exit 3; };;
  is-enabled) cat "$here/enabled" 2>/dev/null || { echo disabled; exit 1; };;
  enable) echo enabled > "$here/enabled";;
  disable) rm -f "$here/enabled" "$here/active";;
  start|restart)
    if [ -e "$here/broken" ]; then echo "Job for edgekit.service failed." >&2; exit 1; fi
    echo active > "$here/active";;
esac
"""


class Machine:
    """A root folder in which systemd runs, and what `systemctl` was told."""

    def __init__(self, folder: Path) -> None:
        self.root, self.tools = folder / "root", folder / "tools"
        (self.root / "run/systemd/system").mkdir(parents=True)
        self.tools.mkdir()
        (self.tools / "systemctl").write_text(SYSTEMCTL, encoding="ascii")
        (self.tools / "systemctl").chmod(0o755)
        self.place = Place(self.root)

    def told(self) -> list[str]:
        """Return what was ordered since the last time, questions left out."""
        log = self.tools / "log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line for line in lines if " is-" not in f" {line}"]

    def files(self) -> list[str]:
        """Return all files below the root."""
        found = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return sorted(map(str, found))
