"""A real browser, Debian's Chromium, on a stand-in for the daemon."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from serve.page.fake_server import FakeServer
from serve.page.scenes import TABLET, Open

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    yield fake
    fake.stop()


@pytest.fixture
def open_page(browser: Browser, server: FakeServer) -> Iterator[Open]:
    """Open the page; at the end, whatever the browser complained about fails the test."""
    complaints: list[str] = []
    contexts = []
    url = server.start()

    def opened(*, size: tuple[int, int] = TABLET, theme: str = "light", link: str = "up") -> Page:
        scheme = "dark" if theme == "dark" else "light"
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]  # TypedDict
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if message.type in {"error", "warning"} else None
            ),
        )
        page.goto(url)
        page.wait_for_selector(f'body[data-link="{link}"]')
        return page

    yield opened
    for context in contexts:
        context.close()
    # The browser itself reports answers that are errors, and links that end; those are meant.
    meant = ("Failed to load resource", "planted")
    ours = [text for text in complaints if not any(word in text for word in meant)]
    assert ours == []


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """Keep a screenshot where EDGEKIT_SCREENSHOTS names a folder."""

    def shot(page: Page, name: str) -> None:
        folder = os.environ.get("EDGEKIT_SCREENSHOTS")
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png")

    return shot
