"""Row 27: a good signature on a bad model. The real daemon goes back to the old one by itself."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from daemon_process import Daemon, ended, serving, until
from field_bundles import STRANGER, WARD, Json, bundle_folder, put, release, rewrite
from serve.daemon.conftest import Bedside, settings_file

from edgekit.field.slots import Slots, SlotState

TRIAL_S = 2.0
ROLLED_BACK_WITHIN_S = 60.0
MODEL = "model.fp32.onnx"
SETTINGS = f"""
[watch]
runtime = "onnxruntime"
precision = "fp32"
decision_stale_s = 1.0

[field]
trial_s = {TRIAL_S}
"""


class Site:
    """A device with a key, slots, a good bundle that proved itself, and a recording to watch."""

    def __init__(self, folder: Path, bedside: Bedside) -> None:
        self.folder = folder
        self.slots = Slots(folder / "state" / "slots")
        keys = folder / "state" / "keys"
        keys.mkdir(parents=True)
        (keys / "ward.pub").write_text(WARD.public.text())
        self.options = (
            *("--bundle", self.slots.folder, "--source", bedside.source, "--loop"),
            *("--settings", settings_file(folder, SETTINGS)),
        )
        put(release(folder / "good", 1), self.slots)

    def state(self) -> SlotState:
        state = self.slots.read()
        assert state is not None
        return state

    def audit(self, daemon: Daemon) -> list[str]:
        rows = daemon.http.get("/api/v1/audit").raise_for_status().json()["audit"]
        return [f"{row['what']}: {row['detail']}" for row in rows]


@pytest.fixture
def site(tmp_path: Path, bedside: Bedside) -> Site:
    return Site(tmp_path, bedside)


def expect_old(daemon: Daemon, site: Site, why: str) -> None:
    """The old bundle watches, and everybody can see what happened."""
    daemon.wait(lambda state: state["state"] == "DEGRADED", within_s=20)
    assert daemon.conditions() == {"bundle_rolled_back"}
    state = site.state()
    assert (state.active, state.kept, state.trial) == ("a", ("a",), None)
    assert state.rolled_back is not None
    assert why in state.rolled_back.reason
    assert why in daemon.said()
    assert any(row.startswith("bundle rolled back: version 2") for row in site.audit(daemon))


def n_pages(daemon: Daemon) -> int:
    return len(re.findall(r"^page ", daemon.said(), re.MULTILINE))


def follow(daemon: Daemon, n_before: int, *, within_s: float) -> None:
    """Wait until it has started anew, and go to its new page."""
    until(lambda: n_pages(daemon) > n_before, within_s=within_s, what="a new start")
    daemon.move_to_newest_page()


def test_a_good_one_is_taken_by_a_reload_and_kept(site: Site) -> None:
    with serving(site.folder, *site.options) as daemon:
        daemon.wait_armed()
        put(release(site.folder / "next", 2), site.slots)
        os.kill(daemon.process.pid, signal.SIGHUP)
        follow(daemon, 1, within_s=20)
        daemon.wait_armed()
        until(lambda: site.state().trial is None, within_s=TRIAL_S + 10)
        assert site.state().kept == ("a", "b")
        assert site.state().active == "b"
        assert site.state().floor == 2
        until(lambda: "bundle kept: " in site.audit(daemon), within_s=2)
        assert daemon.conditions() == set()


def spoil_file(folder: Path) -> None:
    (folder / MODEL).write_bytes(b"no model at all")


def spoil_answers(folder: Path) -> None:
    def other(manifest: Json) -> None:
        for model in manifest["models"]:
            model["golden"]["fold_probability"] = [
                [1 - one for one in row] for row in model["golden"]["fold_probability"]
            ]

    rewrite(folder, other)


def spoil_shape(folder: Path) -> None:
    def other(manifest: Json) -> None:
        for model in manifest["models"]:
            rows = model["golden"]["fold_probability"]
            model["golden"]["fold_probability"] = [[*row, 0.5] for row in rows]

    rewrite(folder, other)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (spoil_file, "cannot load it"),
        (spoil_answers, "answers otherwise"),
        (spoil_shape, "do not fit"),
    ],
)
def test_a_bad_model_never_gets_to_the_bed(
    spoil: Callable[[Path], None], why: str, site: Site
) -> None:
    """Row 27: crashes at loading, wrong answers, wrong shape."""
    bad = bundle_folder(site.folder / "bad")
    spoil(bad)
    rewrite(bad, lambda _manifest: None)
    put(release(bad, 2), site.slots)
    began = time.monotonic()
    with serving(site.folder, *site.options) as daemon:
        expect_old(daemon, site, why)
        assert time.monotonic() - began < ROLLED_BACK_WITHIN_S
        daemon.acknowledge(None)
        daemon.wait_armed(within_s=5)
        until(lambda: is_seen(site), within_s=5, what="the acknowledgement on the disk")


def is_seen(site: Site) -> bool:
    rolled_back = site.state().rolled_back
    return rolled_back is not None and rolled_back.is_seen and rolled_back.is_logged


def test_a_slow_model_goes_back_while_it_runs(site: Site) -> None:
    """Row 27: slow. Its golden clips are right, so only the bed shows it."""
    slow_model = pytest.importorskip("slow_model", reason="needs onnx to make a slow model")
    slow = bundle_folder(site.folder / "slow")
    slow_model.slow_down(slow / MODEL, n_products=10)
    rewrite(slow, lambda _manifest: None)
    put(release(slow, 2), site.slots)
    with serving(site.folder, *site.options) as daemon:
        assert site.state().trial is not None
        began = time.monotonic()
        follow(daemon, 1, within_s=ROLLED_BACK_WITHIN_S)
        expect_old(daemon, site, "decides too late")
        took_s = time.monotonic() - began
    assert took_s < ROLLED_BACK_WITHIN_S
    print(f"slow model: the old one watches again after {took_s:.1f} s")  # noqa: T201 -- a figure


def test_a_bundle_under_which_the_daemon_keeps_dying_goes_back(site: Site) -> None:
    """Row 27: crashes."""
    put(release(site.folder / "next", 2), site.slots)
    for _ in range(2):
        with serving(site.folder, *site.options) as daemon:
            assert site.state().trial is not None
            daemon.kill()
    with serving(site.folder, *site.options) as daemon:
        expect_old(daemon, site, "ended 2 times by itself")


def test_starts_that_were_wanted_are_not_held_against_it(site: Site) -> None:
    put(release(site.folder / "next", 2), site.slots)
    with serving(site.folder, *site.options) as daemon:
        during = site.state().trial
        assert daemon.stop() == 0
    after = site.state().trial
    assert during is not None
    assert after is not None
    assert (during.n_starts, after.n_starts) == (1, 0)


def test_with_a_key_installed_only_what_it_signed_is_served(site: Site) -> None:
    others = release(site.folder / "others", 9, key=STRANGER)
    for folder, why in (
        (others, "which is not installed here"),
        (bundle_folder(site.folder / "bare"), "not signed, and a key is installed"),
    ):
        done = ended(site.folder, *site.options, "--bundle", folder)
        assert done.returncode == 14
        assert why in done.stderr


def test_a_damaged_active_bundle_gives_way_to_the_other(site: Site) -> None:
    put(release(site.folder / "next", 2), site.slots)
    site.slots.write(site.state().proved())
    (site.slots.path("b") / MODEL).write_bytes(b"")
    with serving(site.folder, *site.options) as daemon:
        expect_changed = daemon.wait_for("bundle_rolled_back", within_s=20)
        assert expect_changed < 20
    assert site.state().active == "a"
