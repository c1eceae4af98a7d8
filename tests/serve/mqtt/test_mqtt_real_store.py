"""The link with the real store: committed, sent, acknowledged, and gone from its outbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from serve.mqtt.bedside import Bedside, Listener, settings, until
from serve.mqtt.mosquitto import Mosquitto
from serve.mqtt.store_fakes import BOOT_ID, message

from edgekit.serve.settings import StoreSettings
from edgekit.serve.store.boots import Origin
from edgekit.serve.store.reader import Reader
from edgekit.serve.store.recorder import Recorder
from edgekit.serve.store.rows import Stamp

ORIGIN = Origin("bed-1", "0.1.0", "0" * 64, is_live=True)


def test_events_pass_through(
    broker: Mosquitto,
    tmp_path: Path,
    bedside: Callable[..., Bedside],
    listener: Callable[..., Listener],
) -> None:
    """Row 19: made while there is no link, and while there is one."""
    recorder = Recorder(tmp_path / "state", StoreSettings(), has_outbox=True)
    recorder.open(Stamp(BOOT_ID, time.monotonic(), time.time()), ORIGIN)
    recorder.start(lambda: None)
    reader = Reader(tmp_path / "state")
    try:
        for number in range(1, 51):
            assert recorder.record([message(number).row], wait_s=5.0)
        central = listener(broker.port, "edgekit/bed-1/event")
        bed = bedside(settings(broker.port), reader=reader, recording=recorder)
        for number in range(51, 101):
            assert recorder.record([message(number).row], wait_s=5.0)
            bed.live.publish(message(number))
        until(lambda: not reader.outbox())
        heard = [event["id"] for event in central.contents("edgekit/bed-1/event")]
        assert sorted(heard) == sorted(f"{BOOT_ID}-{number}" for number in range(1, 101))
        assert len(reader.transitions()) == 100, "the log keeps them"
        bed.close()
    finally:
        assert recorder.stop(5.0)
