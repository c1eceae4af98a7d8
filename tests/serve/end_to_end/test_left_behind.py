"""Every command that reads what a daemon left behind, typed as a person would type it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from daemon_process import serving
from serve.daemon.conftest import MANY_EVENTS, Bedside, settings_file

Type = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def left(restless: Bedside, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a daemon until it has seen some spasms, one of them acknowledged; return its folder."""
    folder = tmp_path_factory.mktemp("left")
    store = f'[store]\nfolder = "{folder / "state"}"\nlandmarks_after_s = 1\n'
    settings = settings_file(folder, f"{MANY_EVENTS}{store}")
    options = (*restless.options, "--settings", settings, "--loop", "--speed", "5")
    with serving(folder, *options) as daemon:
        daemon.wait(lambda state: state["patient"] is not None, within_s=20)
        daemon.acknowledge(daemon.events()[-1]["event_id"], who="Ida")
        daemon.wait(lambda _: len(daemon.events()) >= 4, within_s=20)
        assert daemon.stop() == 0
    return folder


@pytest.fixture
def typed(left: Path) -> Type:
    """Return what runs `edgekit ...` on that folder."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        settings = ("--settings", str(left / "edgekit.toml"))
        return subprocess.run(
            [sys.executable, "-m", "edgekit", *words, *settings],
            capture_output=True,
            text=True,
            check=False,
            cwd=left,
        )

    return run


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return standard output of a command that went well."""
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_events_are_listed_shown_and_written_in_three_formats(typed: Type, left: Path) -> None:
    listed = said(typed("events", "list"))
    assert "page: Ida" in listed
    assert "nobody yet" in listed
    shown = said(typed("events", "show", "1"))
    assert "landmarks kept: yes" in shown
    assert "acknowledged by page: Ida" in shown
    said(typed("events", "export", "--out", "events.csv"))
    rows = list(csv.DictReader(io.StringIO((left / "events.csv").read_text(encoding="utf-8"))))
    assert len(rows) >= 4
    said(typed("events", "export", "--format", "jsonl", "--out", "events.jsonl"))
    lines = (left / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert len([json.loads(line) for line in lines]) == len(rows)
    said(typed("events", "export", "--format", "fhir", "--out", "events.json"))
    bundle = json.loads((left / "events.json").read_text(encoding="utf-8"))
    assert bundle["resourceType"] == "Bundle"


def test_an_event_that_is_none_is_one_line_and_code_2(typed: Type) -> None:
    done = typed("events", "show", "999")
    assert done.returncode == 2
    assert "no event 999" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_report_counts_what_was_and_says_what_nobody_knows(typed: Type) -> None:
    report = said(typed("report"))
    assert "sensitivity: unknown" in report
    assert "no person was watched" in report
    assert "crashes" in report


def test_tokens_are_made_listed_and_revoked(typed: Type, left: Path) -> None:
    secret = said(typed("token", "new", "--name", "ward", "--scope", "ack")).strip()
    assert secret.startswith("ek_")
    listed = said(typed("token", "list"))
    assert "ward" in listed
    assert secret not in listed
    assert secret not in (left / "state" / "tokens.json").read_text(encoding="utf-8")
    said(typed("token", "revoke", "ward"))
    assert "ward" not in said(typed("token", "list"))
    again = typed("token", "revoke", "ward")
    assert again.returncode == 2


def test_the_service_is_printed_with_these_settings(typed: Type, left: Path) -> None:
    unit = said(typed("service", "install", "--print"))
    assert str(left / "edgekit.toml") in unit
    assert "Type=notify" in unit


def test_wiping_removes_every_event_and_keeps_the_settings(typed: Type, left: Path) -> None:
    said(typed("wipe", "--yes"))
    assert not list((left / "state").glob("*.db*"))
    assert (left / "edgekit.toml").exists()
    assert "nothing is kept" in typed("wipe", "--yes").stderr
    assert "no events" in typed("events", "list").stderr
