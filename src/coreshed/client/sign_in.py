"""Signing in on another device (RFC 8628)."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from coreshed.client.calls import Answer, Call, nothing, reads
from coreshed.client.errors import Invalid, NotSignedIn, ServerFailed
from coreshed.client.profiles import Tokens

if TYPE_CHECKING:
    from coreshed.client.senders import Sender

# The application that every Coreshed server knows for programs on a person's own machine.
CLIENT_ID = "evo"
SCOPES = "* offline_access"
_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Device(msgspec.Struct, frozen=True):
    """What a person needs to approve this device; `expires_in` and `interval` in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None = None
    expires_in: float = 600
    interval: float = 5


class Granted(msgspec.Struct, frozen=True):
    """The answer to a code or to a refresh token."""

    access_token: str
    expires_in: float = 3600
    refresh_token: str | None = None

    def tokens(self, before: Tokens | None = None) -> Tokens:
        """To keep; before: those that it renews."""
        kept = None if before is None else before.refresh_token
        return Tokens(self.access_token, self.refresh_token or kept, time.time() + self.expires_in)


class _Refused(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str | None = None


class _Metadata(msgspec.Struct, frozen=True):
    device_authorization_endpoint: str | None = None


def is_offered(sender: "Sender", url: str) -> bool:
    """Whether the server takes sign-ins of devices. Raises Unreachable."""
    try:
        found = sender.send(Call("GET", f"{url}/.well-known/openid-configuration", reads(_Metadata)))
    except (NotSignedIn, Invalid, ServerFailed, LookupError):
        return False
    return found.device_authorization_endpoint is not None


def begin(sender: "Sender", url: str) -> Device:
    """Ask for a code. Raises CoreshedError."""
    body = urlencode({"client_id": CLIENT_ID, "scope": SCOPES}).encode()
    return sender.send(Call("POST", f"{url}/connect/deviceauthorization", reads(Device), body=body, headers=_FORM))


def wait(sender: "Sender", url: str, device: Device, *, sleep: Callable[[float], None] = time.sleep) -> Tokens:
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


def end(sender: "Sender", url: str, tokens: Tokens) -> None:
    """Tell the server that the sign-in is over. Raises CoreshedError."""
    body = urlencode({"token": tokens.refresh_token or tokens.token, "client_id": CLIENT_ID}).encode()
    sender.send(Call("POST", f"{url}/connect/revocation", nothing, body=body, headers=_FORM))


def _decision(answer: Answer) -> Tokens | _Refused:
    if answer.status == 200:
        return reads(Granted)(answer).tokens()
    return reads(_Refused)(answer)
