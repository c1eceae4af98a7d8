"""The artefact that runs on a device: one folder of models, golden clips and evidence.

    bundle/
      manifest.json               everything below, with SHA-256 and size of each file
      model.fp32.onnx             the FP32 twin; always there
      model.int8.*.onnx, model.*.xml/.bin    further variants, each with its gate evidence
      golden_clips.npy            synthetic clips that each device replays, float32 (G, T, V, 5)
      gate.md, MODEL_CARD.md      the evidence and the limits, for people
      manifest.json.minisig       the manifest's signature, where there is one; see edgekit.field

Reading a bundle needs NumPy and pydantic only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from edgekit import files
from edgekit.clips import Clip, load_array
from edgekit.errors import IntegrityError, UsageError
from edgekit.features import CHANNELS
from edgekit.manifest import SCHEMA_VERSION, FileEntry, Manifest, ModelEntry
from edgekit.records import first_problem

MANIFEST_FILE, GOLDEN_FILE = "manifest.json", "golden_clips.npy"
SIGNATURE_FILE = f"{MANIFEST_FILE}.minisig"
"""The one file that the manifest, which it signs, cannot list."""
PAPERS = ("gate.md", "MODEL_CARD.md")
"""For people."""
DEFAULT_FOLDER = Path("bundle")


@dataclass(frozen=True)
class Bundle:
    """A bundle whose every file has been checked."""

    folder: Path
    manifest: Manifest

    def model_path(self, entry: ModelEntry) -> Path:
        """Return the file that a runtime opens."""
        return self.folder / entry.files[0]

    def golden_clips(self) -> Clip:
        """Read the golden clips, float32 (G, T, V, 5)."""
        return load_array(self.folder / GOLDEN_FILE)


def load_bundle(folder: Path = DEFAULT_FOLDER) -> Bundle:
    """Open a bundle and check every file of it.

    Raises:
        UsageError: There is no bundle in `folder`.
        IntegrityError: A file is missing, changed or extra, or the schema is newer.
    """
    files.recover(folder)
    manifest = _read_manifest(folder)
    _check_files(folder, manifest)
    if manifest.channels != CHANNELS:
        raise IntegrityError(
            f"{folder / MANIFEST_FILE}: its channels are not this edgekit's; export it again"
        )
    return Bundle(folder, manifest)


def check_replaceable(folder: Path) -> None:
    """Refuse to write a bundle where something else would be lost: only a bundle is replaced.

    Raises:
        UsageError: `folder` is a file, or holds something that is no part of a bundle.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder}: a file; choose another --out")
    names = {path.name for path in folder.iterdir()}
    foreign = sorted(names if MANIFEST_FILE not in names else filter(_is_foreign, names))
    if foreign:
        raise UsageError(f"{folder}: no bundle alone (it holds {foreign[0]}); choose another --out")


def file_entries(folder: Path) -> dict[str, FileEntry]:
    """Return hash and size of every file in `folder`, sorted by name."""
    return {
        path.name: FileEntry(sha256=files.sha256(path), n_bytes=path.stat().st_size)
        for path in sorted(folder.iterdir())
    }


def _is_foreign(name: str) -> bool:
    is_model = name.startswith("model.") and name.endswith((".onnx", ".xml", ".bin"))
    return not is_model and name not in (MANIFEST_FILE, SIGNATURE_FILE, GOLDEN_FILE, *PAPERS)


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST_FILE
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"{folder}: no bundle there; run edgekit export, or name one") from error
    except OSError as error:
        raise IntegrityError(f"{path}: cannot be read: {error.strerror}") from error
    _check_schema(path, content)
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        raise IntegrityError(
            f"{path}: {first_problem(error)}; damaged or from another edgekit: export it again"
        ) from error


def _check_schema(path: Path, content: bytes) -> None:
    """Tell a newer bundle from a damaged one before its fields are looked at."""
    try:
        version = json.loads(content).get("schema_version")
    except (ValueError, AttributeError) as error:
        raise IntegrityError(f"{path}: not a manifest; copy or export the bundle again") from error
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise IntegrityError(
            f"{path}: schema {version}, this edgekit reads up to {SCHEMA_VERSION}; update edgekit"
        )


def _check_files(folder: Path, manifest: Manifest) -> None:
    present = {path.name for path in folder.iterdir()} - {MANIFEST_FILE, SIGNATURE_FILE}
    listed = set(manifest.files)
    _refuse(folder, listed - present, "is missing from the bundle")
    _refuse(folder, present - listed, "is not part of the bundle; take it out")
    for name, entry in manifest.files.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise IntegrityError(f"{path}: not a plain file; copy the bundle again")
        if path.stat().st_size != entry.n_bytes or files.sha256(path) != entry.sha256:
            raise IntegrityError(f"{path}: changed since export (SHA-256); copy the bundle again")


def _refuse(folder: Path, names: Iterable[str], what: str) -> None:
    for name in sorted(names):
        raise IntegrityError(f"{folder / name}: {what}")
