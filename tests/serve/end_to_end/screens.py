"""Pages of a real browser, and the moments at which they began to show or sound something."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = Path("/usr/bin/chromium")
PHONE, TABLET = (390, 844), (1280, 800)
SIZES = {"phone": PHONE, "tablet": TABLET}

Windows = Callable[..., Page]

NETWORK = "Failed to load resource"
"""The browser itself writes this line for each answer that is an error; some are meant."""

NOTE_CHANGES = """
window.changes = [];
addEventListener("DOMContentLoaded", () => {
  const note = () => window.changes.push({
    at: Date.now() / 1000,
    sounding: document.body.dataset.sounding,
    link: document.body.dataset.link,
    isPatientShown: !document.getElementById("patient").hidden,
  });
  const options = { attributes: true, subtree: true,
    attributeFilter: ["data-sounding", "data-link", "hidden"] };
  new MutationObserver(note).observe(document.body, options);
});
"""
"""The page's own wall clock is this machine's, so it may be compared with the daemon's."""


class Opened:
    """All pages of one test."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def page(
        self,
        url: str,
        *,
        size: tuple[int, int] = TABLET,
        link: str = "up",
        is_certificate_ignored: bool = False,
    ) -> Page:
        """Open a page and wait until its link is as expected."""
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            ignore_https_errors=is_certificate_ignored,
        )
        self._contexts.append(context)
        page = context.new_page()
        page.add_init_script(NOTE_CHANGES)
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.goto(url)
        page.wait_for_selector(f'body[data-link="{link}"]')
        return page

    def close(self) -> None:
        """Close all pages."""
        for context in self._contexts:
            context.close()

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and NETWORK not in text:
            self.complaints.append(text)


def enable_sound(page: Page) -> None:
    """Do what a person does first: a browser lets a page sound only after a tap."""
    if page.locator("body").get_attribute("data-audio") != "running":
        page.click("#sound-on")
    page.wait_for_selector('body[data-audio="running"]')


def sounding(page: Page, name: str, *, within_s: float = 5.0) -> None:
    """Wait until the page plays a pattern; the empty one is silence."""
    page.wait_for_selector(f'body[data-sounding="{name}"]', timeout=within_s * 1000)


def changes(page: Page) -> list[dict[str, Any]]:
    """What the page showed and sounded, and since when (UTC seconds)."""
    noted: list[dict[str, Any]] = page.evaluate("window.changes")
    return noted


def first(page: Page, after_utc_s: float, **wanted: object) -> float:
    """Return when something was so first, after a moment."""
    return next(
        float(change["at"])
        for change in changes(page)
        if change["at"] >= after_utc_s and wanted.items() <= change.items()
    )


class Shooter:
    """Keeps screenshots, where a folder is given."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def one(self, page: Page, name: str) -> None:
        """Keep the page as it is."""
        if self._folder is not None:
            page.screenshot(path=self._folder / f"real-{name}.png")

    def all(self, page: Page, name: str) -> None:
        """Keep one moment on a phone and a tablet, by day and by night."""
        if self._folder is None:
            return
        for device, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                page.wait_for_timeout(120)
                self.one(page, f"{name}-{device}-{theme}")
