"""Reading the files of items, as a job: outside of transactions, then stored in one."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from coreshed import ids, logs
from coreshed.blobs import BlobFile, BlobWriter, Contents, Purpose
from coreshed.catalogue import Asset, Catalogue, Item, Thumbnail
from coreshed.database import Database, Rows
from coreshed.enrichment import facts, ledger, orders
from coreshed.enrichment.facts import Read
from coreshed.enrichment.reading import Limits, Outcome, Source, is_installed, kind_of
from coreshed.enrichment.reading.running import read
from coreshed.jobs import Claim, Job, JobContext, JobKind, Jobs, LeaseLost
from coreshed.problems import Api, InternalError, NotFound, Problem, StoreFailure, answer

log = logs.logger(__name__)
_MOST_FILES = 100
"""Of one item; the others keep what the client said of them."""
NOT_INSTALLED = "not installed: the server runs without the extra rasters, so the files have not been read"
_UNREAD = "The file could not be read. The operator finds the cause in the log."


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of one item."""

    item: Item
    read: list[Read]
    left_out: int


class Enriching:
    """Files of items, read and told to the catalogue."""

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        contents: Contents,
        catalogue: Catalogue,
        limits: Limits,
        job_seconds: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """limits: of one file. job_seconds: of all files of one job, in each of its attempts."""
        self._database = database
        self._jobs = jobs
        self._contents = contents
        self._catalogue = catalogue
        self._limits = limits
        self._job_seconds = job_seconds
        self._monotonic = monotonic

    def order(self, rows: Rows, item_ids: Sequence[str], *, principal_id: str | None = None) -> list[str]:
        """Have items read again, each by a job of its own; the ids of the jobs. Raises NotFound."""
        made = []
        for item_id in item_ids:
            item, _ = self._catalogue.enriching.of_item(rows, item_id)
            order = orders.Order(item_ids=(item.id,), upload_id=item.upload_id)
            job = self._jobs.create(
                rows,
                kind=orders.ENRICH_JOB,
                owner=f"item:{item.id}",
                input=orders.encode(order),
                principal_id=principal_id,
                workspace_id=item.workspace_id,
            )
            made.append(job.id)
        return made

    def order_all(self, rows: Rows, workspace_id: str) -> list[str]:
        """The same for every item of a project."""
        return self.order(rows, ledger.live_items(rows, workspace_id))

    def run(self, claim: Claim, context: JobContext) -> None:
        """Read what the job names and store it. Whatever is wrong with a file stands in the session."""
        order = orders.decode(claim.input)
        if not is_installed():
            self._store_nothing(claim, order, NOT_INSTALLED)
            return
        budget = _Budget(self._limits, self._job_seconds, self._monotonic)
        found = [
            each for item_id in order.item_ids if (each := self._read_item(claim, context, order, item_id, budget))
        ]
        pictures = [self._picture(each) for each in found]
        with self._database.writing() as rows:
            self._jobs.complete(rows, claim, b"")
            for each, picture in zip(found, pictures, strict=True):
                self._store(rows, each, picture, claim.principal_id or "enrichment")
            if order.upload_id is not None:
                everything = [read for each in found for read in each.read]
                left_out = sum(each.left_out for each in found)
                note = budget.sentence if budget.is_overdrawn else None
                ledger.note(rows, order.upload_id, facts.detected("done", everything, note=note, left_out=left_out))

    def _store_nothing(self, claim: Claim, order: orders.Order, note: str) -> None:
        with self._database.writing() as rows:
            self._jobs.complete(rows, claim, b"")
            if order.upload_id is not None:
                ledger.note(rows, order.upload_id, facts.detected("skipped", [], note=note))

    def _read_item(
        self, claim: Claim, context: JobContext, order: orders.Order, item_id: str, budget: "_Budget"
    ) -> _Found | None:
        try:
            with self._database.reading() as rows:
                item, assets = self._catalogue.enriching.of_item(rows, item_id)
        except NotFound:
            return None  # it was deleted meanwhile
        wanted = [
            each
            for each in assets
            if each.charged and kind_of(each.file_name) and (not order.asset_ids or each.id in order.asset_ids)
        ]
        made = []
        for no, asset in enumerate(wanted[:_MOST_FILES]):
            context.progress(no / len(wanted[:_MOST_FILES]))
            made.append(Read(asset.id, asset.file_name, self._read(claim, context, asset, assets, budget)))
        return _Found(item, made, max(len(wanted) - _MOST_FILES, 0))

    def _read(
        self, claim: Claim, context: JobContext, asset: Asset, others: Sequence[Asset], budget: "_Budget"
    ) -> Outcome:
        limits = budget.of_next_file()
        if limits is None:
            return Outcome(errors=[budget.sentence])
        try:
            beside = [self._source(each) for each in others if each.id != asset.id and each.item_id == asset.item_id]
            return read(
                self._source(asset),
                beside,
                is_categorical=asset.is_categorical,
                limits=limits,
                check=context.check,
            )
        except LeaseLost:
            raise
        except Exception as error:
            # The last attempt ends well in any case: the session shall say that the file was not read.
            if not claim.last and not isinstance(error, NotFound):
                raise
            log.exception("file of an item not read", asset_id=asset.id)
            return Outcome(errors=[_UNREAD])

    def _source(self, asset: Asset) -> Source:
        return Source(asset.file_name, asset.size, _Lazily(self._contents, asset.blob_id))

    def _picture(self, found: _Found) -> BlobWriter | None:
        """The first picture there is, written and durable, known to nobody yet; None where the item has it already."""
        image = next((each.outcome.thumbnail for each in found.read if each.outcome.thumbnail is not None), None)
        if image is None or self._has(found.item.id, sha256(image).hexdigest()):
            return None
        with self._contents.writing() as made:
            made.write(image)
        return made

    def _has(self, item_id: str, digest: str) -> bool:
        try:
            with self._database.reading() as rows:
                _, assets = self._catalogue.enriching.of_item(rows, item_id)
        except NotFound:
            return True
        return any(each.key == "thumbnail" and each.sha256 == digest for each in assets)

    def _store(self, rows: Rows, found: _Found, picture: BlobWriter | None, actor_id: str) -> None:
        try:
            self._catalogue.enriching.of_item(rows, found.item.id)
        except NotFound:
            return
        thumbnail = None
        if picture is not None:
            workspace_id = found.item.workspace_id
            self._contents.publish(
                rows, picture, workspace_id=workspace_id, purpose=Purpose.THUMBNAIL, name=ids.new_id()
            )
            thumbnail = Thumbnail(picture.blob_id, picture.size, picture.digest.hexdigest())
        self._catalogue.enrich(rows, found.item.id, facts.enrichment(found.read, thumbnail, actor_id))


