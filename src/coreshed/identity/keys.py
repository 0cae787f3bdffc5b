"""API keys as text: `gpra_<8 hex id>_<43 characters base64url of 32 random bytes>`.

Only the SHA-256 of the whole text is kept. 32 random bytes need no slow hash: there is nothing to guess.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

_KEY = re.compile(r"gpra_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that is about to be stored; `text` is shown once and kept nowhere."""

    id: str
    text: str = field(repr=False)


def generate() -> NewKey:
    """A random key."""
    key_id = secrets.token_hex(4)
    return NewKey(key_id, f"gpra_{key_id}_{secrets.token_urlsafe(32)}")


def digest(text: str) -> str:
    """SHA-256 of a key, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def id_of(text: str) -> str:
    """Where a key is looked up: its own id, or the first 8 digits of its digest where an operator chose the text."""
    found = _KEY.fullmatch(text)
    return found[1] if found else digest(text)[:8]
