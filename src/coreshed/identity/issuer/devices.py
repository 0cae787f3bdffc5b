"""Devices that wait for a person to enter a code elsewhere (RFC 8628)."""

import re
import secrets
from dataclasses import dataclass

from coreshed import audit
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.identity import keys
from coreshed.identity.issuer import forms, ledger, throttle
from coreshed.identity.issuer import issued_ledger as issued
from coreshed.identity.issuer.clients import Clients, allowed_scopes
from coreshed.identity.issuer.forms import Form
from coreshed.identity.issuer.issued_ledger import DeviceCode
from coreshed.identity.issuer.ledger import Client, Session
from coreshed.identity.issuer.realms import DEVICE_CODE, Realm
from coreshed.identity.issuer.refusals import (
    AccessDenied,
    AuthorizationPending,
    ExpiredCode,
    InvalidGrant,
    InvalidRequest,
    OAuthRefusal,
    SlowDown,
    TooManyAttempts,
    UnauthorizedClient,
)
from coreshed.identity.issuer.throttle import Bucket, network_of
from coreshed.identity.issuer.wire import DeviceAnswer

_EXPIRES_SECONDS = 600
_INTERVAL_SECONDS = 5
# Without vowels, digits or letters that look alike: codes are read aloud and spell nothing. 20^8 of them.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a person is asked to approve; `user_code` as the device shows it."""

    client: Client
    scopes: tuple[str, ...]
    user_code: str


class Devices:
    """Devices and who approves them."""

    def __init__(self, *, database: Database, clock: Clock, clients: Clients, public_url: str) -> None:
        self._database = database
        self._clock = clock
        self._clients = clients
        self._page = f"{public_url}/device"

    def begin(
        self, *, realm: Realm, form: Form, authorization: str | None, address: str, approved_by: Session | None = None
    ) -> DeviceAnswer:
        """A device begins to wait; approved_by: the user who has approved it in advance. Raises OAuthRefusal."""
        who = forms.presented(form, authorization)
        challenge = _challenge(form)
        device_code = secrets.token_urlsafe(32)
        letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            wait = throttle.pour(rows, [Bucket(f"devices {network_of(address)}", 60, 5)], now_ns)
            if wait:  # each leaves a row
                raise TooManyAttempts(wait)
            client = self._clients.authenticate(rows, realm, who)
            if DEVICE_CODE not in client.grant_types:
                raise UnauthorizedClient
            device = DeviceCode(
                digest=keys.digest(device_code),
                client_id=client.id,
                scopes=" ".join(allowed_scopes(client, forms.scopes(form))),
                challenge=challenge,
                expires_ns=now_ns + _EXPIRES_SECONDS * NANOSECONDS,
                interval=_INTERVAL_SECONDS,
                polled_ns=0,
                user_id=approved_by.user_id if approved_by is not None and client.first_party else None,
                denied=False,
                used=False,
            )
            issued.insert_device_code(rows, keys.digest(letters), device)
        user_code = spelled(letters)
        return DeviceAnswer(
            device_code=device_code,
            user_code=user_code,
            verification_uri=self._page,
            verification_uri_complete=f"{self._page}?user_code={user_code}",
            expires_in=_EXPIRES_SECONDS,
            interval=_INTERVAL_SECONDS,
        )

    def poll(self, rows: Rows, client: Client, form: Form, now_ns: int) -> DeviceCode | OAuthRefusal:
        """The approved device, or why it is none yet. Raises InvalidGrant for a code that never was this client's."""
        device = issued.device_code(rows, keys.digest(forms.required(form, "device_code")))
        if device is None or device.client_id != client.id or device.used:
            raise InvalidGrant
        if device.denied:
            return AccessDenied()
        if device.expires_ns <= now_ns:
            return ExpiredCode()
        if device.user_id is not None:
            return device
        # Half a second of grace: timers and networks are not exact.
        early = now_ns - device.polled_ns < device.interval * NANOSECONDS - NANOSECONDS // 2
        interval = device.interval + (5 if early else 0)
        issued.change_device(rows, device.digest, polled_ns=now_ns, interval=interval)
        return SlowDown() if early else AuthorizationPending()

    def waiting(self, *, user_code: str, address: str) -> Waiting | None:
        """The device of a code that somebody entered, None where none waits for it.

        Raises TooManyAttempts where the address has guessed too often.
        """
        with self._database.writing() as rows:
            guesses = self._guess(rows, address)
            device = issued.device_by_user_code(rows, keys.digest(normal(user_code)))
            client = ledger.client(rows, device.client_id) if device is not None and self._is_open(device) else None
            if device is None or client is None or client.revoked_ns is not None:
                return None
            throttle.take_back(rows, guesses)
            return Waiting(client, tuple(device.scopes.split()), spelled(normal(user_code)))

    def decide(self, *, session: Session, user_code: str, approve: bool, address: str) -> bool:
        """Approve or deny, once, as the signed-in user; False where no device waits for the code.

        Raises TooManyAttempts: a code can be guessed here as well as where it is entered.
        """
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            guesses = self._guess(rows, address)
            device = issued.device_by_user_code(rows, keys.digest(normal(user_code)), to_change=True)
            if device is None or not self._is_open(device):
                return False
            throttle.take_back(rows, guesses)
            values = {"user_id": session.user_id} if approve else {"denied": True}
            issued.change_device(rows, device.digest, **values)
            audit.record(
                rows, at_ns=now_ns, actor_id=session.user_id, action="device.approve" if approve else "device.deny",
                target_id=device.client_id, scopes=device.scopes,
            )  # fmt: skip
        return True

    def _guess(self, rows: Rows, address: str) -> list[Bucket]:
        """Count a code that somebody entered; a good one is taken back. Raises TooManyAttempts."""
        guesses = [Bucket(f"device {network_of(address)}", 20, 10)]
        wait = throttle.pour(rows, guesses, self._clock.now_ns())
        if wait:
            raise TooManyAttempts(wait)
        return guesses

    def _is_open(self, device: DeviceCode) -> bool:
        decided = device.user_id is not None or device.denied or device.used
        return not decided and device.expires_ns > self._clock.now_ns()


def spelled(letters: str) -> str:
    """A code as it is shown."""
    return f"{letters[:4]}-{letters[4:]}"


def normal(user_code: str) -> str:
    """What somebody entered, as it was shown without its hyphen: case, spaces and hyphens do not matter."""
    return re.sub(r"[\s-]", "", user_code).upper()[:64]


def _challenge(form: Form) -> str | None:
    """Raises InvalidRequest unless it is absent or S256."""
    challenge, method = form.get("code_challenge"), form.get("code_challenge_method")
    if challenge is None and method is None:
        return None
    if challenge is None or method != "S256" or _CHALLENGE.fullmatch(challenge) is None:
        raise InvalidRequest("code_challenge_method must be S256, with a code_challenge of 43 characters.")
    return challenge
