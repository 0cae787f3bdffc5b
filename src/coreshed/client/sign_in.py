"""Signing in on another device (RFC 8628), and renewing what that gives."""

import threading
import time
from collections.abc import Callable, Generator
from urllib.parse import urlencode

import httpx
import msgspec

from coreshed.client import profiles
from coreshed.client.calls import Answer, Call, nothing, reads
from coreshed.client.errors import CoreshedError, Invalid, NotSignedIn, ServerFailed
from coreshed.client.profiles import Profile, Tokens
from coreshed.client.senders import Sender

# The application that every Coreshed server knows for programs on a person's own machine.
CLIENT_ID = "evo"
SCOPES = "* offline_access"
_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SOON_SECONDS = 60.0  # a token that ends this soon is renewed before it is used


class Device(msgspec.Struct, frozen=True):
    """What a person needs to approve this device; `expires_in` and `interval` in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None = None
    expires_in: float = 600
    interval: float = 5


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = 3600
    refresh_token: str | None = None

    def tokens(self, before: Tokens | None = None) -> Tokens:
        kept = None if before is None else before.refresh_token
        return Tokens(self.access_token, self.refresh_token or kept, time.time() + self.expires_in)


class _Refused(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str | None = None


class _Metadata(msgspec.Struct, frozen=True):
    device_authorization_endpoint: str | None = None


def is_offered(sender: Sender, url: str) -> bool:
    """Whether the server takes sign-ins of devices. Raises Unreachable."""
    try:
        found = sender.send(Call("GET", f"{url}/.well-known/openid-configuration", reads(_Metadata)))
    except (NotSignedIn, Invalid, ServerFailed, LookupError):
        return False
    return found.device_authorization_endpoint is not None


def begin(sender: Sender, url: str) -> Device:
    """Ask for a code. Raises CoreshedError."""
    body = urlencode({"client_id": CLIENT_ID, "scope": SCOPES}).encode()
    return sender.send(Call("POST", f"{url}/connect/deviceauthorization", reads(Device), body=body, headers=_FORM))


def wait(sender: Sender, url: str, device: Device, *, sleep: Callable[[float], None] = time.sleep) -> Tokens:
    """Wait until somebody has approved the code. Raises NotSignedIn where that is denied or takes too long."""
    pause, left = device.interval, device.expires_in
    form = {"grant_type": _DEVICE_CODE, "device_code": device.device_code, "client_id": CLIENT_ID}
    call = Call("POST", f"{url}/connect/token", _decision, body=urlencode(form).encode(), headers=_FORM,
                good=frozenset({200, 400}))  # fmt: skip
    while left > 0:
        sleep(pause)
        left -= pause
        decided = sender.send(call)
        if isinstance(decided, Tokens):
            return decided
        if decided.error == "slow_down":
            pause += 5
        elif decided.error != "authorization_pending":
            raise NotSignedIn(decided.error_description or f"The sign-in was refused: {decided.error}.")
    raise NotSignedIn("Nobody approved the code in time.")


def end(sender: Sender, url: str, tokens: Tokens) -> None:
    """Tell the server that the sign-in is over. Raises CoreshedError."""
    body = urlencode({"token": tokens.refresh_token or tokens.token, "client_id": CLIENT_ID}).encode()
    sender.send(Call("POST", f"{url}/connect/revocation", nothing, body=body, headers=_FORM))


def _decision(answer: Answer) -> Tokens | _Refused:
    if answer.status == 200:
        return reads(_Granted)(answer).tokens()
    return reads(_Refused)(answer)


class Renewing(httpx.Auth):
    """The access token of a profile, renewed when it ends or is refused; the new one is kept in the profile."""

    requires_response_body = True

    def __init__(self, profile: Profile, name: str | None) -> None:
        assert isinstance(profile.credential, Tokens)  # noqa: S101  (keys are not renewed)
        self._profile = profile
        self._tokens: Tokens = profile.credential
        self._name = name
        self._turn = threading.Lock()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a token that is good; once more where the server thinks otherwise."""
        ends_soon = self._tokens.expires_at - time.time() < _SOON_SECONDS
        if ends_soon:
            yield from self._renew(self._tokens)
        sent = self._tokens
        request.headers["Authorization"] = f"Bearer {sent.token}"
        response = yield request
        if response.status_code == 401 and not ends_soon:
            yield from self._renew(sent)
            # In any case: the answer to what is yielded last is the caller's.
            request.headers["Authorization"] = f"Bearer {self._tokens.token}"
            yield request

    def _renew(self, old: Tokens) -> Generator[httpx.Request, httpx.Response, None]:
        """Where another thread or program has renewed it meanwhile, take what it has got."""
        with self._turn:
            kept = profiles.load(self._name)
            if kept is not None and kept.url == self._profile.url and isinstance(kept.credential, Tokens):
                self._tokens = kept.credential
            current = self._tokens
        if current != old or current.refresh_token is None:
            return
        form = {"grant_type": "refresh_token", "refresh_token": current.refresh_token, "client_id": CLIENT_ID}
        response = yield httpx.Request("POST", f"{self._profile.url}/connect/token", data=form)
        if response.status_code == 200:
            self._keep(msgspec.json.decode(response.content, type=_Granted).tokens(current))

    def _keep(self, tokens: Tokens) -> None:
        with self._turn:
            self._tokens = tokens
            kept = profiles.load(self._name)
            if kept is not None and kept.url == self._profile.url:
                try:
                    profiles.save(msgspec.structs.replace(kept, credential=tokens), self._name)
                except CoreshedError:
                    return  # the directory cannot be written: this process goes on with what it has
