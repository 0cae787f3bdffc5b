"""Signatures of byte links and the keys behind them.

A signature covers the decoded values, each preceded by its length: clients re-encode query strings, and no separator
can be smuggled in to shift one field into the next.
"""

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update

from coreshed import ids, logs, sealing
from coreshed.blobs.tables import signing_keys
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.problems import StoreFailure
from coreshed.settings import BadSettings

# Query keys that are signed, in the order of the signature; absent means empty.
SIGNED = ("sp", "st", "se", "sv", "sr", "si", "skoid", "rscd", "rsct")
_FRESH_NS = 60 * NANOSECONDS
# How much longer than its last link a retired key is kept; covers nodes that had not yet heard of its successor.
_GRACE_NS = 86400 * NANOSECONDS
# An arbitrary constant: nodes that start together make the first key under this PostgreSQL advisory lock.
_KEY_LOCK = 7_245_301_989
_log = logs.logger("coreshed.blobs")


def canonical(dialect: str, path: str, values: Mapping[str, str]) -> bytes:
    """What is signed: dialect, path and the values of `SIGNED`, each as 4 bytes of length and UTF-8.

    The dialect is signed so that a link of one never works in another.
    """
    fields = [dialect, path, *(values.get(name, "") for name in SIGNED)]
    encoded = [field.encode("utf-8", "surrogatepass") for field in fields]
    return b"".join(len(raw).to_bytes(4, "big") + raw for raw in encoded)


def sign(secret: bytes, dialect: str, path: str, values: Mapping[str, str]) -> str:
    """HMAC-SHA256 as unpadded base64url."""
    digest = hmac.digest(secret, canonical(dialect, path, values), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def matches(secret: bytes, dialect: str, path: str, values: Mapping[str, str], signature: str) -> bool:
    """Compare in constant time."""
    right = sign(secret, dialect, path, values)
    return hmac.compare_digest(right.encode(), signature.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key, decrypted."""

    id: str
    secret: bytes
    created_ns: int
    retired_ns: int | None


class SigningKeys:
    """The keys of the installation: rows that all nodes share, cached for a minute.

    Links are made inside of services, which may hold a connection already; the keys come through a connection of their
    own, so that a full pool cannot wait for itself.

    link_lifetime: of the links that live longest, in seconds.
    """

    def __init__(self, *, main: Database, clock: Clock, secret: str, link_lifetime: int) -> None:
        self._database = Database(main.url.render_as_string(hide_password=False), readers=1, writers=1)
        self._clock = clock
        self._passphrase = secret.encode()
        self._keep_ns = link_lifetime * NANOSECONDS + _GRACE_NS
        self._keys: dict[str, SigningKey] = {}
        self._read_ns = 0
        self._refreshing = threading.Lock()
        try:
            self.rotate(older_than_ns=None)
        except BaseException:
            self._database.close()
            raise

    def current(self) -> SigningKey:
        """The key that signs."""
        if not 0 <= self._clock.now_ns() - self._read_ns < _FRESH_NS and self._refreshing.acquire(blocking=False):
            try:
                self._read()
            except StoreFailure as error:
                _log.warning("signing_keys_not_refreshed", error=repr(error.__cause__))
            finally:
                self._refreshing.release()
        return max(
            (key for key in self._keys.values() if key.retired_ns is None), key=lambda key: (key.created_ns, key.id)
        )

    def find(self, key_id: str) -> SigningKey | None:
        """A key that may verify, from the cache."""
        return self._keys.get(key_id)

    def refresh(self) -> None:
        """Read the rows anew; callers that come meanwhile wait for their own turn."""
        with self._refreshing:
            self._read()

    def rotate(self, *, older_than_ns: int | None = 0) -> bool:
        """Put a new key in charge where the current one is older (None: only where there is none). True if it did.

        The old key verifies until its links have ended.
        """
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            if rows.dialect.name == "postgresql":
                rows.execute(select(func.pg_advisory_xact_lock(_KEY_LOCK)))
            newest = rows.execute(
                select(func.max(signing_keys.c.created_ns)).where(signing_keys.c.retired_ns.is_(None))
            ).scalar()
            wanted = newest is None or (older_than_ns is not None and now_ns - newest >= older_than_ns)
            if wanted:
                rows.execute(update(signing_keys).where(signing_keys.c.retired_ns.is_(None)).values(retired_ns=now_ns))
                self._insert(rows, now_ns)
            rows.execute(delete(signing_keys).where(signing_keys.c.retired_ns < now_ns - self._keep_ns))
        self.refresh()
        return wanted

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def _insert(self, rows: Rows, now_ns: int) -> None:
        key_id = ids.new_id()
        secret = secrets.token_bytes(32)
        stored = sealing.seal(self._passphrase, secret, belongs_to=key_id) if self._passphrase else secret
        rows.execute(
            insert(signing_keys).values(
                id=key_id, secret=stored, encrypted=bool(self._passphrase), created_ns=now_ns, retired_ns=None
            )
        )

    def _read(self) -> None:
        with self._database.reading() as rows:
            found = rows.execute(select(signing_keys)).all()
        self._keys = {
            row.id: SigningKey(
                row.id, self._secret_of(row.id, row.secret, row.encrypted), row.created_ns, row.retired_ns
            )
            for row in found
        }
        self._read_ns = self._clock.now_ns()

    def _secret_of(self, key_id: str, stored: bytes, encrypted: bool) -> bytes:
        known = self._keys.get(key_id)
        if known is not None:
            return known.secret  # scrypt is slow on purpose
        return self._decrypt(key_id, bytes(stored)) if encrypted else bytes(stored)

    def _decrypt(self, key_id: str, stored: bytes) -> bytes:
        if not self._passphrase:
            raise BadSettings(
                "The signing keys in the database are encrypted; set CORESHED_SECRET to their passphrase."
            )
        try:
            return sealing.unseal(self._passphrase, stored, belongs_to=key_id)
        except sealing.WrongPassphrase:
            raise BadSettings("CORESHED_SECRET is not the passphrase of the signing keys in the database.") from None


def upload_session(principal_id: str, blob_id: str) -> str:
    """Whose staged blocks a write link sees: the same for every link of a principal, never another principal's."""
    return hashlib.sha256(f"{principal_id}{blob_id}".encode()).hexdigest()[:16]
