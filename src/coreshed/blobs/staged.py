"""SQL over the staging ledger: blocks that are durable and belong to no committed blob yet.

A session is one principal's upload of one blob. Within it the newest row of a block id counts; the others are
superseded.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, true, update

from coreshed.blobs.ledger import pages
from coreshed.blobs.tables import staged_blocks
from coreshed.database import Rows
from coreshed.database.prepared import Prepared, parameter


@dataclass(frozen=True, slots=True)
class NewBlock:
    """A block whose file is finished."""

    blob_id: str
    session: str
    block_id: bytes
    token: int
    length: int


@dataclass(frozen=True, slots=True)
class StagedBlock:
    """An acknowledged block."""

    no: int
    block_id: bytes
    token: int
    length: int


def insert_blocks(rows: Rows, blocks: Sequence[NewBlock], now_ns: int) -> None:
    """Acknowledge blocks in the order given; older rows of the same block are superseded."""
    newest = {(block.blob_id, block.session, block.block_id): block.token for block in blocks}
    for blob_id, session, block_id in newest:
        rows.execute(
            update(staged_blocks)
            .where(
                staged_blocks.c.blob_id == blob_id,
                staged_blocks.c.session == session,
                staged_blocks.c.block_id == block_id,
                staged_blocks.c.superseded_ns.is_(None),
            )
            .values(superseded_ns=now_ns)
        )
    rows.execute(
        insert(staged_blocks),
        [
            {
                "blob_id": block.blob_id,
                "session": block.session,
                "block_id": block.block_id,
                "token": block.token,
                "length": block.length,
                "staged_ns": now_ns,
                "superseded_ns": None
                if newest[block.blob_id, block.session, block.block_id] == block.token
                else now_ns,
            }
            for block in blocks
        ],
    )


_ANY_ID = Prepared(
    select(staged_blocks.c.block_id)
    .where(
        staged_blocks.c.blob_id == parameter("blob_id"),
        staged_blocks.c.session == parameter("session"),
        staged_blocks.c.superseded_ns.is_(None),
    )
    .limit(1)
)


def id_length(rows: Rows, blob_id: str, session: str) -> int | None:
    """The length that the ids of this session have, None before the first block."""
    row = _ANY_ID.first(rows, blob_id=blob_id, session=session)
    return None if row is None else len(row[0])


def newest_ns(rows: Rows, blob_id: str, session: str) -> int:
    """When the newest block that counts was staged, 0 where there is none."""
    newest = select(func.max(staged_blocks.c.staged_ns)).where(
        staged_blocks.c.blob_id == blob_id, staged_blocks.c.session == session, staged_blocks.c.superseded_ns.is_(None)
    )
    return rows.execute(newest).scalar() or 0


def session_blocks(rows: Rows, blob_id: str, session: str, *, given_up: bool = False) -> dict[bytes, StagedBlock]:
    """The blocks that count, by id, in the order of their arrival; given_up: superseded ones too, whose files remain.

    Two nodes that take the same block at once leave two rows that both count; the later one wins.
    """
    found = (
        select(staged_blocks.c.no, staged_blocks.c.block_id, staged_blocks.c.token, staged_blocks.c.length)
        .where(
            staged_blocks.c.blob_id == blob_id,
            staged_blocks.c.session == session,
            true() if given_up else staged_blocks.c.superseded_ns.is_(None),
        )
        .order_by(staged_blocks.c.no)
    )
    return {block.block_id: block for block in (StagedBlock(*row) for row in rows.execute(found))}


def present(rows: Rows, blob_id: str, session: str) -> set[int]:
    """Row numbers of a session, superseded ones included: their files exist."""
    found = select(staged_blocks.c.no).where(staged_blocks.c.blob_id == blob_id, staged_blocks.c.session == session)
    return set(rows.execute(found).scalars())


def forget(rows: Rows, numbers: Iterable[int]) -> None:
    """Delete rows whose files a manifest names now."""
    for page in pages(numbers):
        rows.execute(delete(staged_blocks).where(staged_blocks.c.no.in_(page)))


def supersede(rows: Rows, blob_id: str, session: str, now_ns: int, *, up_to: int | None = None) -> None:
    """Give up what a session has staged, or only rows up to a number."""
    given_up = update(staged_blocks).where(
        staged_blocks.c.blob_id == blob_id, staged_blocks.c.session == session, staged_blocks.c.superseded_ns.is_(None)
    )
    if up_to is not None:
        given_up = given_up.where(staged_blocks.c.no <= up_to)
    rows.execute(given_up.values(superseded_ns=now_ns))


def totals(rows: Rows, blob_ids: Collection[str]) -> dict[str, tuple[int, int]]:
    """Blob id -> number and bytes of the blocks that count, over all sessions; blobs without any are absent."""
    found: dict[str, tuple[int, int]] = {}
    for page in pages(blob_ids):
        counted = (
            select(staged_blocks.c.blob_id, func.count(), func.sum(staged_blocks.c.length))
            .where(staged_blocks.c.blob_id.in_(page), staged_blocks.c.superseded_ns.is_(None))
            .group_by(staged_blocks.c.blob_id)
        )
        found |= {blob_id: (blocks, int(size)) for blob_id, blocks, size in rows.execute(counted)}
    return found


def idle_sessions(rows: Rows, before_ns: int) -> list[tuple[str, str]]:
    """(blob id, session) of uploads whose newest block is older."""
    found = (
        select(staged_blocks.c.blob_id, staged_blocks.c.session)
        .where(staged_blocks.c.superseded_ns.is_(None))
        .group_by(staged_blocks.c.blob_id, staged_blocks.c.session)
        .having(func.max(staged_blocks.c.staged_ns) < before_ns)
    )
    return [(row.blob_id, row.session) for row in rows.execute(found)]


def superseded_blobs(rows: Rows, before_ns: int) -> list[str]:
    """Blobs with rows that were superseded earlier."""
    found = select(staged_blocks.c.blob_id).where(staged_blocks.c.superseded_ns < before_ns).distinct()
    return list(rows.execute(found).scalars())


def take_superseded(rows: Rows, blob_id: str, before_ns: int) -> set[int]:
    """Delete a blob's rows that were superseded earlier; their tokens come back."""
    gone = delete(staged_blocks).where(staged_blocks.c.blob_id == blob_id, staged_blocks.c.superseded_ns < before_ns)
    return set(rows.execute(gone.returning(staged_blocks.c.token)).scalars())


def tokens(rows: Rows, blob_id: str) -> set[int]:
    """Every file of a blob that the staging ledger names."""
    return set(rows.execute(select(staged_blocks.c.token).where(staged_blocks.c.blob_id == blob_id)).scalars())


def forget_tokens(rows: Rows, blob_id: str, unlinked: Collection[int]) -> None:
    """Delete rows of files that are about to be unlinked."""
    for page in pages(unlinked):
        rows.execute(delete(staged_blocks).where(staged_blocks.c.blob_id == blob_id, staged_blocks.c.token.in_(page)))
