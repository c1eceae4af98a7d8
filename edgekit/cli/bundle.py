"""`edgekit bundle`: sign bundles, ship them, install them on a device, and go back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgekit.cli import console

if TYPE_CHECKING:
    from datetime import date

    from edgekit.field.minisign import PublicKey
    from edgekit.field.slots import Slots
    from edgekit.serve.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Bundles in the field: sign, ship, install, go back.")

SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="The daemon's settings; as edgekit serve does.")
]
StateFolder = Annotated[
    Path | None,
    typer.Option("--state", help="The daemon's state folder, instead of the settings' one."),
]
SlotsFolder = Annotated[
    Path | None,
    typer.Option("--slots", help="Folder of the slots; else slots in the state folder."),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="Its first line is the passphrase; else it is asked."),
]


@app.command()
def keygen(
    key: Annotated[Path, typer.Option(help="Secret key to write, 0600; its .pub beside it.")],
    passphrase_file: PassphraseFile = None,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Whoever copies the file can sign.")
    ] = False,
) -> None:
    """Make a key pair in minisign's format. The secret half stays off the devices.

    Example: edgekit bundle keygen --key ward.key
    """
    from edgekit.errors import UsageError
    from edgekit.field.secret_key import new_secret_key, write_key_pair

    if no_passphrase and passphrase_file is not None:
        raise UsageError("--no-passphrase and --passphrase-file exclude each other")
    passphrase = "" if no_passphrase else _passphrase(passphrase_file, is_new=True)
    public, path = write_key_pair(key, new_secret_key(), passphrase)
    console.out(f"{key}: secret, 0600; keep a copy where no device is")
    console.out(f"{path}: key {public.name}; install it on devices with edgekit bundle install")


@app.command()
def sign(
    target: Annotated[Path, typer.Argument(help="A bundle's folder, or another public key.")],
    key: Annotated[Path, typer.Option(help="Secret key.")],
    version: Annotated[
        int | None, typer.Option(help="Of the bundle; larger than of any before.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="Last day to install it, as in 2027-06-01.")
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Sign a bundle's manifest, and so all its files; or vouch for the next public key.

    Example: edgekit bundle sign bundle/ --key ward.key --version 7
    """
    from edgekit.errors import UsageError
    from edgekit.field.keys import sign_key
    from edgekit.field.release import Release, sign_bundle
    from edgekit.field.secret_key import is_sealed, read_secret_key

    is_key = target.suffix == ".pub"
    if is_key != (version is None) or (is_key and expires is not None):
        raise UsageError("a bundle is signed with --version, a public key without")
    last = None if expires is None else _day(expires)
    secret = read_secret_key(
        key, _passphrase(passphrase_file, is_new=False) if is_sealed(key) else ""
    )
    if version is None:
        console.out(f"{sign_key(target, secret)}: key {secret.public.name} vouches for {target}")
        return
    release = Release(version, _today(), last)
    path = sign_bundle(target, secret, release)
    console.out(f"{path}: {release.comment()}, by key {secret.public.name}")


@app.command()
def pack(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")] = Path("bundle"),
    out: Annotated[Path, typer.Option(help="Archive to write.")] = Path("bundle.tar"),
) -> None:
    """Put a bundle into one file to ship. The same bundle always gives the same bytes.

    Example: edgekit bundle pack bundle/ --out release-7.tar
    """
    from edgekit.bundle import SIGNATURE_FILE
    from edgekit.field.archive import pack as write_archive

    n_bytes = write_archive(bundle, out)
    is_signed = (bundle / SIGNATURE_FILE).exists()
    console.out(f"{out}: {n_bytes / 1e6:.1f} MB{'' if is_signed else ', not signed'}")


