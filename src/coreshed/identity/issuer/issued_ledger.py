"""Statements over what is issued: families of tokens, codes and refresh tokens."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update

from coreshed.database import Rows
from coreshed.identity.issuer.tables import authorization_codes, device_codes, refresh_tokens, token_families


@dataclass(frozen=True, slots=True)
class Family:
    """One sign-in of a user to an application; `scopes` as granted, space-separated."""

    id: str
    client_id: str
    user_id: str
    session_id: str | None
    scopes: str
    signed_in_ns: int
    created_ns: int
    expires_ns: int
    revoked_ns: int | None


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code; `family_id` is None until it is used."""

    client_id: str
    user_id: str
    session_id: str | None
    redirect_uri: str
    scopes: str
    challenge: str
    nonce: str | None
    signed_in_ns: int
    expires_ns: int
    family_id: str | None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token and, once it was used, when and what that answered."""

    family_id: str
    expires_ns: int
    used_ns: int | None
    answer: bytes | None


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A device that waits for its user; `user_id` is who approved it."""

    digest: str
    client_id: str
    scopes: str
    challenge: str | None
    expires_ns: int
    interval: int
    polled_ns: int
    user_id: str | None
    denied: bool
    used: bool


def _values(record: Any, *without: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__ if name not in without}


def insert_family(rows: Rows, family: Family) -> None:
    """Begin a family."""
    rows.execute(insert(token_families).values(_values(family)))


def family(rows: Rows, family_id: str) -> Family | None:
    """The family of this id."""
    row = rows.execute(select(token_families).where(token_families.c.id == family_id)).first()
    return None if row is None else Family(*row)


def extend_family(rows: Rows, family_id: str, expires_ns: int) -> None:
    """Its last token ends then."""
    mine = (token_families.c.id == family_id) & (token_families.c.expires_ns < expires_ns)
    rows.execute(update(token_families).where(mine).values(expires_ns=expires_ns))


def revoke_family(rows: Rows, family_id: str, at_ns: int) -> None:
    """End everything that was issued in it; a second time changes nothing."""
    mine = (token_families.c.id == family_id) & token_families.c.revoked_ns.is_(None)
    rows.execute(update(token_families).where(mine).values(revoked_ns=at_ns))


def insert_code(rows: Rows, digest: str, code: Code) -> None:
    """Keep a code that is about to be handed out."""
    rows.execute(insert(authorization_codes).values(digest=digest, **_values(code)))


def code(rows: Rows, digest: str) -> Code | None:
    """The code, which no other change uses before this one ends."""
    found = select(authorization_codes).where(authorization_codes.c.digest == digest).with_for_update()
    row = rows.execute(found).first()
    return None if row is None else Code(*row[1:])


def use_code(rows: Rows, digest: str, family_id: str) -> None:
    """Mark a code as used."""
    rows.execute(update(authorization_codes).where(authorization_codes.c.digest == digest).values(family_id=family_id))


def insert_refresh_token(rows: Rows, digest: str, family_id: str, expires_ns: int) -> None:
    """Keep a refresh token that is about to be handed out."""
    values = {"family_id": family_id, "expires_ns": expires_ns, "used_ns": None, "answer": None}
    rows.execute(insert(refresh_tokens).values(digest=digest, **values))


def refresh_token(rows: Rows, digest: str, *, to_change: bool = True) -> RefreshToken | None:
    """The refresh token; to_change: no other change uses it before this one ends."""
    found = select(refresh_tokens).where(refresh_tokens.c.digest == digest)
    row = rows.execute(found.with_for_update() if to_change else found).first()
    return None if row is None else RefreshToken(*row[1:])


def use_refresh_token(rows: Rows, digest: str, at_ns: int, answer: bytes) -> None:
    """Mark a refresh token as used and keep what it answered."""
    mine = refresh_tokens.c.digest == digest
    rows.execute(update(refresh_tokens).where(mine).values(used_ns=at_ns, answer=answer))


def insert_device_code(rows: Rows, user_code_digest: str, device: DeviceCode) -> None:
    """Keep a device that begins to wait."""
    rows.execute(insert(device_codes).values(user_code_digest=user_code_digest, **_values(device)))


_DEVICE = select(*(device_codes.c[name] for name in DeviceCode.__slots__))


def device_code(rows: Rows, digest: str) -> DeviceCode | None:
    """The device of a code, which no other change uses before this one ends."""
    row = rows.execute(_DEVICE.where(device_codes.c.digest == digest).with_for_update()).first()
    return None if row is None else DeviceCode(*row)


def device_by_user_code(rows: Rows, user_code_digest: str, *, to_change: bool = False) -> DeviceCode | None:
    """The device whose user code somebody entered."""
    found = _DEVICE.where(device_codes.c.user_code_digest == user_code_digest)
    row = rows.execute(found.with_for_update() if to_change else found).first()
    return None if row is None else DeviceCode(*row)


def change_device(rows: Rows, digest: str, **values: Any) -> None:
    """Set some columns of a device."""
    rows.execute(update(device_codes).where(device_codes.c.digest == digest).values(**values))


def families_of(rows: Rows, user_id: str) -> int:
    """How many living families a user has."""
    mine = (token_families.c.user_id == user_id) & token_families.c.revoked_ns.is_(None)
    return int(rows.execute(select(func.count()).select_from(token_families).where(mine)).scalar_one())
