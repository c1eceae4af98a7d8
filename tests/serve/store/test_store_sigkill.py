"""Row 13: SIGKILL at random, 200 times: no acknowledged event lost, the alarm latched again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from itertools import groupby
from pathlib import Path

import pytest
import store_rows

from edgekit.serve.store.reader import Reader

N_KILLS = 200
_FORKING = """
import os, sys
sys.path.insert(0, {tests!r})
import store_writer_process
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        sys.argv = ["writer", *line.split()]
        store_writer_process.main()
    print("pid", child, flush=True)
    os.waitpid(child, 0)
    print("dead", flush=True)
"""


def _told(pipe: object, words: str) -> int:
    """Read committed ids until a line begins with `words`; return the last id."""
    last = 0
    for line in pipe:  # type: ignore[attr-defined]  # a text pipe
        if line.startswith(words):
            return int(line.split()[1]) if words == "pid" else last
        if line.strip().isdigit():
            last = int(line)
    raise AssertionError("the parent of the writers died")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_no_acknowledged_event_is_lost_to_sigkill(tmp_path: Path) -> None:
    """Row 13: SIGKILL at random x200 -> 0 acknowledged events lost; latched again at start."""
    rng = random.Random(13)  # noqa: S311  # reproducible
    tests = str(Path(store_rows.__file__).parent)
    acknowledged: list[int] = []
    # The parent imports once and forks each writer: 200 starts of Python would take minutes.
    parent = subprocess.Popen(
        [sys.executable, "-c", _FORKING.format(tests=tests)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdin is not None
    try:
        for kill in range(N_KILLS):
            parent.stdin.write(f"{tmp_path} boot-{kill:03}\n")
            parent.stdin.flush()
            pid = _told(parent.stdout, "pid")
            time.sleep(rng.uniform(0.0, 0.09))
            os.kill(pid, signal.SIGKILL)
            acknowledged.append(_told(parent.stdout, "dead"))
    finally:
        parent.kill()
        parent.wait()
        parent.stdin.close()
        assert parent.stdout is not None
        parent.stdout.close()
    reader = Reader(tmp_path)
    events = reader.events(limit=-1)[::-1]
    stored = [event.event_id for event in events]
    assert len(stored) > N_KILLS, "too few commits to show anything"
    assert len(set(stored)) == len(stored)
    assert {last for last in acknowledged if last} <= set(stored)
    for _boot, ids in groupby(events, key=lambda event: event.stamp.boot_id):
        numbers = [event.event_id for event in ids]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "holes"
    restore = reader.unacknowledged()
    assert (restore.event_id, restore.next_event_id) == (stored[-1], stored[-1] + 1)
    assert not any(boot.is_clean for boot in reader.boots())
