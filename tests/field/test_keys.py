"""Which keys a device trusts: the first on somebody's word, each other by one that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from field_bundles import KEYS, STRANGER, TODAY, WARD, release

from edgekit.bundle import MANIFEST_FILE
from edgekit.errors import IntegrityError, UsageError
from edgekit.field.keys import install_key, read_keys, sign_key, signature_of
from edgekit.field.release import check_seal
from edgekit.field.secret_key import SecretKey, new_secret_key


def written(folder: Path, key: SecretKey, name: str = "next.pub") -> Path:
    path = folder / name
    path.write_text(key.public.text())
    return path


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "state" / "keys"
    install_key(written(tmp_path, WARD, "ward.pub"), folder)
    return folder


def test_the_first_key_is_taken_on_its_word(keys: Path) -> None:
    assert read_keys(keys) == KEYS
    assert read_keys(keys.parent / "none") == ()


def test_rotation_needs_the_old_keys_word(keys: Path, tmp_path: Path) -> None:
    new = new_secret_key()
    path = written(tmp_path, new)
    with pytest.raises(IntegrityError, match="is missing: have it signed"):
        install_key(path, keys)
    sign_key(path, STRANGER)
    with pytest.raises(IntegrityError, match="no installed key has signed this key"):
        install_key(path, keys)
    sign_key(path, WARD)
    assert install_key(path, keys) == new.public
    assert set(read_keys(keys)) == {WARD.public, new.public}
    assert install_key(path, keys) == new.public, "again is no fault"
    folder = release(tmp_path / "v2", 2, key=new)
    seal = check_seal(folder, read_keys(keys))
    assert seal is not None
    assert seal.key_name == new.public.name


def test_a_key_that_was_taken_away_signs_nothing_any_more(keys: Path, tmp_path: Path) -> None:
    new = new_secret_key()
    path = written(tmp_path, new)
    sign_key(path, WARD)
    install_key(path, keys)
    (keys / f"{WARD.public.name}.pub").unlink()
    with pytest.raises(IntegrityError, match="not installed here"):
        check_seal(release(tmp_path / "v1", 1), read_keys(keys))
    third = written(tmp_path, new_secret_key(), "third.pub")
    sign_key(third, WARD)
    with pytest.raises(IntegrityError, match="no installed key"):
        install_key(third, keys)


def test_a_signed_manifest_is_no_signed_key(keys: Path, tmp_path: Path) -> None:
    path = written(tmp_path, STRANGER)
    signature = WARD.sign(path.read_bytes(), "edgekit bundle version=1 signed=2026-11-22")
    signature_of(path).write_text(signature.text())
    with pytest.raises(IntegrityError, match="no installed key"):
        install_key(path, keys)


def test_another_key_with_the_same_id_is_refused(keys: Path, tmp_path: Path) -> None:
    impostor = SecretKey(WARD.key_id, STRANGER.seed)
    path = written(tmp_path, impostor)
    sign_key(path, WARD)
    with pytest.raises(IntegrityError, match="another key with the id"):
        install_key(path, keys)


def test_a_damaged_key_stops_everything_rather_than_checking_nothing(keys: Path) -> None:
    (keys / "damaged.pub").write_bytes(b"")
    with pytest.raises(IntegrityError, match=r"damaged\.pub: not a minisign public key"):
        read_keys(keys)


def test_only_public_keys_and_bundles_are_signed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        sign_key(tmp_path / "gone.pub", WARD)
    (tmp_path / "text.pub").write_text("text")
    with pytest.raises(IntegrityError, match="not a minisign public key"):
        sign_key(tmp_path / "text.pub", WARD)
    folder = release(tmp_path / "v1", 1)
    manifest = folder / MANIFEST_FILE
    assert check_seal(folder, ()) is None, "no key, no check"
    manifest.write_bytes(manifest.read_bytes() + b" ")
    with pytest.raises(IntegrityError, match="does not fit the manifest"):
        check_seal(folder, KEYS)
    assert TODAY.isoformat() in (folder / "manifest.json.minisig").read_text()
