"""The authorization endpoint: from a browser's request to a code, to a page, or to a refusal that is sent on."""

import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from coreshed import audit
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.identity import keys
from coreshed.identity.issuer import forms, ledger
from coreshed.identity.issuer import issued_ledger as issued
from coreshed.identity.issuer.clients import Clients, allowed_scopes, is_registered
from coreshed.identity.issuer.issued_ledger import Code
from coreshed.identity.issuer.ledger import Client, Session
from coreshed.identity.issuer.realms import AUTHORIZATION_CODE, Realm
from coreshed.identity.issuer.refusals import (
    AccessDenied,
    ConsentRequired,
    InvalidRequest,
    LoginRequired,
    OAuthRefusal,
    UnauthorizedClient,
    UnsupportedResponseType,
)

PATH = "/connect/authorize"
_CODE_NS = 60 * NANOSECONDS
_SECONDS = re.compile(r"[0-9]{1,12}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose application and redirect are known good; only now may anything be sent there."""

    client: Client
    redirect_uri: str
    form: forms.Form

    @property
    def prompts(self) -> list[str]:
        """What the application wants to be shown: none, login, consent, select_account."""
        return self.form.get("prompt", "").split()

    @property
    def query(self) -> str:
        """The request again, for after the sign-in that it asked for."""
        left = [word for word in self.prompts if word not in {"login", "select_account"}]
        again = {name: value for name, value in self.form.items() if name not in {"prompt", "max_age"}}
        return urlencode({**again, "prompt": " ".join(left)} if left else again)

    def is_too_old(self, session: Session, now_ns: int) -> bool:
        """True where the password has to be given again: `max_age` seconds have passed, and with 0 in any case."""
        if "max_age" not in self.form:
            return False
        most = int(self.form["max_age"])
        return most == 0 or now_ns - session.created_ns > most * NANOSECONDS


@dataclass(frozen=True, slots=True)
class SendTo:
    """The browser goes to the application."""

    url: str


@dataclass(frozen=True, slots=True)
class AskToSignIn:
    """Nobody is signed in."""

    asked: Asked


@dataclass(frozen=True, slots=True)
class AskForConsent:
    """The user has not agreed to this yet."""

    asked: Asked
    session: Session
    scopes: tuple[str, ...]


Outcome = SendTo | AskToSignIn | AskForConsent


class Authorizing:
    """Gives codes to applications of the Evo realm."""

    def __init__(self, *, database: Database, clock: Clock, clients: Clients, realm: Realm) -> None:
        self._database = database
        self._clock = clock
        self._clients = clients
        self._realm = realm

    def authorize(self, *, query: bytes, cookie: str | None, approved_by: Session | None = None) -> Outcome:
        """What happens next. Raises OAuthRefusal where nothing may be redirected: the browser stays here.

        approved_by: who is signed in, without being asked, to the installation's own applications.
        """
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            asked = self._read(rows, query)
            try:
                scopes = _checked(asked)
                if approved_by is not None and asked.client.first_party:
                    return self._give_code(rows, asked, scopes, approved_by)
                session = None if cookie is None else ledger.session(rows, keys.digest(cookie), now_ns)
                return self._decide(rows, asked, scopes, session)
            except OAuthRefusal as refusal:
                return self._refuse(asked, refusal)

    def known(self, query: bytes) -> Asked | None:
        """The request, where its application and redirect are registered; nothing is said of the rest of it."""
        try:
            with self._database.reading() as rows:
                return self._read(rows, query)
        except OAuthRefusal:
            return None

    def consent(self, *, query: bytes, cookie: str | None, agree: bool) -> Outcome:
        """The answer of the consent page. Raises OAuthRefusal as `authorize` does."""
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            asked = self._read(rows, query)
            try:
                scopes = _checked(asked)
                session = None if cookie is None else ledger.session(rows, keys.digest(cookie), now_ns)
                if session is None:
                    return AskToSignIn(asked)
                if not agree:
                    raise AccessDenied("The user did not agree.")
            except OAuthRefusal as refusal:
                return self._refuse(asked, refusal)
            known = ledger.consented(rows, session.user_id, asked.client.id)
            agreed = " ".join(sorted(known | set(scopes)))
            ledger.set_consent(rows, session.user_id, asked.client.id, agreed, now_ns)
            audit.record(
                rows, at_ns=now_ns, actor_id=session.user_id, action="consent.give", target_id=asked.client.id,
                scopes=agreed,
            )  # fmt: skip
            return self._give_code(rows, asked, scopes, session)

    def _read(self, rows: Rows, query: bytes) -> Asked:
        form = forms.read(query)
        client = self._clients.find(rows, self._realm, forms.required(form, "client_id"))
        if client is None:
            raise InvalidRequest("No application with this client_id is registered here.")
        redirect_uri = forms.required(form, "redirect_uri")
        if not is_registered(client, redirect_uri):
            raise InvalidRequest("The redirect_uri is not registered for this application.")
        return Asked(client, redirect_uri, form)

    def _decide(self, rows: Rows, asked: Asked, scopes: list[str], session: Session | None) -> Outcome:
        silent = "none" in asked.prompts
        again = not {"login", "select_account"}.isdisjoint(asked.prompts)
        if session is None or again or asked.is_too_old(session, self._clock.now_ns()):
            if silent:
                raise LoginRequired
            return AskToSignIn(asked)
        known = ledger.consented(rows, session.user_id, asked.client.id)
        agreed = asked.client.first_party or set(scopes) <= known
        if not agreed or "consent" in asked.prompts:
            if silent:
                raise ConsentRequired
            return AskForConsent(asked, session, tuple(scopes))
        return self._give_code(rows, asked, scopes, session)

    def _give_code(self, rows: Rows, asked: Asked, scopes: list[str], session: Session) -> SendTo:
        code, now_ns = secrets.token_urlsafe(32), self._clock.now_ns()
        record = Code(
            client_id=asked.client.id,
            user_id=session.user_id,
            session_id=session.id or None,
            redirect_uri=asked.redirect_uri,
            scopes=" ".join(scopes),
            challenge=asked.form["code_challenge"],
            nonce=asked.form.get("nonce", "")[:512] or None,
            signed_in_ns=session.created_ns,
            expires_ns=now_ns + _CODE_NS,
            family_id=None,
        )
        issued.insert_code(rows, keys.digest(code), record)
        return self._send(asked, {"code": code})

    def _refuse(self, asked: Asked, refusal: OAuthRefusal) -> SendTo:
        return self._send(asked, {"error": refusal.error, "error_description": refusal.description})

    def _send(self, asked: Asked, answer: dict[str, str]) -> SendTo:
        state = asked.form.get("state")
        answer |= {"iss": self._realm.url} | ({} if state is None else {"state": state})
        return SendTo(f"{asked.redirect_uri}{'&' if '?' in asked.redirect_uri else '?'}{urlencode(answer)}")


def _checked(asked: Asked) -> list[str]:
    """The scopes of a request that is good in everything else. Raises OAuthRefusal."""
    form = asked.form
    if AUTHORIZATION_CODE not in asked.client.grant_types:
        raise UnauthorizedClient
    if forms.required(form, "response_type") != "code" or form.get("response_mode", "query") != "query":
        raise UnsupportedResponseType
    if form.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(form.get("code_challenge", "")):
        raise InvalidRequest("PKCE is needed: code_challenge_method S256 and a code_challenge of 43 characters.")
    if "none" in asked.prompts and len(asked.prompts) > 1:
        raise InvalidRequest("prompt=none stands alone.")
    if _SECONDS.fullmatch(form.get("max_age", "0")) is None:
        raise InvalidRequest("max_age must be a whole number of seconds.")
    return allowed_scopes(asked.client, forms.scopes(form))
