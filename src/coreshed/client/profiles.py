"""What `coreshed login` keeps: servers and credentials by the name of a profile, for their user's eyes alone."""

import os
import tempfile
from pathlib import Path

import msgspec

from coreshed.client.errors import Invalid, NotSignedIn

DEFAULT = "default"


class Key(msgspec.Struct, frozen=True, tag="key", tag_field="kind"):
    """An API key, good until it is revoked or ends."""

    token: str

    def __repr__(self) -> str:
        return "Key(...)"


class Tokens(msgspec.Struct, frozen=True, tag="tokens", tag_field="kind"):
    """What a sign-in has given. expires_at: of the access token, in seconds since the epoch."""

    token: str
    refresh_token: str | None
    expires_at: float

    def __repr__(self) -> str:
        return "Tokens(...)"


Credential = Key | Tokens


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A server, how to sign in to it, and where one works there. ca_file: an absolute path."""

    url: str
    credential: Credential
    ca_file: str | None = None
    organisation: str | None = None
    workspace: str | None = None


def bearer(token: str) -> str:
    """The header value for a credential. Raises NotSignedIn, without showing it, for what no header can carry."""
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable():
        raise NotSignedIn("The credential is no key: it is empty, or has characters other than ASCII, or line breaks.")
    return f"Bearer {token}"


class _Book(msgspec.Struct, frozen=True):
    profiles: dict[str, Profile] = {}


def path() -> Path:
    """`$XDG_CONFIG_HOME/coreshed/credentials.json`, by default in `~/.config`."""
    base = os.environ.get("XDG_CONFIG_HOME") or ""
    # The standard has relative paths ignored.
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".config"
    return root / "coreshed" / "credentials.json"


def name(given: str | None = None) -> str:
    """The profile in use: the one given, that of CORESHED_PROFILE, or `default`."""
    return given or os.environ.get("CORESHED_PROFILE") or DEFAULT


def load(given: str | None = None) -> Profile | None:
    """The profile in use; None where nobody has signed in under that name. Raises Invalid."""
    return _read().profiles.get(name(given))


def save(profile: Profile, given: str | None = None) -> None:
    """Keep a profile in place of the one of its name. Raises Invalid."""
    _write(_Book({**_read().profiles, name(given): profile}))


def forget(given: str | None = None) -> bool:
    """Drop a profile; False where there is none. Raises Invalid."""
    known = dict(_read().profiles)
    if known.pop(name(given), None) is None:
        return False
    _write(_Book(known))
    return True


def _read() -> _Book:
    try:
        return msgspec.json.decode(path().read_bytes(), type=_Book)
    except FileNotFoundError:
        return _Book()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not what coreshed login writes"
        raise Invalid(f"{path()} cannot be read: {reason}. Remove it and sign in again.") from error


def _write(book: _Book) -> None:
    target = path()
    try:
        _replace(target, msgspec.json.format(msgspec.json.encode(book), indent=2) + b"\n")
    except OSError as error:
        raise Invalid(f"{target} cannot be written: {error.strerror}.") from error


def _replace(target: Path, content: bytes) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.parent.chmod(0o700)
    # mkstemp makes files of mode 0600.
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".credentials-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
