"""Applications: who may ask for tokens, how, and where codes are sent."""

import hmac
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from coreshed import audit, ids
from coreshed.clock import Clock
from coreshed.database import Database, Rows
from coreshed.identity import grants, keys
from coreshed.identity import ledger as accounts
from coreshed.identity.addresses import OF_CLIENTS
from coreshed.identity.issuer import ledger
from coreshed.identity.issuer.forms import Presented
from coreshed.identity.issuer.ledger import Client
from coreshed.identity.issuer.realms import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    DEVICE_CODE,
    EVO,
    PUBLIC,
    REFRESH_TOKEN,
    Realm,
)
from coreshed.identity.issuer.refusals import InvalidClient, InvalidScope
from coreshed.identity.service import OPERATOR, Identity
from coreshed.problems import AlreadyExists, Invalid, NotFound

# What programs on a person's own machine use: the Evo SDK, notebooks, evo-mcp; and the upload clients' command line.
BUILT_IN_EVO = "evo"
BUILT_IN_UPLOADS = "geopera-cli"
# Whose client credentials are an API key: what its documentation calls signing in as a service.
BUILT_IN_KEYS = "geopera"
ISSUED_BY_OPERATOR = "coreshed"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LOOPBACK_REDIRECTS = tuple(
    f"http://{host}{path}"
    for host in ("localhost", "127.0.0.1", "[::1]")
    for path in ("/signin-callback", "/callback", "/auth/callback", "/oauth/callback")
)
_ID_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789._-"
_EVERY_EVO_SCOPE = tuple(sorted(grants.EVO_SCOPES))


class Clients:
    """The applications of one installation."""

    def __init__(self, database: Database, clock: Clock, identity: Identity) -> None:
        self._database = database
        self._clock = clock
        self._identity = identity

    def bootstrap(self, rows: Rows) -> None:
        """Make the built-in applications, and bring their redirects up to date; one that was revoked stays so."""
        now_ns = self._clock.now_ns()
        native = (AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE)
        for new in (
            Client(BUILT_IN_EVO, "Evo applications on your machine", EVO, None, _LOOPBACK_REDIRECTS, native,
                   (*_EVERY_EVO_SCOPE, "*"), True, None, now_ns, None),
            Client(BUILT_IN_UPLOADS, "Geopera command line", PUBLIC, None, (), (DEVICE_CODE, REFRESH_TOKEN),
                   ("*",), True, None, now_ns, None),
            Client(BUILT_IN_KEYS, "Tokens for API keys", PUBLIC, None, (), (CLIENT_CREDENTIALS,), ("*",), True, None,
                   now_ns, None),
            Client(ISSUED_BY_OPERATOR, "Tokens made by the operator", EVO, None, (), (), ("*",), True, None, now_ns,
                   None),
        ):  # fmt: skip
            if not ledger.insert_client(rows, new):
                ledger.set_redirects(rows, new.id, new.redirect_uris)

    # For the operator

    def create(
        self,
        *,
        client_id: str,
        name: str,
        organisation_id: str,
        realm: str = EVO,
        redirect_uris: Iterable[str] = (),
        scopes: Iterable[str] = _EVERY_EVO_SCOPE,
        confidential: bool = False,
        first_party: bool = False,
    ) -> tuple[Client, str | None]:
        """A new application and, where confidential, its secret, which is shown here and never again.

        A confidential one acts in its own name as a user of the organisation, and so has roles like anybody. With
        redirect URIs it may ask people to sign in. Raises Invalid, AlreadyExists, NotFound.
        """
        redirects, allowed = tuple(redirect_uris), tuple(dict.fromkeys(scopes))
        _check(client_id, name, realm, redirects, allowed)
        if not redirects and not confidential:
            raise Invalid("redirect_uri: a public application needs one, for it can only act for somebody.")
        secret = secrets.token_urlsafe(32) if confidential else None
        now_ns = self._clock.now_ns()
        grant_types = _grant_types(realm, bool(redirects), confidential)
        digest = None if secret is None else keys.digest(secret)
        with self._database.writing() as rows:
            user_id = self._service_user(rows, client_id, name, organisation_id, now_ns) if confidential else None
            new = Client(
                client_id, name, realm, digest, redirects, grant_types, allowed, first_party, user_id, now_ns, None
            )
            if not ledger.insert_client(rows, new):
                raise AlreadyExists(f"An application with the id {client_id!r} exists already.")
            audit.record(
                rows, at_ns=now_ns, actor_id=OPERATOR, action="client.create", organisation_id=organisation_id or None,
                target_id=client_id, scopes=list(allowed), redirect_uris=list(redirects), user=user_id,
            )  # fmt: skip
        return new, secret

    def _service_user(self, rows: Rows, client_id: str, name: str, organisation_id: str, now_ns: int) -> str:
        if all(each.id != organisation_id for each in accounts.all_organisations(rows)):
            raise NotFound("The organisation was not found.")
        user = accounts.Account(ids.new_id(), service_address(client_id), name, now_ns, None)
        if not accounts.insert_account(rows, user, user.email):
            raise AlreadyExists(f"An application or user with the id {client_id!r} exists already.")
        accounts.insert_member(rows, organisation_id=organisation_id, user_id=user.id, role="member")
        return user.id

    def list(self) -> list[Client]:
        """Every application, revoked ones too, the oldest first."""
        with self._database.reading() as rows:
            return ledger.clients(rows)

    def revoke(self, *, client_id: str) -> Client:
        """End an application and every token issued to it; a second time changes nothing. Raises NotFound."""
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            known = ledger.client(rows, client_id)
            if known is None:
                raise NotFound("The application was not found.")
            if known.revoked_ns is None:
                ledger.revoke_client(rows, client_id, now_ns)
                audit.record(rows, at_ns=now_ns, actor_id=OPERATOR, action="client.revoke", target_id=client_id)
        self._identity.forget()
        return known

    # For requests

    def find(self, rows: Rows, realm: Realm, client_id: str) -> Client | None:
        """The application, where it belongs to the realm and has not been revoked."""
        known = ledger.client(rows, client_id)
        return known if known is not None and known.realm == realm.name and known.revoked_ns is None else None

    def authenticate(self, rows: Rows, realm: Realm, who: Presented) -> Client:
        """The application that a request comes from. Raises InvalidClient.

        A public one has nothing to prove, and says nothing either: a secret for it is a mistake.
        """
        known = self.find(rows, realm, who.client_id)
        if known is None:
            raise InvalidClient
        given = None if who.secret is None else keys.digest(who.secret)
        if (known.secret_digest is None) != (given is None):
            raise InvalidClient
        if given is not None and not hmac.compare_digest(known.secret_digest or "", given):
            raise InvalidClient
        return known


