"""api_keys.*: the caller's own keys."""

from typing import Annotated

import msgspec
from pydantic import Field

from coreshed.clock import iso_microseconds
from coreshed.identity import ApiKey
from coreshed.operations.bodies import Input, Integer
from coreshed.operations.registry import Call, Listed, operation

_CENTURY = 36_525  # days


class ApiKeyCreateInput(Input):
    """A key to be made."""

    name: str = Field(min_length=1, max_length=200, description="What it is for")
    permissions: list[str] = Field(
        default=[],
        description="Scopes such as uploads:write, of those that your own credential has; none: it opens nothing",
    )
    rate_limit: Annotated[Integer, Field(gt=0)] | None = Field(
        default=None, description="How many operations it may call in a minute; null: no limit of its own"
    )
    expires_in_days: Annotated[Integer, Field(gt=0, le=_CENTURY)] | None = Field(
        default=None,
        description="When it ends; null: with the key you call with, if that expires, else when it is revoked",
    )


class ApiKeyListInput(Input):
    """Nothing is asked for but the caller's own."""


class ApiKeyRevokeInput(Input):
    """A key to be ended."""

    key_id: str = Field(description="Its id")


class ApiKeyCreateOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A new key. `key` is the secret itself, shown here and never again."""

    id: str
    key: str
    prefix: str
    name: str
    permissions: list[str]
    rate_limit: int | None
    expires_at: str | None
    created_at: str


class ApiKeyOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a key. `is_active` is false once it was revoked or has ended."""

    id: str
    prefix: str
    name: str
    permissions: list[str]
    rate_limit: int | None
    expires_at: str | None
    created_at: str
    revoked_at: str | None
    is_active: bool


class ApiKeyRevokeOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The key that ended."""

    id: str
    ok: bool = True


@operation(
    "api_keys.create",
    scope="api_keys:write",
    side_effect="share_export",
    summary="Make a key for yourself; the secret is in this answer and nowhere else.",
    replayed=True,
    refuses=("conflict",),
)
def create(call: Call, body: ApiKeyCreateInput) -> ApiKeyCreateOutput:
    """The key acts as you, in every role that you have, and is limited by its permissions.

    It ends no later than the key you call with, or that your token was given for, and is limited as that one is. Of
    100 keys that have not ended, the next one is refused (409).

    Under an `Idempotency-Key` the answer, the secret with it, is kept for 24 hours, readable with that text alone:
    take a random one. Each server process counts the calls for itself; more than `rate_limit` are answered with 429.
    """
    text, key = call.rooms.identity.own_keys.create(
        caller=call.caller,
        name=body.name,
        scopes=body.permissions,
        expires_in_days=body.expires_in_days,
        rate_limit=body.rate_limit,
    )
    return ApiKeyCreateOutput(
        id=key.id,
        key=text,
        prefix=_prefix(key),
        name=key.name,
        permissions=key.scopes.split(),
        rate_limit=key.rate_limit,
        expires_at=_moment(key.expires_ns),
        created_at=iso_microseconds(key.created_ns),
    )


@operation(
    "api_keys.list",
    scope="api_keys:read",
    side_effect="read",
    summary="List your keys, without their secrets.",
    raw=True,
)
def list_keys(call: Call, body: ApiKeyListInput) -> Listed[ApiKeyOutput]:  # noqa: ARG001  (no field yet)
    """The newest first, ended ones too."""
    found = call.rooms.identity.own_keys.list(caller=call.caller)
    return Listed([_shown(call, key) for key in found], len(found))


@operation(
    "api_keys.revoke",
    scope="api_keys:write",
    side_effect="destructive",
    summary="End a key of yours at once.",
)
def revoke(call: Call, body: ApiKeyRevokeInput) -> ApiKeyRevokeOutput:
    """Other nodes stop accepting it within two seconds. A key that has ended already answers the same."""
    return ApiKeyRevokeOutput(id=call.rooms.identity.own_keys.revoke(caller=call.caller, key_id=body.key_id).id)


def _shown(call: Call, key: ApiKey) -> ApiKeyOutput:
    return ApiKeyOutput(
        id=key.id,
        prefix=_prefix(key),
        name=key.name,
        permissions=key.scopes.split(),
        rate_limit=key.rate_limit,
        expires_at=_moment(key.expires_ns),
        created_at=iso_microseconds(key.created_ns),
        revoked_at=_moment(key.revoked_ns),
        is_active=call.rooms.identity.own_keys.is_active(key),
    )


def _prefix(key: ApiKey) -> str:
    """How a key of this id begins; the text of the first administrator's key may have been chosen freely."""
    return f"gpra_{key.id}"


def _moment(at_ns: int | None) -> str | None:
    return None if at_ns is None else iso_microseconds(at_ns)
