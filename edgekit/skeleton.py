"""The 33 MediaPipe body landmarks, their graph, and the axis letters used everywhere.

Axis letters in shapes: N clips, C channels, T frames, V landmarks (33), K folds,
S model steps (T after both temporal strides), W windows.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

LANDMARKS: tuple[str, ...] = (
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "mouth_left",
    "mouth_right",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_pinky",
    "right_pinky",
    "left_index",
    "right_index",
    "left_thumb",
    "right_thumb",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
)
"""Names in MediaPipe's order; left and right are the person's own."""

N_LANDMARKS = len(LANDMARKS)
LEFT_HIP, RIGHT_HIP = 23, 24

_FACE = ((0, 1), (1, 2), (2, 3), (3, 7), (0, 4), (4, 5), (5, 6), (6, 8), (9, 10), (0, 9), (0, 10))
_ARMS = (
    *((11, 13), (13, 15), (15, 17), (15, 19), (15, 21), (17, 19)),
    *((12, 14), (14, 16), (16, 18), (16, 20), (16, 22), (18, 20)),
)
_TORSO = ((11, 12), (11, 23), (12, 24), (23, 24), (0, 11), (0, 12))
_LEGS = (
    *((23, 25), (25, 27), (27, 29), (27, 31), (29, 31)),
    *((24, 26), (26, 28), (28, 30), (28, 32), (30, 32)),
)

EDGES: tuple[tuple[int, int], ...] = _FACE + _TORSO + _ARMS + _LEGS
"""Undirected bones: MediaPipe's body connections, with the face anchored to the shoulders."""


def _mirror() -> tuple[int, ...]:
    """For each landmark, the index of its twin on the other side of the body."""
    swapped = {"left": "right", "right": "left"}
    twins = ("_".join(swapped.get(word, word) for word in name.split("_")) for name in LANDMARKS)
    return tuple(LANDMARKS.index(twin) for twin in twins)


MIRROR: tuple[int, ...] = _mirror()
"""`clip[:, MIRROR]` exchanges left and right; the x axis must be flipped with it."""


@cache
def adjacency() -> NDArray[np.float32]:
    """Return the fixed, row-normalised adjacency, float32 (V, V), read-only.

    Undirected edges and self-loops, each row divided by its sum + 1e-6, as in the write-up.
    Row v weighs the neighbours that landmark v gathers from.
    """
    matrix = np.eye(N_LANDMARKS)
    for a, b in EDGES:
        matrix[a, b] = matrix[b, a] = 1.0
    row_sums: NDArray[np.float64] = matrix.sum(axis=1, keepdims=True)
    normalised = (matrix / (row_sums + 1e-6)).astype(np.float32)
    normalised.flags.writeable = False
    return normalised
