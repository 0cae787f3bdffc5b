"""Statements over applications, passwords, browser sessions and consents."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, and_, delete, false, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from coreshed.database import Rows
from coreshed.database.prepared import Prepared, parameter
from coreshed.identity.issuer.tables import (
    authorization_codes,
    browser_sessions,
    consents,
    device_codes,
    oauth_clients,
    refresh_tokens,
    token_families,
    user_passwords,
)
from coreshed.identity.tables import organisation_members, users


@dataclass(frozen=True, slots=True)
class Client:
    """An application. `secret_digest` is None for a public one; `user_id` is whom it acts as in its own name."""

    id: str
    name: str
    realm: str
    secret_digest: str | None
    redirect_uris: tuple[str, ...]
    grant_types: tuple[str, ...]
    scopes: tuple[str, ...]
    first_party: bool
    user_id: str | None
    created_ns: int
    revoked_ns: int | None

    @property
    def is_confidential(self) -> bool:
        """True where it has a secret."""
        return self.secret_digest is not None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which a user is signed in."""

    id: str
    user_id: str
    email: str
    name: str | None
    created_ns: int


@dataclass(frozen=True, slots=True)
class Holder:
    """All that deciding over a token needs; `live` is False where its user, client, family or session has ended."""

    user_id: str
    email: str
    name: str | None
    live: bool
    organisation_roles: dict[str, str]


def client(rows: Rows, client_id: str) -> Client | None:
    """The application of this id, revoked or not."""
    row = rows.execute(select(oauth_clients).where(oauth_clients.c.id == client_id)).first()
    return None if row is None else _client(row)


def clients(rows: Rows) -> list[Client]:
    """Every application, the oldest first."""
    found = select(oauth_clients).order_by(oauth_clients.c.created_ns, oauth_clients.c.id)
    return [_client(row) for row in rows.execute(found)]


def _client(row: Any) -> Client:
    return Client(
        row.id,
        row.name,
        row.realm,
        row.secret_digest,
        tuple(row.redirect_uris.split()),
        tuple(row.grant_types.split()),
        tuple(row.scopes.split()),
        row.first_party,
        row.user_id,
        row.created_ns,
        row.revoked_ns,
    )


def insert_client(rows: Rows, new: Client) -> bool:
    """Add an application; False where its id is taken."""
    dialect = postgresql if rows.dialect.name == "postgresql" else sqlite
    added = dialect.insert(oauth_clients).values(
        id=new.id,
        name=new.name,
        realm=new.realm,
        secret_digest=new.secret_digest,
        redirect_uris=" ".join(new.redirect_uris),
        grant_types=" ".join(new.grant_types),
        scopes=" ".join(new.scopes),
        first_party=new.first_party,
        user_id=new.user_id,
        created_ns=new.created_ns,
        revoked_ns=None,
    )
    return rows.execute(added.on_conflict_do_nothing().returning(oauth_clients.c.id)).first() is not None


def set_redirects(rows: Rows, client_id: str, redirect_uris: tuple[str, ...]) -> None:
    """Replace the redirects of an application, where they are others."""
    uris = " ".join(redirect_uris)
    changed = (oauth_clients.c.id == client_id) & (oauth_clients.c.redirect_uris != uris)
    rows.execute(update(oauth_clients).where(changed).values(redirect_uris=uris))


def revoke_client(rows: Rows, client_id: str, at_ns: int) -> None:
    """End an application."""
    rows.execute(update(oauth_clients).where(oauth_clients.c.id == client_id).values(revoked_ns=at_ns))


_ENDED = or_(
    users.c.disabled_ns.is_not(None),
    oauth_clients.c.revoked_ns.is_not(None),
    token_families.c.revoked_ns.is_not(None),
    # What belongs to a session ends with it, also once its row is swept away.
    and_(token_families.c.session_id.is_not(None), browser_sessions.c.id.is_(None)),
    browser_sessions.c.ended_ns.is_not(None),
    browser_sessions.c.expires_ns <= parameter("now_ns", BigInteger),
)
# Prepared: every token that is seen costs this statement every two seconds.
_HOLDER = Prepared(
    select(
        users.c.id,
        users.c.email,
        users.c.name,
        func.coalesce(_ENDED, false()),
        token_families.c.user_id,
        organisation_members.c.organisation_id,
        organisation_members.c.role,
    )
    .join_from(users, oauth_clients, oauth_clients.c.id == parameter("client_id"))
    .join(token_families, token_families.c.id == parameter("family_id"), isouter=True)
    .join(browser_sessions, browser_sessions.c.id == token_families.c.session_id, isouter=True)
    .join(organisation_members, organisation_members.c.user_id == users.c.id, isouter=True)
    .where(users.c.id == parameter("user_id"))
)


