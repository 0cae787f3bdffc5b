"""What the OAuth endpoints refuse, in the words of RFC 6749, RFC 8628 and OpenID Connect.

`error` is the code on the wire. The sentence goes into `error_description`, so it has only ASCII without quotes.
"""

from typing import ClassVar


class OAuthRefusal(Exception):
    """A refusal with its `error` code and HTTP status; a redirect carries the code alone."""

    error: ClassVar[str] = "invalid_request"
    status: ClassVar[int] = 400
    sentence: ClassVar[str] = "The request lacks a parameter, repeats one or cannot be read."

    def __init__(self, description: str | None = None) -> None:
        self.description = description or self.sentence
        super().__init__(self.description)


class InvalidRequest(OAuthRefusal, ValueError):
    """A parameter is missing, repeated or malformed."""


class InvalidClient(OAuthRefusal, PermissionError):
    """No such application, a wrong secret, or it has been revoked."""

    error = "invalid_client"
    status = 401
    sentence = "The application is unknown here, has been revoked, or its secret is wrong."


class InvalidGrant(OAuthRefusal, PermissionError):
    """The code or refresh token is unknown, used, expired, revoked, or another application's."""

    error = "invalid_grant"
    sentence = "The code or refresh token is unknown, used, expired or revoked, or was issued to another application."


class UnauthorizedClient(OAuthRefusal, PermissionError):
    """The application may not use this grant."""

    error = "unauthorized_client"
    sentence = "The application is not registered for this grant."


class UnsupportedGrantType(OAuthRefusal, ValueError):
    """No such grant here."""

    error = "unsupported_grant_type"
    sentence = "This grant type is not offered."


class UnsupportedResponseType(OAuthRefusal, ValueError):
    """Only codes are given to browsers."""

    error = "unsupported_response_type"
    sentence = "response_type must be code."


class InvalidScope(OAuthRefusal, ValueError):
    """A scope is unknown or not allowed to the application."""

    error = "invalid_scope"
    sentence = "A scope is unknown or not allowed to this application."


class AccessDenied(OAuthRefusal, PermissionError):
    """Somebody said no."""

    error = "access_denied"
    sentence = "The request was denied."


class LoginRequired(OAuthRefusal, PermissionError):
    """`prompt=none` and nobody is signed in."""

    error = "login_required"
    sentence = "Nobody is signed in in this browser."


class ConsentRequired(OAuthRefusal, PermissionError):
    """`prompt=none` and the user has not agreed to this application yet."""

    error = "consent_required"
    sentence = "The user has not agreed to this application yet."


class AuthorizationPending(OAuthRefusal):
    """The device code waits for its user."""

    error = "authorization_pending"
    sentence = "Nobody has entered the code yet."


class SlowDown(OAuthRefusal):
    """The device polls too often; its interval has grown by five seconds."""

    error = "slow_down"
    sentence = "Wait five seconds longer between two requests."


class ExpiredCode(OAuthRefusal, TimeoutError):
    """The device code has ended."""

    error = "expired_token"
    sentence = "The code has expired; begin anew."


class TooManyAttempts(OAuthRefusal):
    """Throttled; `retry_after` seconds."""

    error = "temporarily_unavailable"
    status = 429
    sentence = "Too many attempts; wait a little."

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many attempts; try again in {retry_after} seconds.")
        self.retry_after = retry_after


class InvalidToken(OAuthRefusal, PermissionError):
    """A bearer token that is not usable."""

    error = "invalid_token"
    status = 401
    sentence = "The token is missing, unknown, expired or revoked."


def every() -> list[type[OAuthRefusal]]:
    """Every refusal, for documentation."""
    return OAuthRefusal.__subclasses__()
