"""The table of what each extra costs; measuring one needs a package index and minutes."""

from __future__ import annotations

import sys
from pathlib import Path

from edgekit_bench.install_size import Cost, median_start_s, size_bytes, table
from edgekit_bench.machine import this_machine


def test_the_table_names_the_machine_and_what_cannot_run() -> None:
    costs = (Cost("", 18, 181.6, 0.112, None), Cost("device", 47, 840.2, 0.2, 0.684))
    text = table(costs, this_machine())

    assert "| `edgekit` | 18 | 182 | 0.11 s | - |" in text
    assert "| `edgekit[device]` | 47 | 840 | 0.20 s | 0.68 s |" in text
    assert "cores" in text.splitlines()[-1]


def test_files_are_counted_once_and_links_are_not(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/a").write_bytes(b"12345")
    (tmp_path / "lib64").symlink_to(tmp_path / "lib")
    (tmp_path / "b").symlink_to(tmp_path / "lib/a")

    assert size_bytes(tmp_path) == 5


def test_a_program_that_fails_has_no_start() -> None:
    assert median_start_s(Path(sys.executable), "-c", "raise SystemExit(3)") is None
    assert (median_start_s(Path(sys.executable), "-S", "-c", "") or 0) > 0
