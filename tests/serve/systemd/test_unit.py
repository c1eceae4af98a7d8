"""The unit: hardened by systemd's own measure, valid, never failed for good, free of traps."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edgekit.errors import UsageError
from edgekit.serve.systemd.unit import (
    HOMES,
    NAME,
    ServiceOptions,
    options_of,
    unit_text,
    version_of,
)

PLAIN = ServiceOptions("/opt/edgekit/bin/edgekit", "/opt/edgekit")
ODD = ServiceOptions(
    executable="/opt/edge kit/100%/$HOME/edgekit",
    folder="/srv/bed 1",
    settings='/etc/edge"kit$.toml',
    groups=("video", "dialout"),
    cache="/var/cache/edge kit",
    networks=("203.0.113.7/32",),
    store="/srv/ev ents",
    reads=("/opt/bundle",),
    child_memory_mb=500,
)


def _analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run(
        [program, *words], capture_output=True, text=True, check=False, timeout=60
    )


def _lines(options: ServiceOptions) -> list[str]:
    return unit_text(options).splitlines()


@pytest.mark.parametrize("options", [PLAIN, ODD, replace(PLAIN, user="pi", folder="/home/pi")])
def test_its_exposure_is_at_most_two(options: ServiceOptions, tmp_path: Path) -> None:
    unit = tmp_path / NAME
    unit.write_text(unit_text(options), encoding="utf-8")

    done = _analyze("security", "--offline=yes", "--threshold=20", unit)
    assert done.returncode == 0, done.stdout
    exposure = re.search(r"exposure level for \S+ ([\d.]+)", done.stdout)
    assert exposure is not None
    assert float(exposure[1]) <= 2.0


def test_a_bare_unit_is_over_the_threshold(tmp_path: Path) -> None:
    unit = tmp_path / NAME
    unit.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")

    assert _analyze("security", "--offline=yes", "--threshold=20", unit).returncode != 0


@pytest.mark.parametrize("name", ["edgekit", "edge kit 100% $HOME"])
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path, name: str) -> None:
    executable = tmp_path / name / "edgekit"
    executable.parent.mkdir()
    executable.symlink_to("/bin/true")
    unit = tmp_path / NAME
    text = unit_text(replace(ODD, executable=str(executable)))
    unit.write_text(text, encoding="utf-8")
    done = _analyze("verify", unit)
    assert (done.returncode, done.stderr) == (0, "")

    unit.write_text(text.replace("WatchdogSec=10", "WatchDogSec=10"), encoding="utf-8")
    assert "WatchDogSec" in _analyze("verify", unit).stderr


def test_it_is_started_again_for_ever_and_watched() -> None:
    """Row 12: never failed for good. Row 11: a hang ends within 12 s of the last feed."""
    lines = _lines(PLAIN)
    for line in (
        *("StartLimitIntervalSec=0", "Restart=always", "Type=notify", "WatchdogSec=10"),
        *("TimeoutAbortSec=2", "ExecReload=/bin/kill -HUP $MAINPID", "StateDirectory=edgekit"),
    ):
        assert line in lines


def test_nothing_of_its_memory_reaches_a_disk() -> None:
    """Row 30: no core dump, no swap."""
    assert {"LimitCORE=0", "MemorySwapMax=0"} <= set(_lines(PLAIN))


def test_what_runtimes_need_is_left_to_them() -> None:
    lines = _lines(PLAIN)
    # Without it the filter kills: ONNX Runtime and OpenVINO call sched_setaffinity.
    assert "SystemCallErrorNumber=EPERM" in lines
    # OpenVINO cannot load under the one, nobody reads /proc/cpuinfo under the other.
    assert not any(line.startswith(("MemoryDenyWriteExecute", "ProcSubset")) for line in lines)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (PLAIN, "ProtectHome=yes"),
        (PLAIN, "DynamicUser=yes"),
        (replace(PLAIN, user="pi"), "User=pi"),
        (replace(PLAIN, executable="/home/pi/venv/bin/edgekit"), "ProtectHome=read-only"),
        *((replace(PLAIN, reads=(f"{home}/bundle",)), "ProtectHome=read-only") for home in HOMES),
        (replace(PLAIN, folder="/homestead"), "ProtectHome=yes"),
        (replace(PLAIN, groups=("video",)), "SupplementaryGroups=video"),
        (replace(PLAIN, child_memory_mb=400), "MemoryMax=1000M"),
        (ODD, 'ReadWritePaths="/srv/ev ents"'),
        (ODD, 'Environment="PYTHONFAULTHANDLER=1" "EDGEKIT_CACHE=/var/cache/edge kit"'),
        (
            ODD,
            'ExecStart="/opt/edge kit/100%%/$HOME/edgekit" serve '
            '--settings "/etc/edge\\"kit$$.toml"',
        ),
    ],
)
def test_options_become_lines(options: ServiceOptions, line: str) -> None:
    assert line in _lines(options)


@pytest.mark.parametrize("options", [PLAIN, ODD])
def test_its_options_can_be_read_back(options: ServiceOptions) -> None:
    text = unit_text(options)

    assert options_of(text) == options
    assert version_of(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "[Service]\nExecStart=/bin/true\n",
        unit_text(PLAIN).replace("Options={", "Options=}"),
        unit_text(PLAIN).replace('"folder"', '"ordner"'),
        unit_text(PLAIN).replace('"groups": []', '"groups": null'),
        unit_text(PLAIN)[1:],
    ],
)
def test_a_unit_of_other_hands_has_no_options(text: str) -> None:
    assert options_of(text) is None


@pytest.mark.parametrize(
    "options",
    [replace(PLAIN, settings="/etc/a\nUser=root"), replace(PLAIN, user="pi\nUser=root")],
)
def test_a_line_break_cannot_add_a_setting(options: ServiceOptions) -> None:
    with pytest.raises(UsageError, match="cannot stand in a systemd unit"):
        unit_text(options)


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_a_model_runs_under_the_units_system_calls(runtime: str, repository: Path) -> None:
    """Each refused system call fails with EPERM, and the model answers as at export."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    refused = _analyze("syscall-filter", "@privileged", "@resources").stdout
    names = sorted(set(re.findall(r"^    ([a-z0-9_]+)$", refused, re.MULTILINE)))
    assert "sched_setaffinity" in names
    code = (
        "from pathlib import Path\n"
        "from edgekit.bundle import load_bundle\n"
        "from edgekit.runtime.choose import choose_model, open_engine\n"
        "from edgekit.runtime.golden import check_engine\n"
        "bundle = load_bundle(Path('tests/data/tiny_bundle'))\n"
        f"model = choose_model(bundle, runtime='{runtime}')\n"
        "check_engine(bundle, model, open_engine(bundle, model))\n"
    )
    wanted = ",".join(f"?{name}" for name in names)
    done = subprocess.run(
        [
            *(strace, "-f", "-qq", "-o", "/dev/null"),
            *("-e", f"trace={wanted}", "-e", f"inject={wanted}:error=EPERM"),
            *(sys.executable, "-c", code),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=repository,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
