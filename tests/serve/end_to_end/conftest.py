"""What the tests from end to end share: a bed with alarms, a real browser, a real broker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from serve.daemon.conftest import bedside, restless
from serve.end_to_end.screens import CHROMIUM, Opened, Shoot, Windows
from serve.mqtt.conftest import broker, listener, new_broker

__all__ = ["bedside", "broker", "listener", "new_broker", "restless"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield a headless Chromium that trusts no certificate, or skip."""
    if not CHROMIUM.exists():
        pytest.skip(f"needs {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Yield the test's pages; what the browser complained about fails the test at the end."""
    pages = Opened(browser)
    yield pages
    pages.close()
    assert pages.complaints == []


@pytest.fixture
def windows(opened: Opened) -> Windows:
    """Return what opens pages."""
    return opened.page


@pytest.fixture
def shoot() -> Shoot:
    """Return what keeps a screenshot where EDGEKIT_SCREENSHOTS names a folder."""
    named = os.environ.get("EDGEKIT_SCREENSHOTS")
    if named is not None:
        Path(named).mkdir(parents=True, exist_ok=True)

    def shot(page: Page, name: str) -> None:
        if named is not None:
            page.screenshot(path=Path(named) / f"{name}.png")

    return shot
