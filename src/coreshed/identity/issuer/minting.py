"""Making the tokens of a family."""

import secrets
from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from coreshed import ids
from coreshed.clock import NANOSECONDS
from coreshed.database import Rows
from coreshed.identity import keys
from coreshed.identity.issuer import issued_ledger as issued
from coreshed.identity.issuer.issued_ledger import Family
from coreshed.identity.issuer.ledger import Client, Holder
from coreshed.identity.issuer.realms import PUBLIC, REFRESH_TOKEN, Realm, principal_claims
from coreshed.identity.issuer.signing import IDENTITY, TokenKeys
from coreshed.identity.issuer.wire import TokenAnswer, names_of

OFFLINE = "offline_access"


@dataclass(frozen=True, slots=True)
class Mint:
    """Signs under the keys of the installation."""

    keys: TokenKeys

    def begin(
        self,
        rows: Rows,
        realm: Realm,
        client: Client,
        holder: Holder,
        scopes: list[str],
        now_ns: int,
        *,
        session_id: str | None = None,
        signed_in_ns: int | None = None,
        seconds: int | None = None,
    ) -> Family:
        """A new family. Where it can be refreshed without the user it outlives the browser session."""
        family = Family(
            id=ids.new_id(),
            client_id=client.id,
            user_id=holder.user_id,
            session_id=None if is_refreshable(realm, client, scopes) else session_id,
            scopes=" ".join(scopes),
            signed_in_ns=signed_in_ns or now_ns,
            created_ns=now_ns,
            expires_ns=now_ns + (seconds or realm.access_seconds) * NANOSECONDS,
            revoked_ns=None,
        )
        issued.insert_family(rows, family)
        return family

    def answer(
        self,
        rows: Rows,
        realm: Realm,
        client: Client,
        holder: Holder,
        family: Family,
        now_ns: int,
        *,
        scopes: list[str] | None = None,
        nonce: str | None = None,
        key_id: str | None = None,
    ) -> TokenAnswer:
        """Access token, and what its scopes ask for beside: a refresh token, an id token.

        key_id: the API key that the access token stands for.
        """
        granted = family.scopes.split() if scopes is None else scopes
        refresh: str | UnsetType = UNSET
        if is_refreshable(realm, client, family.scopes.split()):
            refresh = secrets.token_urlsafe(32)
            end_ns = now_ns + realm.refresh_seconds * NANOSECONDS
            issued.insert_refresh_token(rows, keys.digest(refresh), family.id, end_ns)
            issued.extend_family(rows, family.id, end_ns)
        return TokenAnswer(
            access_token=self.access_token(realm, client.id, holder, granted, family.id, now_ns, key_id=key_id),
            expires_in=realm.access_seconds,
            scope=" ".join(granted),
            refresh_token=refresh,
            refresh_expires_in=UNSET if refresh is UNSET or realm.name != PUBLIC else realm.refresh_seconds,
            id_token=self._id_token(realm, client.id, holder, family, now_ns, nonce) if "openid" in granted else UNSET,
        )

    def access_token(
        self,
        realm: Realm,
        client_id: str,
        holder: Holder,
        scopes: list[str],
        family_id: str,
        now_ns: int,
        seconds: int | None = None,
        key_id: str | None = None,
    ) -> str:
        """A signed token; seconds: its life, where it is not the realm's."""
        now = now_ns // NANOSECONDS
        claims = {
            "iss": realm.url,
            "sub": holder.user_id,
            "aud": realm.url,
            "client_id": client_id,
            "iat": now,
            "exp": now + (seconds or realm.access_seconds),
            "jti": ids.new_id(),
            "sid": family_id,
            "scope": scopes,
            "email": holder.email,
        }
        if realm.name == PUBLIC:
            claims |= principal_claims(holder.user_id, holder.organisation_roles)
        if key_id is not None:
            claims["key_id"] = key_id
        return self.keys.sign(claims | names_of(holder.name))

    def _id_token(
        self, realm: Realm, client_id: str, holder: Holder, family: Family, now_ns: int, nonce: str | None
    ) -> str:
        now = now_ns // NANOSECONDS
        claims = {
            "iss": realm.url,
            "sub": holder.user_id,
            "aud": client_id,
            "iat": now,
            "exp": now + realm.access_seconds,
            "auth_time": family.signed_in_ns // NANOSECONDS,
            "sid": family.id,
        }
        scopes = family.scopes.split()
        claims |= {"email": holder.email} if "email" in scopes else {}
        claims |= names_of(holder.name) if "profile" in scopes else {}
        return self.keys.sign(claims | ({"nonce": nonce} if nonce else {}), typ=IDENTITY)


def is_refreshable(realm: Realm, client: Client, scopes: list[str]) -> bool:
    """True where an application that asks so may renew without its user."""
    return REFRESH_TOKEN in client.grant_types and (realm.always_refreshable or OFFLINE in scopes)
