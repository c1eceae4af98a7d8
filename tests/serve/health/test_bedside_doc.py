"""docs/bedside.md tells the truth: its tables are the settings, the conditions, the exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgekit import errors
from edgekit.records import Frozen
from edgekit.serve.conditions import MEANINGS, WatchState, by_urgency, state_of
from edgekit.serve.daemon import EXIT_HANGS
from edgekit.serve.settings import Settings, load_settings


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "bedside.md").read_text(encoding="utf-8")


def _tables(page: str, header: str) -> list[list[list[str]]]:
    """Return the cells of each table that begins with `header`."""
    found = re.findall(
        rf"^\| {re.escape(header)} \|.*\n\| ---.*\n((?:\|.*\n)+)", page, re.MULTILINE
    )
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in body.splitlines()]
        for body in found
    ]


def _shown(default: object) -> str:
    """Return a default as the page shows it, in TOML."""
    if default is None:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, (int, float)):
        return f"`{default:g}`"
    return f"`[{', '.join(default)}]`" if isinstance(default, tuple) else f'`"{default}"`'


def _documented(model: type[Frozen]) -> list[list[str]]:
    """Return key, default and range of each setting of a section, as they should be shown."""
    rows = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Frozen):
            continue
        limits = [
            f"{limit:g}"
            for rule in field.metadata
            for limit in (getattr(rule, "ge", getattr(rule, "gt", getattr(rule, "le", None))),)
            if limit is not None
        ]
        rows.append([f"`{name}`", _shown(field.default), " to ".join(limits)])
    return rows


def test_every_setting_is_in_its_table(page: str) -> None:
    models: list[type[Frozen]] = [Settings]
    models += [
        field.annotation
        for field in Settings.model_fields.values()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Frozen)
    ]
    tables = _tables(page, "key")
    assert len(tables) == len(models)
    for table, model in zip(tables, models, strict=True):
        assert [row[:3] for row in table] == _documented(model)
        assert all(row[3] for row in table)


def test_every_condition_is_in_the_table(page: str) -> None:
    (table,) = _tables(page, "condition")

    assert table == [
        [
            f"`{condition.value}`",
            state_of([condition]).value,
            MEANINGS[condition].priority,
            MEANINGS[condition].text,
            MEANINGS[condition].cure,
        ]
        for condition in by_urgency(MEANINGS)
    ]


def test_every_state_is_explained(page: str) -> None:
    (table,) = _tables(page, "state")
    assert [row[0] for row in table] == [state.value for state in WatchState]


def test_exit_codes_are_those_of_the_errors(page: str) -> None:
    (table,) = _tables(page, "code")
    known = {
        error.exit_code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.EdgekitError)
    }
    assert {int(row[0]) for row in table} <= known | {0, EXIT_HANGS}
    assert EXIT_HANGS in {int(row[0]) for row in table}


def test_its_example_is_a_settings_file(page: str, tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "edgekit.toml").write_text(example, encoding="utf-8")

    assert load_settings(tmp_path / "edgekit.toml").device == "bed-3"
