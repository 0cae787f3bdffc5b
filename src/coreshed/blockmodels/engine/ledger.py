"""Statements over the tables of the engine; alike on SQLite and PostgreSQL."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from coreshed.blockmodels.engine.compaction import Compacted
from coreshed.blockmodels.engine.errors import VersionMoved
from coreshed.blockmodels.engine.manifest import Header, Manifest, decode_header, decode_manifest
from coreshed.blockmodels.engine.maps import ColumnMap, EncodedMap, SegmentName, decode_map
from coreshed.blockmodels.engine.segments import SegmentFile
from coreshed.blockmodels.engine.tables import block_grids, block_maps, block_segments, block_versions
from coreshed.database import Rows

_BATCH = 500


def create(rows: Rows, model_id: str, header: Header) -> None:
    """A new model without a version."""
    rows.execute(insert(block_grids).values(model_id=model_id, header=header.encode()))


def models(rows: Rows) -> list[str]:
    """Every model, by id."""
    return list(rows.execute(select(block_grids.c.model_id).order_by(block_grids.c.model_id)).scalars())


def encoded_header(rows: Rows, model_id: str) -> bytes | None:
    """The header of a model as it is stored; None where there is no such model."""
    return rows.execute(select(block_grids.c.header).where(block_grids.c.model_id == model_id)).scalar()


def header(rows: Rows, model_id: str) -> Header | None:
    """What never changes in a model; None where there is no such model."""
    found = encoded_header(rows, model_id)
    return None if found is None else decode_header(found)


def newest(rows: Rows, model_id: str) -> int:
    """The newest version of a model; 0 where it has none."""
    found = rows.execute(select(func.max(block_versions.c.version_id)).where(block_versions.c.model_id == model_id))
    return found.scalar() or 0


def manifest(rows: Rows, model_id: str, version_id: int) -> Manifest | None:
    """A version; None where there is none."""
    found = rows.execute(
        select(block_versions.c.manifest).where(
            block_versions.c.model_id == model_id, block_versions.c.version_id == version_id
        )
    ).scalar()
    return None if found is None else decode_manifest(found)


def encoded_manifests(rows: Rows, model_id: str) -> list[tuple[int, bytes]]:
    """Every version of a model and its manifest as it is stored, the oldest first."""
    chosen = select(block_versions.c.version_id, block_versions.c.manifest).where(block_versions.c.model_id == model_id)
    return [(row.version_id, row.manifest) for row in rows.execute(chosen.order_by(block_versions.c.version_id))]


def encoded_maps(rows: Rows, digests: Collection[str]) -> dict[str, bytes]:
    """Maps as they are stored; absent ones are absent."""
    return {row.digest: row.content for row in _maps(rows, digests)}


def maps(rows: Rows, digests: Collection[str], *, compacted: bool = True) -> dict[str, ColumnMap]:
    """Maps by digest, or the compacted ones that stand for them; absent ones are absent. Raises DamagedMap."""
    found: dict[str, ColumnMap] = {}
    behind: dict[str, str] = {}
    for row in _maps(rows, digests):
        if compacted and row.compacted is not None:
            behind[row.digest] = row.compacted
        else:
            found[row.digest] = decode_map(row.digest, row.content)
    if behind:
        standing = maps(rows, behind.values(), compacted=False)
        found |= {digest: standing[other] for digest, other in behind.items()}
    return found


def compacted_maps(rows: Rows, digests: Collection[str]) -> dict[str, str]:
    """The digests of the compacted maps that stand for others."""
    return {row.digest: row.compacted for row in _maps(rows, digests) if row.compacted is not None}


def _maps(rows: Rows, digests: Collection[str]) -> Iterator[Any]:
    wanted = sorted(set(digests))
    for start in range(0, len(wanted), _BATCH):
        yield from rows.execute(select(block_maps).where(block_maps.c.digest.in_(wanted[start : start + _BATCH])))


def record_compaction(rows: Rows, model_id: str, compacted: Compacted) -> None:
    """Let readers go by compacted maps from now on."""
    put_maps(rows, compacted.maps.values())
    record_segments(rows, model_id, compacted.segments)
    for digest, encoded in compacted.maps.items():
        standing = update(block_maps).where(block_maps.c.digest == digest)
        rows.execute(standing.values(compacted=encoded.digest))


def publish(
    rows: Rows,
    *,
    model_id: str,
    version_id: int,
    job_id: str,
    manifest: Manifest,
    maps: Iterable[EncodedMap],
    segments: Sequence[SegmentFile],
) -> None:
    """Append a version to a model. Raises VersionMoved where another has been appended, or the job has published."""
    if newest(rows, model_id) != version_id - 1:
        raise VersionMoved(model_id, version_id)
    put_maps(rows, maps)
    record_segments(rows, model_id, segments)
    version = {"model_id": model_id, "version_id": version_id, "job_id": job_id, "manifest": manifest.encode()}
    try:
        rows.execute(insert(block_versions).values(version))
    except IntegrityError as error:
        raise VersionMoved(model_id, version_id) from error


def put_maps(rows: Rows, maps: Iterable[EncodedMap]) -> None:
    """Keep maps; those that are there already are the same."""
    new = [{"digest": encoded.digest, "content": encoded.content} for encoded in maps]
    if new:
        dialect = sqlite if rows.dialect.name == "sqlite" else postgresql
        rows.execute(dialect.insert(block_maps).on_conflict_do_nothing(), new)


def record_segments(rows: Rows, model_id: str, segments: Sequence[SegmentFile]) -> None:
    """Keep note of the files that a version needs."""
    if segments:
        rows.execute(
            insert(block_segments),
            [
                {
                    "job_id": segment.name.job_id,
                    "token": segment.name.token,
                    "model_id": model_id,
                    "size": segment.size,
                    "sha256": segment.sha256,
                }
                for segment in segments
            ],
        )


def segments(rows: Rows, model_id: str) -> dict[SegmentName, SegmentFile]:
    """Every file of a model."""
    found = rows.execute(select(block_segments).where(block_segments.c.model_id == model_id))
    names = ((SegmentName(row.job_id, row.token), row) for row in found)
    return {name: SegmentFile(name, row.size, row.sha256) for name, row in names}
