"""Statements over organisations, users, memberships and keys."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from coreshed.database import Rows
from coreshed.identity.tables import api_keys, organisation_members, organisations, users

# An arbitrary constant: nodes that start together on PostgreSQL take turns under this advisory lock.
_BOOTSTRAP_LOCK = 7_245_301_989
# Both databases limit the parameters of one statement (32,766 and 65,535).
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation; times are nanoseconds since the epoch, UTC, here and below."""

    id: str
    display_name: str
    created_ns: int


@dataclass(frozen=True, slots=True)
class Account:
    """A user; `disabled_ns` is None while they may sign in."""

    id: str
    email: str
    name: str | None
    created_ns: int
    disabled_ns: int | None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key; the key itself is not. `scopes` as granted, space-separated.

    rate_limit: calls of operations in a minute, None where it has no limit of its own.
    """

    id: str
    user_id: str
    name: str
    scopes: str
    created_ns: int
    expires_ns: int | None
    revoked_ns: int | None
    rate_limit: int | None = None


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """All that deciding over a key needs."""

    key_id: str
    digest: str
    scopes: str
    expires_ns: int | None
    revoked: bool
    user_id: str
    email: str
    name: str | None
    disabled: bool
    organisation_roles: Mapping[str, str]
    rate_limit: int | None


def lock_bootstrap(rows: Rows) -> None:
    """Hold off every other node's first start until this transaction ends; on SQLite a change already does."""
    if rows.dialect.name == "postgresql":
        rows.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _BOOTSTRAP_LOCK})


def hold_organisation(rows: Rows, organisation_id: str) -> None:
    """Make other changes that hold the organisation wait until this transaction ends."""
    held = select(organisations.c.id).where(organisations.c.id == organisation_id)
    rows.execute(held.with_for_update(key_share=True))


def key_holder(rows: Rows, key_id: str) -> KeyHolder | None:
    """The key of this id, its user and the user's roles."""
    found = rows.execute(
        select(
            api_keys.c.digest,
            api_keys.c.scopes,
            api_keys.c.expires_ns,
            api_keys.c.revoked_ns,
            api_keys.c.rate_limit,
            users.c.id,
            users.c.email,
            users.c.name,
            users.c.disabled_ns,
            organisation_members.c.organisation_id,
            organisation_members.c.role,
        )
        .join_from(api_keys, users, users.c.id == api_keys.c.user_id)
        .join(organisation_members, organisation_members.c.user_id == users.c.id, isouter=True)
        .where(api_keys.c.id == key_id)
    ).all()
    if not found:
        return None
    first = found[0]
    return KeyHolder(
        key_id=key_id,
        digest=first.digest,
        scopes=first.scopes,
        expires_ns=first.expires_ns,
        revoked=first.revoked_ns is not None,
        user_id=first.id,
        email=first.email,
        name=first.name,
        disabled=first.disabled_ns is not None,
        organisation_roles={row.organisation_id: row.role for row in found if row.organisation_id is not None},
        rate_limit=first.rate_limit,
    )


def all_organisations(rows: Rows) -> list[Organisation]:
    """Every organisation, the oldest first."""
    found = select(organisations).order_by(organisations.c.created_ns, organisations.c.id)
    return [Organisation(**row) for row in rows.execute(found).mappings()]


def insert_organisation(rows: Rows, organisation: Organisation) -> None:
    """Add an organisation."""
    rows.execute(
        insert(organisations).values(
            id=organisation.id, display_name=organisation.display_name, created_ns=organisation.created_ns
        )
    )


_ACCOUNT = select(users.c.id, users.c.email, users.c.name, users.c.created_ns, users.c.disabled_ns)


def _account(rows: Rows, statement: Select[Any]) -> Account | None:
    row = rows.execute(statement).mappings().one_or_none()
    return None if row is None else Account(**row)


def account(rows: Rows, user_id: str) -> Account | None:
    """The user of this id."""
    return _account(rows, _ACCOUNT.where(users.c.id == user_id))


def account_by_email(rows: Rows, email_key: str) -> Account | None:
    """The user of this case-folded address."""
    return _account(rows, _ACCOUNT.where(users.c.email_key == email_key))


def accounts(rows: Rows, user_ids: Collection[str]) -> list[Account]:
    """The users among these ids, in no order."""
    asked = list(user_ids)
    batches = (asked[start : start + _BATCH] for start in range(0, len(asked), _BATCH))
    return [
        Account(**row) for batch in batches for row in rows.execute(_ACCOUNT.where(users.c.id.in_(batch))).mappings()
    ]


