"""Real videos of real people through the whole daemon, and a camera that is not there."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from daemon_process import TINY_BUNDLE, serving, tell
from live_listener import Listener
from playwright.sync_api import expect
from pose_fakes import fetched_model
from serve.end_to_end.screens import Shooter, Windows
from serve.end_to_end.usage import usage

WATCHED_S = 6.0
CAMERA_GONE_S = 5.0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["s4_fall_01"])
def test_a_real_video_is_watched_with_its_landmarks(
    shared: Path, tmp_path: Path, name: str
) -> None:
    """Armed, or degraded where the machine is slow; with figures for whoever reads them."""
    fetched_model()
    video = shared / "data" / "videos" / f"{name}.mp4"
    options = ("--source", video, "--bundle", TINY_BUNDLE, "--loop")
    with serving(tmp_path, *options) as daemon:
        started_s = daemon.wait(lambda state: state["state"] != "NOT MONITORING", within_s=30)
        (child,) = daemon.children()
        before = usage(daemon.process.pid), usage(child)
        with Listener(daemon.url, kinds=("pose", "state", "decision")) as listener:
            time.sleep(WATCHED_S)
            heard = listener.heard
        after = usage(daemon.process.pid), usage(child)
        assert daemon.children() == [child], daemon.said()
    states = [one.content for one in heard if one.kind == "state"]
    poses = [one.content["xyv"] for one in heard if one.kind == "pose"]
    fps = float(np.median([state["fps"] for state in states]))
    late_ms = [state["latency_ms"] for state in states]
    tell(
        f"{name}: watching {started_s:.1f} s after the page; {fps:.1f} pictures/s, latency "
        f"{np.median(late_ms):.0f} ms (worst {max(late_ms):.0f}); daemon "
        f"{after[0].rss_mb:.0f} MB, {after[0].cores(before[0]):.2f} cores; pose process "
        f"{after[1].rss_mb:.0f} MB, {after[1].cores(before[1]):.2f} cores"
    )
    watching = [state for state in states if state["state"] in ("ARMED", "DEGRADED")]
    assert len(watching) > len(states) / 2, {
        c["condition"] for s in states for c in s["conditions"]
    }
    assert np.mean([any(point is not None for point in pose) for pose in poses]) > 0.5
    assert any(one.kind == "decision" and one.content["probability"] for one in heard)


@pytest.mark.skipif(Path("/dev/video9").exists(), reason="there is a camera 9 here")
def test_a_camera_that_is_not_there_is_said_at_once_and_waited_for(
    tmp_path: Path, windows: Windows, shooter: Shooter
) -> None:
    """Row 8: technical alarm within 5 s of the page, not ready, and no crash loop."""
    fetched_model()
    with serving(tmp_path, "--source", "9", "--bundle", TINY_BUNDLE) as daemon:
        took_s = daemon.wait_for("no_camera", within_s=CAMERA_GONE_S)
        tell(f"no camera: said {took_s:.1f} s after the page")
        ready = daemon.http.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["state"] == "NOT MONITORING"
        assert "no_camera" in ready.json()["conditions"]
        assert daemon.http.get("/healthz").status_code == 200
        page = windows(daemon.url)
        expect(page.locator("#state-title")).to_have_text("Not watching")
        expect(page.locator("#technical-list")).to_contain_text("No camera")
        expect(page.locator("#replay-chip")).to_be_hidden()
        shooter.one(page, "no-camera-tablet-light")
        (child,) = daemon.children()
        time.sleep(3)
        assert daemon.children() == [child]
        assert daemon.state()["n_child_restarts"] == 0
        assert daemon.conditions() == {"no_camera"}
