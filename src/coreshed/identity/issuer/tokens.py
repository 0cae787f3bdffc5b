"""The token endpoint of both realms, and what is asked about tokens afterwards."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from coreshed import audit, sealing
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.identity import grants, keys
from coreshed.identity import ledger as accounts
from coreshed.identity.issuer import forms, ledger
from coreshed.identity.issuer import issued_ledger as issued
from coreshed.identity.issuer.clients import BUILT_IN_KEYS, ISSUED_BY_OPERATOR, Clients, allowed_scopes
from coreshed.identity.issuer.devices import Devices
from coreshed.identity.issuer.forms import Form, Presented
from coreshed.identity.issuer.issued_ledger import Code, Family, RefreshToken
from coreshed.identity.issuer.ledger import Client
from coreshed.identity.issuer.minting import Mint
from coreshed.identity.issuer.realms import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    DEVICE_CODE,
    PUBLIC,
    REFRESH_TOKEN,
    Realm,
    principal_claims,
)
from coreshed.identity.issuer.refusals import (
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    OAuthRefusal,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from coreshed.identity.issuer.verifier import TokenVerifier
from coreshed.identity.issuer.wire import TokenAnswer
from coreshed.identity.principal import Principal
from coreshed.identity.service import OPERATOR, Identity
from coreshed.identity.verifiers import ApiKeyVerifier
from coreshed.problems import Invalid, NotFound

# A client that lost the answer asks again with the same token; the Evo SDK's transport does so by itself.
REPLAY_NS = 30 * NANOSECONDS
_API_KEYS = ApiKeyVerifier()
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to the token endpoint, after its application was recognised."""

    rows: Rows
    realm: Realm
    client: Client
    form: Form
    now_ns: int


