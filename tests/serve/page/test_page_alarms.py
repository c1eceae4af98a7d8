"""Alarms on the page: seen, heard, acknowledged, paused; and a link that is lost."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from serve.page.fake_server import FakeServer
from serve.page.scenes import CONDITIONS, PHONE, SPASM, Open, technical

BLIND: dict[str, Any] = {
    "state": "NOT MONITORING",
    "conditions": [CONDITIONS["no_camera"]],
    "technical": [technical("no_camera"), technical("broker_away", is_acknowledged=True)],
}


def enable_sound(page: Page) -> None:
    page.click("#sound-on")
    expect(page.locator("body")).to_have_attribute("data-audio", "running")


def sounding(page: Page, name: str, *, within_s: float = 1.0) -> None:
    page.wait_for_selector(f'body[data-sounding="{name}"]', timeout=within_s * 1000)


def test_an_alarm_is_seen_and_heard_within_a_second(open_page: Open, server: FakeServer) -> None:
    page = open_page()
    enable_sound(page)
    expect(page.locator("#patient")).to_be_hidden()
    server.tell(patient=SPASM, sound="patient")
    sounding(page, "patient", within_s=1.0)
    expect(page.locator("#patient-title")).to_have_text("Possible spasm")
    expect(page.locator("#patient-detail")).to_contain_text("event 47")
    expect(page.locator("#say-now")).to_contain_text("Possible spasm")
    server.tell(patient=None, sound=None)
    expect(page.locator("#patient")).to_be_hidden()
    sounding(page, "")


def test_a_page_that_cannot_sound_says_so(open_page: Open, server: FakeServer) -> None:
    server.state.update(patient=SPASM, sound="patient")
    page = open_page()
    expect(page.locator("#silent")).to_contain_text("This page is silent")
    expect(page.locator("body")).to_have_attribute("data-sounding", "")
    enable_sound(page)
    expect(page.locator("#silent")).to_be_hidden()
    sounding(page, "patient")


def test_both_alarms_are_seen_at_once(open_page: Open, server: FakeServer, shoot: Any) -> None:
    page = open_page()
    cluster = {**SPASM, "kind": "cluster", "n_spasms": 4, "since_s": 170.0, "is_escalated": True}
    server.send(
        "transition",
        {
            "kind": "cluster",
            "latch": "patient",
            "event_id": 47,
            "utc_s": time.time(),
            "is_stored": True,
        },
    )
    server.tell(patient=cluster, sound="patient", **BLIND)
    expect(page.locator("#patient-title")).to_have_text("Cluster of spasms: 4 in 3 min")
    expect(page.locator("#patient-kicker")).to_contain_text("nobody has come")
    expect(page.locator(".alarm")).to_have_count(2)
    for panel in ("#patient", "#technical", "#state"):
        expect(page.locator(panel)).to_be_in_viewport()
    expect(page.locator(".alarm").first).to_contain_text("Check the camera's cable")
    expect(page.locator(".alarm").last).to_contain_text("acknowledged")
    shoot(page, "both-alarms-tablet-light")


def test_what_flashes_does_so_twice_a_second_or_not_at_all(
    open_page: Open, server: FakeServer
) -> None:
    page = open_page()
    server.tell(patient=SPASM)
    style = "getComputedStyle(document.querySelector('#patient'))"
    period = page.evaluate(f"{style}.animationDuration")
    assert 1.4 <= 1 / float(period.removesuffix("s")) <= 2.8
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(f"{style}.animationName") == "none"


def test_acknowledging_names_the_event_that_was_seen(open_page: Open, server: FakeServer) -> None:
    page = open_page(size=PHONE)
    page.fill("#who", "Mum")
    server.tell(patient=SPASM, **BLIND)
    page.click("#acknowledge")
    expect(page.locator("#notice")).to_have_text("Done.")
    page.click("#technical-acknowledge")
    expect(page.locator("#notice")).to_have_text("Done.")
    _until(lambda: len(server.requests) == 2)
    assert server.requests == [
        ("POST", "alarms/patient/acknowledge", {"event_id": 47, "who": "Mum"}),
        ("POST", "alarms/technical/acknowledge", {"who": "Mum"}),
    ]
    page.reload()
    assert page.input_value("#who") == "Mum"


@pytest.mark.parametrize(
    ("status", "text"), [(409, "Not done: too late"), (429, "try again"), (503, "Not done")]
)
def test_a_refusal_is_told(open_page: Open, server: FakeServer, status: int, text: str) -> None:
    page = open_page()
    server.problem = (status, "too late")
    page.click("#test")
    expect(page.locator("#notice")).to_contain_text(text)


def test_a_pause_counts_down_and_can_be_ended(open_page: Open, server: FakeServer) -> None:
    page = open_page()
    server.tell(patient=SPASM, sound=None, pause_left_s=119.4)
    expect(page.locator("#pause-left")).to_have_text("2:00")
    server.tell(pause_left_s=61.0)
    expect(page.locator("#pause-left")).to_have_text("1:01")
    page.click("#pause-end")
    _until(lambda: bool(server.requests))
    assert server.requests[0][:2] == ("DELETE", "audio/pause")
    server.tell(pause_left_s=0.0)
    expect(page.locator("#paused")).to_be_hidden()


def test_keys_act(open_page: Open, server: FakeServer) -> None:
    page = open_page()
    server.tell(patient=SPASM)
    expect(page.locator("#patient")).to_be_visible()
    for n, key in enumerate(("a", "p", "t"), 1):
        page.keyboard.press(key)
        _until(lambda n=n: len(server.requests) == n)
        expect(page.locator("#test")).to_be_enabled()
    assert [path for _, path, _ in server.requests] == [
        "alarms/patient/acknowledge",
        "audio/pause",
        "test",
    ]
    assert server.requests[1][2] == {"seconds": 120}
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("a")
    page.uncheck("#keys-on")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.fill("#who", "atp?")
    page.locator("#who").press("a")
    assert len(server.requests) == 3


def test_a_new_alarm_is_never_under_a_dialog(open_page: Open, server: FakeServer) -> None:
    page = open_page()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    server.tell(patient=SPASM)
    expect(page.locator("#help")).to_be_hidden()


def test_everything_can_be_reached_by_keyboard(open_page: Open, server: FakeServer) -> None:
    page = open_page()
    enable_sound(page)
    server.tell(patient=SPASM, **BLIND)
    expect(page.locator("#patient")).to_be_visible()
    wanted = set(
        page.evaluate(
            "[...document.querySelectorAll('button, input')]"
            ".filter((e) => e.checkVisibility() && !e.disabled).map((e) => e.id)"
        )
    )
    reached = set()
    for _ in range(len(wanted) + 4):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    assert wanted <= reached


def test_the_sounds_have_the_shapes_of_the_standard(open_page: Open) -> None:
    """IEC 60601-1-8: pulse counts, lengths and intervals; see sound.js."""
    page = open_page()
    sounds = page.evaluate("import('/static/sound.js').then((m) => ({ ...m }))")
    patient, medium = sounds["PATTERNS"]["patient"], sounds["PATTERNS"]["technical_medium"]
    starts = [pulse["atS"] for pulse in patient["pulses"]]
    gaps = [b - a for a, b in pairwise(starts)]
    assert len(starts) == 10
    assert all(0.08 <= pulse["lengthS"] <= 0.15 for pulse in patient["pulses"])
    long = [i for i, gap in enumerate(gaps) if gap > min(gaps) * 1.5]
    assert long == [2, 4, 7]
    assert 2.55 <= patient["periodS"] - starts[-1] - 0.12 <= 3.8
    assert len(medium["pulses"]) == 3
    assert all(pulse["lengthS"] >= 0.13 for pulse in medium["pulses"])
    assert 2.6 <= medium["periodS"] - medium["pulses"][-1]["atS"] - 0.2 <= 4.0
    assert {p["hz"] for p in patient["pulses"]}.isdisjoint(p["hz"] for p in medium["pulses"])
    assert set(sounds["PATTERNS"]) == {
        "patient",
        "technical_high",
        "technical_medium",
        "technical_low",
        "test",
    }


def test_a_lost_link_is_seen_and_heard_and_comes_back(
    open_page: Open, server: FakeServer, shoot: Any
) -> None:
    """Row 22: the banner and the sound within 3 s, and the page reconnects by itself."""
    page = open_page()
    enable_sound(page)
    page.wait_for_timeout(300)
    server.is_answering = False
    page.wait_for_selector('body[data-link="lost"]', timeout=3600)
    sounding(page, "technical_medium", within_s=0.5)
    expect(page.locator("#lost")).to_contain_text("cannot tell whether anybody is watching")
    expect(page.locator("#state-title")).to_have_text("Not known")
    expect(page.locator("#test")).to_be_disabled()
    expect(page.locator("#refused")).to_contain_text("no link")
    expect(page.locator("#skeleton-note")).to_have_text("Last known")
    shoot(page, "lost-tablet-light")
    page.click("#lost-silence")
    sounding(page, "")
    server.is_answering = True
    page.wait_for_selector('body[data-link="up"]', timeout=9000)
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator("#state-title")).to_have_text("Watching")


def test_a_lost_link_does_not_hide_a_patient_alarm(open_page: Open, server: FakeServer) -> None:
    page = open_page()
    enable_sound(page)
    server.tell(patient=SPASM, sound="patient")
    sounding(page, "patient")
    server.is_answering = False
    page.wait_for_selector('body[data-link="lost"]', timeout=3600)
    expect(page.locator("#patient-detail")).to_contain_text("last known")
    sounding(page, "patient")


def test_an_old_watching_is_not_believed(open_page: Open, server: FakeServer) -> None:
    page = open_page()
    server.tell(age_s=7.0)
    page.wait_for_selector('body[data-link="lost"]', timeout=3600)
    expect(page.locator("#lost-detail")).to_contain_text("7 s old")


def test_a_page_that_fails_does_not_look_alive(open_page: Open) -> None:
    page = open_page()
    enable_sound(page)
    page.evaluate("void setTimeout(() => { throw new Error('planted'); })")
    expect(page.locator("#lost-detail")).to_contain_text("This page has failed")
    expect(page.locator("#state-title")).to_have_text("Not known")
    sounding(page, "technical_medium")


def _until(is_true: Any, *, within_s: float = 3.0) -> None:
    deadline = time.monotonic() + within_s
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert is_true()
