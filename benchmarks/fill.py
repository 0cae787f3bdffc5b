"""A workspace of many objects, written in bulk: row for row what the service writes for the same documents.

Ten schemas: four of pointsets, three of lineations pointsets, three of variograms, in turn. Every object has
`extensions.grade`, uniform in [0, 1). `same_as_written` proves the claim on an object posted through the API.
"""

import random
import sqlite3
import sys
import time
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from coreshed import geo, paths
from coreshed.audit import audit_events
from coreshed.blobs.tables import blob_holds
from coreshed.objects import documents, schemas
from coreshed.objects.tables import (
    object_counts,
    object_data,
    object_properties,
    object_schemas,
    object_versions,
    objects,
    property_paths,
)

_VERSIONS = ("1.0.1", "1.1.0", "1.2.0", "1.3.0")
SCHEMAS = (
    *(f"/objects/pointset/{v}/pointset.schema.json" for v in _VERSIONS),
    *(f"/objects/lineations-data-pointset/{v}/lineations-data-pointset.schema.json" for v in _VERSIONS[1:]),
    *(f"/objects/variogram/{v}/variogram.schema.json" for v in _VERSIONS[:3]),
)
_PLACES = 64  # different bounding boxes per schema
_AT_ONCE = 20_000
_STEP_NS = 1_000_000
_KINDS = {"uuid": documents.TEXT, "name": documents.TEXT, "extensions.grade": documents.NUMBER}


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose objects these are, and the data that pointsets refer to: (SHA-256, blob id)."""

    organisation_id: str
    workspace_id: str
    user_id: str
    data: tuple[str, str]


@dataclass(frozen=True, slots=True)
class New:
    """What is different in every object. schema, place: positions in SCHEMAS and among the places."""

    schema: int
    place: int
    no: int
    id: str
    name: str
    path: str
    version_id: int
    grade: float


@dataclass
class Filled:
    """What is in the workspace now: ids in order of creation, grades per schema in ascending order."""

    ids: list[str] = field(default_factory=list)
    grades: dict[str, "array[float]"] = field(default_factory=lambda: {name: array("d") for name in SCHEMAS})
    seconds: float = 0.0

    def below(self, grade: float, part_of_schema: str) -> int:
        """How many objects have a lower grade and a schema id that contains the text."""
        return sum(bisect_left(grades, grade) for name, grades in self.grades.items() if part_of_schema in name)


def document(schema_id: str, data: str, place: int = 0) -> dict[str, Any]:
    """A valid document without its changing members."""
    base: dict[str, Any] = {"schema": schema_id, "uuid": None, "name": "", "extensions": {"grade": 0.0}}
    if "variogram" in schema_id:
        ranges = {"major": 200.0 + place, "semi_major": 100.0, "minor": 50.0}
        rotation = {"dip": 30.0, "dip_azimuth": 90.0, "pitch": 0.0}
        anisotropy = {"ellipsoid_ranges": ranges, "rotation": rotation}
        structure = {"variogram_type": "spherical", "contribution": 0.9, "anisotropy": anisotropy}
        return base | {"sill": 1.0, "nugget": 0.1, "is_rotation_fixed": True, "structures": [structure]}
    east, north = 1_500_000 + 1000 * (place % 8), 5_100_000 + 1000 * (place // 8)
    coordinates = {"data": data, "length": 2, "width": 3, "data_type": "float64"}
    locations: dict[str, Any] = {"coordinates": coordinates}
    if "lineations" in schema_id:
        locations["lineations"] = {"data": data, "length": 2, "width": 2, "data_type": "float64"}
    corners = {"min_x": east, "max_x": east + 900, "min_y": north, "max_y": north + 900, "min_z": 0.0, "max_z": 10.0}
    crs = {"epsg_code": 2193}
    return base | {"bounding_box": corners, "coordinate_reference_system": crs, "locations": locations}


@dataclass(frozen=True, slots=True)
class Template:
    """What all objects of one schema at one place share."""

    document: dict[str, Any]
    schema_no: int
    box: tuple[float | None, ...]
    has_data: bool


class Bulk:
    """Inserts objects. Property rows, fifteen per object, are multiplied inside SQLite from a table of templates."""

    def __init__(self, connection: sqlite3.Connection, owner: Owner) -> None:
        self._connection = connection
        self._owner = owner
        samples = [document(schema_id, owner.data[0]) for schema_id in SCHEMAS]
        for sample in samples:
            schemas.validate(sample | {"uuid": str(UUID(int=0)), "name": "sample"})
        found = [item for sample in samples for item in documents.properties(sample)[0]]
        repeats = {item.path: any(bool(o.at) for o in found if o.path == item.path) for item in found}
        connection.executemany(
            "insert into object_schemas (id) values (?) on conflict do nothing", [(name,) for name in SCHEMAS]
        )
        connection.executemany(
            "insert into property_paths (workspace_id, path, repeats) values (?, ?, ?) on conflict do nothing",
            [(owner.workspace_id, path, repeated) for path, repeated in repeats.items()],
        )
        numbers = dict(connection.execute(f"select id, no from {object_schemas.name}").fetchall())
        known = f"select path, no from {property_paths.name} where workspace_id = ?"
        path_numbers = dict(connection.execute(known, (owner.workspace_id,)).fetchall())
        for statement in _TEMPORARY:  # `executescript` would end the transaction
            connection.execute(statement)
        self._templates = [
            self._template(number * _PLACES + place, document(name, owner.data[0], place), numbers[name], path_numbers)
            for number, name in enumerate(SCHEMAS)
            for place in range(_PLACES)
        ]

    def _template(self, number: int, shared: dict[str, Any], schema_no: int, paths_: dict[str, int]) -> Template:
        found, complete = documents.properties(shared)
        assert complete
        rows = [
            (
                number,
                item.path if item.path in _KINDS else "",
                paths_[item.path],
                item.at,
                _KINDS.get(item.path, item.kind),
                item.number,
                item.text,
                _folded(item.text),
                item.cut,
                schema_no,
            )
            for item in found
        ]
        self._connection.executemany(f"insert into temp.template values ({_marks(rows[0])})", rows)
        box = geo.bounding_rectangle(shared, geo.object_crs(shared))
        sides = (None,) * 4 if box is None else (box.west, box.south, box.east, box.north)
        return Template(shared, schema_no, sides, bool(documents.references(shared)[0]))

    def add(self, many: Sequence[New]) -> None:
        """Insert objects with everything that belongs to them, except for the counters of the workspace."""
        lines: dict[sa.Table, list[tuple[Any, ...]]] = {}
        for new in many:
            for table, row in self._rows(new).items():
                lines.setdefault(table, []).append(row)
        for table, rows in lines.items():
            names = ", ".join(table.columns.keys())
            self._connection.executemany(f"insert into {table.name} ({names}) values ({_marks(rows[0])})", rows)
        self._connection.execute("delete from temp.new")
        changing = [(new.no, new.schema * _PLACES + new.place, new.id, new.name, new.grade) for new in many]
        self._connection.executemany("insert into temp.new values (?, ?, ?, ?, ?)", changing)
        names = ", ".join(object_properties.columns.keys())
        self._connection.execute(f"insert into {object_properties.name} ({names}) {_MULTIPLIED}")

    def _rows(self, new: New) -> dict[sa.Table, tuple[Any, ...]]:
        """One row per table, values in the order of the columns; None for numbers that the database gives."""
        owner, user = self._owner, self._owner.user_id
        template = self._templates[new.schema * _PLACES + new.place]
        template.document.update(uuid=new.id, name=new.name)
        template.document["extensions"]["grade"] = new.grade
        packed = documents.pack(template.document)
        named = (new.no, new.id, owner.workspace_id, new.path, paths.key(new.path), paths.file_name(new.path))
        version, schema_no = new.version_id, template.schema_no
        place = (*template.box, False)
        box = None if template.box[0] is None else msgspec.json.encode(template.box).decode()
        detail = msgspec.json.encode({"path": new.path, "version_id": str(version)}).decode()
        workspace = (owner.organisation_id, owner.workspace_id)
        rows: dict[sa.Table, tuple[Any, ...]] = {
            objects: (*named, schema_no, version, version, user, user, None, None, None, *place, False, box),
            object_versions: (new.no, version, schema_no, user, None, *place, packed),
            audit_events: (None, version, user, "object.create", *workspace, new.id, None, detail),
        }
        if template.has_data:
            rows[object_data] = (new.no, version, 0, *owner.data)
            rows[blob_holds] = (owner.data[1], f"object:{new.id}")
        return rows


_COLUMNS = "template, changing, path_no, at, kind, number, text, text_key, cut, schema_no"
_TEMPORARY = (
    f"create temp table template ({_COLUMNS}, primary key (template, path_no, at)) without rowid",
    "create temp table new (no integer primary key, template, id, name, grade)",
)
# `cross join` keeps SQLite to this order, in which the rows of the table and its primary key are appended.
_MULTIPLIED = """
select no, path_no, at, kind,
  case changing when 'extensions.grade' then grade else number end,
  case changing when 'uuid' then id when 'name' then name else text end,
  text_key, cut, schema_no, 0
