"""Clips in the challenge's own format: read, checked, saved, put onto the model's time grid.

A clip is a float array (T, 33, 5): x, y, z, visibility, presence of each landmark, in image
widths; NaN where it was not observed. A folder of clips with its label file is a `Cohort`.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit import files
from edgekit.errors import DataError
from edgekit.skeleton import N_LANDMARKS

Clip = NDArray[np.floating[Any]]

MAX_VALUE = 100.0
"""In image widths; no pose extractor goes near it, pixels and damaged files go beyond."""

N_VALUES = 5
"""x, y, z, visibility, presence."""

ON_GRID = 1e-6
"""A frame closer than this to a grid point, in grid steps, lies on it."""


def load_clip(path: Path, *, n_frames: int | None = None) -> Clip:
    """Read one `.npy` clip, float32 or float64 (T, 33, 5), and check it.

    Args:
        path: The file; pickled (object) arrays are never unpickled.
        n_frames: The length that the clip must have; any length when None.

    Raises:
        DataError: The file is missing, empty, truncated, no clip, or holds values that are
            infinite or no image widths.
    """
    return check_clip(load_array(path), name=str(path), n_frames=n_frames)


def load_array(path: Path) -> NDArray[Any]:
    """Read one `.npy` array of any shape; pickled (object) arrays are never unpickled.

    Raises:
        DataError: The file is missing, empty, truncated or no `.npy` array.
    """
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (OSError, EOFError, ValueError) as error:
        raise DataError(
            f"{path}: not a readable .npy array ({_first_line(error)}); "
            "save clips with numpy.save, as float, without pickle"
        ) from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise DataError(f"{path}: a .npz archive; a clip is one array saved with numpy.save")
    return array


def check_clip(clip: NDArray[Any], *, name: str, n_frames: int | None = None) -> Clip:
    """Return `clip` when it is one, else raise a `DataError` that says what is wrong with it."""
    if clip.dtype not in (np.float32, np.float64):
        raise DataError(f"{name}: dtype {clip.dtype}; a clip is float32 or float64")
    if clip.ndim != 3 or clip.shape[1:] != (N_LANDMARKS, N_VALUES):
        raise DataError(
            f"{name}: shape {clip.shape}; a clip is (frames, {N_LANDMARKS}, {N_VALUES}): "
            "x, y, z, visibility, presence of 33 landmarks"
        )
    if len(clip) == 0:
        raise DataError(f"{name}: no frames; a clip has at least one")
    if n_frames is not None and len(clip) != n_frames:
        raise DataError(
            f"{name}: {len(clip)} frames where {n_frames} are wanted; "
            f"cut or resample the clips, or give --frames {len(clip)}"
        )
    _check_values(clip, name)
    return clip


def _check_values(clip: Clip, name: str) -> None:
    """Refuse what would leave float32 on the way to the model, or was never in image widths."""
    # NaN compares as not beyond, as it should.
    beyond = np.abs(clip) > MAX_VALUE
    if not beyond.any():
        return
    frame, landmark, axis = np.argwhere(beyond)[0]
    where = f"in frame {frame}, landmark {landmark}"
    value = clip[frame, landmark, axis]
    if np.isinf(value):
        raise DataError(
            f"{name}: infinite value {where}; write NaN where a landmark was not observed"
        )
    raise DataError(
        f"{name}: value {value:g} {where}; landmarks are in image widths, from about 0 to 1: "
        "divide pixels by the image's size"
    )


def save_clip(path: Path, clip: Clip) -> None:
    """Write a clip as the challenge does, float64 `.npy`, atomically."""
    check_clip(clip, name=str(path))
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(clip, dtype=np.float64), allow_pickle=False)
    files.write_bytes(path, buffer.getvalue())


def observed(clip: Clip) -> NDArray[np.bool_]:
    """Return which landmarks were observed, bool (T, V): x, y and z all finite."""
    return np.asarray(np.isfinite(clip[:, :, :3]).all(axis=2))


def resample(clip: Clip, times_s: NDArray[np.float64], fps: float) -> Clip:
    """Put frames taken at `times_s` onto a regular grid of `fps`, from the first frame on.

    A grid point counts as observed in two cases only: the frames before and after it both hold
    the landmark and lie at most 1.5 grid steps apart (then it is interpolated between them), or
    a frame that holds it lies within a quarter of a grid step (then that frame is taken). All
    else is NaN: a gap is not a measurement, and half the frame rate leaves every second point
    unobserved. A clip that lies on the grid already comes back unchanged, to the bit.

    Args:
        clip: Floats (T, V, 5), NaN where not observed.
        times_s: Seconds (T,), finite and strictly increasing.
        fps: Frames per second of the grid.

    Raises:
        DataError: `times_s` does not fit the clip, or does not increase.
    """
    if times_s.shape != (len(clip),) or not np.isfinite(times_s).all():
        raise DataError(f"{len(clip)} frames need as many finite time stamps, got {times_s.shape}")
    if (backwards := np.flatnonzero(np.diff(times_s) <= 0)).size:
        raise DataError(f"time stamps do not increase at frame {backwards[0] + 1}")
    elapsed = (times_s - times_s[0]) * fps  # in grid steps
    grid = np.arange(int(np.floor(elapsed[-1] + 0.25)) + 1)
    after = np.clip(np.searchsorted(elapsed, grid), 1, max(len(clip) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(clip) - 1)
    return between(clip[before], clip[after], elapsed[before], elapsed[after], grid)


def between(
    low: Clip,
    high: Clip,
    elapsed_low: NDArray[np.float64],
    elapsed_high: NDArray[np.float64],
    grid: NDArray[np.integer[Any]],
) -> Clip:
    """Return grid points from the frames around each, by the rule of `resample`.

    Args:
        low: The frame at or before each point, floats (G, V, 5).
        high: The frame at or after it; that of the last points is the last frame.
        elapsed_low: When `low` was taken, grid steps (G,) since the first frame.
        elapsed_high: When `high` was taken.
        grid: The points, (G,).
    """
    span = elapsed_high - elapsed_low
    share = np.clip((grid - elapsed_low) / np.where(span > 0, span, 1.0), 0.0, 1.0)
    mixed = low + share[:, None, None].astype(low.dtype) * (high - low)
    mixed[span > 1.5 + 1e-6] = np.nan
    is_low_nearer = share < 0.5
    nearest = np.where(is_low_nearer[:, None, None], low, high)
    distance = np.abs(np.where(is_low_nearer, elapsed_low, elapsed_high) - grid)
    taken = np.where((distance <= 0.25)[:, None, None], nearest, np.nan)
    use_taken = (distance < ON_GRID)[:, None] | ~observed(mixed)
    return np.where(use_taken[:, :, None], taken, mixed).astype(low.dtype)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
