"""What an upload of files asks of the server, as flows, for both kinds of client."""

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from msgspec import Struct

from coreshed.client import operation_answers as answers
from coreshed.client.calls import Flow, is_uuid
from coreshed.client.errors import QuotaExceeded
from coreshed.client.operation_calls import call
from coreshed.client.session import Session, only

T = TypeVar("T")
METHOD = "cli"
_UNDER_WAY = ("uploading", "initiating")
_LISTED = 100


class Named(Struct, frozen=True):
    """What has an id and a name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where files go. collection_id, item_id: None for no collection, and for a new item. limits: as they are now."""

    project_id: str
    collection_id: str | None
    item_id: str | None
    asset_key: str | None
    limits: answers.UploadLimits

    def fits(self, session: answers.UploadOutput) -> bool:
        """True where a session was begun for the same by this kind of client."""
        mine = (METHOD, self.project_id, self.collection_id, self.item_id, self.asset_key)
        its = (
            session.transfer_method,
            session.project_id,
            session.target_collection_id,
            session.target_item_id,
            session.asset_key,
        )
        return its == mine


def project_id(session: Session, wanted: str | None) -> Flow[str]:
    """The project of a name or an id; without either that of the client's workspace. Raises NotFound, Ambiguous."""
    if wanted is None:
        workspace = yield from session.workspace()
        return workspace.id
    if is_uuid(wanted):
        return wanted.lower()
    return (yield from _named(session, "project", wanted, {}))


def _named(session: Session, kind: str, wanted: str, of: Mapping[str, str]) -> Flow[str]:
    found: builtins.list[Named] = yield from call(session, f"{kind}s.list", dict(of), list[Named])
    fitting = [each for each in found if each.name == wanted]
    return only(fitting, wanted, kind, [each.name for each in found]).id


def target(
    session: Session, *, project: str | None, collection: str | None, item: str | None, asset_key: str | None
) -> Flow[Target]:
    """Where files go, of names or ids. Raises NotFound, Ambiguous, Refused."""
    place = yield from project_id(session, project)
    limits = yield from call(session, "uploads.limits", {"project_id": place}, answers.UploadLimits)
    if collection is not None:
        known = is_uuid(collection)
        collection = collection.lower() if known else (yield from _collection(session, place, collection))
    return Target(place, collection, None if item is None else item.lower(), asset_key, limits)


def _collection(session: Session, place: str, wanted: str) -> Flow[str]:
    return (yield from _named(session, "collection", wanted, {"project_id": place}))


def under_way(session: Session, place: str) -> Flow[list[answers.UploadOutput]]:
    """Sessions of a project that wait for files: those with some first, each kind with the newest first."""
    found: list[answers.UploadOutput] = []
    for status in _UNDER_WAY:
        body = {"project_id": place, "status": status, "limit": _LISTED}
        found += yield from call(session, "uploads.list", body, list[answers.UploadOutput])
    return found


def initiate(session: Session, place: Target, count: int, size: int, key: str) -> Flow[answers.UploadOutput]:
    """A new session. key: under which a repetition is the same one. Raises QuotaExceeded."""
    available = place.limits.available_bytes
    if available is not None and size > available:
        raise QuotaExceeded(no_room(place.limits, size), title="Payment Required")
    body = {
        "project_id": place.project_id,
        "transfer_method": METHOD,
        "file_count": count,
        "total_bytes": size,
        "target_collection_id": place.collection_id,
        "target_item_id": place.item_id,
        "asset_key": place.asset_key,
    }
    found: answers.UploadOutput = yield from call(session, "uploads.initiate", body, answers.UploadOutput, key)
    return found


def no_room(limits: answers.UploadLimits, size: int) -> str:
    """Why so many bytes do not fit, in a sentence."""
    accounts = {"organisation": limits.organization, "project": limits.project}
    left = {name: each.available_bytes for name, each in accounts.items() if each.available_bytes is not None}
    whose = min(left, key=lambda name: left[name])
    account = accounts[whose]
    held = f", {account.reserved_bytes} of them reserved by uploads under way" if account.reserved_bytes else ""
    return (
        f"The files have {size} bytes, and the {whose} has room for {left[whose]}: its limit is {account.limit_bytes} "
        f"bytes, of which {account.used_bytes + account.reserved_bytes} are taken{held}. Nothing was sent."
    )


def detail(session: Session, upload_id: str) -> Flow[answers.UploadDetail]:
    """A session with its files."""
    found: answers.UploadDetail = yield from call(
        session, "uploads.get", {"upload_id": upload_id}, answers.UploadDetail
    )
    return found


def link(session: Session, upload_id: str, file_name: str) -> Flow[str]:
    """Where to send a file. The type of its content is left to the server, which goes by its name."""
    body = {"upload_id": upload_id, "file_name": file_name}
    found: answers.SignedUrlOutput = yield from call(session, "uploads.signed_url", body, answers.SignedUrlOutput)
    return found.upload_url


def complete(session: Session, upload_id: str, said: Mapping[str, Any]) -> Flow[answers.UploadCompleted]:
    """Make items of what has arrived. said: members of the input that are not None."""
    body = {"upload_id": upload_id, **{name: value for name, value in said.items() if value is not None}}
    found: answers.UploadCompleted = yield from call(session, "uploads.complete", body, answers.UploadCompleted)
    return found


def fail(session: Session, upload_id: str, message: str) -> Flow[None]:
    """Give a session up: what has arrived is removed, and what was reserved is free."""
    body = {"upload_id": upload_id, "error_message": message, "error_step": "upload"}
    yield from call(session, "uploads.fail", body, answers.UploadOutput)
