"""Links by which people without an account see one item or collection, until they expire or are revoked."""

import hashlib
import secrets
from dataclasses import dataclass, replace

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from coreshed import audit, ids
from coreshed.catalogue import asset_ledger, item_ledger, ledger, share_ledger, times
from coreshed.catalogue.assets import Assets, Download
from coreshed.catalogue.ground import Ground
from coreshed.catalogue.model import Asset, Collection, Item
from coreshed.catalogue.share_ledger import ShareLink
from coreshed.clock import NANOSECONDS
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.identity.issuer import throttle
from coreshed.identity.issuer.throttle import Bucket, network_of
from coreshed.ids import WorkspaceKey
from coreshed.problems import Invalid, NotFound, NotPermitted, RateLimited
from coreshed.workspaces import Role

_TOKEN_BYTES = 32
# What one answer shows of a shared collection.
MAX_SHOWN = 1000
_KNOWN_NS = 90 * 86400 * NANOSECONDS
_UNKNOWN = "The link is unknown, has been revoked or has expired."


@dataclass(frozen=True, slots=True)
class Shared:
    """What a link shows: items with their assets; collection: None where it shows one item.

    downloads: by asset id; empty unless the link permits to download.
    """

    link: ShareLink
    collection: Collection | None
    items: list[Item]
    assets: dict[str, list[Asset]]
    downloads: dict[str, Download]


