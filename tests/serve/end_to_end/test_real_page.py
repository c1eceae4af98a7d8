"""The page of the real daemon in a real browser: seen, heard, acknowledged, lost and back."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import numpy as np
from daemon_process import FPS, Daemon, serving, tell, until
from playwright.sync_api import expect
from serve.daemon.conftest import Bedside, settings_file
from serve.end_to_end.screens import (
    PHONE,
    Opened,
    Shooter,
    Windows,
    changes,
    enable_sound,
    first,
    sounding,
)

from edgekit.serve.http.tokens import TokenStore

SELDOM = """
[alarm]
n_positive = 1
n_windows = 1
refractory_s = 5
cluster_spasms = 100
cluster_minutes = 0.1
"""
"""With every window positive: a spasm every five seconds and a half."""
NEVER = """
[alarm]
n_positive = 60
n_windows = 60
"""
SHOWN_WITHIN_S = 1.0
LOST_WITHIN_S = 3.0


def newest_spasm(daemon: Daemon, *, after: int = 0) -> float:
    """Wait for a spasm newer than an event; return when the device decided it (UTC seconds)."""

    def look() -> float | None:
        found = [event for event in daemon.events() if event["event_id"] > after]
        return float(found[-1]["stamp"]["utc_s"]) if found else None

    found = until(look, within_s=20, what="another spasm")
    assert found is not None
    return found


def test_an_alarm_is_seen_and_heard_within_a_second_and_acknowledged_by_name(
    restless: Bedside, tmp_path: Path, windows: Windows, shooter: Shooter
) -> None:
    """Row 2: decision to page within 1 s, measured from each side's own clock of this machine."""
    settings = settings_file(tmp_path, SELDOM)
    with serving(tmp_path, *restless.options, "--settings", settings, "--loop") as daemon:
        page = windows(daemon.url)
        enable_sound(page)
        newest_spasm(daemon)
        sounding(page, "patient")
        expect(page.locator("#patient-title")).to_contain_text("spasm")
        expect(page.locator("#replay-chip")).to_be_visible()
        shooter.all(page, "alarm")
        page.fill("#who", "Aunt Ada")
        page.click("#acknowledge")
        expect(page.locator("#notice")).to_have_text("acknowledged")
        seen = max(event["event_id"] for event in daemon.events())
        page.evaluate("window.changes.length = 0")
        sounding(page, "")
        expect(page.locator("#patient")).to_be_hidden()
        decided_s = newest_spasm(daemon, after=seen)
        sounding(page, "patient")
        shown_s = first(page, decided_s, isPatientShown=True) - decided_s
        heard_s = first(page, decided_s, sounding="patient") - decided_s
        tell(f"decision to page: seen after {shown_s:.3f} s, heard after {heard_s:.3f} s")
        assert max(shown_s, heard_s) < SHOWN_WITHIN_S
        logged = [row for row in daemon.transitions() if row["kind"] == "acknowledged"]
        assert [row["who"] for row in logged] == ["page: Aunt Ada"]
        (first_event, *_) = daemon.events()
        assert first_event["acknowledged_by"] == "page: Aunt Ada"


def test_both_alarms_are_shown_when_a_recording_ends_during_one(
    restless: Bedside, tmp_path: Path, windows: Windows, shooter: Shooter
) -> None:
    """Row 23: the device goes blind while a patient alarm is on; neither hides the other."""
    source = tmp_path / "short.npy"
    np.save(source, restless.landmarks[: round(6 * FPS)])
    settings = settings_file(tmp_path, SELDOM)
    options = ("--source", source, "--bundle", restless.bundle.folder, "--settings", settings)
    with serving(tmp_path, *options) as daemon:
        page = windows(daemon.url)
        enable_sound(page)
        daemon.wait_for("source_ended", within_s=15)
        expect(page.locator("#state-title")).to_have_text("Not watching")
        for panel in ("#patient", "#technical", "#state"):
            expect(page.locator(panel)).to_be_in_viewport()
        expect(page.locator("#technical-list")).to_contain_text("Recording ended")
        sounding(page, "patient")
        shooter.all(page, "not-monitoring-and-alarm")
        page.click("#acknowledge")
        expect(page.locator("#patient")).to_be_hidden()
        sounding(page, "technical_medium")
        shooter.all(page, "not-monitoring")
        assert daemon.state()["state"] == "NOT MONITORING"


