from __future__ import annotations

import pytest

from edgekit.pose.native import DEBIAN_PACKAGES, explain, mediapipe, opencv


@pytest.mark.parametrize("library", sorted(DEBIAN_PACKAGES))
def test_a_missing_library_of_the_system_names_the_package(library: str) -> None:
    said = OSError(f"{library}: cannot open shared object file: No such file or directory")
    error = explain(said, "mediapipe")
    assert error.exit_code == 16
    assert str(error).startswith(f"{library}, which mediapipe needs, is not installed: ")
    assert "sudo apt-get install" in str(error)
    assert DEBIAN_PACKAGES[library] in str(error)
    assert "\n" not in str(error)


def test_any_other_failure_is_told_as_it_is() -> None:
    error = explain(ImportError("numpy.core.multiarray failed to import"), "opencv")
    assert "multiarray" in str(error)
    assert 'pip install "edgekit[pose]"' in str(error)


def test_both_load_here() -> None:
    assert int(opencv().__version__.split(".")[0]) >= 4
    assert mediapipe().__version__ == "1.2.2"
