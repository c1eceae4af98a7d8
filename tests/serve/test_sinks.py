"""Alarm sinks by URI; what is unknown is refused with what is known."""

from __future__ import annotations

import logging

import pytest
from core_fakes import Ward, judged

from edgekit.errors import UsageError
from edgekit.serve.sinks import open_sink


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UsageError, match=r"carrier-pigeon:coop: unknown kind; there are log:"):
        open_sink("carrier-pigeon:coop", Ward().core)


def test_the_log_sink_writes_each_state_once_and_each_transition(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ward = Ward()
    sink = open_sink("log:", ward.core)
    ward.parts.sinks.append(sink)
    for t_s in (10.0, 10.5):
        ward.inbox.put(judged(t_s, 0.9))
    with caplog.at_level(logging.WARNING, "edgekit.alarm"):
        ward.settle()
    lines = [record.getMessage() for record in caplog.records]
    assert lines.count("state ARMED") == 1
    assert "high spasm 1" in lines
    assert sink.conditions == frozenset()
