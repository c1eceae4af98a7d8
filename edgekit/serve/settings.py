"""The daemon's settings: one TOML file, every key with its unit, unknown keys refused.

edgekit serve --settings edgekit.toml      else $EDGEKIT_SETTINGS,
~/.config/edgekit/edgekit.toml, /etc/edgekit/edgekit.toml, else the defaults below
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from edgekit.errors import UsageError
from edgekit.manifest import AlarmPolicy
from edgekit.records import Frozen, first_problem
from edgekit.runtime.providers import ProviderChoice
from edgekit.serve.alarm.policy import AlarmRules

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class WatchSettings(Frozen):
    """`[watch]`: what is watched, and when it no longer counts as watching."""

    source: str = "0"
    """Camera (`0`, `/dev/video0`), video, folder of images, or `.npy` landmarks to replay."""
    source_fps: float | None = Field(None, gt=0, le=240)
    """Frames per second of a `.npy` source; the bundle's when not given."""
    is_looped: bool = False
    """A recording begins again at its end, instead of NOT MONITORING."""
    hop_s: float = Field(0.5, ge=0.1, le=5)
    """Seconds between decisions."""
    pose_model: Path | None = None
    """A `.task` file, instead of the fetched one."""
    runtime: Literal["auto", "onnxruntime", "openvino"] = "auto"
    precision: Literal["auto", "fp32", "int8"] = "auto"
    provider: ProviderChoice = "auto"
    """Of ONNX Runtime: the best GPU provider that may be used, or `cpu` for none."""
    threads: int = Field(1, ge=1, le=16)
    """Of the model."""
    child_silent_s: float = Field(3.0, ge=0.5, le=60)
    """The pose process is replaced after so many seconds without an answer."""
    child_memory_mb: int = Field(700, ge=50, le=8192)
    """The pose process is replaced above this resident memory."""
    decision_stale_s: float = Field(3.0, ge=1, le=60)
    """A last decision older than this is no decision."""
    picture_bad_s: float = Field(4.0, ge=1, le=60)
    """A picture that is frozen, covered or dark for so long is a technical alarm."""
    nobody_s: float = Field(5.0, ge=1, le=600)
    """Seconds without a person before it says so."""
    min_fps_share: float = Field(0.8, gt=0, le=1)
    """Share of the bundle's frame rate below which it is DEGRADED."""

    @model_validator(mode="after")
    def _is_decided_in_time(self) -> WatchSettings:
        if self.decision_stale_s < 2 * self.hop_s:
            raise ValueError("decision_stale_s must be at least twice hop_s")
        return self


class AlarmSettings(Frozen):
    """`[alarm]`: changes to the bundle's alarm policy; a key that is not given keeps it."""

    n_positive: int | None = Field(None, ge=1, le=60)
    """k: windows at or above the threshold ..."""
    n_windows: int | None = Field(None, ge=1, le=60)
    """n: ... among the last so many."""
    refractory_s: float | None = Field(None, ge=0, le=600)
    """Seconds after a spasm in which no other is counted."""
    cluster_spasms: int | None = Field(None, ge=2, le=100)
    """m: spasms ..."""
    cluster_minutes: float | None = Field(None, gt=0, le=120)
    """p: ... in so many minutes make a cluster."""
    pause_max_s: float = Field(120.0, ge=5, le=600)
    """Longest audio pause."""
    escalate_after_s: float = Field(120.0, ge=10, le=3600)
    """Seconds without acknowledgement before an alarm is announced again, more urgently."""

    def rules(self, policy: AlarmPolicy, *, window_s: float, hop_s: float) -> AlarmRules:
        """Return what the alarm core obeys.

        Raises:
            UsageError: k is larger than n, or the refractory time is shorter than a window.
        """
        given = {name: getattr(self, name) for name in AlarmPolicy.RULES}
        rules = AlarmRules(
            **{
                name: getattr(policy, name) if value is None else value
                for name, value in given.items()
            },
            gap_s=hop_s * (policy.n_windows if self.n_windows is None else self.n_windows),
            pause_max_s=self.pause_max_s,
            escalate_after_s=self.escalate_after_s,
        )
        if rules.n_positive > rules.n_windows:
            raise UsageError(
                f"[alarm] n_positive {rules.n_positive} is larger than n_windows "
                f"{rules.n_windows}: set both"
            )
        if rules.refractory_s < window_s:
            raise UsageError(
                f"[alarm] refractory_s {rules.refractory_s:g} is shorter than the window of "
                f"{window_s:g} s: one spasm would count several times; set {window_s:g} or more"
            )
        return rules


class StoreSettings(Frozen):
    """`[store]`: what is kept, and for how long."""

    folder: Path | None = None
    """Default: $STATE_DIRECTORY, else ~/.local/state/edgekit."""
    keep_events_days: int = Field(90, ge=1, le=3650)
    keep_decisions_days: int = Field(7, ge=1, le=365)
    keep_landmarks: bool = True
    """Landmarks of the seconds around an event, for review. Never a picture."""
    landmarks_before_s: float = Field(10.0, ge=0, le=60)
    landmarks_after_s: float = Field(5.0, ge=0, le=60)
    max_mb: int = Field(512, ge=16, le=65536)
    """Above this size the oldest decisions go first, then landmarks, the log, then events."""
    reserve_mb: int = Field(8, ge=1, le=1024)
    """Given back to the system when the disk is full, so that events can still be written."""
    decision_every_s: float = Field(5.0, ge=0.5, le=3600)
    """One decision in so many seconds is kept; all of them while any is near the threshold."""


