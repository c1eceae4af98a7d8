"""Everything that is settled before a thread starts: settings, bundle, model, alarm rules.

`edgekit serve --check` stops here. A reload goes through here too, so that new settings are taken
whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from edgekit import files
from edgekit.bundle import MANIFEST_FILE, Bundle, load_bundle
from edgekit.errors import IntegrityError, MissingExtraError, UsageError
from edgekit.field.keys import read_keys
from edgekit.field.release import Seal, check_seal
from edgekit.field.slots import bundle_folder
from edgekit.manifest import ModelEntry
from edgekit.pose import models
from edgekit.runtime.choose import choose_model, open_engine
from edgekit.runtime.engine import Engine
from edgekit.runtime.golden import check_engine
from edgekit.runtime.providers import ProviderChoice
from edgekit.runtime.verify import check_evidence
from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.mqtt.broker import broker_of
from edgekit.serve.settings import Settings, WatchSettings, keys_folder, state_folder
from edgekit.serve.sinks import sink_kind
from edgekit.serve.watch.source_spec import kind_of

_SERVE_PACKAGES = {
    "fastapi": "fastapi",
    "uvicorn": "uvicorn",
    "paho-mqtt": "paho",
    "prometheus-client": "prometheus_client",
    "cryptography": "cryptography",
}
"""Packages of the `serve` extra, and the modules that they bring."""

OpenEngine = Callable[[Bundle, ModelEntry, int], Engine]
"""Takes the number of threads last."""


def _opener(provider: ProviderChoice) -> OpenEngine:
    def opened(bundle: Bundle, entry: ModelEntry, threads: int) -> Engine:
        return open_engine(bundle, entry, n_threads=threads, provider=provider)

    return opened


@dataclass(frozen=True)
class Plan:
    """What the daemon will do, checked as far as it can be without a camera."""

    settings: Settings
    settings_path: Path | None
    bundle: Bundle
    bundle_sha256: str
    seal: Seal | None
    """Who vouches for the bundle; None where no key is installed."""
    entry: ModelEntry
    rules: AlarmRules
    engine: Engine
    self_test_error: str
    """Why the golden clips did not come out right; empty when they did."""
    speed: float
    """Of a replayed recording; 1 is as it was filmed."""

    @property
    def window_s(self) -> float:
        """Seconds of a window."""
        return self.bundle.manifest.n_frames / self.bundle.manifest.fps

    @property
    def hop_frames(self) -> int:
        """Frames of the bundle's time grid between two decisions."""
        return max(round(self.settings.watch.hop_s * self.bundle.manifest.fps), 1)

    def summary(self) -> tuple[str, ...]:
        """Return what a person wants to know before it starts, line by line."""
        rules, watch = self.rules, self.settings.watch
        tuned = "tuned" if self.bundle.manifest.alarm.is_tuned else "not tuned on recordings yet"
        return (
            f"settings  {self.settings_path or 'none: the defaults'}",
            f"bundle    {self.bundle.folder}: {self.entry.name} on {self.engine.runtime}, "
            f"threshold {self.bundle.manifest.decision.threshold:.3f}",
            f"signed    {_seal_line(self.seal)}",
            f"self-test {self.self_test_error or 'golden clips answered as at export'}",
            f"source    {watch.source}{'' if self.is_live else ' (replayed: nobody is watched)'}",
            f"alarm     {rules.n_positive} of {rules.n_windows} windows every {watch.hop_s:g} s; "
            f"{rules.cluster_spasms} spasms in {rules.cluster_minutes:g} min are a cluster "
            f"({tuned})",
            f"state     {state_folder(self.settings)}",
        )

    def refuse_failed_self_test(self) -> None:
        """Raise what the self-test found.

        Raises:
            IntegrityError: The golden clips came out otherwise than at export.
        """
        if self.self_test_error:
            raise IntegrityError(self.self_test_error)

    @property
    def is_live(self) -> bool:
        """Whether a camera is watched, and not a recording."""
        return kind_of(self.settings.watch.source) == "camera"


def make_plan(
    settings: Settings,
    settings_path: Path | None,
    *,
    speed: float = 1.0,
    opened: OpenEngine | None = None,
) -> Plan:
    """Load and check everything; a model that fails its self-test is kept, and said so.

    Raises:
        UsageError: A setting does not fit another or this device, a file that it names cannot be
            used, or there is no bundle or model.
        IntegrityError: The bundle is damaged, its gate evidence is not in order, or no installed
            key has signed it.
        MissingExtraError: A package or the pose model is not installed.
    """
    _require_packages(settings.watch)
    bundle = load_bundle(bundle_folder(settings.bundle))
    seal = check_seal(bundle.folder, read_keys(keys_folder(settings)))
    check_evidence(bundle)
    watch, manifest = settings.watch, bundle.manifest
    entry = choose_model(bundle, runtime=watch.runtime, precision=watch.precision)
    rules = settings.alarm.rules(
        manifest.alarm, window_s=manifest.n_frames / manifest.fps, hop_s=watch.hop_s
    )
    _check_source(watch, speed)
    _check_outlets(settings)
    engine = (opened or _opener(watch.provider))(bundle, entry, watch.threads)
    return Plan(
        settings,
        settings_path,
        bundle,
        files.sha256(bundle.folder / MANIFEST_FILE),
        seal,
        entry,
        rules,
        engine,
        _self_test(bundle, entry, engine),
        speed,
    )


def _seal_line(seal: Seal | None) -> str:
    if seal is None:
        return "not checked: no key is installed"
    return f"version {seal.release.version}, by key {seal.key_name}"


def _require_packages(watch: WatchSettings) -> None:
    """Find out now what would otherwise fail in some thread or process later."""
    for package, module in _SERVE_PACKAGES.items():
        if find_spec(module) is None:
            raise MissingExtraError("serve", package)
    if kind_of(watch.source) != "landmarks":
        if find_spec("mediapipe") is None:
            raise MissingExtraError("pose", "mediapipe")
        models.choose(models.DEFAULT_MODEL, watch.pose_model, models.cache_folder())


def _check_source(watch: WatchSettings, speed: float) -> None:
    """Refuse a recording that is nowhere; a camera may be away now."""
    is_camera = kind_of(watch.source) == "camera"
    if not is_camera and not Path(watch.source).exists():
        raise UsageError(f"[watch] source {watch.source}: no such file, folder or camera")
    if speed != 1.0 and is_camera:
        raise UsageError("--speed is for recordings; a camera has its own")


def _check_outlets(settings: Settings) -> None:
    """Refuse what the page, the broker and the sinks would refuse once everything else runs."""
    # Not before it is known that their packages are there.
    from edgekit.serve.http import addresses, certificate

    http = settings.http
    if http.certificate is not None and http.key is not None:
        certificate.load(certificate.tls_context(), http.certificate, http.key)
    # Whether this device has such an address; the port may be our own, held by a running daemon.
    addresses.listen(http.host, 0).close()
    for uri in settings.sinks:
        sink_kind(uri)
    if settings.mqtt.broker is not None:
        broker_of(settings.mqtt)


def _self_test(bundle: Bundle, entry: ModelEntry, engine: Engine) -> str:
    """Replay the golden clips: a device that computes otherwise must not arm."""
    try:
        check_engine(bundle, entry, engine)
    except IntegrityError as error:
        return str(error)
    return ""
