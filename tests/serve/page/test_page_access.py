"""Who may do what on the page, and where it keeps a token."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from serve.page.fake_server import FakeServer
from serve.page.scenes import PHONE, SPASM, Open


@pytest.fixture
def guarded(server: FakeServer) -> FakeServer:
    server.session.update(scope="none", is_open=False)
    server.tokens = {"look-only": "view", "may-act": "ack"}
    return server


def sign_in(page: Page, token: str) -> None:
    page.fill("#token", token)
    page.click("#token-form button")


@pytest.mark.usefixtures("guarded")
def test_without_a_token_it_asks_for_one(open_page: Open, shoot: object) -> None:
    page = open_page(link="signed-out", size=PHONE)
    expect(page.locator("#signed-out")).to_be_visible()
    expect(page.locator("#bedside")).to_be_hidden()
    assert callable(shoot)
    shoot(page, "sign-in-phone-light")
    sign_in(page, "wrong")
    expect(page.locator("#token-error")).to_have_text("This token is not valid.")
    sign_in(page, "may-act")
    expect(page.locator("#state-title")).to_have_text("Watching")
    expect(page.locator("#signed-out")).to_be_hidden()
    assert "may-act" not in page.url
    kept = page.evaluate("[sessionStorage['edgekit.token'], localStorage['edgekit.token']]")
    assert kept == ["may-act", None]
    page.click("#sign-out")
    expect(page.locator("#signed-out")).to_be_visible()
    assert page.evaluate("sessionStorage['edgekit.token'] ?? null") is None


@pytest.mark.usefixtures("guarded")
def test_the_first_tap_counts_although_it_also_enables_the_sound(open_page: Open) -> None:
    """What lies under the finger must not move between press and release."""
    page = open_page(link="signed-out")
    assert page.get_attribute("body", "data-audio") != "running"
    box = page.locator("#token-keep").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(800)
    page.mouse.up()
    page.wait_for_selector('body[data-audio="running"]')
    assert page.is_checked("#token-keep")


@pytest.mark.usefixtures("guarded")
def test_a_token_is_kept_on_the_device_only_if_asked(open_page: Open) -> None:
    page = open_page(link="signed-out")
    page.check("#token-keep")
    sign_in(page, "may-act")
    expect(page.locator("#state-title")).to_have_text("Watching")
    kept = page.evaluate("[sessionStorage['edgekit.token'], localStorage['edgekit.token']]")
    assert kept == [None, "may-act"]


def test_looking_does_not_allow_acting(open_page: Open, guarded: FakeServer) -> None:
    page = open_page(link="signed-out")
    sign_in(page, "look-only")
    guarded.state.update(patient=SPASM)
    for button in ("#acknowledge", "#pause", "#test"):
        expect(page.locator(button)).to_be_disabled()
    expect(page.locator("#refused")).to_contain_text("may only look")
    page.keyboard.press("a")
    page.wait_for_timeout(200)
    assert guarded.requests == []


def test_a_revoked_token_is_a_lost_link(open_page: Open, guarded: FakeServer) -> None:
    page = open_page(link="signed-out")
    sign_in(page, "may-act")
    expect(page.locator("#state-title")).to_have_text("Watching")
    guarded.tokens = {"another": "ack"}
    guarded.end_streams()
    expect(page.locator("#signed-out")).to_be_visible()
    expect(page.locator("#lost")).to_be_visible()
