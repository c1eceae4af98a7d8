"""The daemon's parts, made from a plan and joined; nothing runs yet."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.runtime.detector import Detector
from edgekit.serve.account import Account
from edgekit.serve.conditions import Condition
from edgekit.serve.core import Core, Inbox
from edgekit.serve.earshot import Earshot
from edgekit.serve.health.device import DeviceWatch
from edgekit.serve.health.judge import HealthJudge
from edgekit.serve.health.pose_model import expected_pose
from edgekit.serve.http import addresses
from edgekit.serve.http.server import HttpServer
from edgekit.serve.identity import identity_of, origin_of
from edgekit.serve.live import Live
from edgekit.serve.mqtt.link import MqttLink
from edgekit.serve.parts import CoreParts
from edgekit.serve.plan import Plan
from edgekit.serve.probation import Probation
from edgekit.serve.review import Review
from edgekit.serve.settings import state_folder
from edgekit.serve.sinks import AlarmSink, open_sink
from edgekit.serve.store.keeper import Opened
from edgekit.serve.store.reader import Reader
from edgekit.serve.store.recorder import Recorder
from edgekit.serve.store.rows import AuditRow, Stamp
from edgekit.serve.thinning import Thinning
from edgekit.serve.watch.grid import WindowGrid
from edgekit.serve.watch.source_spec import SourceSpec
from edgekit.serve.watch.supervisor import Supervisor
from edgekit.serve.watch.watcher import Watcher

log = logging.getLogger("edgekit.daemon")

CRASHES_SHOWN_S = 600.0
N_CRASHES = 3
"""Starts that ended badly within ten minutes, before it is said."""


@dataclass
class Troubles:
    """What is wrong with the daemon as a whole, for the core to tell."""

    is_self_test_wrong: bool
    is_settings_refused: bool
    crashes_shown_until_mono: float
    probation: Probation
    link: MqttLink | None = None
    earshot: Earshot | None = None

    def conditions(self) -> frozenset[Condition]:
        """Return it, with what the broker's link says, and whether anybody would hear."""
        found = self.probation.conditions | (self.link.conditions if self.link else frozenset())
        found |= self.earshot.conditions() if self.earshot else frozenset()
        for is_present, condition in (
            (self.is_self_test_wrong, Condition.GOLDEN_WRONG),
            (self.is_settings_refused, Condition.SETTINGS_REFUSED),
            (time.monotonic() < self.crashes_shown_until_mono, Condition.CRASH_LOOP),
        ):
            found |= {condition} if is_present else set()
        return found


@dataclass(frozen=True)
class Parts:
    """Everything that runs, and what runs it."""

    folder: Path
    live: Live
    recorder: Recorder
    core: Core
    watcher: Watcher
    http: HttpServer
    link: MqttLink | None
    troubles: Troubles
    audit: Callable[[str, str, str], None]
    """Who, what, detail."""


def assemble(plan: Plan, recorder: Recorder, folder: Path, pulse: Callable[[], None]) -> Parts:
    """Open the store and make every part; `pulse` is the watching thread's.

    Raises:
        UsageError: The state folder is another daemon's, or a sink or broker setting is wrong.
    """
    settings, now = plan.settings, time.monotonic()
    identity = identity_of(plan, is_open=addresses.is_open(settings.http))
    live = Live(identity)
    stamp = Stamp(identity.boot_id, now, time.time())
    opened = recorder.open(stamp, origin_of(identity, plan))
    troubles = _troubles(plan, opened, now)
    inbox: Inbox = queue.SimpleQueue()
    watcher = _watcher(plan, inbox, pulse)
    parts = _core_parts(plan, live, recorder, opened, troubles, review=_review(plan, watcher))
    core = Core(parts, plan.rules, opened.restore, inbox)
    # Sinks take commands, as an alarm box's button does, and so come after the core.
    parts.sinks.extend(open_sink(uri, core) for uri in settings.sinks)

    def audit(who: str, what: str, detail: str = "") -> None:
        when = Stamp(identity.boot_id, time.monotonic(), time.time())
        recorder.record([AuditRow(when, who, what, detail)])

    reader = Reader(folder)
    http = HttpServer(settings.http, folder, live=live, reader=reader, commands=core, audit=audit)
    if settings.mqtt.broker is not None:
        troubles.link = MqttLink(
            settings.mqtt, live, reader=reader, recording=recorder, commands=core
        )
    troubles.earshot = Earshot(
        lambda: _is_heard(http, troubles.link, parts.sinks), time.monotonic, now
    )
    return Parts(folder, live, recorder, core, watcher, http, troubles.link, troubles, audit)


