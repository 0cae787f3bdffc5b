"""Completing an upload asks for its files to be read, in the transaction that makes the items."""

from collections.abc import Sequence

from coreshed.database import Rows
from coreshed.enrichment import ledger, orders
from coreshed.enrichment.reading import chosen
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.jobs import Jobs
from coreshed.uploads.model import UploadSession
from coreshed.uploads.port import Described, Ingest, Ingested, StoredUpload


class ReadIngest:
    """What upload sessions call (`uploads.port.Ingest`): another one, and a job after it."""

    def __init__(self, inner: Ingest, jobs: Jobs) -> None:
        self._inner = inner
        self._jobs = jobs

    def is_archived(self, rows: Rows, workspace_id: str) -> bool:
        """As the other says."""
        return self._inner.is_archived(rows, workspace_id)

    def check_target(
        self, rows: Rows, *, workspace: WorkspaceKey, collection_id: str | None, item_id: str | None
    ) -> None:
        """As the other says."""
        self._inner.check_target(rows, workspace=workspace, collection_id=collection_id, item_id=item_id)

    def pin_target(self, rows: Rows, session: UploadSession) -> None:
        """As the other does."""
        self._inner.pin_target(rows, session)

    def ingest(
        self,
        rows: Rows,
        *,
        caller: Principal,
        session: UploadSession,
        files: Sequence[StoredUpload],
        said: Described,
    ) -> Ingested:
        """Make the items; where a file is of a kind that is read, queue that as well."""
        made = self._inner.ingest(rows, caller=caller, session=session, files=files, said=said)
        if made.item_ids and chosen([each.file_name for each in files]):
            order = orders.Order(item_ids=made.item_ids, upload_id=session.id, asset_ids=made.asset_ids)
            ledger.note(rows, session.id, {"pipeline": {"state": "queued"}})
            self._jobs.create(
                rows,
                kind=orders.ENRICH_JOB,
                owner=f"upload:{session.id}",
                input=orders.encode(order),
                principal_id=caller.user_id,
                workspace_id=session.workspace_id,
            )
        return made

    def describe(self, rows: Rows, session: UploadSession) -> Ingested:
        """As the other says."""
        return self._inner.describe(rows, session)
