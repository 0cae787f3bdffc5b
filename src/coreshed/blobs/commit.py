"""Publishing a blob: a block list becomes an extent manifest in one transaction.

1. read the blob and what the session has staged, resolve the list to slices of stored files
2. digest the whole
3. compare with the name, where that is a digest
4. one transaction on the main database: check again under the row's lock, write the manifest, let the owner know
5. drop the staged rows

A crash before 4 leaves everything as it was, a crash after 4 leaves staged rows whose files the manifest names; the
sweep and the next commit both know what to do with those.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from coreshed import ids, logs
from coreshed.blobs import ledger, staged
from coreshed.blobs.coalescing import worth_coalescing
from coreshed.blobs.digests import Found
from coreshed.blobs.hashing import Frontiers, wanted_of
from coreshed.blobs.links import Grant
from coreshed.blobs.manifest import Extent, Manifest, compose
from coreshed.blobs.metering import Metering
from coreshed.blobs.model import Blob, BlobPurpose, Digested, Overwrite
from coreshed.blobs.pools import Pools
from coreshed.blobs.receiving import Received
from coreshed.blobs.refusals import BlobVanished, Refusal
from coreshed.blobs.retiring import Retiring
from coreshed.blobs.staged import StagedBlock, StagedFile
from coreshed.blobs.stores import FileKey
from coreshed.clock import Clock
from coreshed.database import Database, Rows
from coreshed.problems import Problem, StoreFailure

_ATTEMPTS = 10
_log = logs.logger("coreshed.blobs")


class Source(Enum):
    """Where a block list looks for a block."""

    LATEST = "Latest"  # staged, else committed
    UNCOMMITTED = "Uncommitted"
    COMMITTED = "Committed"


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a block list."""

    source: Source
    id: bytes


class _Overtaken(Exception):
    """Between reading and publishing another commit, a coalescing or a sweep changed what the plan stands on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a commit will publish. `used` are rows of the staging ledger, `newest` the last one that was seen."""

    grant: Grant
    blob: Blob
    present: Manifest
    manifest: Manifest
    used: Sequence[StagedBlock]
    newest: int
    digests: Found | None  # where already known
    absent: bool  # refuse where the blob has content
    received: Received | None = None  # the body of a blob sent whole

    @property
    def paid(self) -> int:
        """Bytes that a metered purpose was charged for the new content, beside those of the present one."""
        if self.received is not None:
            return self.received.charged
        return sum(block.length for block in self.used if block.token not in self.present.tokens)


def resolve(
    listed: Sequence[Listed], available: Mapping[bytes, StagedBlock], present: Manifest
) -> tuple[Manifest, list[StagedBlock]]:
    """The manifest of a block list and the staged blocks it uses. Raises Refusal InvalidBlockList. Pure."""
    committed = present.by_id()
    chosen: dict[bytes, tuple[list[Extent], StagedBlock | None]] = {}
    parts: list[tuple[bytes, list[Extent]]] = []
    for entry in listed:
        block = available.get(entry.id) if entry.source is not Source.COMMITTED else None
        span = committed.get(entry.id) if entry.source is not Source.UNCOMMITTED else None
        if block is not None:
            extents = [Extent(block.token, 0, block.length)]
        elif span is not None:
            extents = present.slices(*span)
        else:
            raise Refusal("InvalidBlockList", f"Block {entry.id[:64].hex()} (hex) is not there.")
        if chosen.setdefault(entry.id, (extents, block))[0] != extents:
            raise Refusal("InvalidBlockList", "One block id stands for two different blocks.")
        parts.append((entry.id, extents))
    return compose(parts), [block for _, block in chosen.values() if block is not None]


def _without(gone: set[int], blocks: Mapping[bytes, StagedBlock]) -> dict[bytes, StagedBlock]:
    return {key: block for key, block in blocks.items() if block.token not in gone}


