"""The archive: always the same bytes, read by nobody's mercy."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from field_bundles import packed, release
from hypothesis import given
from hypothesis import strategies as st

from edgekit.bundle import MANIFEST_FILE, SIGNATURE_FILE
from edgekit.errors import IntegrityError
from edgekit.field.archive import members, pack


def contents(archive: bytes) -> dict[str, bytes]:
    return {
        member.name: member.stream.read(member.n_bytes)
        for member in members(io.BytesIO(archive), "archive")
    }


def test_the_same_bundle_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = release(tmp_path / "v1", 1)
    pack(folder, tmp_path / "one.tar")
    for number, path in enumerate(sorted(folder.iterdir(), reverse=True)):
        os.utime(path, (number, number))
        path.chmod(0o600)
    pack(folder, tmp_path / "two.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_what_was_packed_is_read_and_so_it_is_by_tarfile(tmp_path: Path) -> None:
    folder = release(tmp_path / "v1", 1)
    archive = packed(folder).read_bytes()
    wanted = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert contents(archive) == wanted
    with tarfile.open(fileobj=io.BytesIO(archive)) as oracle:
        assert oracle.getnames()[:2] == [MANIFEST_FILE, SIGNATURE_FILE]
        assert {one.name: one.size for one in oracle} == {
            name: len(content) for name, content in wanted.items()
        }


def test_a_damaged_bundle_is_not_packed(tmp_path: Path) -> None:
    folder = release(tmp_path / "v1", 1)
    (folder / "golden_clips.npy").write_bytes(b"")
    with pytest.raises(IntegrityError, match="changed since export"):
        pack(folder, tmp_path / "v1.tar")
    assert not (tmp_path / "v1.tar").exists()


@given(st.binary(max_size=2000))
def test_garbage_is_refused_and_nothing_else_happens(garbage: bytes) -> None:
    """Row 7, for archives."""
    if garbage[:512] != bytes(512):
        with pytest.raises(IntegrityError):
            contents(garbage)


@given(st.integers(0, 511), st.integers(1, 255), st.booleans())
def test_a_header_with_a_changed_byte(at: int, change: int, mends_sum: bool) -> None:
    """Row 7: also when somebody has made the checksum right again."""
    header = bytearray(tarfile.TarInfo("model.onnx").tobuf(tarfile.USTAR_FORMAT))
    header[at] ^= change
    if mends_sum:
        total = sum(header[:148]) + 8 * 32 + sum(header[156:])
        header[148:156] = b"%06o\0 " % total
    try:
        found = contents(bytes(header) + bytes(1024))
    except IntegrityError:
        return
    assert len(found) == 1, "a field that nobody uses: owner, mode, time"
