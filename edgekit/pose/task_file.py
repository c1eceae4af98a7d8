"""A MediaPipe `.task` file: an uncompressed zip of a person detector and a landmark network.

The same networks always give the same bytes, so that the file can be pinned by its SHA-256.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from edgekit.errors import DataError
from edgekit.pose.tflite_metadata import with_image_input

DETECTOR, LANDMARKS = "pose_detector.tflite", "pose_landmarks_detector.tflite"
ALIGNMENT = 64
"""Where each network starts in the file: MediaPipe maps it into memory and reads it in place."""

_LOCAL_HEADER_BYTES = 30
_PADDING_ID = b"\x35\xd9"  # the extra field that Android's zipalign fills
_UNIX = 3


def build(detector: bytes, landmarks: bytes) -> bytes:
    """Return the `.task` file of a detector that has its metadata and a network that has none."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, model in ((DETECTOR, detector), (LANDMARKS, with_image_input(landmarks))):
            archive.writestr(_entry(name, buffer.tell()), model)
    return buffer.getvalue()


def check(path: Path) -> None:
    """Raise a `DataError` unless `path` is a pose landmark file of MediaPipe."""
    try:
        with zipfile.ZipFile(path) as archive:
            missing = {DETECTOR, LANDMARKS} - set(archive.namelist())
            is_packed = any(entry.compress_type for entry in archive.infolist())
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; `edgekit pose fetch` makes one") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not a MediaPipe .task file ({error})") from error
    if missing:
        raise DataError(f"{path}: no pose landmark model, it lacks {' and '.join(sorted(missing))}")
    if is_packed:
        raise DataError(f"{path}: its networks are compressed; zip them with `zip -0`")


def _entry(name: str, offset: int) -> zipfile.ZipInfo:
    """Return the header of a file that starts at `offset`, padded so that its content aligns."""
    entry = zipfile.ZipInfo(name)  # dated 1980-01-01
    entry.create_system = _UNIX
    entry.external_attr = 0o644 << 16
    n_padding = -(offset + _LOCAL_HEADER_BYTES + len(name) + 4) % ALIGNMENT
    entry.extra = _PADDING_ID + n_padding.to_bytes(2, "little") + bytes(n_padding)
    return entry
