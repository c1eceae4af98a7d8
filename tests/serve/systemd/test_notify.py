"""One datagram to the manager: over a file, over an abstract address, or to nobody."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgekit.serve.systemd.notify import notify, reloading, status


@pytest.fixture(params=["file", "abstract"])
def manager(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    name = f"@edgekit-test-{os.getpid()}"
    address = str(tmp_path / "notify") if request.param == "file" else name
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(address.replace("@", "\0", 1) if address == name else address)
        end.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        yield end


def test_the_manager_hears_it(manager: socket.socket) -> None:
    assert notify("READY=1\nSTATUS=wacht")
    assert manager.recv(1000) == b"READY=1\nSTATUS=wacht"


def test_without_a_manager_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")


def test_a_manager_that_is_gone_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    with caplog.at_level(logging.WARNING):
        assert not notify("READY=1")
    assert "was not told" in caplog.text


def test_a_manager_that_takes_nothing_does_not_hold_it_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "deaf"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "deaf"))
        told = [notify("WATCHDOG=1")]
        # Unread datagrams fill the socket's queue; then sending gives up after its second.
        while told[-1] and len(told) < 5000:
            told.append(notify("WATCHDOG=1"))

    assert told[0]
    assert not told[-1]


def test_a_line_break_in_a_status_is_no_second_message() -> None:
    assert status("ARMED\nWATCHDOG=1") == "STATUS=ARMED WATCHDOG=1"


def test_a_reload_carries_its_time() -> None:
    assert reloading(12.5) == "RELOADING=1\nMONOTONIC_USEC=12500000"
