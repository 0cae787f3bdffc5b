"""Completed uploads in one application, and the job that follows, run by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select

from coreshed import ids
from coreshed.app import Application
from coreshed.blobs import Purpose
from coreshed.jobs import Claim
from coreshed.origins import Origins
from coreshed.settings import Settings
from coreshed.testing import ManualClock
from coreshed.uploads.model import Status, UploadSession
from coreshed.uploads.port import Described, StoredUpload
from coreshed.uploads.tables import upload_sessions
from tests.catalogue.conftest import Shed
from tests.objects.conftest import ADMIN_KEY, ORIGIN, Lab, lab

# A fixture of these tests too: it stands on the `application` below.
__all__ = ["lab"]


@pytest.fixture(scope="session")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory, clock: ManualClock) -> Iterator[Application]:
    """On SQLite: the job's statements are those of the catalogue, which is tested on both."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("enrichment"), admin_key=ADMIN_KEY, enrichment_memory=512 << 20
    )
    opened = Application.open(settings, Origins(public_url=ORIGIN, blob_url=ORIGIN), clock)
    yield opened
    opened.close()


class Quietly:
    """A job's context that never loses its lease."""

    def progress(self, fraction: float) -> None:
        assert 0 <= fraction <= 1

    def check(self) -> None: ...


@dataclass
class Uploads(Shed):
    """Uploads that have been completed, without the network."""

    @property
    def app(self) -> Application:
        return self.lab.application

    async def complete(self, *paths: Path, names: tuple[str, ...] = (), **more: Any) -> tuple[str, str]:
        """Ids of the session and of its item."""
        caller = await self.app.identity.principal(f"Bearer {self.key}", None)
        session = self.session(caller.user_id, **more)
        files = [
            self._store(path, name) for path, name in zip(paths, names or [each.name for each in paths], strict=True)
        ]
        with self.app.databases.main.writing() as rows:
            values = {name: getattr(session, name) for name in UploadSession.__dataclass_fields__}
            rows.execute(insert(upload_sessions).values(**values | {"item_ids": "[]", "asset_ids": "[]"}))
            made = self.app.ingest.ingest(rows, caller=caller, session=session, files=files, said=Described())
        return session.id, made.item_ids[0]

    @property
    def key(self) -> str:
        """What the editor's client presents."""
        return self.lab.clients["editor"].headers["authorization"].removeprefix("Bearer ")

    def session(
        self, user_id: str, *, is_categorical: bool = False, target_item_id: str | None = None
    ) -> UploadSession:
        now_ns = self.clock.now_ns()
        return UploadSession(
            id="u_" + ids.new_id().replace("-", "")[:20],
            organisation_id=self.lab.organisation_id,
            workspace_id=self.lab.workspace_id,
            status=Status.UPLOADING,
            transfer_method="cli",
            file_count=1,
            total_bytes=0,
            reported_bytes=0,
            stored_bytes=0,
            is_categorical=is_categorical,
            target_collection_id=None,
            target_item_id=target_item_id,
            asset_key=None,
            user_metadata=None,
            detected_metadata=None,
            checksum_crc32c=None,
            error_message=None,
            error_step=None,
            item_ids=(),
            asset_ids=(),
            created_by=user_id,
            created_ns=now_ns,
            updated_ns=now_ns,
            active_ns=now_ns,
            ended_ns=None,
        )

    def _store(self, path: Path, name: str) -> StoredUpload:
        with self.app.blobs.contents.writing() as made:
            made.write(path.read_bytes())
        with self.app.databases.main.writing() as rows:
            self.app.blobs.contents.publish(
                rows, made, workspace_id=self.lab.workspace_id, purpose=Purpose.UPLOAD, name=ids.new_id()
            )
        return StoredUpload(
            file_name=name,
            object_path=name,
            blob_id=made.blob_id,
            content_type="application/octet-stream",
            size=made.size,
            sha256=made.digest.hexdigest(),
        )

    def claim(self) -> Claim | None:
        with self.app.databases.main.writing() as rows:
            return self.app.jobs.claim(rows, ids.new_id())

    def work(self) -> None:
        """Do the jobs that wait."""
        while (claim := self.claim()) is not None:
            self.app.enriching.run(claim, Quietly())

    def detected(self, session_id: str) -> dict[str, Any]:
        with self.app.databases.main.reading() as rows:
            found = select(upload_sessions.c.detected_metadata).where(upload_sessions.c.id == session_id)
            return msgspec.json.decode(rows.execute(found).scalar_one() or "{}")


@pytest.fixture
def uploads(lab: Lab, clock: ManualClock) -> Uploads:
    return Uploads(lab, clock)
