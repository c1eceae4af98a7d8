"""`edgekit bench --target T` tells the truth from a machine that is not T."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench_records import TINY_BUNDLE, record
from edgekit_bench.results import BenchRecord, read_record
from edgekit_bench.target import load_target
from small_bundle import onnx_bundle
from typer.testing import CliRunner

from edgekit.cli import bench
from edgekit.errors import UsageError

ABSENT = ("jetson", "rpi4", "rpi5")
ALLOWED = ("floor", "peak of", "bandwidth of", "budgets of", "settings take", "NO ")
"""A line that names the target and holds a digit says one of these."""

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="needs a machine that is neither a Pi nor a Jetson"
)


@dataclass(frozen=True)
class Ran:
    """What one command left."""

    exit_code: int
    lines: list[str]
    found: BenchRecord
    page: str


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """Run the command for every target, briefly, without a pose model."""
    folder = tmp_path_factory.mktemp("targets")
    bundle = onnx_bundle(folder / "bundle")
    results = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEKIT_CACHE", str(folder / "cache"))
        for name in (*ABSENT, "x86"):
            path, page = folder / f"{name}.json", folder / f"{name}.html"
            words = [str(bundle), "--target", name, "--seconds", "0.02", "--no-yardstick"]
            words += ["--json", str(path), "--html", str(page)]
            result = CliRunner().invoke(bench.app, words)
            assert result.exit_code == 0, result.output
            results[name] = Ran(
                result.exit_code, result.stdout.splitlines(), read_record(path), page.read_text()
            )
    return results


@pytest.mark.parametrize("name", ABSENT)
def test_the_first_line_says_that_no_such_device_is_here(ran: dict[str, Ran], name: str) -> None:
    first = ran[name].lines[0]

    assert first.startswith(f"NO {load_target(name).title} HERE")
    assert "measured on this machine and is this machine's" in first


@pytest.mark.parametrize("name", ABSENT)
def test_no_number_could_be_taken_for_the_target_s(ran: dict[str, Ran], name: str) -> None:
    title = load_target(name).title
    named = re.compile(rf"\b({re.escape(title)}|{name})\b")
    for line in ran[name].lines:
        rest = named.sub("", line)
        if rest != line and re.search(r"\d", rest) and "written to /" not in line:
            assert any(word in line for word in ALLOWED), line


@pytest.mark.parametrize("name", ABSENT)
def test_every_table_says_whose_its_figures_are(ran: dict[str, Ran], name: str) -> None:
    lines = ran[name].lines
    titles = [lines[n - 2] for n, line in enumerate(lines) if re.fullmatch(r"-+(  -+)+", line)]

    assert len(titles) == 4
    assert all("on this machine" in title or "measured here" in title for title in titles)


@pytest.mark.parametrize("name", ABSENT)
def test_the_json_has_floors_and_no_verdict(ran: dict[str, Ran], name: str) -> None:
    found = ran[name].found

    assert found.schema_version == 2
    assert found.target is not None
    assert found.target.target == load_target(name)
    assert not found.target.is_here
    assert found.target.budgets == ()
    assert {one.model for one in found.target.floors} == {one.name for one in found.models}
    assert all(0 < one.ms < 1 for one in found.target.floors)
    assert not found.is_emulated


@pytest.mark.parametrize("name", ABSENT)
def test_the_page_says_whose_its_figures_are(ran: dict[str, Ran], name: str) -> None:
    page = ran[name].page

    assert f"No {load_target(name).title}: its settings were run on this machine" in page
    assert "Arithmetic floor" in page
    assert "http" not in re.sub(r"https?://www\.w3\.org", "", page).replace("http-equiv", "")


def test_the_target_s_settings_are_run(ran: dict[str, Ran]) -> None:
    assert ran["rpi4"].found.chosen_model == "onnx-fp32"
    assert ran["rpi5"].found.chosen_model == "onnx-int8-s8s8"
    assert ran["x86"].found.chosen_model == "onnx-int8-u8s8"
    assert {one.found.measured.n_threads for one in ran.values()} == {2}


def test_on_its_own_kind_budgets_are_judged(ran: dict[str, Ran]) -> None:
    report = ran["x86"].found.target

    assert report is not None
    assert report.is_here
    assert report.floors == ()
    assert [one.name for one in report.budgets] == [
        "decision p99 ms",
        "frames a second",
        "peak RSS MB",
    ]
    assert ran["x86"].lines[0].startswith("this machine is the target x86")
    assert any("not judged: pictures: none, so pose is left out" in x for x in ran["x86"].lines)


def test_every_run_has_the_work_as_a_whole(ran: dict[str, Ran]) -> None:
    for one in ran.values():
        assert one.found.sustained is not None
        assert one.found.sustained.n_decisions >= 1
        assert any("all together without a pause" in line for line in one.lines)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--target", "rpi5", "--enforce"], "no Raspberry Pi 5 here .*judged on the device"),
        (["--enforce"], "name it with --target"),
        (["--target", "rpi9"], "no such target"),
    ],
)
def test_options_without_sense_are_refused_before_anything_runs(
    words: list[str], message: str
) -> None:
    result = CliRunner().invoke(bench.app, [str(TINY_BUNDLE), *words])

    assert isinstance(result.exception, UsageError)
    assert re.search(message, str(result.exception))


def test_an_emulated_machine_s_record_is_marked_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    emulated = record().model_copy(update={"emulation": "this program runs in qemu-aarch64"})

    bench.finish(emulated, None, None)

    assert "EMULATED (this program runs in qemu-aarch64)" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    bench.finish(emulated, tmp_path / "named.json", None)
    assert read_record(tmp_path / "named.json").is_emulated
