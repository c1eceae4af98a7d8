"""k of n, refractory time and clusters against a second implementation, which counts by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest

from edgekit.serve.alarm.events import Acknowledge, Decided
from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.alarm.step import first_state, step

N_SERIES = 400
N_WINDOWS = 120


@dataclass
class Oracle:
    """Looks at the whole history again at each window; remembers nothing in between."""

    rules: AlarmRules
    windows: list[tuple[float, bool | None]] = field(default_factory=list)
    spasms: list[int] = field(default_factory=list)
    """Index of the deciding window of each."""
    clusters: list[int] = field(default_factory=list)
    """Index of the window that made each."""
    n_acknowledged: int = 0
    """Spasms until the last acknowledged cluster."""
    is_latched_cluster: bool = False

    def judge(self, t_s: float, is_positive: bool | None) -> list[str]:
        self.windows.append((t_s, is_positive))
        if not self._is_spasm():
            return []
        self.spasms.append(len(self.windows) - 1)
        if not self._is_cluster():
            return ["spasm"]
        self.clusters.append(len(self.windows) - 1)
        self.is_latched_cluster = True
        return ["spasm", "cluster"]

    def acknowledge(self) -> None:
        if self.is_latched_cluster:
            self.n_acknowledged = len(self.spasms)
        self.is_latched_cluster = False

    def _is_spasm(self) -> bool:
        last = self.spasms[-1] if self.spasms else None
        eligible = [
            is_positive
            for index, (t_s, is_positive) in enumerate(self.windows)
            if last is None
            or (index > last and t_s - self.windows[last][0] >= self.rules.refractory_s)
        ]
        t_s, is_positive = self.windows[-1]
        if last is not None and t_s - self.windows[last][0] < self.rules.refractory_s:
            return False
        n_yes = sum(mark is True for mark in eligible[-self.rules.n_windows :])
        return is_positive is True and n_yes >= self.rules.n_positive

    def _is_cluster(self) -> bool:
        longest_s = self.rules.cluster_minutes * 60
        times = [self.windows[index][0] for index in self.spasms[self.n_acknowledged :]]
        if sum(times[-1] - t_s <= longest_s for t_s in times) < self.rules.cluster_spasms:
            return False
        began = [index for index in self.clusters if index >= self.spasms[self.n_acknowledged]]
        if not began:
            return True
        since = [t_s for t_s in times if t_s >= self.windows[began[-1]][0]]
        return any(b - a > longest_s for a, b in pairwise(since))


@pytest.mark.parametrize("seed", range(4))
def test_counts_as_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen: set[str] = set()
    for _ in range(N_SERIES // 4):
        rules = _some_rules(rng)
        state, oracle, t_s = first_state(rules), Oracle(rules), 0.0
        yes = rng.choice([0.2, 0.5, 0.9])
        for _ in range(N_WINDOWS):
            t_s += float(rng.choice([0.5, 0.5, 0.5, 1.0, 7.0, 40.0]))
            mark = _some_mark(rng, yes)
            state, rows = step(state, Decided(t_s, mark), 10.0)
            expected = oracle.judge(t_s, mark)
            assert [row.kind for row in rows] == expected, (rules, oracle)
            seen |= set(expected)
            if state.patient is not None and rng.random() < 0.2:
                state, _ = step(state, Acknowledge("nurse", state.patient.event_id), 10.0)
                oracle.acknowledge()
    assert seen == {"spasm", "cluster"}


def _some_rules(rng: np.random.Generator) -> AlarmRules:
    n_windows = int(rng.integers(1, 7))
    return AlarmRules(
        n_positive=int(rng.integers(1, n_windows + 1)),
        n_windows=n_windows,
        refractory_s=float(rng.choice([0.0, 2.0, 6.0, 10.5])),
        cluster_spasms=int(rng.integers(2, 6)),
        cluster_minutes=float(rng.choice([0.25, 0.5, 1.0, 5.0])),
    )


def _some_mark(rng: np.random.Generator, yes: float) -> bool | None:
    if rng.random() < 0.1:
        return None
    return bool(rng.random() < yes)
