"""Targets are data: each file is whole, says where its peaks are from, and goes into the wheel."""

from __future__ import annotations

from pathlib import Path

import pytest
from edgekit_bench.target import FOLDER, load_target, target_names

from edgekit.errors import IntegrityError, UsageError

NAMES = ("rpi4", "rpi5", "jetson", "orin-nx", "agx", "x86")
RPI5 = (FOLDER / "rpi5.toml").read_text(encoding="utf-8")


def test_every_device_has_its_target() -> None:
    assert set(target_names()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_target_says_where_its_peaks_are_from(name: str) -> None:
    target = load_target(name)

    assert target.name == name
    for source in (*(one.source for one in target.peak), target.memory.source):
        assert len(source) > 20
    assert all(one.int8_gmac_s >= one.fp32_gmac_s for one in target.peak)


def test_arm_gets_the_signed_file_and_x86_the_other() -> None:
    assert {load_target(name).int8_scheme for name in NAMES[:5]} == {"s8s8"}
    assert load_target("x86").int8_scheme == "u8s8"


def test_a_variant_replaces_some_keys_and_keeps_the_others() -> None:
    jetson, agx = load_target("jetson"), load_target("agx")

    assert agx.title == "Jetson AGX Orin 64 GB"
    assert agx.budget.fps == 30
    assert agx.budget.rss_mb == jetson.budget.rss_mb
    assert [one.unit for one in agx.peak] == ["GPU"]
    assert agx.recognise.architecture == "aarch64"


def test_peaks_follow_from_cores_clock_and_lanes() -> None:
    pi = load_target("rpi5")

    assert pi.peak[0].fp32_gmac_s == pytest.approx(4 * 2.4 * 2 * 4)
    assert pi.peak[0].int8_gmac_s == pytest.approx(4 * 2.4 * 2 * 16)
    assert pi.memory.bandwidth_gb_s == pytest.approx(4.267 * 4, abs=0.05)


def test_an_unknown_target_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="--target rpi9: no such target; there are .*rpi5"):
        load_target("rpi9")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no toml at all", "cannot be read"),
        (RPI5.replace("n_threads = 2", "n_threads = 0"), "n_threads"),
        (RPI5.replace("hop_s = 0.5", "hop = 0.5"), "hop"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rpi5.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(IntegrityError, match=message) as caught:
        load_target("rpi5", tmp_path)
    assert str(path) in str(caught.value)
