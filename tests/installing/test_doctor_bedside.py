"""Each finding of the doctor about a device and its daemon, with its cure."""

from __future__ import annotations

import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from fake_systemd import Machine
from setup_home import TINY_BUNDLE, Home

from edgekit.doctor import camera, examine, hardware, power
from edgekit.doctor.bedside import Bedside, check_bedside
from edgekit.doctor.finding import Finding
from edgekit.pose.models import MODELS
from edgekit.serve.systemd import service
from edgekit.serve.systemd.unit import ServiceOptions

FULL = replace(MODELS["full"], sha256=sha256(b"a model").hexdigest())
FIRMWARE = "sys/devices/platform/soc/soc:firmware/get_throttled"


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _look(machine: Machine, settings: Path | None = None) -> dict[str, Finding]:
    found = {one.name: one for one in check_bedside(Bedside(settings, machine.place), (FULL,))}
    assert all(bool(one.fix) == (one.state != "ok") for one in found.values())
    return found


def _options(folder: Path) -> ServiceOptions:
    return ServiceOptions("/bin/true", str(folder), user="root", cache=str(folder / "cache"))


@pytest.mark.parametrize(
    ("flags", "state", "told", "cure"),
    [
        ("0", "ok", "no lack of power", ""),
        ("50005", "warning", "voltage is too low (50005)", "own supply"),
        ("50000", "warning", "too low, at least once since it started", "own supply"),
        ("2", "warning", "frequency is capped", "heat sink"),
        ("e0008", "warning", "soft temperature limit", "fan"),
        ("garbage", "ok", "no Raspberry Pi firmware", ""),
    ],
)
def test_a_weak_supply_and_heat(
    tmp_path: Path, flags: str, state: str, told: str, cure: str
) -> None:
    _write(tmp_path / FIRMWARE, f"{flags}\n")
    found = power.check_power(tmp_path)

    assert found.state == state
    assert told in found.detail
    assert cure in found.fix


def test_a_machine_without_that_firmware_is_not_blamed(tmp_path: Path) -> None:
    assert power.check_power(tmp_path).state == "ok"


@pytest.mark.parametrize(
    ("swap", "mounts", "cmdline", "state"),
    [
        ("/dev/mmcblk0p3 partition 1 0 -2", "", "", "warning"),
        ("/var/swap file 1 0 -2", "/dev/mmcblk0p2 / ext4 rw 0 0", "", "warning"),
        ("/var/swap file 1 0 -2", "/dev/root / ext4 rw 0 0", "root=/dev/mmcblk0p2", "warning"),
        (
            "/data/swap file 1 0 -2",
            "/dev/mmcblk0p2 / ext4 rw 0 0\n/dev/nvme0n1p1 /data ext4 rw 0 0",
            "",
            "ok",
        ),
        ("/dev/zram0 partition 1 0 -2", "/dev/mmcblk0p2 / ext4 rw 0 0", "", "ok"),
        ("", "", "", "ok"),
    ],
)
def test_swap_on_an_sd_card(
    tmp_path: Path, swap: str, mounts: str, cmdline: str, state: str
) -> None:
    _write(tmp_path / "proc/swaps", f"Filename Type Size Used Priority\n{swap}\n")
    _write(tmp_path / "proc/mounts", mounts)
    _write(tmp_path / "proc/cmdline", cmdline)

    assert hardware.check_swap(tmp_path).state == state


def test_a_machine_without_a_video_group(tmp_path: Path) -> None:
    assert camera.check_video_group(tmp_path).state == "warning"
    _write(tmp_path / "etc/group", "root:x:0:\nvideo:x:44:pi\n")
    assert camera.check_video_group(tmp_path).state == "ok"


def test_a_bare_machine_is_told_all_of_it(home: Home, tmp_path: Path) -> None:
    root = tmp_path / "bare"
    _write(root / "proc/cpuinfo", "model name : Cortex-A72\nFeatures : fp asimd\n")
    _write(root / "proc/meminfo", "MemAvailable: 204800 kB\n")
    _write(root / FIRMWARE, "50005\n")
    bedside = Bedside(None, home.machine.place)
    found = {one.name: one for one in examine(tmp_path, root=root, bedside=bedside)}

    names = ("CPU", "memory", "power", "video group")
    assert {name: found[name].state for name in names} == dict.fromkeys(names, "warning")
    assert found["camera"].state == found["service"].state == "absent"


def test_settings_that_are_not_valid(home: Home) -> None:
    bad = _write(home.path / "bad.toml", "[watch]\nthreads = 99\n")

    found = _look(home.machine, bad)["settings"]
    assert found.state == "warning"
    assert "watch.threads" in found.detail
    assert _look(home.machine)["settings"].state == "absent"
    good = _write(home.path / "good.toml", 'device = "bed-1"\n')
    assert _look(home.machine, good)["settings"].state == "ok"


def test_an_event_store_that_cannot_be_written(home: Home) -> None:
    _write(home.path / "occupied", "")
    bad = _write(home.path / "bad.toml", f'[store]\nfolder = "{home.path}/occupied"\n')
    good = _write(home.path / "good.toml", f'[store]\nfolder = "{home.path}/events"\n')

    assert _look(home.machine, bad)["event store"].state == "warning"
    assert _look(home.machine, good)["event store"].state == "ok"
    assert not (home.path / "events").exists()


def test_a_service_that_drifted_stopped_or_is_not_enabled(home: Home) -> None:
    machine = home.machine
    assert _look(machine)["service"].state == "absent"
    service.install(_options(home.path), machine.place)
    assert _look(machine)["service"].state == "ok"

    (machine.tools / "enabled").unlink()
    assert "systemctl enable" in _look(machine)["service"].fix
    (machine.tools / "active").unlink()
    assert "journalctl" in _look(machine)["service"].fix
    text = machine.place.unit.read_text(encoding="utf-8")
    machine.place.unit.write_text(text.replace("WatchdogSec=10", "WatchdogSec=0"), "utf-8")
    assert "service install" in _look(machine)["service"].fix
    machine.place.unit.write_text("[Service]\n", encoding="utf-8")
    assert "move it away" in _look(machine)["service"].fix


def test_the_services_pose_model_is_looked_for_where_the_service_looks(home: Home) -> None:
    name = "service's pose model"
    assert _look(home.machine)[name].state == "ok"
    service.install(_options(home.path), home.machine.place)
    assert _look(home.machine)[name].state == "warning"

    path = _write(home.path / "cache/pose/pose_landmarker_full.task", "a model")
    assert _look(home.machine)[name].state == "ok"
    path.write_text("spoilt", encoding="utf-8")
    assert f"EDGEKIT_CACHE={home.path}/cache" in _look(home.machine)[name].fix

    service.install(replace(_options(home.path), cache=None), home.machine.place)
    assert "names no folder" in _look(home.machine)[name].detail


def test_a_service_with_a_user_of_its_own_has_systemds_folder(home: Home) -> None:
    service.install(replace(_options(home.path), user=None), home.machine.place)

    assert "/var/lib/edgekit" in _look(home.machine)["event store"].detail


def test_the_bundle_beside_it_is_still_looked_at(tmp_path: Path) -> None:
    shutil.copytree(TINY_BUNDLE, tmp_path / "bundle")
    found = {one.name: one for one in examine(tmp_path)}

    assert found["bundle"].state == "ok"