class Commits:
    """The commit path of block lists and of blobs sent whole."""

    def __init__(
        self,
        *,
        main: Database,
        staging: Database,
        clock: Clock,
        pools: Pools,
        frontiers: Frontiers,
        purposes: Mapping[str, BlobPurpose],
        metering: Metering,
        retiring: Retiring,
        verify_names: bool,
    ) -> None:
        self._main = main
        self._staging = staging
        self._clock = clock
        self._pools = pools
        self._frontiers = frontiers
        self._purposes = purposes
        self._metering = metering
        self._retiring = retiring
        self._verify_names = verify_names

    async def block_list(
        self, grant: Grant, listed: Sequence[Listed], *, absent: bool, expected: str | None = None
    ) -> Blob:
        """Publish the listed blocks as the blob's content. Raises Refusal or Problem; then nothing has changed.

        expected: the SHA-256 that the content must have, in lower-case hex.
        """
        for _ in range(_ATTEMPTS):
            plan = await self._main.search(self._plan_list, grant, listed, absent)
            digests = plan.digests
            if digests is None:
                wanted, extents = wanted_of(self._purposes[plan.blob.purpose]), plan.manifest.extents
                try:
                    digests = await self._pools.hashing(
                        self._frontiers.digests, plan.blob.id, grant.session, extents, wanted
                    )
                except FileNotFoundError:
                    continue
            blob = await self._metering.finish(self._published(plan, digests, expected))
            if blob is not None:
                return blob
        raise StoreFailure("The blob kept changing while it was being committed.")

    async def whole(self, grant: Grant, received: Received, *, absent: bool, expected: str | None = None) -> Blob:
        """Publish a settled file as the blob's content; refused, the file goes. Raises Refusal or Problem."""
        try:
            for _ in range(_ATTEMPTS):
                plan = await self._main.search(self._plan_whole, grant, received, absent)
                blob = await self._published(plan, received.digests, expected)
                if blob is not None:
                    return blob
        except StoreFailure:
            raise  # it may be published all the same
        except (Refusal, Problem):
            await self._pools.on_disk(self._dropped, grant.blob_id, received)
            raise
        raise StoreFailure("The blob kept changing while it was being committed.")

    def _dropped(self, blob_id: str, received: Received) -> None:
        if received.token is None:
            self._metering.uncharge(blob_id, received.charged)
        else:
            self._retiring.refused(FileKey(blob_id, received.token), received.charged)

    async def _published(self, plan: Plan, digests: Found, expected: str | None) -> Blob | None:
        sha256 = digests.sha256
        if expected not in {None, sha256}:
            raise Refusal("Sha256Mismatch", f"The content has the digest {sha256}.")
        if self._verify_names and ids.is_sha256(plan.blob.name) and plan.blob.name.lower() != sha256:
            raise Refusal("Sha256Mismatch", f"The content has the digest {sha256}.")
        try:
            blob, growth = await self._main.change(self._publish, plan, digests)
        except _Overtaken:
            return None
        try:
            given_up = await self._staging.change(self._clear, plan)
            if self._metering.counts(blob):
                await self._pools.on_disk(self._tidied, plan, given_up, max(0, -growth))
        except (StoreFailure, OSError) as error:
            # The content is published; rows and files go with the sweep, and what is charged is mended.
            _log.warning("staged_rows_left", blob_id=plan.blob.id, error=repr(error.__cause__ or error))
        return blob

    def _tidied(self, plan: Plan, given_up: Sequence[StagedFile], freed: int) -> None:
        """Of metered content: what was replaced costs until it is gone."""
        self._retiring.retire(plan.blob.id, given_up)
        self._retiring.replaced(plan.blob.id, plan.present.tokens - plan.manifest.tokens, freed)

    def _plan_list(self, grant: Grant, listed: Sequence[Listed], absent: bool) -> Plan:
        # The staging ledger comes first: blocks that another commit publishes meanwhile are found in one of the two.
        with self._staging.reading() as rows:
            available = staged.session_blocks(rows, grant.blob_id, grant.session)
        blob, present, gone = self._read(grant)
        newest = max((block.no for block in available.values()), default=0)
        try:
            manifest, used = resolve(listed, _without(gone, available), present)
        except Refusal:
            if not (blob.committed and self._purposes[blob.purpose].overwrite is Overwrite.IDEMPOTENT):
                raise
            # The same principal may have sent the same content twice at once: the commit that came first has given
            # up the blocks of this one.
            with self._staging.reading() as rows:
                available = staged.session_blocks(rows, grant.blob_id, grant.session, given_up=True)
            manifest, used = resolve(listed, _without(gone, available), present)
        # Where other digests are kept, they are computed again with this one.
        digested = isinstance(self._purposes[blob.purpose], Digested)
        unchanged = manifest.extents == present.extents and not digested
        known = Found(blob.sha256) if unchanged and blob.sha256 is not None else None
        return Plan(grant, blob, present, manifest, used, newest, known, absent)

    def _plan_whole(self, grant: Grant, received: Received, absent: bool) -> Plan:
        blob, present, _ = self._read(grant)
        with self._staging.reading() as rows:
            available = staged.session_blocks(rows, grant.blob_id, grant.session)
        newest = max((block.no for block in available.values()), default=0)
        token = received.token
        manifest = Manifest() if token is None else compose([(b"", [Extent(token, 0, received.length)])])
        return Plan(grant, blob, present, manifest, (), newest, received.digests, absent, received)

    def _read(self, grant: Grant) -> tuple[Blob, Manifest, set[int]]:
        """Blob, layout and the files that are about to be unlinked. Raises BlobVanished."""
        with self._main.reading() as rows:
            blob = ledger.find(rows, grant.blob_id)
            if blob is None or blob.workspace_id != grant.workspace_id:
                raise BlobVanished
            return blob, ledger.manifest(rows, blob.id), ledger.discarded(rows, blob.id)

    def _publish(self, plan: Plan, digests: Found) -> tuple[Blob, int]:
        """Step 4: the blob, and by how many bytes it has grown beyond what was paid. Raises _Overtaken, Refusal or
        Problem.
        """
        sha256 = digests.sha256
        now_ns = self._clock.now_ns()
        with self._main.writing() as rows:
            blob = self._still_valid(rows, plan)
            purpose = self._purposes[blob.purpose]
            self._metering.judge(rows, plan.grant, blob)
            _check_overwrite(purpose.overwrite, blob, plan, sha256)
            size = blob.size or 0 if blob.generation else 0
            growth = plan.manifest.size - size - plan.paid
            self._metering.change(rows, blob, max(0, growth))
            if blob.generation > 0 and plan.manifest == plan.present:
                ledger.update_blob(rows, blob.id, quarantined_ns=None)
                return blob, growth
            generation = blob.generation + 1
            content = {"generation": generation, "size": plan.manifest.size, "sha256": sha256, "quarantined_ns": None}
            # Last-Modified speaks of content, and a repeated commit brings no other.
            repeated = blob.sha256 == sha256 and blob.size == plan.manifest.size
            content["content_type"] = plan.grant.content_type or blob.content_type
            content["committed_ns"] = blob.committed_ns if repeated else now_ns
            ledger.update_blob(rows, blob.id, **content)
            ledger.put_manifest(rows, blob.id, generation, plan.manifest, coalesced=not worth_coalescing(plan.manifest))
            # Nobody reads yet what is metered and can be replaced; and what costs nothing more shall not stay.
            delay_ns = 0 if self._metering.counts(blob) else ledger.DISCARD_DELAY_NS
            ledger.discard(rows, blob.id, plan.present.tokens - plan.manifest.tokens, now_ns + delay_ns)
            published = ledger.find(rows, blob.id)
            assert published is not None  # noqa: S101  (locked above)
            purpose.on_commit(rows, published)
            if isinstance(purpose, Digested):
                purpose.on_digests(rows, published, digests.md5, digests.crc32c)
            self._metering.told(rows, plan.grant, published)
            return published, growth

    def _still_valid(self, rows: Rows, plan: Plan) -> Blob:
        """Check under the lock what the plan was made from: from here on sweep and coalescing wait.

        Files are set out for unlinking in two ways: with a new generation, or with the row in the staging ledger gone.
        """
        blob = ledger.lock(rows, plan.blob.id)
        if blob is None:
            raise BlobVanished
        if blob.generation != plan.blob.generation:
            raise _Overtaken
        if plan.absent and blob.committed:
            raise Refusal("BlobAlreadyExists")
        if plan.used:
            with self._staging.reading() as staging_rows:
                there = staged.present(staging_rows, blob.id, plan.grant.session)
            if any(block.no not in there for block in plan.used):
                raise _Overtaken
        return blob

    def _clear(self, plan: Plan) -> list[StagedFile]:
        """Step 5: listed rows go, their files belong to the manifest; what else was seen is superseded."""
        if plan.newest == 0:
            return []
        with self._staging.writing() as rows:
            staged.forget(rows, [block.no for block in plan.used])
            now_ns = self._clock.now_ns()
            return staged.supersede(rows, plan.blob.id, plan.grant.session, now_ns, up_to=plan.newest)


def _check_overwrite(overwrite: Overwrite, blob: Blob, plan: Plan, sha256: str) -> None:
    if blob.generation == 0 or overwrite is Overwrite.REPLACE:
        return
    same = blob.sha256 == sha256 and blob.size == plan.manifest.size
    if overwrite is Overwrite.IDEMPOTENT and not same:
        raise Refusal("BlobAlreadyExists", "The blob has other content already; its name cannot be used twice.")
    if overwrite is Overwrite.ONCE and not (same and list(plan.manifest.blocks) == list(plan.present.blocks)):
        raise Refusal("UnauthorizedBlobOverwrite")
