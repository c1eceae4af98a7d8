"""What Prometheus scrapes: built at each scrape from the same reply that people see.

A daemon that hangs therefore shows as NOT MONITORING here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from edgekit.serve.conditions import Condition, WatchState
from edgekit.serve.http.state_reply import STUCK, StateReply
from edgekit.serve.live import Identity

NAN = float("nan")


class WatchCollector(Collector):
    """The watch state as metric families."""

    def __init__(self, identity: Identity, state: Callable[[], StateReply]) -> None:
        self._identity = identity
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        reply = self._state()
        yield self._about()
        yield _one_of("edgekit_state", "Watch state", "state", WatchState, {reply.state.value})
        yield _one_of(
            "edgekit_condition",
            "What is wrong",
            "condition",
            (*Condition, STUCK),
            {str(getattr(c.condition, "value", c.condition)) for c in reply.conditions},
        )
        for name, text, value in _gauges(reply):
            yield GaugeMetricFamily(f"edgekit_{name}", text, value=NAN if value is None else value)
        yield CounterMetricFamily(
            "edgekit_blind_seconds", "Seconds in NOT MONITORING since the start", reply.blind_s
        )
        yield CounterMetricFamily(
            "edgekit_child_restarts", "Restarts of the pose process", reply.n_child_restarts
        )

    def _about(self) -> Metric:
        identity = self._identity
        about = {
            "device": identity.device,
            "version": identity.version,
            "boot_id": identity.boot_id,
            "bundle_sha256": identity.bundle_sha256,
            "model": identity.model,
        }
        return InfoMetricFamily("edgekit", "What runs here", value=about)


def metrics_page(identity: Identity, state: Callable[[], StateReply]) -> Callable[[], bytes]:
    """Return a function that renders all metrics as Prometheus text."""
    registry = CollectorRegistry()
    registry.register(WatchCollector(identity, state))
    ProcessCollector(registry=registry)
    return lambda: generate_latest(registry)


def _gauges(reply: StateReply) -> list[tuple[str, str, float | None]]:
    patient = reply.patient
    latency_s = None if reply.latency_ms is None else reply.latency_ms / 1000
    return [
        ("snapshot_age_seconds", "Age of the core's last word", reply.age_s),
        ("patient_alarm", "1 while a patient alarm is latched", float(patient is not None)),
        ("patient_alarm_spasms", "Spasms since it latched", patient.n_spasms if patient else 0),
        ("patient_alarm_seconds", "Since it latched", patient.since_s if patient else 0),
        ("technical_alarms", "Technical alarms present", len(reply.technical)),
        ("audio_pause_seconds", "Left of the audio pause", reply.pause_left_s),
        ("probability", "Of the last decision", reply.probability),
        ("decision_age_seconds", "Since the last judged window", reply.decision_age_s),
        ("frames_per_second", "Through the pose extractor", reply.fps),
        ("latency_seconds", "Capture to decision", latency_s),
        ("seen_share", "Share of the last window with a person", reply.seen_share),
        ("uptime_seconds", "Since the daemon's start", reply.uptime_s),
        ("rows_waiting", "Rows the store has not committed", reply.n_waiting),
    ]


def _one_of(
    name: str, text: str, label: str, known: type[WatchState] | tuple[str, ...], present: set[str]
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for item in known:
        value = str(getattr(item, "value", item))
        family.add_metric([value], float(value in present))
    return family
