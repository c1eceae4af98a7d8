from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from edgekit.pose.native_log import NativeLog


@pytest.fixture
def log() -> Iterator[NativeLog]:
    made = NativeLog()
    yield made
    made.close()


CHATTER = (
    b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"
    b"WARNING: Logging before InitGoogle() is written to STDERR\n"
    b"W0000 00:00:1795364499.349183    6200 inference_feedback_manager.cc:121] Feedback manager\n"
)


def test_chatter_is_dropped_and_everything_else_passes(
    log: NativeLog, capfd: pytest.CaptureFixture[str]
) -> None:
    error = b"E0000 00:00:1795364499.349183    6200 calculator_graph.cc:900] it broke\n"
    with log.held():
        os.write(2, CHATTER + error + b"a line of ours\n")
    shown = capfd.readouterr().err
    assert shown == error.decode() + "a line of ours\n"
    assert log.decoder_lines == []


def test_the_decoders_lines_are_collected(
    log: NativeLog, capfd: pytest.CaptureFixture[str]
) -> None:
    with log.held():
        os.write(2, b"[h264 @ 0x5596e9e1e140] error while decoding MB 1 5\n")
        os.write(2, b"[ WARN:0@0.748] global cap_v4l.cpp:914 can't open camera\n")
    assert log.decoder_lines == [
        "error while decoding MB 1 5",
        "global cap_v4l.cpp:914 can't open camera",
    ]
    assert capfd.readouterr().err == ""


def test_stderr_is_back_afterwards_even_after_an_error(
    log: NativeLog, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyError), log.held():
        raise KeyError
    os.write(2, CHATTER)
    assert capfd.readouterr().err == CHATTER.decode()


def test_a_second_thread_does_not_hold_what_is_held(
    log: NativeLog, capfd: pytest.CaptureFixture[str]
) -> None:
    other = NativeLog()

    def in_another_thread() -> None:
        with other.held():
            os.write(2, b"[h264 @ 0x1] seen by the first\n")

    with log.held():
        thread = threading.Thread(target=in_another_thread)
        thread.start()
        thread.join()
    other.close()
    assert log.decoder_lines == ["seen by the first"]
    assert other.decoder_lines == []
    os.write(2, b"restored\n")
    assert capfd.readouterr().err == "restored\n"
