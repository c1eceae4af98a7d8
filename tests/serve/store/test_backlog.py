from __future__ import annotations

from store_rows import audit, decision, landmarks, spasm, state

from edgekit.serve.store.backlog import MAX_BATCH, MAX_LANDMARKS, Backlog
from edgekit.serve.store.rows import AuditRow, TransitionRow


def _backlog(max_rows: int = 10) -> Backlog:
    return Backlog(max_rows, clock=lambda: 0.0)


def test_what_matters_least_goes_first_and_each_loss_is_counted() -> None:
    backlog = _backlog(max_rows=4)
    backlog.add([spasm(1), decision(1), state(1), audit()])
    for number in range(2, 5):
        backlog.add([spasm(number)])
    rows = [waiting.row for waiting in backlog.peek(0)]
    assert [type(row) for row in rows] == [TransitionRow] * 4
    assert backlog.lost() == {"DecisionRow": 1, "StateRow": 1, "AuditRow": 1}
    backlog.add([audit()])
    assert backlog.lost()["TransitionRow"] == 1
    assert isinstance(backlog.peek(0)[-1].row, AuditRow)


def test_landmarks_have_a_bound_of_their_own() -> None:
    backlog = _backlog(max_rows=1000)
    for number in range(MAX_LANDMARKS + 3):
        backlog.add([landmarks(number)])
    assert backlog.n_waiting == MAX_LANDMARKS
    assert backlog.lost() == {"LandmarksRow": 3}


def test_a_group_is_never_split_over_two_commits() -> None:
    backlog = _backlog(max_rows=10 * MAX_BATCH)
    backlog.add([spasm(1)])
    backlog.add([decision(float(n)) for n in range(MAX_BATCH + 50)])
    backlog.add([spasm(2)])
    batch = backlog.peek(0)
    assert len(batch) == MAX_BATCH + 51
    backlog.settle(batch)
    assert [waiting.row for waiting in backlog.peek(0)] == [spasm(2)]


def test_rows_stay_until_they_are_settled_and_their_waiter_is_told() -> None:
    backlog = _backlog()
    ticket = backlog.add([spasm(1), spasm(2)])
    batch = backlog.peek(0)
    assert not backlog.wait_settled(ticket, 0)
    assert backlog.peek(0) == batch
    backlog.settle(batch)
    assert backlog.wait_settled(ticket, 0)
    assert backlog.n_waiting == 0
    assert backlog.oldest_age_s() == 0


def test_a_row_lost_while_it_was_being_committed_does_no_harm() -> None:
    backlog = _backlog(max_rows=2)
    backlog.add([decision(1), decision(2)])
    batch = backlog.peek(0)
    backlog.add([spasm(1)])
    backlog.settle(batch)
    assert [waiting.row for waiting in backlog.peek(0)] == [spasm(1)]
