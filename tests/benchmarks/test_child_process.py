"""A failed process leaves one line that says why."""

from __future__ import annotations

import pytest
from edgekit_bench.child_process import reason, run_module

from edgekit.errors import IntegrityError

TRACEBACK = """warning: something
Traceback (most recent call last):
  File "x.py", line 1, in <module>
package.Broken: the input has 31 frames, 32 are wanted
 Please fix either the inputs or the model.
"""


@pytest.mark.parametrize(
    ("code", "stderr", "expected"),
    [
        (14, "note: careful\nm.onnx: cannot be loaded\n", "m.onnx: cannot be loaded"),
        (1, TRACEBACK, "package.Broken: the input has 31 frames, 32 are wanted"),
        (-9, "", "the process was ended by signal 9"),
        (3, "  \n", "the process ended with code 3 and no reason"),
    ],
)
def test_the_reason_is_one_line(code: int, stderr: str, expected: str) -> None:
    assert reason(code, stderr) == expected


def test_a_module_that_is_not_there_is_an_error() -> None:
    with pytest.raises(IntegrityError, match=r"No module named edgekit_bench\.nothing"):
        run_module("nothing", timeout_s=60.0)


def test_a_process_that_hangs_is_ended() -> None:
    with pytest.raises(IntegrityError, match=r"no answer after 0\.001 s"):
        run_module("model_probe", timeout_s=0.001)
