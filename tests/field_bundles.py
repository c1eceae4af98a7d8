"""Bundles as a hospital would make them: the tiny one, changed, signed and packed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from edgekit.bundle import MANIFEST_FILE, file_entries
from edgekit.field.archive import pack
from edgekit.field.install import Installed, install
from edgekit.field.release import Release, sign_bundle
from edgekit.field.secret_key import SecretKey
from edgekit.field.slots import Slots

TINY_BUNDLE = Path(__file__).resolve().parent / "data" / "tiny_bundle"
TODAY = date(2026, 11, 22)
WARD = SecretKey(b"ward-key", bytes(range(32)))
STRANGER = SecretKey(b"stranger", bytes(range(32, 64)))
KEYS = (WARD.public,)

Json = dict[str, Any]


def bundle_folder(folder: Path, change: Callable[[Json], None] | None = None) -> Path:
    """Copy the tiny bundle and change its manifest, whose hashes are then made right."""
    shutil.copytree(TINY_BUNDLE, folder)
    rewrite(folder, change or (lambda _manifest: None))
    return folder


def rewrite(folder: Path, change: Callable[[Json], None]) -> None:
    """Change a manifest, and list the files as they are now."""
    path = folder / MANIFEST_FILE
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    manifest["files"] = {name: entry.model_dump() for name, entry in file_entries(folder).items()}
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def release(
    folder: Path, version: int, *, key: SecretKey = WARD, expires: date | None = None
) -> Path:
    """Sign a bundle's folder, made of the tiny one if it is not there; return it."""
    if not folder.exists():
        bundle_folder(folder)
    sign_bundle(folder, key, Release(version, TODAY, expires))
    return folder


def packed(folder: Path) -> Path:
    """Pack a bundle's folder beside it."""
    target = folder.with_suffix(".tar")
    pack(folder, target)
    return target


def put(folder: Path, slots: Slots) -> Installed:
    """Install on the day of signing, with the ward's key."""
    return install(folder, slots, KEYS, TODAY)


def two_installed(folder: Path) -> Slots:
    """Return slots with version 1 proved in `a` and version 2 on trial in `b`."""
    slots = Slots(folder / "slots")
    put(release(folder / "first", 1), slots)
    put(release(folder / "second", 2), slots)
    return slots


def everything(folder: Path) -> dict[str, bytes]:
    """Return all that lies below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