def members(rows: Rows, organisation_id: str) -> list[tuple[Account, str]]:
    """The organisation's users with their roles, ordered by address."""
    found = rows.execute(
        _ACCOUNT.add_columns(organisation_members.c.role)
        .join(organisation_members, organisation_members.c.user_id == users.c.id)
        .where(organisation_members.c.organisation_id == organisation_id)
        .order_by(users.c.email_key)
    )
    return [(Account(row.id, row.email, row.name, row.created_ns, row.disabled_ns), row.role) for row in found]


def organisation_roles(rows: Rows, user_id: str) -> dict[str, str]:
    """Role by organisation id."""
    found = select(organisation_members.c.organisation_id, organisation_members.c.role).where(
        organisation_members.c.user_id == user_id
    )
    return {row.organisation_id: row.role for row in rows.execute(found)}


def insert_account(rows: Rows, account: Account, email_key: str) -> bool:
    """Add a user; False where the address is taken."""
    return _insert_unless_taken(
        rows,
        users,
        id=account.id,
        email=account.email,
        email_key=email_key,
        name=account.name,
        created_ns=account.created_ns,
        disabled_ns=account.disabled_ns,
    )


def change_address(rows: Rows, user_id: str, email: str, email_key: str) -> None:
    """Give a user another address, which the caller has found free and holds off others from."""
    rows.execute(update(users).where(users.c.id == user_id).values(email=email, email_key=email_key))


def insert_member(rows: Rows, *, organisation_id: str, user_id: str, role: str) -> None:
    """Make a user a member of an organisation."""
    rows.execute(insert(organisation_members).values(organisation_id=organisation_id, user_id=user_id, role=role))


def set_disabled(rows: Rows, user_id: str, at_ns: int | None) -> None:
    """Shut a user out."""
    rows.execute(update(users).where(users.c.id == user_id).values(disabled_ns=at_ns))


_KEY = select(
    api_keys.c.id,
    api_keys.c.user_id,
    api_keys.c.name,
    api_keys.c.scopes,
    api_keys.c.created_ns,
    api_keys.c.expires_ns,
    api_keys.c.revoked_ns,
    api_keys.c.rate_limit,
)


def insert_key(rows: Rows, key: ApiKey, digest: str) -> bool:
    """Add a key; False where its id is taken."""
    return _insert_unless_taken(
        rows,
        api_keys,
        id=key.id,
        user_id=key.user_id,
        digest=digest,
        name=key.name,
        scopes=key.scopes,
        created_ns=key.created_ns,
        expires_ns=key.expires_ns,
        revoked_ns=key.revoked_ns,
        rate_limit=key.rate_limit,
    )


def keys(rows: Rows, user_id: str | None) -> list[ApiKey]:
    """Keys of one user, or of all, the newest first."""
    found = _KEY if user_id is None else _KEY.where(api_keys.c.user_id == user_id)
    ordered = found.order_by(api_keys.c.created_ns.desc(), api_keys.c.id)
    return [ApiKey(**row) for row in rows.execute(ordered).mappings()]


def hold_user(rows: Rows, user_id: str) -> None:
    """Make other changes that hold the user wait until this transaction ends."""
    rows.execute(select(users.c.id).where(users.c.id == user_id).with_for_update(key_share=True))


def active_keys(rows: Rows, user_id: str, now_ns: int) -> int:
    """How many keys of a user are of use now."""
    own = api_keys.c.user_id == user_id, api_keys.c.revoked_ns.is_(None)
    lasting = api_keys.c.expires_ns.is_(None) | (api_keys.c.expires_ns > now_ns)
    found: int = rows.execute(select(func.count()).select_from(api_keys).where(*own, lasting)).scalar_one()
    return found


def key(rows: Rows, key_id: str) -> ApiKey | None:
    """The key of this id."""
    row = rows.execute(_KEY.where(api_keys.c.id == key_id)).mappings().one_or_none()
    return None if row is None else ApiKey(**row)


def revoke_key(rows: Rows, key_id: str, at_ns: int) -> None:
    """End a key."""
    rows.execute(update(api_keys).where(api_keys.c.id == key_id).values(revoked_ns=at_ns))


def _insert_unless_taken(rows: Rows, table: Any, **values: Any) -> bool:
    """False where a unique column is taken. Concurrent inserts are decided by the database, not by a look before."""
    dialect = postgresql if rows.dialect.name == "postgresql" else sqlite
    added = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(table.c.id)
    return rows.execute(added).first() is not None