class HttpSettings(Frozen):
    """`[http]`: the page and the API."""

    host: str = "127.0.0.1"
    """Any address beyond loopback asks for tokens, and speaks TLS only."""
    port: int = Field(8460, ge=0, le=65535)
    """0 takes a free one, and says which."""
    names: tuple[str, ...] = ()
    """Host names under which browsers may reach it, beside its own address."""
    certificate: Path | None = None
    """PEM; with `key`. Default beyond loopback: a self-made one."""
    key: Path | None = None
    is_token_required: bool = False
    """Ask for tokens on loopback too."""

    @model_validator(mode="after")
    def _has_both_or_none(self) -> HttpSettings:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        return self


class MqttSettings(Frozen):
    """`[mqtt]`: where events are sent. Off without a broker."""

    broker: str | None = Field(None, pattern=r"^mqtts?://[^/@:]+(:\d+)?$")
    """`mqtts://broker.lan` or `mqtt://127.0.0.1:1883`."""
    username: str | None = None
    password_file: Path | None = None
    """Its first line is the password."""
    ca_file: Path | None = None
    """Of the broker's certificate; the system's authorities when not given."""
    topic: str = Field("edgekit", pattern=r"^[A-Za-z0-9_\-/]{1,64}$")
    """Topics are `<topic>/<device>/...`."""
    is_home_assistant: bool = True
    """Announce the device to Home Assistant."""
    home_assistant_prefix: str = Field("homeassistant", pattern=r"^[A-Za-z0-9_\-/]{1,64}$")
    is_commanded: bool = False
    """Take acknowledgements from the broker; off, because all its users could then silence."""


class FieldSettings(Frozen):
    """`[field]`: which bundles are trusted, and how a new one is tried."""

    key_folder: Path | None = None
    """Folder of the public keys (`*.pub`); default: `keys` in the state folder."""
    trial_s: float = Field(60.0, ge=2, le=3600)
    """A new bundle is kept after it has decided for so many seconds without a break."""


class Settings(Frozen):
    """The whole file."""

    device: str = Field("edgekit", pattern=r"^[A-Za-z0-9_\-]{1,32}$")
    """Name of this bed or device, as others see it."""
    bundle: Path = Path("bundle")
    """A bundle, or a folder of slots: then its active one."""
    watch: WatchSettings = WatchSettings()
    alarm: AlarmSettings = AlarmSettings()
    store: StoreSettings = StoreSettings()
    http: HttpSettings = HttpSettings()
    mqtt: MqttSettings = MqttSettings()
    field: FieldSettings = FieldSettings()
    sinks: tuple[str, ...] = ()
    """URIs of alarm sinks, as in `log:`; an alarm box is one."""


def find_settings(named: Path | None) -> Path | None:
    """Return the settings file that counts, or None for the defaults."""
    if named is not None:
        return named
    if "EDGEKIT_SETTINGS" in os.environ:
        return Path(os.environ["EDGEKIT_SETTINGS"])
    usual = (Path.home() / ".config/edgekit/edgekit.toml", Path("/etc/edgekit/edgekit.toml"))
    return next((path for path in usual if path.is_file()), None)


def load_settings(path: Path | None) -> Settings:
    """Read a settings file; the defaults when there is none.

    Raises:
        UsageError: It cannot be read, is no TOML, or a key is unknown or out of range.
    """
    if path is None:
        return Settings()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not TOML: {error}") from error
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise UsageError(f"{path}: {first_problem(error)}") from error


@dataclass(frozen=True)
class Given:
    """What the command line says over the settings file; None leaves the file's."""

    bundle: Path | None = None
    source: str | None = None
    source_fps: float | None = None
    is_looped: bool | None = None
    state: Path | None = None
    host: str | None = None
    port: int | None = None

    def over(self, settings: Settings) -> Settings:
        """Return the settings with what was given put over them.

        Raises:
            UsageError: A value is out of range.
        """
        changed = settings.model_dump()
        for section, key, value in (
            ("watch", "source", self.source),
            ("watch", "source_fps", self.source_fps),
            ("watch", "is_looped", self.is_looped),
            ("store", "folder", self.state),
            ("http", "host", self.host),
            ("http", "port", self.port),
        ):
            if value is not None:
                changed[section][key] = value
        if self.bundle is not None:
            changed["bundle"] = self.bundle
        try:
            return Settings.model_validate(changed)
        except ValidationError as error:
            raise UsageError(f"command line: {first_problem(error)}") from error


def state_folder(settings: Settings) -> Path:
    """Return where the daemon keeps its store, tokens and certificate."""
    if settings.store.folder is not None:
        return settings.store.folder
    given = os.environ.get("STATE_DIRECTORY")
    return Path(given.split(":")[0]) if given else Path.home() / ".local/state/edgekit"


def keys_folder(settings: Settings) -> Path:
    """Return where the public keys lie that bundles must be signed with."""
    return settings.field.key_folder or state_folder(settings) / "keys"
