"""An engine is found again only by what it was built for, and the cache stays private and small."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path

import pytest

from edgekit.bundle import Bundle
from edgekit.errors import OutputError
from edgekit.runtime import engine_cache
from edgekit.runtime.engine_cache import EngineKey

KEY = EngineKey("ab" * 32, "int8", "10.3.0", "1.23.2", "Jetson Orin Nano")


@pytest.mark.parametrize("field", [field.name for field in fields(EngineKey)])
def test_each_ingredient_changes_the_key(field: str) -> None:
    assert replace(KEY, **{field: "another"}).name != KEY.name
    assert replace(KEY).name == KEY.name


def test_ingredients_do_not_run_into_each_other() -> None:
    assert EngineKey("a", "b", "", "", "").name != EngineKey("ab", "", "", "", "").name


def test_the_key_of_a_jetson(bundle: Bundle, tmp_path: Path) -> None:
    libraries = tmp_path / "usr/lib/aarch64-linux-gnu"
    libraries.mkdir(parents=True)
    (libraries / "libnvinfer.so.10.3.0").write_bytes(b"")
    (libraries / "libnvinfer.so.10").symlink_to("libnvinfer.so.10.3.0")
    (libraries / "libnvinfer.so").symlink_to("libnvinfer.so.10")
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "proc/device-tree/model").write_bytes(b"NVIDIA Jetson Orin Nano\0")
    entry = bundle.manifest.models[0]
    found = engine_cache.key_of(bundle, entry, "1.23.2", tmp_path)
    sha256 = bundle.manifest.files[entry.files[0]].sha256
    assert found == EngineKey(sha256, "fp32", "10.3.0", "1.23.2", "NVIDIA Jetson Orin Nano")


def test_a_pc_is_known_by_its_cards(tmp_path: Path) -> None:
    for n in range(2):
        card = tmp_path / f"proc/driver/nvidia/gpus/0000:0{n}:00.0"
        card.mkdir(parents=True)
        (card / "information").write_text(f"Model: \t\t NVIDIA RTX {n}\nIRQ:   16\n")
    assert engine_cache.device_name(tmp_path) == "NVIDIA RTX 0, NVIDIA RTX 1"


def test_what_nobody_tells_is_unknown(tmp_path: Path) -> None:
    assert engine_cache.device_name(tmp_path) == "unknown"
    assert engine_cache.tensorrt_version(tmp_path) == "unknown"


def test_the_folder_is_the_services_else_the_users() -> None:
    home = Path.home() / ".cache/edgekit/engines"
    assert engine_cache.cache_folder({}) == home
    assert engine_cache.cache_folder({"XDG_CACHE_HOME": "relative"}) == home
    shared = {"XDG_CACHE_HOME": "/x"}
    assert engine_cache.cache_folder(shared) == Path("/x/edgekit/engines")
    own = {"EDGEKIT_CACHE": "/own", **shared}
    assert engine_cache.cache_folder(own) == Path("/own/engines")
    service = {"CACHE_DIRECTORY": "/var/cache/edgekit:/b", **own}
    assert engine_cache.cache_folder(service) == Path("/var/cache/edgekit/engines")


def test_the_cache_is_closed_to_others(tmp_path: Path) -> None:
    cache = tmp_path / "new" / "engines"
    engine_cache.make_private(cache)
    assert cache.stat().st_mode & 0o777 == 0o700
    cache.chmod(0o777)
    engine_cache.make_private(cache)
    assert cache.stat().st_mode & 0o777 == 0o700


def test_a_cache_that_others_control_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "engines").symlink_to(tmp_path / "theirs")
    with pytest.raises(OutputError, match="not trusted"):
        engine_cache.make_private(tmp_path / "engines")


def kept_engine(cache: Path, name: str, used_at_s: int, n_bytes: int = 1) -> Path:
    folder = cache / name
    folder.mkdir()
    with (folder / "a.engine").open("wb") as file:
        file.truncate(n_bytes)
    os.utime(folder, (used_at_s, used_at_s))
    return folder


def test_the_engines_unused_for_longest_go(tmp_path: Path) -> None:
    folders = [kept_engine(tmp_path, f"e{n}", n) for n in range(engine_cache.MAX_ENGINES + 2)]
    removed = engine_cache.trim(tmp_path, folders[0])
    assert set(removed) == {folders[1], folders[2]}
    left = [path for path in tmp_path.iterdir() if engine_cache.has_engine(path)]
    assert len(left) == engine_cache.MAX_ENGINES
    assert folders[0] in left
    assert folders[0].stat().st_mtime > 1000


def test_large_engines_go_sooner(tmp_path: Path) -> None:
    half = engine_cache.MAX_MB * 500_000
    old, new = kept_engine(tmp_path, "old", 1, half), kept_engine(tmp_path, "new", 2, half // 2)
    kept = kept_engine(tmp_path, "kept", 3, half)
    assert engine_cache.trim(tmp_path, kept) == (old,)
    assert new.is_dir()
