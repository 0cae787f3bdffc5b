"""Statements over report specifications and results."""

import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, func, insert, select, update

from coreshed.blockmodels.tables import report_results as results
from coreshed.blockmodels.tables import report_specifications as specifications
from coreshed.blockmodels.wire.reports import (
    CreateReportSpecification,
    MeshFilter,
    ReferencedColumn,
    ReportResultCategory,
    ReportResultColumn,
    ReportResultSet,
    ReportWarning,
)
from coreshed.database import Rows


class Content(Struct, frozen=True, kw_only=True):
    """What a run made, in the words of the wire. name, description: of the specification when it was run."""

    name: str
    description: str | None
    cutoff_col_id: str | None
    categories: list[ReportResultCategory]
    value_columns: list[ReportResultColumn]
    referenced_columns: list[ReferencedColumn]
    result_sets: list[ReportResultSet]
    warnings: list[ReportWarning]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSpecification:
    """One row of `report_specifications`."""

    id: str
    model_id: str
    name: str
    autorun: bool
    revision: int
    specification: CreateReportSpecification
    created_ns: int
    created_by: str
    updated_ns: int
    updated_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResult:
    """One row of `report_results` without its content."""

    id: str
    specification_id: str
    revision: int
    version_id: int
    created_ns: int
    mesh_filter: MeshFilter | None


_SPECIFICATION = [specifications.c[name] for name in StoredSpecification.__dataclass_fields__]
_RESULT = [results.c[name] for name in StoredResult.__dataclass_fields__]


def _specification(row: Row[Any]) -> StoredSpecification:
    values = dict(row._mapping)
    decoded = msgspec.json.decode(values["specification"], type=CreateReportSpecification)
    return StoredSpecification(**values | {"specification": decoded})


def _result(row: Row[Any]) -> StoredResult:
    values = dict(row._mapping)
    mesh = values["mesh_filter"]
    decoded = None if mesh is None else msgspec.json.decode(mesh, type=MeshFilter)
    return StoredResult(**values | {"mesh_filter": decoded})


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def pack(content: Content) -> bytes:
    """As rows keep it; make it outside of transactions."""
    return zlib.compress(msgspec.json.encode(content), 1)


# Specifications


def add_specification(rows: Rows, stored: StoredSpecification) -> None:
    """A new specification. Raises IntegrityError where another one of the model has its name."""
    values = {name: getattr(stored, name) for name in StoredSpecification.__dataclass_fields__}
    rows.execute(insert(specifications).values(**values | {"specification": _json(stored.specification)}))


def change_specification(rows: Rows, stored: StoredSpecification) -> None:
    """Write a (locked) specification anew."""
    values = {name: getattr(stored, name) for name in StoredSpecification.__dataclass_fields__ if name != "id"}
    values["specification"] = _json(stored.specification)
    rows.execute(update(specifications).where(specifications.c.id == stored.id).values(**values))


def find_specification(rows: Rows, model_id: str, specification_id: str) -> StoredSpecification | None:
    """A specification of a model."""
    here = specifications.c.model_id == model_id, specifications.c.id == specification_id
    row = rows.execute(select(*_SPECIFICATION).where(*here)).one_or_none()
    return None if row is None else _specification(row)


def holder_of_name(rows: Rows, model_id: str, name: str) -> str | None:
    """The id of the model's specification of this name."""
    here = specifications.c.model_id == model_id, specifications.c.name == name
    return rows.execute(select(specifications.c.id).where(*here)).scalar_one_or_none()


def page_of_specifications(
    rows: Rows, model_id: str, *, limit: int, offset: int
) -> tuple[list[StoredSpecification], int]:
    """Specifications by name, and how many there are on all pages."""
    here = specifications.c.model_id == model_id
    total = rows.execute(select(func.count()).select_from(specifications).where(here)).scalar_one()
    found = select(*_SPECIFICATION).where(here).order_by(specifications.c.name).limit(limit).offset(offset)
    return [_specification(row) for row in rows.execute(found)], int(total)


def automatic(rows: Rows, model_id: str) -> list[StoredSpecification]:
    """The specifications that are run on every version, by name."""
    here = specifications.c.model_id == model_id, specifications.c.autorun
    return [_specification(row) for row in rows.execute(select(*_SPECIFICATION).where(*here).order_by("name"))]


# Results


def add_result(rows: Rows, stored: StoredResult, packed: bytes) -> None:
    """A new result. Raises IntegrityError where there is one of the revision and the version."""
    values = {name: getattr(stored, name) for name in StoredResult.__dataclass_fields__}
    values["mesh_filter"] = None if stored.mesh_filter is None else _json(stored.mesh_filter)
    rows.execute(insert(results).values(**values, content=packed))


def find_result(rows: Rows, specification_id: str, result_id: str) -> StoredResult | None:
    """A result of a specification."""
    here = results.c.specification_id == specification_id, results.c.id == result_id
    row = rows.execute(select(*_RESULT).where(*here)).one_or_none()
    return None if row is None else _result(row)


def result_of(rows: Rows, specification_id: str, revision: int, version_id: int) -> StoredResult | None:
    """The result of a revision over a version."""
    here = (
        results.c.specification_id == specification_id,
        results.c.revision == revision,
        results.c.version_id == version_id,
    )
    row = rows.execute(select(*_RESULT).where(*here)).one_or_none()
    return None if row is None else _result(row)


def content_of(rows: Rows, result_id: str) -> bytes:
    """The content of a result, as rows keep it."""
    packed: bytes = rows.execute(select(results.c.content).where(results.c.id == result_id)).scalar_one()
    return packed


def unpack(packed: bytes) -> Content:
    """The content of `content_of`."""
    return msgspec.json.decode(zlib.decompress(packed), type=Content)


def page_of_results(rows: Rows, specification_id: str, *, limit: int, offset: int) -> tuple[list[StoredResult], int]:
    """Results, the newest first, and how many there are on all pages."""
    here = results.c.specification_id == specification_id
    total = rows.execute(select(func.count()).select_from(results).where(here)).scalar_one()
    found = select(*_RESULT).where(here).order_by(results.c.no.desc()).limit(limit).offset(offset)
    return [_result(row) for row in rows.execute(found)], int(total)


def newest_results(rows: Rows, specification_ids: Collection[str]) -> dict[str, StoredResult]:
    """The newest result of each specification that has one."""
    newest = (
        select(func.max(results.c.no))
        .where(results.c.specification_id.in_(specification_ids))
        .group_by(results.c.specification_id)
    )
    found: Iterable[StoredResult] = map(_result, rows.execute(select(*_RESULT).where(results.c.no.in_(newest))))
    return {each.specification_id: each for each in found}