from temp.new cross join temp.template using (template) order by no, path_no, at
"""


def _folded(text: str | None) -> str | None:
    return None if text is None or text.casefold() == text else text.casefold()


def _marks(row: Sequence[Any]) -> str:
    return ", ".join("?" * len(row))


def owner_of(database: Path, organisation_id: str, workspace_id: str, data: str) -> Owner:
    """The first user and the blob named `data`, from the database of a started server."""
    with closing(sqlite3.connect(database)) as connection:
        (user_id,) = connection.execute("select id from users").fetchone()
        (blob_id,) = connection.execute("select id from blobs where name = ?", (data,)).fetchone()
    return Owner(organisation_id, workspace_id, user_id, (data, blob_id))


def fill(database: Path, owner: Owner, count: int) -> Filled:
    """Add `count` objects to the empty workspace of a stopped server."""
    print(f"building {count:,} objects", file=sys.stderr, flush=True)
    began = time.monotonic()
    filled = Filled()
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1048576", "temp_store=MEMORY", "threads=2"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        indexes = _without_indexes(connection, object_properties)
        bulk = Bulk(connection, owner)
        for start in range(0, count, _AT_ONCE):
            many = [*_objects(range(start, min(count, start + _AT_ONCE)), count)]
            bulk.add(many)
            for new in many:
                filled.ids.append(new.id)
                filled.grades[SCHEMAS[new.schema]].append(new.grade)
        for statement in indexes:
            connection.execute(statement)
        connection.execute(f"insert into {object_counts.name} values (?, ?, 0, ?)", (owner.workspace_id, count, count))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")
    for schema_id, grades in filled.grades.items():
        filled.grades[schema_id] = array("d", sorted(grades))
    filled.seconds = time.monotonic() - began
    return filled


def _without_indexes(connection: sqlite3.Connection, table: sa.Table) -> list[str]:
    """Drop a table's indexes and return what makes them again: one sort each instead of a million insertions."""
    query = "select name, sql from sqlite_master where type = 'index' and tbl_name = ? and sql is not null"
    found = connection.execute(query, (table.name,)).fetchall()
    for name, _ in found:
        connection.execute(f"drop index {name}")
    return [sql for _, sql in found]


