"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
from coreshed.client.operation_calls import Resource


class ShareLink(Resource):
    """`share.link.*`."""

    def create(
        self,
        *,
        target_type: Literal["item", "collection"],
        target_id: str,
        password: str,
        expires_at: str,
        permission: Literal["view", "download"] | UnsetType = UNSET,
    ) -> answers.ShareLinkCreateOutput:
        """Create a share link with a password for an item or a collection (editor or admin).

        Scope `shares:write`, side-effect share_export.
        """
        return self._call(
            "share.link.create",
            {
                "target_type": target_type,
                "target_id": target_id,
                "password": password,
                "expires_at": expires_at,
                "permission": permission,
            },
            answers.ShareLinkCreateOutput,
        )

    def list(
        self, *, target_type: Literal["item", "collection"], target_id: str
    ) -> builtins.list[answers.ShareLinkResponse]:
        """List the share links of an item or a collection (editor or admin).

        Scope `shares:read`, side-effect read.
        """
        return self._call(
            "share.link.list",
            {"target_type": target_type, "target_id": target_id},
            builtins.list[answers.ShareLinkResponse],
        )

    def revoke(self, *, link_id: str) -> answers.ShareLinkRevokeOutput:
        """Revoke a share link (editor or admin).

        Scope `shares:write`, side-effect destructive.
        """
        return self._call("share.link.revoke", {"link_id": link_id}, answers.ShareLinkRevokeOutput)

    def validate(self, *, token: str, password: str | UnsetType = UNSET) -> answers.ShareLinkValidateOutput:
        """See what a share link shows, with its token and password.

        For everybody, side-effect read.
        """
        return self._call(
            "share.link.validate", {"token": token, "password": password}, answers.ShareLinkValidateOutput
        )


class Share(Resource):
    """`share.*`."""

    @property
    def link(self) -> "ShareLink":
        """`share.link.*`."""
        return ShareLink(self._sender, self._session)