class _Budget:
    """The time that one job has for all its files."""

    def __init__(self, limits: Limits, seconds: int, monotonic: Callable[[], float]) -> None:
        self._limits, self._monotonic = limits, monotonic
        self._until = monotonic() + seconds
        self.is_overdrawn = False
        self.sentence = f"Reading all files takes more than the {seconds:,} s that it may take: some are not read."

    def of_next_file(self) -> Limits | None:
        """What it may take, None where nothing is left."""
        left = self._until - self._monotonic()
        self.is_overdrawn = left <= 0
        return None if self.is_overdrawn else replace(self._limits, seconds=min(self._limits.seconds, math.ceil(left)))


class _Lazily:
    """Reads of a blob that is opened when it is first needed."""

    def __init__(self, contents: Contents, blob_id: str) -> None:
        self._contents, self._blob_id = contents, blob_id
        self._file: BlobFile | None = None

    def __call__(self, offset: int, length: int) -> bytes:
        """Raises BlobVanished, OSError."""
        if self._file is None:
            self._file = self._contents.open(self._blob_id)
        self._file.seek(offset)
        return self._file.read(length)


def job_kind(enriching: Enriching) -> JobKind:
    """What `Jobs.register` takes."""
    run: Callable[[Claim, JobContext], bytes | None] = enriching.run
    return JobKind(orders.ENRICH_JOB, run, _problem_of, is_spent=_is_spent, on_failed=_note_failure)


def _note_failure(rows: Rows, job: Job) -> None:
    """The last worker may have been killed, so that nobody else is left to say it."""
    order = orders.decode(job.input)
    if order.upload_id is not None:
        message = str((job.problem or {}).get("detail") or InternalError.sentence)
        ledger.note(rows, order.upload_id, facts.failed(ledger.noted(rows, order.upload_id), message))


def _problem_of(error: Exception) -> dict[str, Any]:
    shown = error if isinstance(error, Problem) else InternalError()
    if isinstance(error, OSError) and not isinstance(error, Problem):
        shown = StoreFailure()
    return answer(Api.OPERATIONS, None, shown)[1]


def _is_spent(rows: Rows, job: Job) -> bool:  # noqa: ARG001
    """What was found out is with the items."""
    return True