@app.command()
def install(
    source: Annotated[Path, typer.Argument(help="A packed bundle, its folder, or a .pub key.")],
    settings: SettingsFile = None,
    state: StateFolder = None,
    slots: SlotsFolder = None,
) -> None:
    """Install a bundle beside the one that runs, to be tried; or trust a public key.

    What runs is not touched. The new bundle is on trial from the daemon's next start or reload.

    Example: edgekit bundle install release-7.tar
    """
    import syslog

    from edgekit.errors import IntegrityError
    from edgekit.field import install as field
    from edgekit.field.keys import install_key
    from edgekit.serve.settings import keys_folder

    place = _Place(settings, state, slots)
    if source.suffix == ".pub":
        folder = keys_folder(place.settings)
        console.out(f"{folder}: key {install_key(source, folder).name} is trusted from now on")
        return
    try:
        done = field.install(source, place.slots, place.keys(), _today())
    except IntegrityError as error:
        # The caller sees it too, but who was not there must find it in the system's log.
        syslog.syslog(syslog.LOG_WARNING, f"edgekit bundle: refused: {error}")
        raise
    seal = done.seal
    what = "not signed by anybody known: no key is installed"
    if seal is not None:
        what = f"version {seal.release.version}, signed by key {seal.key_name}"
    console.out(f"{done.folder}: {what}")
    if done.is_on_trial:
        console.note("on trial from the daemon's next start: systemctl reload edgekit")
    if place.settings.bundle.absolute() != place.slots.folder.absolute():
        console.note(f'the daemon takes it with bundle = "{place.slots.folder.absolute()}"')


@app.command()
def rollback(
    settings: SettingsFile = None, state: StateFolder = None, slots: SlotsFolder = None
) -> None:
    """Go back to the other slot's bundle, at the daemon's next start or reload.

    Example: edgekit bundle rollback
    """
    from edgekit.field.install import roll_back

    place = _Place(settings, state, slots)
    back = roll_back(place.slots, place.keys())
    console.out(f"{place.slots.path(back.active)}: active from the daemon's next start")
    console.note("systemctl reload edgekit")


@app.command(name="list")
def list_bundles(
    settings: SettingsFile = None, state: StateFolder = None, slots: SlotsFolder = None
) -> None:
    """Show the slots, what was rolled back and why, and the trusted keys.

    Example: edgekit bundle list
    """
    from edgekit.field.survey import survey

    place = _Place(settings, state, slots)
    keys = place.keys()
    reports = survey(place.slots, keys)
    rows = []
    for report in reports:
        release = report.seal.release if report.seal else None
        signed = (str(release.version), str(release.expires or "")) if release else ("", "")
        rows.append((report.name, *signed, report.role, "damaged" if report.problem else "whole"))
    console.table("", ("slot", "version", "expires", "role", "files"), rows)
    for report in reports:
        if report.problem:
            console.note(report.problem)
    found = place.slots.read()
    if found is not None and found.rolled_back is not None:
        console.out(f"rolled back: {found.rolled_back.reason}")
    console.out(
        f"keys: {', '.join(key.name for key in keys) or 'none: signatures are not checked'}"
    )


class _Place:
    """The slots and keys that the options mean."""

    def __init__(self, path: Path | None, state: Path | None, slots: Path | None) -> None:
        from edgekit.field.slots import Slots
        from edgekit.serve.settings import Given, find_settings, load_settings, state_folder

        given = Given(state=state)
        self.settings: Settings = given.over(load_settings(find_settings(path)))
        self.slots: Slots = Slots(slots or state_folder(self.settings) / "slots")

    def keys(self) -> tuple[PublicKey, ...]:
        """Read the trusted keys."""
        from edgekit.field.keys import read_keys
        from edgekit.serve.settings import keys_folder

        return read_keys(keys_folder(self.settings))


def _passphrase(path: Path | None, *, is_new: bool) -> str:
    from edgekit.errors import UsageError

    if path is None:
        given: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new)
        return given
    try:
        first = path.read_text(encoding="utf-8").partition("\n")[0]
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    if not first:
        raise UsageError(f"{path}: its first line is empty")
    return first


def _today() -> date:
    from datetime import datetime, timezone

    return datetime.now(timezone.utc).date()


def _day(text: str) -> date:
    from datetime import date

    from edgekit.errors import UsageError

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--expires {text}: a day, as in 2027-06-01") from error
