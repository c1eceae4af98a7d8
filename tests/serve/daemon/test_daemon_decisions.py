"""The daemon decides what `edgekit predict` decides, and raises what k of n must catch."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from daemon_process import judge, serving
from serve.daemon.conftest import Bedside

from edgekit.manifest import AlarmPolicy
from edgekit.runtime.detector import Judgement
from edgekit.serve.store.reader import Reader

SETTINGS = """
[store]
decision_every_s = 0.5
"""


def expected_spasms(
    judged: Sequence[Judgement], length_s: float, policy: AlarmPolicy
) -> list[float]:
    """k of n with refractory time, as plainly as it can be said; times are ends of windows."""
    recent: deque[bool] = deque(maxlen=policy.n_windows)
    spasms: list[float] = []
    for one in judged:
        end_s = one.start_s + length_s
        if spasms and end_s < spasms[-1] + policy.refractory_s:
            continue
        recent.append(bool(one.is_positive))
        if one.is_positive and sum(recent) >= policy.n_positive:
            spasms.append(end_s)
            recent.clear()
    return spasms


def test_decisions_are_those_of_predict_to_the_bit_and_events_those_of_k_of_n(
    bedside: Bedside, tmp_path: Path
) -> None:
    settings = tmp_path / "edgekit.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    options = (*bedside.options, "--settings", settings, "--speed", "20")
    with serving(tmp_path, *options) as daemon:
        daemon.wait_for("source_ended", within_s=40)
        events = [event for event in daemon.events() if event["kind"] == "spasm"]
        assert daemon.stop() == 0
    length_s = (bedside.bundle.manifest.n_frames - 1) / bedside.bundle.manifest.fps
    # Predict's last window ends with the recording, off the hop; a bed has no end.
    *judged, _last = judge(bedside.bundle, bedside.landmarks)
    assert stored_decisions(tmp_path / "state") == [
        (round(one.start_s + length_s, 6), one.probability) for one in judged
    ]
    spasms = expected_spasms(judged, length_s, bedside.bundle.manifest.alarm)
    assert len(spasms) >= 3
    assert [round(event["t_s"], 6) for event in events] == [round(t_s, 6) for t_s in spasms]
    threshold = bedside.bundle.manifest.decision.threshold
    assert all(event["probability"] >= threshold for event in events)


def stored_decisions(folder: Path) -> list[tuple[float, float | None]]:
    """Every decision, in order."""
    boot_id = Reader(folder).boots()[-1].stamp.boot_id
    rows = Reader(folder).decisions(boot_id=boot_id, since_mono_s=0.0)
    return [(round(row.t_s, 6), row.probability) for row in rows]


def test_no_training_package_is_loaded(bedside: Bedside, tmp_path: Path) -> None:
    with serving(tmp_path, *bedside.options) as daemon:
        daemon.wait_armed()
        loaded = Path(f"/proc/{daemon.process.pid}/maps").read_text(encoding="utf-8")
        (child,) = daemon.children()
        loaded += Path(f"/proc/{child}/maps").read_text(encoding="utf-8")
    assert "onnxruntime" in loaded
    assert not [name for name in ("torch", "nncf", "/onnx/", "sklearn") if name in loaded]


def test_the_database_is_whole_after_a_run(bedside: Bedside, tmp_path: Path) -> None:
    with serving(tmp_path, *bedside.options, "--speed", "10") as daemon:
        daemon.wait(lambda state: state["uptime_s"] > 2, within_s=10)
        daemon.stop()
    (database,) = (tmp_path / "state").glob("*.db")
    connection = sqlite3.connect(database)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
