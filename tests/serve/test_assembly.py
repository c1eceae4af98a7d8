"""The parts as they are joined: what was found before they run reaches the conditions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edgekit.serve.assembly import N_CRASHES, Parts, assemble, make_recorder
from edgekit.serve.conditions import Condition
from edgekit.serve.plan import Plan, make_plan
from edgekit.serve.settings import Settings

TINY = Path(__file__).resolve().parent.parent / "data" / "tiny_bundle"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    settings = {
        "bundle": TINY,
        "watch": {"source": str(TINY / "golden_clips.npy")},
        "store": {"folder": tmp_path},
    }
    return make_plan(Settings.model_validate(settings), None)


@contextmanager
def assembled(plan: Plan, *, is_clean: bool = True) -> Iterator[Parts]:
    recorder, folder = make_recorder(plan)
    try:
        yield assemble(plan, recorder, folder, lambda: None)
    finally:
        recorder.stop(1.0, is_clean=is_clean)


def test_with_nothing_wrong_nothing_is_said(plan: Plan) -> None:
    with assembled(plan) as parts:
        assert parts.troubles.conditions() == frozenset()


def test_a_model_that_failed_its_self_test_blinds(plan: Plan) -> None:
    with assembled(replace(plan, self_test_error="it answers otherwise here")) as parts:
        assert parts.troubles.conditions() == {Condition.GOLDEN_WRONG}


def test_crashes_one_after_the_other_are_told(plan: Plan) -> None:
    for _ in range(N_CRASHES):
        with assembled(plan, is_clean=False) as parts:
            assert parts.troubles.conditions() == frozenset()
    with assembled(plan) as parts:
        assert parts.troubles.conditions() == {Condition.CRASH_LOOP}
    with assembled(plan) as parts:
        assert parts.troubles.conditions() == frozenset()


def test_refused_settings_are_told(plan: Plan) -> None:
    with assembled(plan) as parts:
        parts.troubles.is_settings_refused = True
        assert parts.troubles.conditions() == {Condition.SETTINGS_REFUSED}
