"""One TOML file: unknown keys and values out of range are refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.errors import UsageError
from edgekit.manifest import AlarmPolicy
from edgekit.serve.settings import Given, Settings, find_settings, load_settings, state_folder


def written(folder: Path, text: str) -> Path:
    path = folder / "edgekit.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_is_the_defaults() -> None:
    assert load_settings(None) == Settings()


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    path = written(tmp_path, 'device = "bed-7"\nsinks = ["log:"]\n[watch]\nhop_s = 1.0\n')
    settings = load_settings(path)
    assert settings.device == "bed-7"
    assert settings.watch.hop_s == 1.0
    assert settings.sinks == ("log:",)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[watch]\nhop = 1\n", "watch.hop"),
        ("[watch]\nhop_s = 60\n", "watch.hop_s"),
        ('[mqtt]\nbroker = "broker.lan"\n', "mqtt.broker"),
        ('device = "bed 7"\n', "device"),
        ('[http]\nkey = "k.pem"\n', "http"),
        ("[watch\n", "not TOML"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load_settings(path)
    line = str(caught.value)
    assert str(path) in line
    assert named in line
    assert "\n" not in line


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.toml: cannot be read"):
        load_settings(tmp_path / "gone.toml")


def test_the_named_file_counts_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEKIT_SETTINGS", str(tmp_path / "b.toml"))
    assert find_settings(tmp_path / "a.toml") == tmp_path / "a.toml"
    assert find_settings(None) == tmp_path / "b.toml"


def test_rules_are_the_bundles_where_the_settings_say_nothing() -> None:
    settings = Settings.model_validate({"alarm": {"n_positive": 2}})
    rules = settings.alarm.rules(AlarmPolicy(refractory_s=9.0), window_s=5.0, hop_s=0.5)
    assert (rules.n_positive, rules.n_windows, rules.refractory_s) == (2, 5, 9.0)
    assert rules.gap_s == 2.5


@pytest.mark.parametrize(
    ("alarm", "named"),
    [({"n_positive": 6}, "n_windows"), ({"refractory_s": 2.0}, "shorter than the window")],
)
def test_rules_that_contradict_each_other_are_refused(alarm: dict[str, float], named: str) -> None:
    settings = Settings.model_validate({"alarm": alarm})
    with pytest.raises(UsageError, match=named):
        settings.alarm.rules(AlarmPolicy(), window_s=5.0, hop_s=0.5)


def test_the_command_line_counts_before_the_file() -> None:
    settings = Settings.model_validate({"http": {"port": 1}, "watch": {"source": "1"}})
    changed = Given(port=9000, is_looped=True).over(settings)
    assert (changed.http.port, changed.watch.source, changed.watch.is_looped) == (9000, "1", True)


def test_a_bad_value_on_the_command_line_is_one_line() -> None:
    with pytest.raises(UsageError, match=r"command line: http\.port"):
        Given(port=70000).over(Settings())


def test_the_state_folder_is_the_services_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/edgekit:/var/lib/other")
    assert state_folder(Settings()) == Path("/var/lib/edgekit")
    given = Settings.model_validate({"store": {"folder": "/srv/x"}})
    assert state_folder(given) == Path("/srv/x")
