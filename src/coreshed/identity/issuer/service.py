"""The issuer as one thing: what the composition root makes and the routes and commands use."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.identity import ledger as accounts
from coreshed.identity.issuer import ledger
from coreshed.identity.issuer.authorizing import Authorizing
from coreshed.identity.issuer.clients import Clients, is_registered
from coreshed.identity.issuer.devices import Devices
from coreshed.identity.issuer.forms import Form
from coreshed.identity.issuer.ledger import Session
from coreshed.identity.issuer.minting import Mint
from coreshed.identity.issuer.realms import Realms
from coreshed.identity.issuer.signing import TokenKeys
from coreshed.identity.issuer.signing_in import SigningIn
from coreshed.identity.issuer.tokens import Tokens
from coreshed.identity.issuer.verifier import Hint, TokenVerifier
from coreshed.identity.principal import Principal
from coreshed.identity.service import Identity
from coreshed.settings import Settings

# What has ended is kept for a day, for whoever asks what happened.
_KEPT_NS = 86400 * NANOSECONDS
_DEMO_DOMAIN = "@demo"
_DEMO_USER = f"owner{_DEMO_DOMAIN}"


@dataclass(frozen=True, slots=True)
class Leaving:
    """A request to sign out. `user_id` is proved by an id token; the others stand where the redirect is registered."""

    user_id: str | None
    client_id: str | None
    redirect_uri: str | None

    def kept(self, form: Form) -> dict[str, str]:
        """The request again, for after the question."""
        if self.client_id is None or self.redirect_uri is None:
            return {}
        state = {"state": form["state"]} if "state" in form else {}
        return {"client_id": self.client_id, "post_logout_redirect_uri": self.redirect_uri, **state}

    def url(self, form: Form) -> str | None:
        """Where the browser goes; None: nowhere."""
        wanted, state = self.redirect_uri, form.get("state")
        if wanted is None or state is None:
            return wanted
        return f"{wanted}{'&' if '?' in wanted else '?'}{urlencode({'state': state})}"


class Issuer:
    """Applications, tokens and sign-in over one identity room."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        clock: Clock,
        identity: Identity,
        keys: TokenKeys,
        realms: Realms,
        verifier: TokenVerifier,
    ) -> None:
        self.settings = settings
        self.realms = realms
        self.keys = keys
        self.identity = identity
        self._verifier = verifier
        self.default_project: Callable[[Principal], str | None] = lambda _caller: None
        self._database = database
        self._clock = clock
        hosts = [_host_of(address) for address in settings.listen]
        ours = [*hosts, urlsplit(realms.evo.url).hostname]
        self._approves_itself = settings.demo and all(map(_is_loopback, ours))
        self.clients = Clients(database, clock, identity)
        self.devices = Devices(database=database, clock=clock, clients=self.clients, public_url=realms.evo.url)
        self.tokens = Tokens(
            database=database,
            clock=clock,
            identity=identity,
            clients=self.clients,
            mint=Mint(keys),
            verifier=verifier,
            devices=self.devices,
        )

        self.authorizing = Authorizing(database=database, clock=clock, clients=self.clients, realm=realms.evo)
        self.signing_in = SigningIn(
            database=database, clock=clock, identity=identity, session_lifetime=settings.session_lifetime
        )

    def name_projects(self, default: Callable[[Principal], str | None]) -> None:
        """Let the upload clients be told which project a user begins with; what projects are is decided above."""
        self.default_project = default

    def close(self) -> None:
        """Finish background threads."""
        self.signing_in.close()

    async def approving(self, scope: Mapping[str, Any], hint: str | None) -> Session | None:
        """Who approves without being asked: a user of the demonstration, on a machine that serves itself alone.

        Listeners, public URL, caller and the Host header all have to be of the loopback: the last because a page from
        elsewhere may have a name that leads here.
        """
        if not self._approves_itself or not _is_loopback_request(scope):
            return None
        email = hint if hint is not None and hint.endswith(_DEMO_DOMAIN) and hint.isprintable() else _DEMO_USER
        return await self._database.run(self._demo_user, email)

    def _demo_user(self, email: str) -> Session | None:
        with self._database.reading() as rows:
            user = accounts.account_by_email(rows, email)
        if user is None or user.disabled_ns is not None:
            return None
        return Session("", user.id, user.email, user.name, self._clock.now_ns())

    def hinted(self, id_token: str | None) -> Hint | None:
        """Whose id token of Evo's issuer this is; it may have expired, it has been ours."""
        return self._verifier.hint(self.realms.evo, id_token)

    def leaving(self, *, form: Form) -> Leaving:
        """What a request to sign out says of itself, as far as it is proved or registered."""
        hint = self.hinted(form.get("id_token_hint"))
        user_id = None if hint is None else hint.user_id
        client_id, wanted = form.get("client_id"), form.get("post_logout_redirect_uri")
        if client_id is not None and hint is not None and hint.client_id != client_id:
            return Leaving(None, None, None)
        client_id = hint.client_id if client_id is None and hint is not None else client_id
        if client_id is None or wanted is None:
            return Leaving(user_id, None, None)
        with self._database.reading() as rows:
            client = self.clients.find(rows, self.realms.evo, client_id)
        good = client is not None and is_registered(client, wanted)
        return Leaving(user_id, client_id, wanted) if good else Leaving(user_id, None, None)

    def bootstrap(self, rows: Rows) -> None:
        """What must be there from the first start on."""
        self.clients.bootstrap(rows)

    def upkeep(self) -> None:
        """Rotate the keys where it is time, and forget what ended long ago; blocks."""
        self.keys.rotate(older_than_ns=self.settings.token_key_lifetime * NANOSECONDS)
        with self._database.writing() as rows:
            ledger.sweep(rows, self._clock.now_ns() - _KEPT_NS)
            self.signing_in.sweep(rows)


def _is_loopback(host: str | None) -> bool:
    """True for the name and the addresses themselves: `127.0.0.1.example.org` is somebody else's name."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _host_of(authority: str) -> str | None:
    try:
        return urlsplit(f"//{authority}").hostname
    except ValueError:
        return None


def _is_loopback_request(scope: Mapping[str, Any]) -> bool:
    named = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
    client = scope.get("client")
    forwarded = any(name in {b"x-forwarded-for", b"forwarded"} for name, _ in scope["headers"])
    return not forwarded and client is not None and _is_loopback(client[0]) and _is_loopback(_host_of(named))
