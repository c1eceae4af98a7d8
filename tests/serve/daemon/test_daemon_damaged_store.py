"""Row 17: bits of the database flip while the daemon is down."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from daemon_process import serving
from serve.daemon.conftest import MANY_EVENTS, Bedside, settings_file

from edgekit.serve.store.reader import Reader

PAGE = 4096


@pytest.fixture(scope="module")
def kept(restless: Bedside, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a daemon that ran, with an alarm that nobody acknowledged."""
    folder = tmp_path_factory.mktemp("kept")
    settings = settings_file(folder, MANY_EVENTS)
    options = (*restless.options, "--settings", settings, "--speed", "10")
    with serving(folder, *options) as daemon:
        daemon.wait(lambda state: (state["patient"] or {"n_spasms": 0})["n_spasms"] > 5, within_s=9)
        assert daemon.stop() == 0
    return folder / "state"


def flip(database: Path, where: str) -> None:
    """Flip bits in the header page, or in every page."""
    content = bytearray(database.read_bytes())
    rng = np.random.default_rng(17)
    pages = range(1) if where == "first page" else range(len(content) // PAGE)
    for page in pages:
        for _ in range(40):
            content[page * PAGE + int(rng.integers(PAGE))] ^= 1 << int(rng.integers(8))
    database.write_bytes(content)


@pytest.mark.parametrize("where", ["first page", "every page"])
def test_a_damaged_store_is_set_aside_and_told_until_somebody_knows(
    where: str, kept: Path, bedside: Bedside, tmp_path: Path
) -> None:
    """Row 17."""
    highest = Reader(kept).events(limit=1)[0].event_id
    shutil.copytree(kept, tmp_path / "state")
    flip(tmp_path / "state" / "events.db", where)
    with serving(tmp_path, *bedside.options, "--loop") as daemon:
        daemon.wait_for("store_replaced", within_s=5)
        daemon.wait(lambda state: state["state"] == "DEGRADED", within_s=10)
        (aside,) = (tmp_path / "state").glob("events.corrupt-*.db")
        assert aside.stat().st_size >= PAGE
        assert daemon.acknowledge(None)["is_done"]
        daemon.wait_armed(within_s=3)
        assert daemon.stop() == 0
    boot, *_ = Reader(tmp_path / "state").boots()
    assert boot.start_reason == "crash"
    assert Reader(tmp_path / "state").unacknowledged().next_event_id > highest
