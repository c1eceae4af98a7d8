"""What the page says about the watching: states, themes, skeleton, chart, events, labels."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from serve.page.fake_server import PAGE, FakeServer
from serve.page.scenes import CONDITIONS, PHONE, TABLET, Open, pose, technical

from edgekit.skeleton import EDGES

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>1</script>"


def event(number: int, **changes: object) -> dict[str, object]:
    return {
        "event_id": number,
        "kind": "spasm",
        "stamp": {"boot_id": "0123456789abcdef", "mono_s": 1.0, "utc_s": 1.7e9 + number},
        "t_s": 1.0,
        "priority": "high",
        "probability": 0.83,
        "threshold": 0.62,
        "n_spasms": 1,
        "acknowledged_by": "Mum",
        "acknowledged_utc_s": 1.7e9 + number + 20,
        "is_escalated": False,
        "has_landmarks": True,
        **changes,
    }


@pytest.mark.parametrize(("size", "name"), [(PHONE, "phone"), (TABLET, "tablet")])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_armed_device_is_watching(
    open_page: Open, shoot: object, size: tuple[int, int], name: str, theme: str
) -> None:
    page = open_page(size=size, theme=theme)
    expect(page.locator("h1#state-title")).to_have_text("Watching")
    expect(page.get_by_text("Research software, not a medical device.")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    is_dark = sum(int(part) for part in re.findall(r"\d+", background)[:3]) < 150
    assert is_dark == (theme == "dark")
    assert callable(shoot)
    shoot(page, f"armed-{name}-{theme}")


def test_each_state_has_its_own_words_and_picture(open_page: Open, server: FakeServer) -> None:
    page = open_page()
    seen = {page.locator("#state-icon").get_attribute("href")}
    server.tell(state="DEGRADED", conditions=[CONDITIONS["broker_away"]])
    expect(page.locator("#state-title")).to_have_text("Watching, with limits")
    expect(page.locator("#state-reasons")).to_contain_text("Message broker away")
    seen.add(page.locator("#state-icon").get_attribute("href"))
    server.tell(state="NOT MONITORING", conditions=[CONDITIONS["no_camera"]])
    expect(page.locator("#state")).to_contain_text("A seizure would not be seen.")
    expect(page.locator("#state-reasons")).to_contain_text("Check the camera's cable")
    expect(page.locator("#say")).to_contain_text("Not watching")
    seen.add(page.locator("#state-icon").get_attribute("href"))
    assert len(seen) == 3


def test_an_unknown_state_is_never_watching(open_page: Open, server: FakeServer) -> None:
    page = open_page()
    server.tell(state="SOMETHING NEW")
    expect(page.locator("#state-title")).to_have_text("Not known")


def test_a_replay_is_marked_and_an_untuned_policy_noted(
    open_page: Open, server: FakeServer
) -> None:
    server.identity.update(is_live=False, is_policy_tuned=False, source=HOSTILE)
    page = open_page()
    expect(page.locator("#replay")).to_contain_text("Nobody is being watched now")
    expect(page.locator("#replay")).to_contain_text(HOSTILE)
    expect(page.locator("#state-note")).to_contain_text("untuned")
    assert "REPLAY" in page.title()


def test_why_there_are_no_pictures_is_shown(open_page: Open, server: FakeServer) -> None:
    page = open_page()
    server.tell(problem=f"/dev/video0: permission denied {HOSTILE}")
    expect(page.locator("#state-note")).to_contain_text("permission denied")
    expect(page.locator("#state-note")).to_contain_text(HOSTILE)


def test_hostile_names_are_text(open_page: Open, server: FakeServer) -> None:
    server.session["device"] = server.identity["model"] = HOSTILE
    server.events = [event(1, acknowledged_by=HOSTILE)]
    server.state["technical"] = [technical("no_camera", text=HOSTILE, cure=HOSTILE)]
    page = open_page()
    expect(page.locator("#device")).to_have_text(HOSTILE)
    expect(page.locator(".event-ack")).to_contain_text(HOSTILE)
    expect(page.locator("#technical-list")).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0
    assert page.title() != "owned"


def test_the_bones_are_those_of_the_library(open_page: Open) -> None:
    page = open_page()
    edges = page.evaluate("import('/static/skeleton.js').then((m) => m.EDGES)")
    assert tuple(map(tuple, edges)) == EDGES


def test_the_skeleton_is_drawn_and_says_when_it_is_old(open_page: Open, server: FakeServer) -> None:
    page = open_page()
    expect(page.locator("#skeleton-age")).to_have_text("live")
    assert _n_painted(page, "#skeleton") > 100
    server.is_posing = False
    expect(page.locator("#skeleton-note")).to_contain_text("No skeleton for", timeout=4000)


def test_nobody_in_view_is_said(open_page: Open, server: FakeServer) -> None:
    server.is_posing = False
    page = open_page()
    server.send("pose", {"t_s": 1.0, "xyv": [None] * 33})
    expect(page.locator("#skeleton-note")).to_have_text("Nobody in view")


def test_unjudged_time_is_a_band_and_not_a_line(open_page: Open) -> None:
    page = open_page()
    pieces = page.evaluate(
        """import('/static/decisions.js').then(({ Decisions }) => {
            const decisions = new Decisions();
            const row = (t, p) => ({ t_s: t, probability: p, utc_s: t });
            [[1, 0.1], [1.5, 0.2], [2, null], [2.5, null], [3, 0.3], [9, 0.4]]
                .forEach(([t, p]) => decisions.add(row(t, p)));
            const { lines, blind } = decisions.pieces();
            return [lines.map((line) => line.map((p) => p.t)), blind];
        })"""
    )
    assert pieces == [[[1, 1.5], [3], [9]], [[2, 9]]]


def test_the_chart_shows_the_newest_decision(open_page: Open, server: FakeServer) -> None:
    page = open_page()
    newest = {"t_s": 9.0, "seen_share": 0.9, "attention": [0.2, 0.8], "utc_s": 1.7e9}
    server.send("decision", {**newest, "probability": 0.714})
    expect(page.locator("#chart-now")).to_have_text("0.71 · threshold 0.62")
    server.send("decision", {**newest, "t_s": 9.5, "probability": None, "attention": None})
    expect(page.locator("#chart-now")).to_have_text("cannot see · threshold 0.62")


def test_events_are_listed_and_replayed(open_page: Open, server: FakeServer) -> None:
    server.events = [
        event(number, has_landmarks=number != 40, acknowledged_utc_s=None if number > 44 else 1.7e9)
        for number in range(45, 10, -1)
    ]
    server.landmarks[45] = {"fps": 30, "xyv": [pose(i / 30) for i in range(60)]}
    page = open_page()
    expect(page.locator(".event")).to_have_count(20)
    expect(page.locator(".event").first).to_contain_text("Not acknowledged")
    page.click("#events-more")
    expect(page.locator(".event")).to_have_count(35)
    expect(page.locator("#events-more")).to_be_hidden()
    page.click("[data-event='45']")
    expect(page.locator("#replay-time")).to_contain_text("of 2.0 s")
    page.locator("#replay-position").fill("30")
    expect(page.locator("#replay-time")).to_have_text("1.0 of 2.0 s")
    expect(page.locator("#replay-play")).to_have_text("Play")
    assert _n_painted(page, "#replay-canvas") > 100
    page.keyboard.press("Escape")
    page.click("[data-event='40']")
    expect(page.locator("#replay-note")).to_have_text("The landmarks were not kept")


def test_figures_are_those_of_the_state(open_page: Open) -> None:
    figures = open_page().locator("#figures")
    for text in ("29.6 of 30", "48 ms", "0.4 s ago", "97 %", "1 d 2 h", "2 min 11 s"):
        expect(figures).to_contain_text(text)


def test_everything_that_can_be_pressed_has_a_name(open_page: Open, server: FakeServer) -> None:
    server.state["technical"] = [technical("no_camera")]
    page = open_page()
    nameless = page.evaluate(
        """[...document.querySelectorAll('button, input, canvas, a, dialog, select')]
            .filter((e) => !e.hidden)
            .filter((e) => !(e.textContent.trim() || e.ariaLabel || e.labels?.length
                || document.getElementById(e.getAttribute('aria-labelledby'))?.id))
            .map((e) => e.outerHTML)"""
    )
    assert nameless == []
    assert page.evaluate("[...document.querySelectorAll('[style], [onclick]')].length") == 0


def test_the_theme_can_be_chosen_and_is_kept(open_page: Open) -> None:
    page = open_page(theme="light")
    page.click("#theme")
    assert page.locator("#dark").get_attribute("media") == "all"
    page.reload()
    expect(page.locator("#theme")).to_have_text("Theme: dark")


@pytest.mark.parametrize("theme", ["style.css", "dark.css"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *[("ink", ground) for ground in ("page", "surface", "sunken")],
        *[("muted", ground) for ground in ("page", "surface", "sunken")],
        ("problem", "surface"),
        ("on-accent", "accent"),
        *[(f"{name}-ink", name) for name in ("armed", "degraded", "blind", "unknown", "alarm")],
        *[(f"{name}-ink", name) for name in ("technical", "replay", "lost", "notice")],
        ("blind-ink", "blind-stripe"),
        ("armed-soft", "armed"),
    ],
)
def test_text_has_the_contrast_of_aa(theme: str, ink: str, ground: str) -> None:
    colours = _colours(PAGE / "style.css")
    if theme == "dark.css":
        colours |= _colours(PAGE / "dark.css")
    lighter, darker = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_no_file_of_the_page_has_grown_two_things() -> None:
    assert {
        path.name: len(path.read_text().splitlines())
        for path in PAGE.iterdir()
        if path.suffix in {".js", ".css", ".html"} and len(path.read_text().splitlines()) > 300
    } == {}


def test_nothing_comes_from_elsewhere() -> None:
    text = "".join(path.read_text() for path in PAGE.iterdir() if path.is_file())
    assert set(re.findall(r"https?://[^\s\"')]+", text)) == {"http://www.w3.org/2000/svg"}


def _n_painted(page: Page, canvas: str) -> int:
    n_painted: int = page.evaluate(
        """(canvas) => {
            const c = document.querySelector(canvas);
            const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
            return data.filter((alpha, i) => i % 4 === 3 && alpha > 0).length;
        }""",
        canvas,
    )
    return n_painted


def _colours(path: Path) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", path.read_text()))


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
