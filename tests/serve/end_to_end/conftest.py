"""What the tests from end to end share: a bed with alarms, a real browser, a real broker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from serve.daemon.conftest import bedside, restless
from serve.end_to_end.screens import CHROMIUM, Opened, Shooter, Windows
from serve.mqtt.conftest import broker, listener, new_broker

__all__ = ["bedside", "broker", "listener", "new_broker", "restless"]


# Of a module: playwright allows one at a time, and other tests have their own.
@pytest.fixture(scope="module")
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
def shooter() -> Shooter:
    """Return what keeps screenshots where EDGEKIT_SCREENSHOTS names a folder."""
    named = os.environ.get("EDGEKIT_SCREENSHOTS")
    return Shooter(None if named is None else Path(named))