def test_a_killed_daemon_is_a_lost_link_within_three_seconds_and_comes_back(
    bedside: Bedside, tmp_path: Path, windows: Windows, shooter: Shooter
) -> None:
    """Row 22: banner and sound within 3 s of the daemon's death; back by itself afterwards."""
    options = (*bedside.options, "--settings", settings_file(tmp_path, NEVER), "--loop")
    with serving(tmp_path, *options) as daemon:
        port = httpx.URL(daemon.url).port
        page = windows(daemon.url)
        enable_sound(page)
        daemon.wait_armed()
        expect(page.locator("#state-title")).to_have_text("Watching")
        expect(page.locator("#technical")).to_be_hidden()
        page.wait_for_timeout(1500)
        shooter.all(page, "armed")
        killed_s = time.time()
        daemon.kill()
        sounding(page, "technical_medium", within_s=6)
        shown_s = first(page, killed_s, link="lost") - killed_s
        heard_s = first(page, killed_s, sounding="technical_medium") - killed_s
        tell(f"death to page: seen after {shown_s:.2f} s, heard after {heard_s:.2f} s")
        assert max(shown_s, heard_s) < LOST_WITHIN_S
        expect(page.locator("#lost")).to_be_visible()
        expect(page.locator("#state-title")).to_have_text("Not known")
        shooter.all(page, "link-lost")
    with serving(tmp_path, *options, "--port", str(port)) as daemon:
        page.wait_for_selector('body[data-link="up"]', timeout=12_000)
        daemon.wait_armed()
        expect(page.locator("#state-title")).to_have_text("Watching")
        expect(page.locator("#lost")).to_be_hidden()


def test_tokens_decide_what_the_page_shows_and_may_do(
    restless: Bedside, tmp_path: Path, windows: Windows, shooter: Shooter
) -> None:
    """Row 32 in the browser: nothing without a token, looking with one, acting with another."""
    store = TokenStore(tmp_path / "state")
    view, ack = store.new("grandma", "view", 1.0), store.new("nurse", "ack", 1.0)
    settings = settings_file(tmp_path, f"[http]\nis_token_required = true\n{SELDOM}")
    with serving(tmp_path, *restless.options, "--settings", settings, "--loop") as daemon:
        daemon.http.headers["authorization"] = f"Bearer {view}"
        newest_spasm(daemon)
        page = windows(daemon.url, link="signed-out", size=PHONE)
        expect(page.locator("#signed-out")).to_be_visible()
        expect(page.locator("#link-text")).to_have_text("Signed out")
        expect(page.locator("#bedside")).to_be_hidden()
        assert page.evaluate("[...document.querySelectorAll('#events li')].length") == 0
        assert not any(change["isPatientShown"] for change in changes(page))
        shooter.one(page, "sign-in-phone-light")
        page.fill("#token", view)
        page.click("#token-form button")
        expect(page.locator("#patient")).to_be_visible()
        expect(page.locator("#acknowledge")).to_be_disabled()
        expect(page.locator("#refused")).to_contain_text("may only look")
        event_id = daemon.events()[-1]["event_id"]
        refused = page.evaluate(ACKNOWLEDGE, [view, event_id])
        assert refused == 403
        page.click("#sign-out")
        page.fill("#token", ack)
        page.click("#token-form button")
        page.fill("#who", "Nurse Ida")
        page.click("#acknowledge")
        expect(page.locator("#notice")).to_have_text("acknowledged")
        logged = [row for row in daemon.transitions() if row["kind"] == "acknowledged"]
        assert [row["who"] for row in logged] == ["nurse: Nurse Ida"]


ACKNOWLEDGE = """
async ([token, event_id]) => (await fetch("api/v1/alarms/patient/acknowledge", {
  method: "POST",
  headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
  body: JSON.stringify({ event_id }),
})).status
"""


def test_the_test_notices_what_the_browser_complains_about(
    bedside: Bedside, tmp_path: Path, opened: Opened
) -> None:
    """The planted failure: a style of its own on an element is refused by the page's CSP."""
    with serving(tmp_path, *bedside.options) as daemon:
        page = opened.page(daemon.url)
        page.evaluate("document.body.setAttribute('style', 'color: red')")
        page.evaluate("void import('https://example.invalid/evil.js').catch(() => 0)")
        page.wait_for_timeout(300)
    assert all("Content Security Policy" in text for text in opened.complaints)
    assert len(opened.complaints) == 2
    opened.complaints.clear()
