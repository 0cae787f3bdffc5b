"""share.*: links by which people without an account see one item or collection."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field

from coreshed.catalogue.share_ledger import ShareLink
from coreshed.catalogue.share_wire import target_of
from coreshed.catalogue.times import show
from coreshed.clock import iso_microseconds
from coreshed.operations.bodies import Input
from coreshed.operations.registry import Call, Listed, operation

TargetType = Literal["item", "collection"]


class ShareLinkCreate(Input):
    """What is shared, until when, and whether its files can be downloaded (`download`) or not (`view`)."""

    target_type: TargetType
    target_id: str
    password: Annotated[str, Field(min_length=8, max_length=1024)]
    expires_at: str
    permission: Literal["view", "download"] = "view"


class ShareLinkListInput(Input):
    """The links to which target."""

    target_type: TargetType
    target_id: str


class ShareLinkRevokeInput(Input):
    """Which link."""

    link_id: str


class ShareLinkValidateInput(Input):
    """A link's token and its password."""

    token: str
    password: Annotated[str, Field(max_length=1024)] = ""


class ShareLinkResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A share link without its secrets."""

    id: str
    target_type: str
    target_id: str
    permission: str
    organization_id: str
    project_id: str
    expires_at: str
    created_at: str
    revoked_at: str | None
    access_count: int
    last_accessed_at: str | None
    created_by: str | None


class ShareLinkCreateOutput(ShareLinkResponse, frozen=True, kw_only=True):
    """A share link with its token, which is told this once."""

    token: str


class ShareLinkRevokeOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The link is of no use any more."""

    id: str
    ok: bool = True


class ShareLinkValidateOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What the link shows. target: the item with `assets`, or the collection with `items`, at most 1,000, as these.

    `download_url` of an asset is null where the link does not permit to download. Who made what, where it is stored
    and which project, upload or job it belongs to is not told.
    """

    permission: str
    target_type: str
    target: dict[str, Any]


@operation(
    "share.link.create",
    scope="shares:write",
    side_effect="share_export",
    summary="Create a share link with a password for an item or a collection (editor or admin).",
    produces=("share_link",),
    hashes=True,
)
def create(call: Call, body: ShareLinkCreate) -> ShareLinkCreateOutput:
    """Token and password are kept as hashes alone."""
    link, token = call.rooms.catalogue.shares.create(
        caller=call.caller,
        target_type=body.target_type,
        target_id=body.target_id,
        password=body.password,
        permission=body.permission,
        expires_at=body.expires_at,
    )
    return ShareLinkCreateOutput(token=token, **_members(link))


@operation(
    "share.link.list",
    scope="shares:read",
    side_effect="read",
    summary="List the share links of an item or a collection (editor or admin).",
    extension=True,
    raw=True,
)
def list_links(call: Call, body: ShareLinkListInput) -> Listed[ShareLinkResponse]:
    """The newest first, ended ones too."""
    found = call.rooms.catalogue.shares.page(caller=call.caller, target_type=body.target_type, target_id=body.target_id)
    return Listed([ShareLinkResponse(**_members(each)) for each in found], len(found))


@operation(
    "share.link.revoke",
    scope="shares:write",
    side_effect="destructive",
    summary="Revoke a share link (editor or admin).",
    produces=("share_link",),
)
def revoke(call: Call, body: ShareLinkRevokeInput) -> ShareLinkRevokeOutput:
    """At once; links to bytes that it has given live on until they expire."""
    return ShareLinkRevokeOutput(id=call.rooms.catalogue.shares.revoke(caller=call.caller, link_id=body.link_id).id)


@operation(
    "share.link.validate",
    scope="shares:read",
    side_effect="read",
    public=True,
    summary="See what a share link shows, with its token and password.",
    refuses=("rate-limited",),
    hashes=True,
)
def validate(call: Call, body: ShareLinkValidateInput) -> ShareLinkValidateOutput:
    """Needs no account. A wrong password is 403; what is unknown, revoked or expired is 404.

    Ten wrong passwords from an address, and one more every 10 s, are looked at; of addresses from which the link has
    not been opened, 50 for each link together, and one more every 30 s. Others are 429 with `Retry-After`.
    """
    shown = call.rooms.catalogue.shares.open(token=body.token, password=body.password, address=call.address)
    return ShareLinkValidateOutput(
        permission=shown.link.permission, target_type=shown.link.target_type, target=target_of(shown)
    )


def _members(link: ShareLink) -> dict[str, Any]:
    same = ("id", "target_type", "target_id", "permission", "access_count", "created_by")
    return {
        **{name: getattr(link, name) for name in same},
        "organization_id": link.organisation_id,
        "project_id": link.workspace_id,
        "expires_at": iso_microseconds(link.expires_ns),
        "created_at": iso_microseconds(link.created_ns),
        "revoked_at": show(link.revoked_ns),
        "last_accessed_at": show(link.accessed_ns),
    }
