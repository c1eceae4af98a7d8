"""Where a recording is cut into clips of the model's length."""

from __future__ import annotations

DEFAULT_HOP_S = 0.5


def window_starts(n_frames: int, length: int, hop: int) -> tuple[int, ...]:
    """Return the first frame of each window of `length` frames, every `hop` frames.

    The last window ends with the recording, so that no frame at the end goes unseen. A recording
    of exactly `length` frames is one window; a shorter one has none.
    """
    last = n_frames - length
    if last < 0:
        return ()
    starts = list(range(0, last + 1, hop))
    if starts[-1] != last:
        starts.append(last)
    return tuple(starts)
