from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from oof_samples import drawn, predictions

from edgekit.cohort import CHILD_PATTERN, Dataset
from edgekit.errors import OutputError
from edgekit.runs import OofPredictions, RunRecord, TrainingSettings
from edgekit.scoring import score
from edgekit.train.report import write_report
from edgekit.train.report.figures import figure, span

VOID = {"meta"}
HOSTILE = '<script>alert("x")</script>&\'"'


class Page(HTMLParser):
    """Reads a page and notes its tags, text, ids and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)

    @property
    def text(self) -> str:
        return " ".join(self.words)


def _record(oof: OofPredictions, *, source: str = "synthetic", note: str = "") -> RunRecord:
    return RunRecord(
        edgekit_version="0.1.0",
        created_utc="2026-11-22T10:00:00+00:00",
        data_folder="/home/someone/secret-place/clips",
        child_pattern=CHILD_PATTERN,
        clips_sha256="ab" * 32,
        dataset=Dataset(source=source, note=note),
        fold_of_child=dict(zip(oof.child_ids, oof.folds.tolist(), strict=True)),
        settings=TrainingSettings(n_folds=4, epochs=3),
        versions={"python": "3.11.7", "torch": "2.13.0"},
        device="cpu (test)",
        training_loss=((0.7, 0.5, 0.4), (0.72, 0.48, 0.41)),
        finished=True,
    )


def _write(
    folder: Path, oof: OofPredictions, record: RunRecord | None = None, policy: str = "f1"
) -> str:
    path = folder / "some-run" / "report.html"
    metrics = score(oof, policy=policy, n_bootstrap=60)
    write_report(path, record or _record(oof), oof, metrics)
    return path.read_text(encoding="utf-8")


def _all_alike(n_clips: int) -> OofPredictions:
    return predictions([("a", 0, 0, 0.5)] * n_clips)


COHORTS = {
    "usual": (drawn(), "f1"),
    "one spasm": (
        predictions([("a", 0, 1, 0.6), ("a", 0, 0, 0.2), ("b", 1, 0, 0.3), ("c", 1, 0, 0.1)]),
        "f1",
    ),
    "perfect": (
        predictions([(child, 0, label, float(label)) for child in "abc" for label in (0, 1)]),
        "youden",
    ),
    "always wrong": (
        predictions([(child, 0, label, 1.0 - label) for child in "ab" for label in (0, 1)]),
        "f1",
    ),
    "one class": (_all_alike(4), "0.5"),
    "one clip": (_all_alike(1), "1"),
    "threshold 0": (drawn(4, 5, n_folds=2), "0"),
}


@pytest.mark.parametrize("name", COHORTS)
def test_every_cohort_gives_a_whole_page_without_a_broken_number(tmp_path: Path, name: str) -> None:
    oof, policy = COHORTS[name]
    html = _write(tmp_path, oof, policy=policy)
    page = Page(html)
    assert page.open == []
    assert page.count("h1") == 1
    assert not re.search(r"\bnan\b|\binf\b|\bNone\b|-0\.0", page.text)
    drawings = [text for _, attrs in page.tags for text in attrs.values() if text]
    assert not any(re.search(r"\bnan\b|\binf\b", text) for text in drawings)
    for child in set(oof.child_ids):
        assert f'<th scope="row" data-value="{child}">{child}</th>' in html


@pytest.mark.parametrize("name", COHORTS)
def test_nothing_is_drawn_outside_its_frame(tmp_path: Path, name: str) -> None:
    oof, policy = COHORTS[name]
    html = _write(tmp_path, oof, policy=policy)
    for drawing in re.findall(r'<svg viewBox="0 [^>]*class="chart".*?</svg>', html):
        _, top, width, height = map(float, re.findall(r'viewBox="([^"]*)"', drawing)[0].split())
        for path in re.findall(r' d="M([^"Z]*)', drawing):
            for point in path.split("L"):
                x, y = map(float, point.split())
                assert 0 <= x <= width
                assert top <= y <= top + height


def test_the_page_loads_nothing_and_allows_only_its_own_script(tmp_path: Path) -> None:
    html = _write(tmp_path, drawn())
    page = Page(html)
    assert not re.search(r"https?://|//[a-z]|@import|url\(", html.replace("// Sorts", ""))
    assert not {"link", "img", "iframe", "object", "base", "form"} & {tag for tag, _ in page.tags}
    assert page.count("script") == 1
    assert not any(name.startswith("on") or name == "style" for _, a in page.tags for name in a)
    policy = next(a["content"] for _, a in page.tags if "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_names_that_are_html_stay_text(tmp_path: Path) -> None:
    rows = [(HOSTILE, 0, 0, 0.9), (HOSTILE, 0, 1, 0.1), ("b", 1, 0, 0.2), ("b", 1, 1, 0.8)]
    oof = predictions(rows, name=HOSTILE + "{row}.npy")
    record = _record(oof, source=HOSTILE, note=HOSTILE)
    record = record.model_copy(update={"device": HOSTILE, "versions": {HOSTILE: HOSTILE}})
    page = Page(_write(tmp_path, oof, record))
    assert page.open == []
    assert page.count("script") == 1
    assert HOSTILE in page.text  # and nothing was dropped either


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    first = _write(tmp_path / "a", drawn())
    assert _write(tmp_path / "b", drawn()) == first


def test_the_page_names_the_run_its_figures_and_what_they_do_not_say(tmp_path: Path) -> None:
    oof = drawn()
    text = Page(_write(tmp_path, oof)).text
    metrics = score(oof, policy="f1", n_bootstrap=60)
    for estimate in (metrics.auroc, metrics.auprc, metrics.f1, metrics.sensitivity):
        assert figure(estimate.value) in text
        assert span(estimate.low, estimate.high) in text
    own = [fold.value for fold in metrics.threshold.per_fold]
    assert all(figure(value) in text for value in own)
    for words in ("some-run", "Not for clinical use", "mean nothing clinically", "0.2975"):
        assert words in text
    for words in ("ab" * 32, "cpu (test)", "torch 2.13.0", "learning_rate", "240 clips"):
        assert words in text
    assert "secret-place" not in text


def test_only_synthetic_clips_are_called_synthetic(tmp_path: Path) -> None:
    oof = drawn()
    text = Page(_write(tmp_path, oof, _record(oof, source="a clinic"))).text
    assert "Not for clinical use" in text
    assert "synthetic" not in text


def test_pictures_have_words_and_tables_have_heads(tmp_path: Path) -> None:
    html = _write(tmp_path, drawn())
    page = Page(html)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids)) == 12  # title and description of six charts
    for tag_name, attrs in page.tags:
        if attrs.get("aria-labelledby"):
            assert set(str(attrs["aria-labelledby"]).split()) <= set(ids)
        if tag_name == "svg":
            assert attrs.get("role") == "img" or attrs.get("aria-hidden") == "true"
    assert page.count("caption") == page.count("table") == page.count("thead")
    for table in re.findall(r"<table.*?</table>", html):
        n_columns = table.count('scope="col"')
        for row in re.findall(r"<tr>(?:<th scope=\"row\").*?</tr>", table):
            assert row.count("<td") + row.count("<th") == n_columns


def test_a_run_without_losses_has_a_report_too(tmp_path: Path) -> None:
    oof = drawn()
    record = _record(oof).model_copy(update={"training_loss": ()})
    assert "mean training loss" not in _write(tmp_path, oof, record)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "some-run").write_text("a file, no folder")
    with pytest.raises(OutputError, match="some-run"):
        _write(tmp_path, drawn(4, 5))