class Shares:
    """The share links of one installation."""

    def __init__(self, ground: Ground, assets: Assets) -> None:
        self._ground = ground
        self._assets = assets
        self._hasher = PasswordHasher()

    def create(
        self, *, caller: Principal, target_type: str, target_id: str, password: str, permission: str, expires_at: str
    ) -> tuple[ShareLink, str]:
        """A new link and its token, which is told this once; takes an editor. Raises NotFound, Invalid."""
        expires_ns = times.read(expires_at, "expires_at") or 0
        now_ns = self._ground.now_ns()
        if expires_ns <= now_ns:
            raise Invalid("A link expires in the future.", loc=["body", "expires_at"])
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        digest = self._hasher.hash(password)  # slow, and so before the transaction
        with self._ground.database.writing() as rows:
            key = self._target(rows, caller, target_type, target_id)
            link = ShareLink(
                id=ids.new_id(),
                organisation_id=key.organisation_id,
                workspace_id=key.workspace_id,
                target_type=target_type,
                target_id=target_id.lower(),
                permission=permission,
                token_hash=_digest(token),
                password_hash=digest,
                expires_ns=expires_ns,
                revoked_ns=None,
                access_count=0,
                accessed_ns=None,
                created_ns=now_ns,
                created_by=caller.user_id,
            )
            share_ledger.add(rows, link)
            detail = {"shared_id": link.target_id, "permission": permission, "expires_ns": expires_ns}
            self._ground.record(rows, caller, key, "share.create", link.id, **detail)
        return link, token

    def page(self, *, caller: Principal, target_type: str, target_id: str) -> list[ShareLink]:
        """The links to a target, the newest first, ended ones too; takes an editor. Raises NotFound."""
        with self._ground.database.reading() as rows:
            self._target(rows, caller, target_type, target_id)
            return share_ledger.of_target(rows, target_id.lower())

    def revoke(self, *, caller: Principal, link_id: str) -> ShareLink:
        """End a link at once; takes an editor of its project. A second time changes nothing. Raises NotFound."""
        with self._ground.database.writing() as rows:
            missing = "The link was not found."
            found = share_ledger.find(rows, link_id.lower()) if ids.is_uuid(link_id) else None
            if found is None:
                raise NotFound(missing)
            self._ground.require(rows, caller, found.workspace, Role.EDITOR, archived=True, unknown=missing)
            if found.revoked_ns is not None:
                return found
            revoked = replace(found, revoked_ns=self._ground.now_ns())
            share_ledger.change(rows, found.id, {"revoked_ns": revoked.revoked_ns})
            self._ground.record(rows, caller, found.workspace, "share.revoke", found.id)
        return revoked

    def open(self, *, token: str, password: str, address: str) -> Shared:
        """What a link shows to whoever has its token and password; address: where they ask from.

        Raises NotFound for a link that is not, or not any more, and where its target has gone; NotPermitted;
        RateLimited where the address, or strangers to the link, have been wrong too often.
        """
        with self._ground.database.reading() as rows:
            link = share_ledger.of_token(rows, _digest(token))
        if link is None or link.revoked_ns is not None or link.expires_ns <= self._ground.now_ns():
            raise NotFound(_UNKNOWN)
        counted = self._count(link, address)
        if not self._is_right(link, password):
            raise NotPermitted("The password is wrong.")
        now_ns = self._ground.now_ns()
        with self._ground.database.writing() as rows:
            self._ground.workspaces.require_live(rows, link.workspace_id)
            shown = self._shown(rows, link)
            throttle.take_back(rows, counted)
            throttle.remember(rows, _acquainted(link, address), now_ns + _KNOWN_NS)
            share_ledger.count_use(rows, link.id, now_ns)
            self._record_use(rows, link, now_ns)
        return shown

    def _count(self, link: ShareLink, address: str) -> list[Bucket]:
        """Count an attempt before the password is looked at, in buckets that a right one is taken back from.

        That of the link is for addresses from which it has not been opened: whoever has the token alone cannot shut
        out those who have the password (docs/decisions/012). Raises RateLimited.
        """
        now_ns = self._ground.now_ns()
        buckets = [Bucket(f"share address {network_of(address)}", 10, 10)]
        with self._ground.database.writing() as rows:
            if not throttle.remembers(rows, _acquainted(link, address), now_ns):
                buckets.append(Bucket(f"share {link.id}", 50, 30))
            wait = throttle.pour(rows, buckets, now_ns)
        if wait:
            raise RateLimited(f"Too many wrong passwords. Wait {wait} s.", retry_after=wait)
        return buckets

    def _record_use(self, rows: Rows, link: ShareLink, now_ns: int) -> None:
        """Nobody is signed in: the link itself is who came."""
        audit.record(
            rows,
            at_ns=now_ns,
            actor_id=f"share:{link.id}",
            action="share.open",
            organisation_id=link.organisation_id,
            workspace_id=link.workspace_id,
            target_id=link.target_id,
            permission=link.permission,
        )

    def _is_right(self, link: ShareLink, password: str) -> bool:
        try:
            return self._hasher.verify(link.password_hash, password)
        except (Argon2Error, InvalidHashError):
            return False

    def _shown(self, rows: Rows, link: ShareLink) -> Shared:
        collection: Collection | None = None
        if link.target_type == "collection":
            collection = ledger.find_collection(rows, link.target_id)
            if collection is None or collection.deleted_ns is not None:
                raise NotFound(_UNKNOWN)
            found, _ = item_ledger.page(
                rows, link.workspace_id, collection_id=collection.id, uncollected=False, limit=MAX_SHOWN, offset=0
            )
        else:
            found = item_ledger.of_ids(rows, [link.target_id])
            if not found:
                raise NotFound(_UNKNOWN)
        assets = asset_ledger.of_items(rows, [each.id for each in found])
        several = [asset for some in assets.values() for asset in some]
        links = {each.id: self._assets.link(each) for each in several} if link.permission == "download" else {}
        return Shared(link, collection, found, assets, links)

    def _target(self, rows: Rows, caller: Principal, target_type: str, target_id: str) -> WorkspaceKey:
        if target_type == "item":
            return self._ground.item(rows, caller, target_id, Role.EDITOR).workspace
        found = self._ground.collection(rows, caller, target_id, Role.EDITOR)
        return WorkspaceKey(found.organisation_id, found.workspace_id)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _acquainted(link: ShareLink, address: str) -> str:
    return f"share {link.id} {network_of(address)}"
