"""The daemon's heart: one thread that turns reports and commands into alarms, rows and messages.

Everything that may change an alarm comes through its inbox, so nothing here needs a lock.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass

from edgekit.serve.account import DeviceFigures
from edgekit.serve.alarm.events import (
    Acknowledge,
    Decided,
    NewRules,
    Pause,
    Restore,
    TestAlarm,
    Tick,
)
from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.desk import AlarmDesk
from edgekit.serve.live import DecisionMessage, Outcome, PoseMessage
from edgekit.serve.outcome import outcome_of
from edgekit.serve.parts import CoreParts
from edgekit.serve.store.rows import DecisionRow, HealthRow, LandmarksRow, Row
from edgekit.serve.watch.seen import ChildFacts, Judged, Observation, Report

log = logging.getLogger("edgekit.core")

TICK_S = 0.25
SNAPSHOT_EVERY_S = 0.5
POSE_EVERY_S = 0.1
DEVICE_EVERY_S = 3.0
ANSWER_S = 1.0
"""A command is answered within this time, or refused."""
LAST_COMMIT_S = 1.0

Command = Acknowledge | Pause | TestAlarm


@dataclass(frozen=True)
class Question:
    """A command on its way to the core, and where its answer goes."""

    command: Command
    answer: futures.Future[Outcome]


Inbox = queue.SimpleQueue[Report | NewRules | Question | None]
"""Everything that reaches the core; the watching thread puts its reports here. None ends it."""


class Core:
    """The core thread. `ask`, `new_rules` and `stop` may be called from any thread."""

    def __init__(self, parts: CoreParts, rules: AlarmRules, restore: Restore, inbox: Inbox) -> None:
        self._parts = parts
        self._desk = AlarmDesk(parts, rules)
        self._restore = restore
        self._inbox = inbox
        self._child: ChildFacts | None = None
        self._source_s = self._seen_mono_s = 0.0
        self._model_error = ""  # said once, not twice a second for a night
        self._pose_due_s = self._tick_due_s = self._snapshot_due_s = self._device_due_s = 0.0

    def new_rules(self, rules: AlarmRules) -> None:
        """Obey other alarm rules from now on."""
        self._inbox.put(NewRules(rules))

    def ask(self, command: Command) -> Outcome:
        """Carry out a command and wait until it is logged.

        Raises:
            TimeoutError: The core did not answer in time; nothing is known of the outcome.
        """
        question = Question(command, futures.Future())
        self._inbox.put(question)
        try:
            return question.answer.result(timeout=ANSWER_S)
        except futures.TimeoutError as error:
            question.answer.cancel()
            raise TimeoutError("the daemon does not answer; nothing is known of it") from error

    def stop(self) -> None:
        """Ask the thread to end."""
        self._inbox.put(None)

    def run(self, pulse: Callable[[], None]) -> None:
        """Work until stopped; what is unfinished is written before it returns."""
        self._desk.apply(self._restore)
        while True:
            pulse()
            try:
                item = self._inbox.get(timeout=self._patience_s())
            except queue.Empty:
                pass
            else:
                if item is None:
                    break
                self._handle(item)
            self._tick_when_due()
        self._close()

    @property
    def _due_s(self) -> float:
        """When something is to be done, whether or not anything comes."""
        deadline_s = self._desk.next_deadline_s
        return self._tick_due_s if deadline_s is None else min(self._tick_due_s, deadline_s)

    def _patience_s(self) -> float:
        return min(max(self._due_s - self._parts.clock.mono(), 0.001), TICK_S)

    def _handle(self, item: Report | NewRules | Question) -> None:
        if isinstance(item, Observation):
            self._observe(item)
        elif isinstance(item, Judged):
            self._judge(item)
        elif isinstance(item, ChildFacts):
            self._child = item
            self._desk.hear(item)
            self._parts.health.take(item)
        elif isinstance(item, NewRules):
            self._desk.apply(item)
        else:
            self._answer(item)

    def _observe(self, observation: Observation) -> None:
        parts = self._parts
        parts.health.take(observation)
        parts.account.frame()
        now = parts.clock.mono()
        self._source_s, self._seen_mono_s = observation.t_s, now
        if now >= self._pose_due_s:
            self._pose_due_s = now + POSE_EVERY_S
            xyv = observation.landmarks[:, [0, 1, 3]]
            parts.live.publish(PoseMessage(observation.t_s, xyv.astype("float32")))

    def _judge(self, judged: Judged) -> None:
        parts = self._parts
        parts.health.take(judged)
        self._snapshot_due_s = 0.0
        if judged.judgement is None:
            if judged.error != self._model_error:
                log.error("the model failed: %s", judged.error)
            self._model_error = judged.error
            self._desk.probability = None
            self._desk.look()
            return
        judgement, self._model_error = judged.judgement, ""
        self._desk.probability = judgement.probability
        parts.account.decision(judged.latency_s)
        self._desk.apply(Decided(judged.t_s, judgement.is_positive))
        stamp = parts.stamp()
        row = DecisionRow(stamp, judged.t_s, judgement.probability, judgement.seen_share)
        if parts.thinning.is_kept(judged.t_s, judgement.probability):
            parts.recording.record([row])
        attention = None if judgement.attention is None else tuple(judgement.attention.tolist())
        parts.live.publish(DecisionMessage(row, attention))

    def _answer(self, question: Question) -> None:
        if not question.answer.set_running_or_notify_cancel():
            return
        command = question.command
        transitions = self._desk.apply(command)
        if isinstance(command, Acknowledge) and command.event_id is None:
            self._parts.on_acknowledged()
        question.answer.set_result(outcome_of(command, transitions))

    def _tick_when_due(self) -> None:
        now = self._parts.clock.mono()
        if now >= self._due_s:
            self._tick_due_s = now + TICK_S
            if now >= self._device_due_s:
                self._device_due_s = now + DEVICE_EVERY_S
                self._parts.device.poll(now, self._parts.clock.utc())
                self._parts.account.slept(self._parts.device.facts.slept_s)
            self._desk.apply(Tick())
            self._desk.look()
            self._keep_excerpts()
            if self._parts.account.is_due(now):
                self._parts.recording.record([self._close_hour()])
        if now >= self._snapshot_due_s:
            self._snapshot_due_s = now + SNAPSHOT_EVERY_S
            self._desk.publish()

    def _keep_excerpts(self, *, is_ending: bool = False) -> None:
        parts = self._parts
        if parts.review is None:
            return
        # Time goes on while no frames come; the grid forgets what lay before a long gap.
        now_s = self._source_s + parts.clock.mono() - self._seen_mono_s
        rows: list[Row] = [
            LandmarksRow(
                parts.stamp(), excerpt.event_id, parts.live.identity.fps, excerpt.landmarks
            )
            for excerpt in parts.review.take_finished(now_s, is_ending=is_ending)
        ]
        if rows:
            parts.recording.record(rows)

    def _close_hour(self) -> HealthRow:
        facts, child = self._parts.device.facts, self._child
        figures = DeviceFigures(
            rss_mb=facts.rss_mb or 0.0,
            child_rss_mb=child.rss_mb if child else 0.0,
            temperature_c=facts.temperature_c,
            n_child_restarts=child.n_restarts if child else 0,
        )
        return self._parts.account.close_period(self._parts.stamp(), figures)

    def _close(self) -> None:
        self._keep_excerpts(is_ending=True)
        self._parts.recording.record([self._close_hour()], wait_s=LAST_COMMIT_S)
        for sink in self._parts.sinks:
            sink.close()
