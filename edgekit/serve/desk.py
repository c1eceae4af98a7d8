"""Where an alarm is made known: step the alarm core, commit what happened, then announce it.

A transition is committed first and announced then. Where the store fails or is late it is
announced all the same, marked as not stored: a full disk must not silence an alarm.
"""

from __future__ import annotations

from edgekit.serve.alarm.events import AlarmEvent, ConditionsFound, Transition
from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.alarm.step import first_state, next_deadline, step
from edgekit.serve.conditions import Condition, by_urgency, state_of
from edgekit.serve.live import TransitionMessage
from edgekit.serve.parts import CoreParts
from edgekit.serve.snapshot import snapshot_of
from edgekit.serve.store.rows import StateRow, TransitionRow
from edgekit.serve.watch.seen import ChildFacts

COMMIT_WAIT_S = 0.1
"""An announcement waits so long for its commit; one takes about a millisecond."""


class AlarmDesk:
    """The alarm state and everybody who is told of it. For the core thread only."""

    def __init__(self, parts: CoreParts, rules: AlarmRules) -> None:
        self._parts = parts
        self._state = first_state(rules)
        self._conditions: frozenset[Condition] | None = None
        self._n_transitions = 0
        self.probability: float | None = None
        """Of the last decision; None when nobody could be judged."""
        self._n_child_restarts, self._problem = 0, ""

    @property
    def next_deadline_s(self) -> float | None:
        """When time alone will change something, on the monotonic clock."""
        return next_deadline(self._state)

    def hear(self, child: ChildFacts) -> None:
        """Take how the pose process is; its problem stays until it runs, or says another."""
        self._n_child_restarts = child.n_restarts
        self._problem = "" if child.status == "running" else child.reason or self._problem

    def apply(self, event: AlarmEvent) -> tuple[Transition, ...]:
        """Take one event, and return what it did."""
        self._state, transitions = step(self._state, event, self._parts.clock.mono())
        if transitions:
            rows = [self._row_of(transition) for transition in transitions]
            is_stored = self._parts.recording.record(rows, wait_s=COMMIT_WAIT_S)
            self.publish()
            for row in rows:
                self._announce(TransitionMessage(row, is_stored))
        return transitions

    def look(self) -> None:
        """Find what is wrong now; a change is a technical alarm, a state, and a row."""
        found = self._find()
        if found == self._conditions:
            return
        self._conditions = found
        stamp, state = self._parts.stamp(), state_of(found)
        self._parts.account.state(state, stamp.mono_s)
        self._parts.recording.record([StateRow(stamp, state, by_urgency(found))])
        self.apply(ConditionsFound(found))
        self.publish()

    def publish(self) -> None:
        """Show everybody how things stand."""
        parts, stamp = self._parts, self._parts.stamp()
        snapshot = snapshot_of(
            self._state,
            stamp,
            self._conditions if self._conditions is not None else frozenset({Condition.STARTING}),
            parts.health,
            probability=self.probability,
            account=parts.account,
            n_child_restarts=self._n_child_restarts,
            n_waiting=parts.recording.n_waiting,
            problem=self._problem,
        )
        parts.live.publish(snapshot)
        for sink in parts.sinks:
            sink.show(snapshot)

    def _find(self) -> frozenset[Condition]:
        parts, now = self._parts, self._parts.clock.mono()
        return (
            parts.health.conditions(now)
            | parts.device.conditions(now)
            | parts.recording.conditions
            | parts.elsewhere()
        ).union(*(sink.conditions for sink in parts.sinks))

    def _announce(self, message: TransitionMessage) -> None:
        transition = message.row.transition
        review = self._parts.review
        is_event = transition.kind in ("spasm", "cluster")
        event_id, t_s = transition.event_id, transition.t_s
        if review is not None and is_event and event_id is not None and t_s is not None:
            review.mark(event_id, t_s)
        self._parts.live.publish(message)
        for sink in self._parts.sinks:
            sink.announce(message)

    def _row_of(self, transition: Transition) -> TransitionRow:
        self._n_transitions += 1
        is_event = transition.kind in ("spasm", "cluster")
        return TransitionRow(
            self._parts.stamp(),
            self._n_transitions,
            transition,
            probability=self.probability if is_event else None,
            threshold=self._parts.live.identity.threshold if is_event else None,
        )
