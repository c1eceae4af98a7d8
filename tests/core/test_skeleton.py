"""The graph: names, twins, and the adjacency's values by hand."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.skeleton import EDGES, LANDMARKS, MIRROR, N_LANDMARKS, adjacency


def test_there_are_33_distinct_landmarks() -> None:
    assert N_LANDMARKS == 33
    assert len(set(LANDMARKS)) == 33


def test_edges_are_distinct_and_connect_the_body() -> None:
    assert len({frozenset(edge) for edge in EDGES}) == len(EDGES)
    reached = {0}
    for _ in range(N_LANDMARKS):
        reached |= {b for a, b in EDGES if a in reached} | {a for a, b in EDGES if b in reached}
    assert reached == set(range(N_LANDMARKS))


def test_mirror_is_its_own_inverse_and_swaps_names() -> None:
    assert [MIRROR[MIRROR[v]] for v in range(33)] == list(range(33))
    assert MIRROR[0] == 0
    assert MIRROR[11] == 12
    assert MIRROR[9] == 10


def test_mirror_maps_edges_onto_edges() -> None:
    edges = {frozenset(edge) for edge in EDGES}
    assert {frozenset((MIRROR[a], MIRROR[b])) for a, b in EDGES} == edges


def test_adjacency_rows_are_normalised_with_the_write_ups_epsilon() -> None:
    matrix = adjacency()
    assert matrix.shape == (33, 33)
    assert matrix.dtype == np.float32
    # The left elbow has two bones and its self-loop.
    assert matrix[13, 11] == pytest.approx(1 / (3 + 1e-6), abs=1e-7)
    assert matrix[13, 13] == matrix[13, 15] == matrix[13, 11]
    assert matrix[13].sum() == pytest.approx(1.0, abs=1e-6)
    assert ((matrix > 0) == (matrix.T > 0)).all()


def test_adjacency_cannot_be_changed_by_a_caller() -> None:
    with pytest.raises(ValueError, match="read-only"):
        adjacency()[0, 0] = 1.0
