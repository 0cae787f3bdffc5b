"""Workspaces and rows without HTTP, for tests of properties, plans and threads."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

import msgspec

from coreshed import ids
from coreshed.app import Application
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.objects import documents, filters, ledger, wire
from coreshed.objects.ledger import NewVersion
from tests.objects.sample import VARIOGRAM


def administrator(application: Application) -> Principal:
    """Who owns every workspace made here."""
    return application.identity.acting_as(email="admin@localhost")


def new_workspace(application: Application) -> WorkspaceKey:
    """An empty workspace."""
    organisation_id = application.instance.organisation_id
    with application.databases.main.writing() as rows:
        made = application.workspaces.create_first(
            rows,
            organisation_id=organisation_id,
            owner_id=administrator(application).user_id,
            name=f"ground {uuid4().hex[:12]}",
        )
    return WorkspaceKey(organisation_id, made)


def store(application: Application, workspace: WorkspaceKey, stored: Iterable[dict[str, Any]]) -> list[str]:
    """One object for each document, whatever its schema says of it; returns their ids in order."""
    author = administrator(application).user_id
    made = []
    with application.databases.main.writing() as rows:
        for number, document in enumerate(stored):
            identifier = ids.new_id()
            found, complete = documents.properties(document)
            new = NewVersion(
                version_id=10**18 + number,
                created_by=author,
                schema_id=VARIOGRAM,
                document=documents.pack(document),
                box=None,
                box_from_workspace_crs=False,
                properties=found,
                unindexed=not complete,
                data=[],
            )
            path = f"{number}.json"
            ledger.create(rows, workspace, identifier, path, path, new)
            made.append(identifier)
    return made


def listed(
    application: Application,
    workspace: WorkspaceKey,
    pairs: Sequence[tuple[str, str]] = (),
    order_by: str = "",
    *,
    limit: int = 5000,
    offset: int = 0,
) -> tuple[list[str], int]:
    """Ids in the order of the list, and the total."""
    request = filters.ListRequest(
        groups=filters.parse_groups(pairs, organisation=False),
        orders=filters.parse_orders([order_by], organisation=False),
        deleted=False,
        limit=limit,
        offset=offset,
    )
    answer = application.objects.listing.workspace(
        caller=administrator(application),
        workspace=workspace,
        request=request,
        links=lambda _total: wire.PageLinks(next=None, prev=None),
    )
    # Rows are encoded as they are made.
    body = msgspec.json.decode(msgspec.json.encode(answer))
    return [row["object_id"] for row in body["objects"]], answer.total