def holder(rows: Rows, user_id: str, client_id: str, family_id: str | None, now_ns: int) -> Holder | None:
    """The user of a token, and whether all that it was issued under is still in force."""
    found = _HOLDER.all(rows, user_id=user_id, client_id=client_id, family_id=family_id or "", now_ns=now_ns)
    if not found:
        return None
    holder_id, email, name, ended, family_of = found[0][:5]
    of_family = family_id is None or family_of == user_id
    roles = {row[5]: row[6] for row in found if row[5] is not None}
    return Holder(holder_id, email, name, of_family and not ended, roles)


# Passwords


def password(rows: Rows, user_id: str) -> str | None:
    """The argon2id digest of a user's password."""
    found: str | None = rows.execute(
        select(user_passwords.c.digest).where(user_passwords.c.user_id == user_id)
    ).scalar_one_or_none()
    return found


def set_password(rows: Rows, user_id: str, digest: str, at_ns: int) -> None:
    """Replace a password."""
    rows.execute(delete(user_passwords).where(user_passwords.c.user_id == user_id))
    rows.execute(insert(user_passwords).values(user_id=user_id, digest=digest, changed_ns=at_ns))


# Browsers


def insert_session(rows: Rows, session_id: str, digest: str, user_id: str, created_ns: int, expires_ns: int) -> None:
    """Sign a user in in a browser."""
    values = {"user_id": user_id, "created_ns": created_ns, "expires_ns": expires_ns, "ended_ns": None}
    rows.execute(insert(browser_sessions).values(id=session_id, digest=digest, **values))


def session(rows: Rows, digest: str, now_ns: int) -> Session | None:
    """The living session of a cookie, whose user may sign in."""
    row = rows.execute(
        select(
            browser_sessions.c.id,
            users.c.id.label("user_id"),
            users.c.email,
            users.c.name,
            browser_sessions.c.created_ns,
        )
        .join_from(browser_sessions, users, users.c.id == browser_sessions.c.user_id)
        .where(
            browser_sessions.c.digest == digest,
            browser_sessions.c.ended_ns.is_(None),
            browser_sessions.c.expires_ns > now_ns,
            users.c.disabled_ns.is_(None),
        )
    ).first()
    return None if row is None else Session(*row)


def end_session(rows: Rows, session_id: str, at_ns: int) -> None:
    """Sign one browser out; what was issued to last with it ends too."""
    rows.execute(update(browser_sessions).where(browser_sessions.c.id == session_id).values(ended_ns=at_ns))


def end_everything_of(rows: Rows, user_id: str, at_ns: int) -> None:
    """Sign a user out of every browser and every application."""
    for table in (browser_sessions, token_families):
        column = table.c.ended_ns if table is browser_sessions else table.c.revoked_ns
        rows.execute(update(table).where(table.c.user_id == user_id, column.is_(None)).values({column.name: at_ns}))
    rows.execute(delete(authorization_codes).where(authorization_codes.c.user_id == user_id))
    rows.execute(update(device_codes).where(device_codes.c.user_id == user_id).values(used=True))


def consented(rows: Rows, user_id: str, client_id: str) -> set[str]:
    """The scopes a user has agreed to give an application."""
    found = rows.execute(
        select(consents.c.scopes).where(consents.c.user_id == user_id, consents.c.client_id == client_id)
    ).scalar_one_or_none()
    return set((found or "").split())


def set_consent(rows: Rows, user_id: str, client_id: str, scopes: str, at_ns: int) -> None:
    """Remember what a user has agreed to, in place of what was there."""
    mine = (consents.c.user_id == user_id) & (consents.c.client_id == client_id)
    rows.execute(delete(consents).where(mine))
    rows.execute(insert(consents).values(user_id=user_id, client_id=client_id, scopes=scopes, granted_ns=at_ns))


def sweep(rows: Rows, before_ns: int) -> None:
    """Forget what ended before this moment."""
    gone = select(token_families.c.id).where(token_families.c.expires_ns < before_ns)
    rows.execute(delete(refresh_tokens).where(refresh_tokens.c.family_id.in_(gone)))
    for table in (authorization_codes, device_codes, token_families, browser_sessions):
        rows.execute(delete(table).where(table.c.expires_ns < before_ns))
