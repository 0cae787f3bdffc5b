"""What the issuer answers; field names are those of RFC 6749, 7662, 8628 and OpenID Connect."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`token_type` is exactly `Bearer`: the Evo SDK refuses any other spelling. Absent is never null."""

    access_token: str
    expires_in: int
    scope: str
    token_type: str = "Bearer"  # noqa: S105  (a name, no secret)
    refresh_token: str | UnsetType = UNSET
    refresh_expires_in: int | UnsetType = UNSET
    id_token: str | UnsetType = UNSET


class DeviceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


def names_of(name: str | None) -> dict[str, Any]:
    """The claims of a person's name: what stands after its last space is the family name."""
    if not name:
        return {}
    given, space, family = name.rpartition(" ")
    return {"name": name, "given_name": given if space else family} | ({"family_name": family} if space else {})
