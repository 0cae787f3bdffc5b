"""The keys that sign tokens: RS256, rows that all nodes share, two or more valid at once while they rotate.

Keys are kept in memory, decisions never: a signature says what was issued, the database whether it still holds.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from sqlalchemy import delete, func, insert, select, update

from coreshed import ids, logs, sealing
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.identity.issuer.tables import token_keys
from coreshed.problems import StoreFailure
from coreshed.settings import BadSettings

ALGORITHM = "RS256"
ACCESS = "at+jwt"  # RFC 9068: what tells an access token from an id token of the same key
IDENTITY = "JWT"
LONGEST_NS = 90 * 86400 * NANOSECONDS  # the life of the longest token, and so how long its key must be known
_BITS = 2048
_FRESH_NS = 60 * NANOSECONDS
# Forged key ids must not buy a read of the database each.
_UNKNOWN_PAUSE_NS = NANOSECONDS
# An arbitrary constant: nodes that start together make the first key under this PostgreSQL advisory lock.
_KEY_LOCK = 7_245_301_991
_REMEMBERED = 4096
_log = logs.logger("coreshed.identity")


@dataclass(frozen=True, slots=True)
class TokenKey:
    """One key, opened."""

    id: str
    key: RSAKey
    created_ns: int
    retired_ns: int | None


class Header(msgspec.Struct, frozen=True):
    """What is read of a token's header; `alg` decides nothing."""

    kid: str
    alg: str = ""
    typ: str = ""


class TokenKeys:
    """The keys of the installation, read anew every minute and when a token names one that is not known."""

    def __init__(self, *, database: Database, clock: Clock, secret: str) -> None:
        self._database = database
        self._clock = clock
        self._passphrase = secret.encode()
        self._keys: dict[str, TokenKey] = {}
        self._read_ns = 0
        self._turn = threading.Lock()
        self._verified: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self.rotate(older_than_ns=None)

    def sign(self, claims: dict[str, Any], *, typ: str = ACCESS) -> str:
        """A compact JWS over the claims, under the newest key."""
        key = self._current()
        return jwt.encode({"alg": ALGORITHM, "kid": key.id, "typ": typ}, claims, key.key, algorithms=[ALGORITHM])

    def open(self, token: str, header: Header, digest: str) -> dict[str, Any] | None:
        """The claims, where the signature is that of the named key under our own algorithm; None otherwise.

        digest: of the token. A signature that was good once is not computed again while its key is known.
        """
        key = self._find(header.kid)
        if key is None or header.alg != ALGORITHM:
            return None
        with self._turn:
            known = self._verified.get(digest)
        if known is not None and known[0] == key.id:
            claims: dict[str, Any] = msgspec.json.decode(known[1])
            return claims
        try:
            claims = jwt.decode(token, key.key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        with self._turn:
            self._verified[digest] = (key.id, msgspec.json.encode(claims))
            while len(self._verified) > _REMEMBERED:
                self._verified.popitem(last=False)
        return claims

    def jwks(self) -> dict[str, Any]:
        """The public halves of every key that may have signed a living token.

        Read anew: another node may sign under a key that was made a second ago, and whoever asks here has seen it.
        """
        if not 0 <= self._clock.now_ns() - self._read_ns < _UNKNOWN_PAUSE_NS:
            self._refresh()
        public = [
            key.key.as_dict(private=False, kid=key.id, use="sig", alg=ALGORITHM)
            for key in sorted(self._keys.values(), key=lambda each: each.created_ns, reverse=True)
        ]
        return {"keys": public}

    def rotate(self, *, older_than_ns: int | None = 0) -> bool:
        """Put a new key in charge where the current one is older (None: only where there is none). True if it did.

        The old key verifies as long as a token under it may live.
        """
        now_ns = self._clock.now_ns()
        if not self._is_due(now_ns, older_than_ns):
            return False
        fresh = RSAKey.generate_key(_BITS)  # outside of the transaction: it takes a tenth of a second
        with self._database.writing() as rows:
            if rows.dialect.name == "postgresql":
                rows.execute(select(func.pg_advisory_xact_lock(_KEY_LOCK)))
            wanted = _wanted(rows, now_ns, older_than_ns)
            if wanted:
                rows.execute(update(token_keys).where(token_keys.c.retired_ns.is_(None)).values(retired_ns=now_ns))
                self._insert(rows, fresh, now_ns)
            rows.execute(delete(token_keys).where(token_keys.c.retired_ns < now_ns - LONGEST_NS - 86400 * NANOSECONDS))
        self._refresh()
        return wanted

    def _is_due(self, now_ns: int, older_than_ns: int | None) -> bool:
        with self._database.reading() as rows:
            due = _wanted(rows, now_ns, older_than_ns)
            if not due:
                self._load(rows)
        return due

    def _current(self) -> TokenKey:
        if not 0 <= self._clock.now_ns() - self._read_ns < _FRESH_NS:
            try:
                self._refresh()
            except StoreFailure as error:
                _log.warning("token_keys_not_refreshed", error=repr(error.__cause__))
        valid = (key for key in self._keys.values() if key.retired_ns is None)
        return max(valid, key=lambda key: (key.created_ns, key.id))

    def _find(self, key_id: str) -> TokenKey | None:
        found = self._keys.get(key_id)
        if found is None and not 0 <= self._clock.now_ns() - self._read_ns < _UNKNOWN_PAUSE_NS:
            self._refresh()
            found = self._keys.get(key_id)
        return found

    def _refresh(self) -> None:
        with self._database.reading() as rows:
            self._load(rows)

    def _load(self, rows: Rows) -> None:
        now_ns = self._clock.now_ns()
        found = rows.execute(select(token_keys)).all()
        self._keys = {row.id: self._opened(row) for row in found}
        self._read_ns = now_ns

    def _opened(self, row: Any) -> TokenKey:
        known = self._keys.get(row.id)
        if known is not None:  # scrypt is slow on purpose
            return TokenKey(row.id, known.key, row.created_ns, row.retired_ns)
        content = self._unsealed(row.id, bytes(row.private_key)) if row.encrypted else bytes(row.private_key)
        private = load_der_private_key(content, None)
        if not isinstance(private, RSAPrivateKey):
            raise BadSettings(f"The token key {row.id} in the database is no RSA key.")
        return TokenKey(row.id, RSAKey.import_key(private), row.created_ns, row.retired_ns)

    def _insert(self, rows: Rows, fresh: RSAKey, now_ns: int) -> None:
        key_id = ids.new_id()
        content = fresh.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[union-attr]
        if self._passphrase:
            content = sealing.seal(self._passphrase, content, belongs_to=key_id)
        encrypted = bool(self._passphrase)
        values = {"id": key_id, "private_key": content, "encrypted": encrypted, "created_ns": now_ns}
        rows.execute(insert(token_keys).values(**values))

    def _unsealed(self, key_id: str, stored: bytes) -> bytes:
        if not self._passphrase:
            raise BadSettings("The token keys in the database are encrypted; set CORESHED_SECRET to their passphrase.")
        try:
            return sealing.unseal(self._passphrase, stored, belongs_to=key_id)
        except sealing.WrongPassphrase:
            raise BadSettings("CORESHED_SECRET is not the passphrase of the token keys in the database.") from None


def _wanted(rows: Rows, now_ns: int, older_than_ns: int | None) -> bool:
    newest = rows.execute(select(func.max(token_keys.c.created_ns)).where(token_keys.c.retired_ns.is_(None))).scalar()
    return newest is None or (older_than_ns is not None and now_ns - newest >= older_than_ns)
