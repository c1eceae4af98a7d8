"""Every check tells what is wrong and how to mend it, without needing what it looks for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest

from edgekit.doctor import artefacts, camera, clock, examine, hardware, packages
from edgekit.doctor.finding import Finding
from edgekit.pose.models import MODELS, PoseModel
from edgekit.runtime.cpu import Cpu

TINY_BUNDLE = Path(__file__).resolve().parent.parent / "data" / "tiny_bundle"


def test_every_finding_that_is_not_in_order_names_its_fix(tmp_path: Path) -> None:
    findings = examine(tmp_path)

    assert len({finding.name for finding in findings}) == len(findings)
    for finding in findings:
        assert bool(finding.fix) == (finding.state != "ok"), finding


def test_without_numpy_the_doctor_still_speaks() -> None:
    code = (
        "import sys; sys.modules.update(numpy=None, pydantic=None)\n"
        "from pathlib import Path\n"
        "from edgekit.doctor import examine\n"
        "for one in examine(Path(), lambda name: None): print(one.state, one.name, one.fix)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert "missing numpy pip install" in done.stdout
    assert "warning bundle install what is missing first" in done.stdout


def test_nothing_heavy_is_imported() -> None:
    heavy = ("torch", "onnx", "onnxruntime", "openvino", "mediapipe", "cv2")
    code = (
        "import sys\nfrom pathlib import Path\nfrom edgekit.doctor import examine\n"
        f"examine(Path())\nprint([name for name in {heavy} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("found", "state"), [((3, 9, 18), "missing"), ((3, 10, 0), "ok"), ((3, 13, 1), "ok")]
)
def test_python_is_new_enough(found: tuple[int, ...], state: str) -> None:
    assert packages.check_python(found).state == state


def test_a_package_of_the_base_is_required_and_one_of_an_extra_is_not() -> None:
    base, extra = packages.Need("numpy", "", "all"), packages.Need("torch", "train", "training")

    assert packages.check_need(base, "2.4") == Finding("numpy", "ok", "2.4")
    assert packages.check_need(base, None).state == "missing"
    assert packages.check_need(extra, None).state == "absent"
    assert packages.check_need(extra, None).fix == 'pip install "edgekit[train]"'


@pytest.mark.parametrize(
    ("found", "state"),
    [
        ({}, "absent"),
        ({"opencv-python": "4.11"}, "ok"),
        ({"opencv-python": "4.11", "opencv-python-headless": "4.11"}, "ok"),
        ({"opencv-python": "4.11", "opencv-contrib-python": "5.0"}, "warning"),
    ],
)
def test_opencv_packages_of_unlike_versions_are_warned_of(
    found: dict[str, str], state: str
) -> None:
    assert packages.check_opencv(found).state == state


def test_the_gpus_onnx_runtime_stands_for_the_cpus_but_not_beside_it() -> None:
    both = {"onnxruntime": "1.32.0", "onnxruntime-gpu": "1.23.0"}
    gpu = {"onnxruntime-gpu": "1.23.0"}
    assert packages.check_onnxruntime({}).state == "missing"
    assert packages.check_onnxruntime({"onnxruntime": "1.32.0"}).detail == "1.32.0"
    assert packages.check_onnxruntime(gpu) == Finding("onnxruntime", "ok", "onnxruntime-gpu 1.23.0")
    assert packages.check_onnxruntime(both).state == "warning"


@pytest.mark.parametrize(
    ("libc", "openvino", "state", "fix"),
    [
        (("glibc", "2.36"), "2026.4.1", "ok", ""),
        (("glibc", "2.31"), "2026.4.1", "warning", "openvino<2025.3"),
        (("glibc", "2.31"), "2025.2.0", "ok", ""),
        (("glibc", "2.31"), None, "ok", ""),
        (("glibc", "2.28"), None, "absent", "edgekit[pose,serve]"),
        (("glibc", "2.27"), None, "warning", "update the system"),
        (("", ""), None, "warning", "glibc"),
    ],
)
def test_newer_openvino_needs_a_newer_c_library(
    libc: tuple[str, str], openvino: str | None, state: str, fix: str
) -> None:
    found = packages.check_libc(libc, openvino)

    assert found.state == state
    assert fix in found.fix


def test_missing_libraries_are_named_with_their_packages() -> None:
    wanted = {"libGL.so.1": "libgl1", "libEGL.so.1": "libegl1", "libz.so.1": "zlib1g"}
    found = packages.check_native_libraries(
        wanted, lambda library: library == "libz.so.1", is_needed=True
    )

    assert found.state == "warning"
    assert found.detail == "no libGL.so.1, libEGL.so.1"
    assert found.fix == "sudo apt-get install libegl1 libgl1"
    unneeded = packages.check_native_libraries(wanted, lambda _: False, is_needed=False)
    assert unneeded.state == "absent"


def test_the_dynamic_linker_is_asked() -> None:
    assert packages.can_load("libc.so.6")
    assert not packages.can_load("libno-such-library.so.0")


def test_package_clients_are_optional() -> None:
    states = [one.state for one in packages.check_package_clients(has_pip=False, has_npm=False)]

    assert states == ["absent", "absent"]
    assert all(
        one.state == "ok" for one in packages.check_package_clients(has_pip=True, has_npm=True)
    )


def test_a_processor_without_dot_products_is_warned_of() -> None:
    pi4 = Cpu("aarch64", "Cortex-A72", frozenset({"asimd"}))

    assert hardware.check_cpu(pi4).state == "warning"
    assert "NEON dot product" in hardware.check_cpu(pi4).detail
    assert hardware.check_cpu(replace(pi4, flags=frozenset({"asimddp"}))).state == "ok"


@pytest.mark.parametrize(("mb", "state"), [(None, "warning"), (300, "warning"), (4000, "ok")])
def test_little_memory_is_warned_of(mb: int | None, state: str) -> None:
    assert hardware.check_memory(mb).state == state


def test_available_memory_is_read_from_the_kernel(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 9 kB\nMemAvailable:  2097152 kB\n", encoding="utf-8")

    assert hardware.available_memory_mb(meminfo) == 2048
    assert hardware.available_memory_mb(tmp_path / "none") is None


def test_a_full_disk_is_warned_of(tmp_path: Path) -> None:
    assert hardware.check_disk(tmp_path, 100).state == "warning"
    assert hardware.check_disk(tmp_path, 5000).state == "ok"


def test_a_camera_that_may_not_be_opened_names_the_group() -> None:
    shut = camera.Camera(Path("/dev/video0"), "video", can_open=False)

    assert camera.check_cameras([]).state == "absent"
    assert camera.check_cameras([shut]).state == "warning"
    assert "usermod -aG video" in camera.check_cameras([shut]).fix
    assert camera.check_cameras([shut, replace(shut, can_open=True)]).state == "ok"


def test_cameras_are_found_by_name(tmp_path: Path) -> None:
    for name in ("video0", "video10", "videophone", "null"):
        (tmp_path / name).touch()

    assert [one.path.name for one in camera.find_cameras(tmp_path)] == ["video0", "video10"]


def test_a_clock_that_was_never_set_is_warned_of() -> None:
    now = datetime(2026, 11, 22)

    assert clock.check_clock(datetime(1970, 1, 1), is_synchronised=None).state == "warning"
    assert clock.check_clock(datetime(2024, 12, 31), is_synchronised=True).state == "warning"
    assert clock.check_clock(now, is_synchronised=False).state == "warning"
    assert clock.check_clock(now, is_synchronised=True).state == "ok"
    assert clock.check_clock(now, is_synchronised=None).state == "ok"


def test_the_kernel_tells_of_its_clock() -> None:
    assert clock.is_clock_synchronised() in (True, False, None)


def test_pose_models_are_checked_byte_by_byte(tmp_path: Path) -> None:
    content = b"a model"
    full = replace(MODELS["full"], sha256=sha256(content).hexdigest())
    path = tmp_path / "pose_landmarker_full.task"

    assert artefacts.check_pose_model(tmp_path, (full,)).state == "absent"
    path.write_bytes(content)
    assert artefacts.check_pose_model(tmp_path, (full,)).state == "ok"
    path.write_bytes(b"b model")
    spoilt = artefacts.check_pose_model(tmp_path, (full,))
    assert spoilt.state == "warning"
    assert str(path) in spoilt.detail


def test_another_model_than_the_default_is_not_enough(tmp_path: Path) -> None:
    lite: PoseModel = replace(MODELS["lite"], sha256=sha256(b"lite").hexdigest())
    (tmp_path / "pose_landmarker_lite.task").write_bytes(b"lite")

    found = artefacts.check_pose_model(tmp_path, (lite, MODELS["full"]))

    assert (found.state, found.detail) == ("absent", "lite, not full")


def test_a_bundle_is_checked_by_its_hashes(tmp_path: Path) -> None:
    assert artefacts.check_bundle(tmp_path).state == "absent"
    shutil.copytree(TINY_BUNDLE, tmp_path / "bundle")
    assert artefacts.check_bundle(tmp_path).state == "ok"

    with (tmp_path / "bundle" / "model.fp32.onnx").open("ab") as file:
        file.write(b"x")

    found = artefacts.check_bundle(tmp_path)
    assert found.state == "warning"
    assert "model.fp32.onnx" in found.detail


def test_a_folder_of_runs_without_a_finished_one_is_warned_of(tmp_path: Path) -> None:
    assert artefacts.check_run(tmp_path).state == "absent"
    (tmp_path / "runs" / "one").mkdir(parents=True)
    assert artefacts.check_run(tmp_path).state == "warning"
