"""Whose events a command looks at: those that are named, one's own, or the service's."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.cli.state_options import folder_of
from edgekit.serve.systemd import service


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without settings, on a machine where the service keeps its state in `service`."""
    for name in ("EDGEKIT_SETTINGS", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(service, "USUAL_STORE", str(tmp_path / "service"))
    return tmp_path


def test_what_is_named_counts_first(home: Path) -> None:
    settings = home / "edgekit.toml"
    settings.write_text('[store]\nfolder = "/named/by/settings"\n')
    (home / "service").mkdir()
    assert folder_of(settings, home / "given") == home / "given"
    assert folder_of(settings, None) == Path("/named/by/settings")


def test_who_never_ran_a_daemon_means_the_services(home: Path) -> None:
    own = home / ".local/state/edgekit"
    assert folder_of(None, None) == own
    (home / "service").symlink_to("closed/to/others")
    assert folder_of(None, None) == home / "service"
    own.mkdir(parents=True)
    assert folder_of(None, None) == own
