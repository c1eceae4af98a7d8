"""Row 25: what is not what it should be is refused, and nothing has changed."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from field_bundles import (
    KEYS,
    STRANGER,
    TODAY,
    bundle_folder,
    everything,
    packed,
    put,
    release,
)

from edgekit.bundle import MANIFEST_FILE, SIGNATURE_FILE, load_bundle
from edgekit.errors import EdgekitError, IntegrityError, UsageError
from edgekit.field import archive
from edgekit.field.install import install
from edgekit.field.slots import Slots

MODEL = "model.fp32.onnx"


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    """Version 5 runs, version 4 waits beside it."""
    slots = Slots(tmp_path / "state" / "slots")
    put(release(tmp_path / "v4", 4), slots)
    put(release(tmp_path / "v5", 5), slots)
    state = slots.read()
    assert state is not None
    slots.write(state.proved())
    return slots


def refused(source: Path, slots: Slots, match: str, *, today: date = TODAY) -> IntegrityError:
    """Try to install; nothing may change, not even the slot that does not count."""
    before = everything(slots.folder)
    with pytest.raises(IntegrityError, match=match) as caught:
        install(source, slots, KEYS, today)
    assert everything(slots.folder) == before
    assert "\n" not in str(caught.value)
    assert str(slots.folder) not in str(caught.value), "it names what was handed over"
    assert caught.value.exit_code == 14
    return caught.value


def with_member(path: Path, header: tarfile.TarInfo, content: bytes = b"") -> Path:
    """Put one more member into an archive, at its beginning."""
    old = path.read_bytes()
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as made:
        header.size = len(content) or header.size
        made.addfile(header, io.BytesIO(content) if content else None)
        with tarfile.open(fileobj=io.BytesIO(old)) as read:
            for member in read:
                made.addfile(member, read.extractfile(member))
    return path


def test_the_planted_good_one_is_installed(slots: Slots, tmp_path: Path) -> None:
    for source in (release(tmp_path / "v6", 6), packed(tmp_path / "v6")):
        done = install(source, slots, KEYS, TODAY)
        assert done.is_on_trial
        assert done.seal is not None
        assert done.seal.release.version == 6
        state = slots.read()
        assert state is not None
        slots.write(state.gone_back("again", 6))


def test_a_wrong_key_and_none(slots: Slots, tmp_path: Path) -> None:
    refused(release(tmp_path / "v6", 6, key=STRANGER), slots, "which is not installed here")
    refused(bundle_folder(tmp_path / "bare"), slots, "not signed, and a key is installed")


def test_an_older_version_and_the_same_one(slots: Slots, tmp_path: Path) -> None:
    for version in (3, 4, 5):
        refused(release(tmp_path / f"again{version}", version), slots, "is not newer than 5")


@pytest.mark.parametrize("at", [0.001, 0.2, 0.5, 0.9])
def test_a_flipped_bit(at: float, slots: Slots, tmp_path: Path) -> None:
    path = packed(release(tmp_path / "v6", 6))
    content = bytearray(path.read_bytes())
    content[int(at * len(content))] ^= 4
    path.write_bytes(content)
    refused(path, slots, ".")


def test_every_header_bit_of_the_first_member_counts(slots: Slots, tmp_path: Path) -> None:
    whole = packed(release(tmp_path / "v6", 6)).read_bytes()
    path = tmp_path / "flipped.tar"
    for at in range(0, 260, 13):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        refused(path, slots, "damaged, or no bundle archive")


@pytest.mark.parametrize("left", [0, 100, 512, 700, 100_000])
def test_a_truncated_archive(left: int, slots: Slots, tmp_path: Path) -> None:
    path = packed(release(tmp_path / "v6", 6))
    path.write_bytes(path.read_bytes()[:left])
    refused(path, slots, "truncated|no whole bundle archive")


def test_an_archive_that_ends_early_but_cleanly(slots: Slots, tmp_path: Path) -> None:
    path = tmp_path / "short.tar"
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as made:
        for name in (MANIFEST_FILE, SIGNATURE_FILE):
            made.add(release(tmp_path / "v6", 6) / name, name)
    refused(path, slots, "is missing from the bundle")


def test_mixed_files_of_two_bundles(slots: Slots, tmp_path: Path) -> None:
    one, two = release(tmp_path / "v6", 6), bundle_folder(tmp_path / "two")
    (two / MODEL).write_bytes((two / MODEL).read_bytes() + b" ")
    (two / MANIFEST_FILE).unlink()
    shutil.copy(one / MANIFEST_FILE, two)
    shutil.copy(one / SIGNATURE_FILE, two)
    refused(two, slots, f"{MODEL}: changed since export")
    other = bundle_folder(tmp_path / "other", lambda manifest: manifest.update(salt="another"))
    shutil.copy(one / SIGNATURE_FILE, other)
    refused(other, slots, "does not fit the manifest")


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "sub/evil", ".hidden", "..", "a\nb", ""])
def test_a_path_instead_of_a_name(name: str, slots: Slots, tmp_path: Path) -> None:
    path = packed(release(tmp_path / "v6", 6))
    refused(with_member(path, tarfile.TarInfo(name), b"evil"), slots, "as no bundle does")
    assert not (tmp_path / "state" / "evil").exists()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a pipe"),
        (tarfile.DIRTYPE, "a folder"),
        (tarfile.GNUTYPE_SPARSE, "a sparse file"),
        (tarfile.XHDTYPE, "something else"),
        (tarfile.GNUTYPE_LONGNAME, "something else"),
    ],
)
def test_what_is_no_plain_file(kind: bytes, said: str, slots: Slots, tmp_path: Path) -> None:
    header = tarfile.TarInfo("model.onnx")
    header.type, header.linkname = kind, "/etc/passwd"
    refused(with_member(packed(release(tmp_path / "v6", 6)), header), slots, said)


def test_a_name_twice(slots: Slots, tmp_path: Path) -> None:
    path = packed(release(tmp_path / "v6", 6))
    refused(with_member(path, tarfile.TarInfo(MODEL), b"first"), slots, "as no bundle does")


def test_bombs(slots: Slots, tmp_path: Path) -> None:
    """What unfolds is refused, and so is what says that it is large, before it is written."""
    path = packed(release(tmp_path / "v6", 6))
    zipped = tmp_path / "v6.tar.gz"
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    refused(zipped, slots, "no bundle archive")
    huge = tarfile.TarInfo("zeros")
    huge.size = 7 << 30
    declared = tmp_path / "declared.tar"
    declared.write_bytes(huge.tobuf(tarfile.USTAR_FORMAT))
    refused(declared, slots, "more than 64 files or 512 MB")
    many = tmp_path / "many.tar"
    with tarfile.open(many, "w") as made:
        for number in range(archive.MAX_MEMBERS + 1):
            made.addfile(tarfile.TarInfo(f"file{number}"))
    refused(many, slots, "more than 64 files")
    sparse = release(tmp_path / "sparse", 7)
    with (sparse / "zeros").open("wb") as file:
        file.truncate(7 << 30)
    refused(sparse, slots, "more than 64 files or 512 MB")


@pytest.mark.parametrize(
    "plant",
    [
        lambda path: path.symlink_to("/etc/passwd"),
        os.mkfifo,
        lambda path: path.mkdir(),
    ],
    ids=["symlink", "pipe", "folder"],
)
@pytest.mark.parametrize("name", ["extra", SIGNATURE_FILE])
def test_a_folder_with_something_that_is_no_file(
    plant: Callable[[Path], None], name: str, slots: Slots, tmp_path: Path
) -> None:
    folder = release(tmp_path / "v6", 6)
    (folder / name).unlink(missing_ok=True)
    plant(folder / name)
    refused(folder, slots, "no plain file")


def test_an_extra_file(slots: Slots, tmp_path: Path) -> None:
    folder = release(tmp_path / "v6", 6)
    (folder / "extra").write_bytes(b"x")
    refused(folder, slots, "is not part of the bundle")


def test_a_signature_of_something_else(slots: Slots, tmp_path: Path) -> None:
    from field_bundles import WARD

    folder = release(tmp_path / "v6", 6)
    content = (folder / MANIFEST_FILE).read_bytes()
    for comment in ("timestamp:1\tfile:manifest.json", "edgekit key", "edgekit bundle version=06"):
        (folder / SIGNATURE_FILE).write_text(WARD.sign(content, comment).text())
        refused(folder, slots, "signs no release")
    (folder / SIGNATURE_FILE).write_bytes(b"x" * 5000)
    refused(folder, slots, "not a minisign signature")


def test_expiry_stops_installing_and_a_wrong_clock_does_not_help(
    slots: Slots, tmp_path: Path
) -> None:
    last = TODAY + timedelta(days=30)
    folder = release(tmp_path / "v6", 6, expires=last)
    refused(folder, slots, "could be installed until", today=last + timedelta(days=1))
    refused(folder, slots, "set the clock", today=date(1970, 1, 1))
    assert install(folder, slots, KEYS, last).is_on_trial


def test_what_is_not_there_is_a_usage_error(slots: Slots, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such archive"):
        install(tmp_path / "gone.tar", slots, KEYS, TODAY)
    put(release(tmp_path / "v6", 6), slots)
    with pytest.raises(UsageError, match="slot a is on trial"):
        put(release(tmp_path / "v7", 7), slots)


def test_without_a_key_nothing_is_vouched_for_and_hashes_still_count(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "slots")
    folder = bundle_folder(tmp_path / "bare")
    done = install(folder, slots, (), TODAY)
    assert done.seal is None
    assert not done.is_on_trial
    assert load_bundle(done.folder).folder == done.folder
    (folder / MODEL).write_bytes(b"")
    with pytest.raises(EdgekitError, match="changed since export"):
        install(folder, slots, (), TODAY)