def _objects(numbers: Sequence[int], count: int) -> Iterator[New]:
    chance = random.Random(numbers[0])
    first_ns = time.time_ns() - 86_400_000_000_000 - count * _STEP_NS
    for number in numbers:
        name = f"object-{number:07}"
        yield New(
            schema=number % len(SCHEMAS),
            place=number // len(SCHEMAS) % _PLACES,
            no=number + 1,
            id=str(UUID(int=chance.getrandbits(128), version=4)),
            name=name,
            path=f"area-{number // 1000:04}/{name}.json",
            version_id=first_ns + number * _STEP_NS,
            grade=chance.random(),
        )


def same_as_written(database: Path, owner: Owner, schema: int, object_id: str) -> list[str]:
    """Tables in which the rows of an object posted through the API (place 0) differ from those inserted here.

    The object is removed, inserted anew in bulk and compared, in a transaction that is rolled back.
    """
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        values = "select number from object_properties join property_paths p on p.no = path_no"
        query = f"select no, path, version_id from {objects.name} where id = ?"
        no, path, version_id = connection.execute(query, (object_id,)).fetchone()
        (grade,) = connection.execute(f"{values} where object_no = ? and p.path = 'extensions.grade'", (no,)).fetchone()
        name = paths.file_name(path).removesuffix(".json")
        connection.execute("BEGIN IMMEDIATE")
        bulk = Bulk(connection, owner)
        connection.execute("SAVEPOINT written")
        before = _rows_of(connection, no, object_id)
        for table, (column, value) in _keys(no, object_id).items():
            connection.execute(f"delete from {table.name} where {column} = ?", (value,))
        bulk.add([New(schema, 0, no, object_id, name, path, version_id, grade)])
        after = _rows_of(connection, no, object_id)
        connection.execute("ROLLBACK")
    return [table for table, rows in before.items() if rows != after[table] or not (rows or table in _NOT_ALWAYS)]


# What the database, the clock and the request give.
_GIVEN = {(audit_events, name) for name in ("no", "at_ns", "request_id")}
_NOT_ALWAYS = {object_data.name, blob_holds.name}


def _keys(no: int, object_id: str) -> dict[sa.Table, tuple[str, Any]]:
    return {
        objects: ("no", no),
        object_versions: ("object_no", no),
        object_properties: ("object_no", no),
        object_data: ("object_no", no),
        blob_holds: ("owner", f"object:{object_id}"),
        audit_events: ("target_id", object_id),
    }


def _rows_of(connection: sqlite3.Connection, no: int, object_id: str) -> dict[str, list[str]]:
    found = {}
    for table, (key, value) in _keys(no, object_id).items():
        columns = ", ".join(column.name for column in table.columns if (table, column.name) not in _GIVEN)
        rows = connection.execute(f"select {columns} from {table.name} where {key} = ?", (value,))
        found[table.name] = sorted(map(repr, rows))
    return found