def _is_heard(http: HttpServer, link: MqttLink | None, sinks: Sequence[AlarmSink]) -> bool:
    has_broker = link is not None and Condition.BROKER_AWAY not in link.conditions
    return has_broker or http.n_streams > 0 or any(sink.is_heard for sink in sinks)


def make_recorder(plan: Plan) -> tuple[Recorder, Path]:
    """Return the store's writing side, not yet opened, and its folder."""
    folder = state_folder(plan.settings)
    has_outbox = plan.settings.mqtt.broker is not None
    return Recorder(folder, plan.settings.store, has_outbox=has_outbox), folder


def _troubles(plan: Plan, opened: Opened, now: float) -> Troubles:
    if plan.self_test_error:
        log.error("self-test: %s", plan.self_test_error)
    is_looping = opened.n_recent_crashes >= N_CRASHES
    return Troubles(
        is_self_test_wrong=bool(plan.self_test_error),
        is_settings_refused=False,
        crashes_shown_until_mono=now + CRASHES_SHOWN_S if is_looping else now,
        probation=Probation(plan.settings, plan.bundle.folder),
    )


def _core_parts(
    plan: Plan,
    live: Live,
    recorder: Recorder,
    opened: Opened,
    troubles: Troubles,
    *,
    review: Review | None,
) -> CoreParts:
    settings, manifest, now = plan.settings, plan.bundle.manifest, time.monotonic()
    return CoreParts(
        live=live,
        recording=recorder,
        health=HealthJudge(
            settings.watch,
            grid_fps=manifest.fps,
            expected=expected_pose(manifest.dataset),
            started_mono_s=now,
        ),
        device=DeviceWatch(),
        sinks=[],
        elsewhere=troubles.conditions,
        on_acknowledged=lambda: _acknowledge(recorder, troubles),
        review=review,
        thinning=Thinning(settings.store.decision_every_s, manifest.decision.threshold),
        account=Account(now, opened.start_reason),
    )


def _acknowledge(recorder: Recorder, troubles: Troubles) -> None:
    recorder.acknowledge_replaced()
    troubles.probation.acknowledge()


def _review(plan: Plan, watcher: Watcher) -> Review | None:
    store = plan.settings.store
    if not store.keep_landmarks:
        return None
    return Review(
        watcher.recent,
        before_s=store.landmarks_before_s,
        after_s=store.landmarks_after_s,
    )


def _watcher(plan: Plan, inbox: Inbox, pulse: Callable[[], None]) -> Watcher:
    watch, manifest = plan.settings.watch, plan.bundle.manifest
    source = SourceSpec(
        watch.source,
        watch.source_fps or manifest.fps,
        watch.is_looped,
        None if watch.pose_model is None else str(watch.pose_model),
        plan.speed,
    )
    supervisor = Supervisor(source, silent_s=watch.child_silent_s, memory_mb=watch.child_memory_mb)
    store = plan.settings.store
    return Watcher(
        supervisor,
        WindowGrid(
            manifest.fps,
            manifest.n_frames,
            plan.hop_frames,
            keep_s=store.landmarks_before_s + store.landmarks_after_s + 5.0,
        ),
        Detector(plan.bundle, plan.engine),
        inbox.put,
        is_live=plan.is_live,
        pulse=pulse,
    )
