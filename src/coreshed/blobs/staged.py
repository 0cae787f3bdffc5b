"""SQL over the staging ledger: blocks that are durable and belong to no committed blob yet.

A session is one principal's upload of one blob. Within it the newest row of a block id counts; the others are
superseded.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, true, update

from coreshed.blobs.tables import staged_blocks
from coreshed.database import Rows
from coreshed.database.pages import pages
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
class StagedFile:
    """A stored file that held a block which counts no more; length in bytes."""

    token: int
    length: int


@dataclass(frozen=True, slots=True)
class StagedBlock:
    """An acknowledged block."""

    no: int
    block_id: bytes
    token: int
    length: int


def insert_blocks(rows: Rows, blocks: Sequence[NewBlock], now_ns: int) -> list[list[StagedFile]]:
    """Acknowledge blocks in the order given; for each of them, the older rows of the same block that it superseded."""
    newest = {(block.blob_id, block.session, block.block_id): block.token for block in blocks}
    older = {
        (blob_id, session, block_id): _supersede(
            rows, _counts(blob_id, session), staged_blocks.c.block_id == block_id, now_ns=now_ns
        )
        for blob_id, session, block_id in newest
    }
    superseded: list[list[StagedFile]] = []
    values: list[dict[str, object]] = []
    for block in blocks:
        name = (block.blob_id, block.session, block.block_id)
        counts = newest[name] == block.token
        superseded.append(older[name] if counts else [StagedFile(block.token, block.length)])
        values.append(
            {
                "blob_id": block.blob_id,
                "session": block.session,
                "block_id": block.block_id,
                "token": block.token,
                "length": block.length,
                "staged_ns": now_ns,
                "superseded_ns": None if counts else now_ns,
            }
        )
    rows.execute(insert(staged_blocks), values)
    return superseded


def _counts(blob_id: str, session: str) -> ColumnElement[bool]:
    """The rows of a session that are not superseded."""
    return and_(
        staged_blocks.c.blob_id == blob_id, staged_blocks.c.session == session, staged_blocks.c.superseded_ns.is_(None)
    )


def _supersede(rows: Rows, *which: ColumnElement[bool], now_ns: int) -> list[StagedFile]:
    gone = (
        update(staged_blocks)
        .where(*which)
        .values(superseded_ns=now_ns)
        .returning(staged_blocks.c.token, staged_blocks.c.length)
    )
    return [StagedFile(token, length) for token, length in rows.execute(gone)]


def length_of(rows: Rows, blob_id: str, session: str, block_id: bytes) -> int:
    """The bytes of the block of this id that counts, 0 where there is none."""
    found = select(staged_blocks.c.length).where(_counts(blob_id, session), staged_blocks.c.block_id == block_id)
    length: int | None = rows.execute(found.order_by(staged_blocks.c.no.desc()).limit(1)).scalar()
    return length or 0


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


def supersede(rows: Rows, blob_id: str, session: str, now_ns: int, *, up_to: int | None = None) -> list[StagedFile]:
    """Give up what a session has staged, or only rows up to a number; what counted until now comes back."""
    wanted = _counts(blob_id, session)
    return _supersede(rows, wanted if up_to is None else and_(wanted, staged_blocks.c.no <= up_to), now_ns=now_ns)


def supersede_file(rows: Rows, blob_id: str, token: int, now_ns: int) -> list[StagedFile]:
    """Give up the one block of this file, if it still counts."""
    one = and_(
        staged_blocks.c.blob_id == blob_id, staged_blocks.c.token == token, staged_blocks.c.superseded_ns.is_(None)
    )
    return _supersede(rows, one, now_ns=now_ns)


def take_all(rows: Rows, blob_ids: Iterable[str]) -> dict[str, list[StagedFile]]:
    """Delete every row of these blobs, of all sessions, superseded ones too: by blob id, of those that had any, the
    files that they named.
    """
    found: dict[str, list[StagedFile]] = {}
    which = (staged_blocks.c.blob_id, staged_blocks.c.token, staged_blocks.c.length)
    for page in pages(blob_ids):
        gone = delete(staged_blocks).where(staged_blocks.c.blob_id.in_(page)).returning(*which)
        for blob_id, token, length in rows.execute(gone):
            found.setdefault(blob_id, []).append(StagedFile(token, length))
    return found


def take(rows: Rows, blob_id: str, tokens: Iterable[int]) -> list[StagedFile]:
    """Delete the rows of these files of a blob; those that were there come back."""
    mine = staged_blocks.c.blob_id == blob_id
    return [file for page in pages(tokens) for file in _take(rows, mine, staged_blocks.c.token.in_(page))]


def _take(rows: Rows, *which: ColumnElement[bool]) -> list[StagedFile]:
    gone = delete(staged_blocks).where(*which).returning(staged_blocks.c.token, staged_blocks.c.length)
    return [StagedFile(token, length) for token, length in rows.execute(gone)]


def remaining(rows: Rows, blob_ids: Collection[str]) -> dict[str, list[StagedFile]]:
    """Blob id -> the files of its rows, of all sessions, superseded ones too; blobs without any are absent."""
    found: dict[str, list[StagedFile]] = {}
    for page in pages(blob_ids):
        staged_now = select(staged_blocks.c.blob_id, staged_blocks.c.token, staged_blocks.c.length).where(
            staged_blocks.c.blob_id.in_(page)
        )
        for blob_id, token, length in rows.execute(staged_now):
            found.setdefault(blob_id, []).append(StagedFile(token, length))
    return found


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


def superseded_before(rows: Rows, blob_id: str, before_ns: int) -> list[StagedFile]:
    """A blob's files whose rows were superseded earlier."""
    found = select(staged_blocks.c.token, staged_blocks.c.length).where(
        staged_blocks.c.blob_id == blob_id, staged_blocks.c.superseded_ns < before_ns
    )
    return [StagedFile(token, length) for token, length in rows.execute(found)]


def tokens(rows: Rows, blob_id: str) -> set[int]:
    """Every file of a blob that the staging ledger names."""
    return set(rows.execute(select(staged_blocks.c.token).where(staged_blocks.c.blob_id == blob_id)).scalars())


def forget_tokens(rows: Rows, blob_id: str, unlinked: Collection[int]) -> None:
    """Delete rows of files that are about to be unlinked."""
    for page in pages(unlinked):
        rows.execute(delete(staged_blocks).where(staged_blocks.c.blob_id == blob_id, staged_blocks.c.token.in_(page)))