def service_address(client_id: str) -> str:
    """The address under which an application is a user."""
    return f"{client_id}{OF_CLIENTS}"


def allowed_scopes(client: Client, asked: list[str]) -> list[str]:
    """The scopes asked for, or without any all of the application's own that open something. Raises InvalidScope."""
    if not asked:
        return sorted(scope for scope in client.scopes if scope != "*") if client.realm == EVO else ["openid"]
    for scope in asked:
        of_client = "*" in client.scopes or scope in client.scopes or scope in grants.SCOPES_WITHOUT_GRANT
        if not of_client or not grants.is_known(scope):
            raise InvalidScope
    return asked


def is_registered(client: Client, redirect_uri: str) -> bool:
    """Exact comparison; of a loopback redirect every port is the same one (RFC 8252, section 7.3), no host is."""
    if redirect_uri in client.redirect_uris:
        return True
    asked = _without_port(redirect_uri)
    return asked is not None and any(asked == _without_port(known) for known in client.redirect_uris)


def _without_port(uri: str) -> tuple[str, str, str] | None:
    """Host, path and query of a loopback redirect over http; None for anything else, and for port 0: nobody listens.

    The text is put together again and compared: what the parser would forgive is not forgiven here.
    """
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    whole = (
        f"http://{shown}"
        + ("" if port is None else f":{port}")
        + parts.path
        + (f"?{parts.query}" if parts.query else "")
    )
    usable = host in _LOOPBACK and port != 0 and whole == uri
    return (host, parts.path, parts.query) if usable else None


def _check(client_id: str, name: str, realm: str, redirects: Iterable[str], scopes: Iterable[str]) -> None:
    if not 1 <= len(client_id) <= 64 or not set(client_id) <= set(_ID_CHARACTERS):
        raise Invalid("client_id: expected 1 to 64 of a-z, 0-9, '.', '_' and '-'.")
    if not 1 <= len(name) <= 255 or not name.strip() or not name.isprintable():
        raise Invalid("name: expected 1 to 255 printable characters.")
    if realm not in {EVO, PUBLIC}:
        raise Invalid(f"realm: {realm[:40]!r} is neither {EVO} nor {PUBLIC}.")
    grants.check_scopes(scopes)
    for uri in redirects:
        _check_redirect(uri)


def _check_redirect(uri: str) -> None:
    """Raises Invalid unless codes may be sent there: https, http on loopback, or a scheme of one's own."""
    refused = Invalid(
        f"redirect_uri: {uri[:200]!r} is neither https, http on loopback, nor a private scheme with a dot."
    )
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        usable = uri.isascii() and uri.isprintable() and " " not in uri and "#" not in uri and len(uri) <= 2000
        known = (
            (parts.scheme == "https" and host and parts.username is None)
            or _without_port(uri) is not None
            or ("." in parts.scheme and uri.startswith(f"{parts.scheme}:/"))  # RFC 8252, section 7.1
        )
    except ValueError:
        raise refused from None
    if not usable or not known:
        raise refused


def _grant_types(realm: str, redirects: bool, confidential: bool) -> tuple[str, ...]:
    found = [CLIENT_CREDENTIALS] if confidential else []
    if redirects:
        found += [AUTHORIZATION_CODE] if realm == EVO else []
        found += [DEVICE_CODE, REFRESH_TOKEN]
    return tuple(found)