class Tokens:
    """Gives tokens for what was proved, and takes them back.

    A grant returns its refusal instead of raising it where the refusal itself changes something: raised inside the
    transaction it would undo the change.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        identity: Identity,
        clients: Clients,
        mint: Mint,
        verifier: TokenVerifier,
        devices: Devices,
    ) -> None:
        self._database = database
        self._clock = clock
        self._identity = identity
        self._clients = clients
        self._mint = mint
        self._verifier = verifier
        self._devices = devices
        self._grants: dict[str, Callable[[Asked], TokenAnswer | OAuthRefusal]] = {
            AUTHORIZATION_CODE: self._for_code,
            CLIENT_CREDENTIALS: self._for_client,
            REFRESH_TOKEN: self._for_refresh_token,
            DEVICE_CODE: self._for_device_code,
        }

    def token(self, *, realm: Realm, form: Form, authorization: str | None) -> TokenAnswer:
        """Tokens for a grant of the realm. Raises OAuthRefusal."""
        grant_type = forms.required(form, "grant_type")
        if grant_type not in realm.grant_types:
            raise UnsupportedGrantType
        who = forms.presented(_with_key(form, grant_type), authorization)
        with self._database.writing() as rows:
            if realm.name == PUBLIC and grant_type == CLIENT_CREDENTIALS and who.client_id == BUILT_IN_KEYS:
                return self._for_key(rows, realm, form, who.secret or "")
            client = self._clients.authenticate(rows, realm, who)
            if grant_type not in client.grant_types:
                raise UnauthorizedClient
            given = self._grants[grant_type](Asked(rows, realm, client, form, self._clock.now_ns()))
        if isinstance(given, OAuthRefusal):
            self._identity.forget()
            raise given
        return given

    def _for_client(self, asked: Asked) -> TokenAnswer:
        scopes = allowed_scopes(asked.client, forms.scopes(asked.form))
        holder = None if asked.client.user_id is None else self._holder(asked, asked.client.user_id)
        if holder is None:
            raise UnauthorizedClient("The user that the application acts as is disabled.")
        scopes = [scope for scope in scopes if scope != "offline_access"]  # it can always ask again
        family = self._mint.begin(asked.rows, asked.realm, asked.client, holder, scopes, asked.now_ns)
        self._record(asked, family)
        return self._mint.answer(asked.rows, asked.realm, asked.client, holder, family, asked.now_ns)

    def _for_key(self, rows: Rows, realm: Realm, form: Form, key: str) -> TokenAnswer:
        """A token that opens what the key opens or less, and ends with it."""
        now_ns = self._clock.now_ns()
        client = self._clients.find(rows, realm, BUILT_IN_KEYS)
        verified = _API_KEYS.verify(rows, key, now_ns)
        if client is None or verified is None:
            raise InvalidClient("The API key is missing, unknown, expired or revoked.")
        asked = Asked(rows, realm, client, form, now_ns)
        scopes = _scopes_of_key(asked, verified.principal)
        holder = self._holder(asked, verified.principal.user_id)
        if holder is None:
            raise InvalidClient
        family = self._mint.begin(rows, realm, client, holder, scopes, now_ns)
        self._record(asked, family)
        return self._mint.answer(rows, realm, client, holder, family, now_ns, key_id=verified.principal.credential_id)

    def _for_code(self, asked: Asked) -> TokenAnswer | OAuthRefusal:
        digest = keys.digest(forms.required(asked.form, "code"))
        code = issued.code(asked.rows, digest)
        if code is None or code.client_id != asked.client.id:
            raise InvalidGrant
        if code.family_id is not None:  # somebody else has it too
            self._revoke(asked.rows, code.family_id, asked.now_ns, "code replayed")
            return InvalidGrant()
        self._check_code(asked, code)
        holder = self._holder(asked, code.user_id)
        if holder is None:
            raise InvalidGrant
        family = self._mint.begin(
            asked.rows, asked.realm, asked.client, holder, code.scopes.split(), asked.now_ns,
            session_id=code.session_id, signed_in_ns=code.signed_in_ns,
        )  # fmt: skip
        issued.use_code(asked.rows, digest, family.id)
        self._record(asked, family)
        return self._mint.answer(asked.rows, asked.realm, asked.client, holder, family, asked.now_ns, nonce=code.nonce)

    @staticmethod
    def _check_code(asked: Asked, code: Code) -> None:
        """Raises InvalidGrant."""
        if code.expires_ns <= asked.now_ns or asked.form.get("redirect_uri") != code.redirect_uri:
            raise InvalidGrant
        if not proves(asked.form.get("code_verifier"), code.challenge):
            raise InvalidGrant("The code_verifier is missing or does not fit the code_challenge.")

    def _for_device_code(self, asked: Asked) -> TokenAnswer | OAuthRefusal:
        device = self._devices.poll(asked.rows, asked.client, asked.form, asked.now_ns)
        if isinstance(device, OAuthRefusal):
            return device
        if device.challenge is not None and not proves(asked.form.get("code_verifier"), device.challenge):
            raise InvalidGrant("The code_verifier is missing or does not fit the code_challenge.")
        holder = None if device.user_id is None else self._holder(asked, device.user_id)
        if holder is None:
            raise InvalidGrant
        issued.change_device(asked.rows, device.digest, used=True)
        family = self._mint.begin(asked.rows, asked.realm, asked.client, holder, device.scopes.split(), asked.now_ns)
        self._record(asked, family)
        return self._mint.answer(asked.rows, asked.realm, asked.client, holder, family, asked.now_ns)

    def _for_refresh_token(self, asked: Asked) -> TokenAnswer | OAuthRefusal:
        token = forms.required(asked.form, "refresh_token")
        digest = keys.digest(token)
        known = issued.refresh_token(asked.rows, digest)
        family = None if known is None else issued.family(asked.rows, known.family_id)
        if known is None or family is None or family.client_id != asked.client.id or family.revoked_ns is not None:
            raise InvalidGrant
        if known.used_ns is not None:
            return self._replayed(asked, token, known)
        holder = self._holder(asked, family.user_id, family.id)
        if known.expires_ns <= asked.now_ns or holder is None:
            raise InvalidGrant
        scopes = forms.scopes(asked.form) or None
        if scopes is not None and not set(scopes) <= set(family.scopes.split()):
            raise InvalidScope
        given = self._mint.answer(asked.rows, asked.realm, asked.client, holder, family, asked.now_ns, scopes=scopes)
        answer = sealing.seal_under(token, msgspec.json.encode(given))
        issued.use_refresh_token(asked.rows, digest, asked.now_ns, answer)
        return given

    def _replayed(self, asked: Asked, token: str, known: RefreshToken) -> TokenAnswer | OAuthRefusal:
        """The same answer for a while; after that the token is in other hands, and everything ends.

        Where the realm does not repeat, the second of two commands that ran at once is refused and ends nothing.
        """
        assert known.used_ns is not None  # noqa: S101  (the caller looked)
        just_used = asked.now_ns - known.used_ns <= REPLAY_NS
        if just_used and not asked.realm.repeats:
            return InvalidGrant("The refresh token has just been used; use the one that came with its answer.")
        if just_used and known.answer is not None:
            return msgspec.json.decode(sealing.unseal_under(token, known.answer), type=TokenAnswer)
        self._revoke(asked.rows, known.family_id, asked.now_ns, "refresh token replayed")
        return InvalidGrant()

    def _holder(self, asked: Asked, user_id: str, family_id: str | None = None) -> ledger.Holder | None:
        found = ledger.holder(asked.rows, user_id, asked.client.id, family_id, asked.now_ns)
        return found if found is not None and found.live else None

    @staticmethod
    def _record(asked: Asked, family: Family) -> None:
        audit.record(
            asked.rows, at_ns=asked.now_ns, actor_id=family.user_id, action="token.issue", target_id=family.id,
            client=family.client_id, scopes=family.scopes,
        )  # fmt: skip

    @staticmethod
    def _revoke(rows: Rows, family_id: str, now_ns: int, why: str) -> None:
        found = issued.family(rows, family_id)
        if found is None or found.revoked_ns is not None:
            return
        issued.revoke_family(rows, family_id, now_ns)
        audit.record(
            rows, at_ns=now_ns, actor_id=found.user_id, action="token.revoke", target_id=family_id,
            client=found.client_id, why=why,
        )  # fmt: skip

    # Afterwards

    def revoke(self, *, realm: Realm, form: Form, authorization: str | None, leaving: bool = False) -> None:
        """End the family of an access or refresh token of the application; an unknown token is ended already.

        leaving: the user signs out, and an id token will do as well.
        Raises InvalidClient, InvalidRequest.
        """
        token = form.get("token") or form.get("refresh_token")
        hint = self._verifier.hint(realm, form.get("id_token_hint")) if leaving else None
        if hint is not None:
            form = {"client_id": hint.client_id, **form}
        elif token is None:
            raise InvalidRequest("The parameter token is missing.")
        who = forms.presented(form, authorization)
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            client = self._clients.authenticate(rows, realm, who)
            family_id = hint.family_id if hint is not None else self._family_of(rows, realm, token or "", now_ns)
            family = None if family_id is None else issued.family(rows, family_id)
            if family is not None and family.client_id == client.id:
                self._revoke(rows, family.id, now_ns, "signed out" if leaving else "by the application")
        self._identity.forget()

    def _family_of(self, rows: Rows, realm: Realm, token: str, now_ns: int) -> str | None:
        known = issued.refresh_token(rows, keys.digest(token), to_change=False)
        if known is not None:
            return known.family_id
        read = self._verifier.read(token, now_ns)
        return read[1].sid if read is not None and read[0] == realm else None

    def introspect(self, *, realm: Realm, form: Form, authorization: str | None) -> dict[str, Any]:
        """RFC 7662, for confidential applications of the realm. Raises InvalidClient, InvalidRequest."""
        token = forms.required(form, "token")
        who: Presented = forms.presented(form, authorization)
        now_ns = self._clock.now_ns()
        with self._database.reading() as rows:
            if not self._clients.authenticate(rows, realm, who).is_confidential:
                raise InvalidClient
            said = self._introspected(rows, realm, token, now_ns)
            if said is None and realm.name == PUBLIC:
                said = _introspected_key(rows, realm, token, now_ns)
            return said or {"active": False}

    def _introspected(self, rows: Rows, realm: Realm, token: str, now_ns: int) -> dict[str, Any] | None:
        read = self._verifier.read(token, now_ns, grace=0)  # who asks compares with `exp`
        if read is None or read[0] != realm:
            return None
        claims = read[1]
        holder = self._verifier.holder(rows, claims, now_ns)
        if holder is None:
            return None
        said = {name: getattr(claims, name) for name in ("iss", "sub", "aud", "client_id", "exp", "iat", "jti")}
        more = {"active": True, "token_type": "Bearer", "scope": " ".join(claims.scope), "username": holder.email}
        if realm.name == PUBLIC:
            more |= principal_claims(holder.user_id, holder.organisation_roles)
        return said | more

    def issue_as_operator(self, *, email: str, scopes: list[str], seconds: int, realm: Realm) -> tuple[str, str]:
        """An access token for a user, and the id under which it can be revoked. Raises NotFound, Invalid."""
        grants.check_scopes(scopes)
        user = self._identity.user_by_email(email=email)
        now_ns = self._clock.now_ns()
        if not 1 <= seconds <= 90 * 86400:
            raise Invalid("expires: a token of kind jwt ends after 90 days at the latest.")
        with self._database.writing() as rows:
            client = ledger.client(rows, ISSUED_BY_OPERATOR)
            holder = ledger.holder(rows, user.id, ISSUED_BY_OPERATOR, None, now_ns)
            if client is None or holder is None or not holder.live:
                raise NotFound("The user was not found or is disabled.")
            family = self._mint.begin(rows, realm, client, holder, scopes, now_ns, seconds=seconds)
            audit.record(
                rows, at_ns=now_ns, actor_id=OPERATOR, action="token.issue", target_id=family.id, user=user.id,
                scopes=family.scopes,
            )  # fmt: skip
        token = self._mint.access_token(realm, client.id, holder, scopes, family.id, now_ns, seconds)
        return token, family.id

    def revoke_as_operator(self, *, family_id: str) -> None:
        """End everything that was issued in one sign-in. Raises NotFound."""
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            if issued.family(rows, family_id) is None:
                raise NotFound("The token was not found.")
            self._revoke(rows, family_id, now_ns, "by the operator")
        self._identity.forget()


def _with_key(form: Form, grant_type: str) -> Form:
    """The form, with its key where an application's secret stands; that one's name may be left out."""
    key = form.get("api_key")
    if key is None or grant_type != CLIENT_CREDENTIALS:
        return form
    return {"client_id": BUILT_IN_KEYS, **form, "client_secret": key}


def _scopes_of_key(asked: Asked, caller: Principal) -> list[str]:
    """The scopes asked for, or where they open nothing, those of the key as well. Raises InvalidScope."""
    wanted = forms.scopes(asked.form)
    opened = [scope for scope in wanted if scope not in grants.SCOPES_WITHOUT_GRANT]
    for scope in opened:
        found = grants.grants_of([scope])
        if not found or not all(caller.permits(grant) for grant in found):
            raise InvalidScope("A scope is unknown or not one of the key.")
    key = None if opened else accounts.key(asked.rows, caller.credential_id)
    return wanted + ([] if key is None else key.scopes.split())


def _introspected_key(rows: Rows, realm: Realm, token: str, now_ns: int) -> dict[str, Any] | None:
    verified = _API_KEYS.verify(rows, token, now_ns)
    if verified is None:
        return None
    caller = verified.principal
    said = {"active": True, "iss": realm.url, "sub": caller.user_id, "username": caller.email, "token_type": "Bearer"}
    said["scope"] = " ".join(sorted(caller.grants))
    if verified.expires_ns is not None:
        said["exp"] = verified.expires_ns // NANOSECONDS
    return said | principal_claims(caller.user_id, caller.organisation_roles)


def proves(verifier: str | None, challenge: str) -> bool:
    """PKCE with S256; plain is not offered."""
    if verifier is None or _VERIFIER.fullmatch(verifier) is None:
        return False
    digest = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode("utf-8", "surrogatepass"))
