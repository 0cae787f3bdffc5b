"""The demonstration as geoscience objects: JSON documents and the Parquet tables they name by SHA-256."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from coreshed.demo import orebody, parquet
from coreshed.demo.orebody import Hole, Mesh, Point
from coreshed.demo.parquet import Column

_DOWNHOLE = "/objects/downhole-collection/1.3.1/downhole-collection.schema.json"
_MESH = "/objects/triangle-mesh/2.3.0/triangle-mesh.schema.json"
_POINTS = "/objects/pointset/1.3.0/pointset.schema.json"
_SAMPLES_PER_COMPOSITE = 3

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DemoObject:
    """One object to publish; tables: Parquet files by the SHA-256 under which `document` refers to them."""

    path: str
    document: Document
    tables: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class _Composite:
    """Consecutive samples of fresh rock, averaged; the samples are equally long."""

    hole: int
    middle: Point
    copper_percent: float
    gold_gpt: float
    density_tpm3: float


def objects() -> list[DemoObject]:
    """Everything the demonstration publishes, the same bytes at every call."""
    drilled = orebody.holes()
    return [
        _topography(),
        _lens(),
        _drill_holes(drilled),
        _composites(drilled),
    ]


class _Tables:
    """The Parquet files of one object."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def add(self, *columns: Column) -> str:
        content = parquet.write(columns)
        name = hashlib.sha256(content).hexdigest()
        self.files[name] = content
        return name

    def array(self, names: Sequence[str], rows: Sequence[Sequence[float]], kind: str = "float64") -> Document:
        """The element of an array with one column per name: `{data, length, width, data_type}`."""
        columns = [Column(name, kind, [row[index] for row in rows]) for index, name in enumerate(names)]
        return {"data": self.add(*columns), "length": len(rows), "width": len(names), "data_type": kind}

    def category(self, words: Sequence[str], values: Sequence[int]) -> Document:
        """Values as positions in `words`, and the table that says so."""
        table = self.add(Column("key", "int32", range(len(words))), Column("value", "string", words))
        return {
            "table": {
                "data": table,
                "length": len(words),
                "keys_data_type": "int32",
                "values_data_type": "string",
            },
            "values": self.array(["data"], [(value,) for value in values], "int32"),
        }

    def chunks(self, counts: Iterable[int]) -> Document:
        """Which rows belong to which hole: the rows follow each other, hole by hole, `counts` of each."""
        indices: list[int] = []
        offsets: list[int] = []
        listed = list(counts)
        for index in range(len(listed)):
            indices.append(index)
            offsets.append(sum(listed[:index]))
        data = self.add(
            Column("hole_index", "int32", indices),
            Column("offset", "uint64", offsets),
            Column("count", "uint64", listed),
        )
        return {"data": data, "length": len(listed), "width": 3, "data_type": "int32/uint64/uint64"}

    def grades(self, rows: Sequence[tuple[float, float, float]]) -> list[Document]:
        """Copper, gold and density as continuous attributes; NaN is missing."""
        described = (
            ("Copper", "cu", "Geochemistry", "%"),
            ("Gold", "au", "Geochemistry", "g/t"),
            ("Density", "density", "Geotechnical", "t/m3"),
        )
        return [
            {
                "name": name,
                "key": key,
                "attribute_type": "scalar",
                "attribute_description": {"discipline": discipline, "type": name, "unit": unit},
                "nan_description": {"values": []},
                "values": self.array(["data"], [(row[index],) for row in rows]),
            }
            for index, (name, key, discipline, unit) in enumerate(described)
        ]

    def classes(self, name: str, key: str, words: Sequence[str], values: Sequence[int]) -> Document:
        """A category attribute without missing values."""
        return {
            "name": name,
            "key": key,
            "attribute_type": "category",
            "attribute_description": {"discipline": "Geology", "type": name},
            "nan_description": {"values": []},
            **self.category(words, values),
        }


def _base(schema: str, name: str, description: str, points: Sequence[Point]) -> Document:
    """The members that all spatial objects share; the box encloses `points`."""
    axes = list(zip(*points, strict=True))
    return {
        "schema": schema,
        "uuid": None,
        "name": name,
        "description": f"{description} Synthetic: it describes no real place.",
        "tags": {"source": "coreshed demonstration"},
        "bounding_box": {
            f"{end}_{axis}": bound(values)
            for axis, values in zip("xyz", axes, strict=True)
            for end, bound in (("min", min), ("max", max))
        },
        "coordinate_reference_system": {"epsg_code": orebody.EPSG},
    }


def _mesh(path: str, name: str, description: str, mesh: Mesh) -> DemoObject:
    tables = _Tables()
    triangles = {
        "vertices": tables.array("xyz", mesh.vertices),
        "indices": tables.array(["n0", "n1", "n2"], mesh.triangles, "uint64"),
    }
    document = {**_base(_MESH, name, description, mesh.vertices), "triangles": triangles}
    return DemoObject(path, document, tables.files)


def _topography() -> DemoObject:
    return _mesh("topography.json", "Topography", "The ground above the orebody.", orebody.topography())


def _lens() -> DemoObject:
    described = f"A lens that dips {orebody.DIP:.0f} degrees towards {orebody.DIP_DIRECTION:.0f}, as a closed surface."
    return _mesh("orebody.json", "Orebody", described, orebody.lens())


def _drill_holes(drilled: Sequence[Hole]) -> DemoObject:
    tables = _Tables()
    location = {
        "coordinates": tables.array("xyz", [hole.collar for hole in drilled]),
        "distances": tables.array(["final", "target", "current"], [(hole.depth,) * 3 for hole in drilled]),
        "holes": tables.chunks(len(hole.stations) for hole in drilled),
        "hole_id": tables.category([hole.name for hole in drilled], range(len(drilled))),
        "path": tables.array(
            ["distance", "azimuth", "dip"],
            [(each.depth, each.azimuth, each.dip) for hole in drilled for each in hole.stations],
        ),
    }
    document = {
        **_base(
            _DOWNHOLE,
            "Drill holes",
            f"{len(drilled)} holes across the orebody with copper, gold, density and lithology.",
            [point for hole in drilled for point in hole.path],
        ),
        "type": "downhole",
        "distance_unit": "m",
        "desurvey": "minimum_curvature",
        "location": location,
        "collections": [_assays(tables, drilled), _lithology(tables, drilled)],
    }
    return DemoObject("drilling/drill-holes.json", document, tables.files)


def _interval_table(
    tables: _Tables,
    name: str,
    intervals: Sequence[Sequence[tuple[float, float]]],
    attributes: list[Document],
) -> Document:
    """intervals: per hole, (from, to) in metres down the hole."""
    rows = [each for hole in intervals for each in hole]
    return {
        "name": name,
        "collection_type": "interval",
        "holes": tables.chunks(map(len, intervals)),
        "from_to": {
            "intervals": {"start_and_end": tables.array(["from", "to"], rows)},
            "unit": "m",
            "attributes": attributes,
        },
    }


def _assays(tables: _Tables, drilled: Sequence[Hole]) -> Document:
    intervals = [[(sample.start, sample.end) for sample in hole.samples] for hole in drilled]
    rows = [(each.copper_percent, each.gold_gpt, each.density_tpm3) for hole in drilled for each in hole.samples]
    return _interval_table(tables, "Assays", intervals, tables.grades(rows))


def _lithology(tables: _Tables, drilled: Sequence[Hole]) -> Document:
    """Neighbouring samples of one rock make one interval."""
    intervals: list[list[tuple[float, float]]] = []
    rocks: list[int] = []
    for hole in drilled:
        intervals.append([])
        for rock, group in groupby(hole.samples, key=lambda sample: sample.rock):
            samples = list(group)
            intervals[-1].append((samples[0].start, samples[-1].end))
            rocks.append(rock)
    return _interval_table(
        tables, "Lithology", intervals, [tables.classes("Lithology", "lithology", orebody.ROCKS, rocks)]
    )


def _composites(drilled: Sequence[Hole]) -> DemoObject:
    tables = _Tables()
    composites = [each for index, hole in enumerate(drilled) for each in _composites_of(index, hole)]
    points = [each.middle for each in composites]
    attributes = [
        *tables.grades([(each.copper_percent, each.gold_gpt, each.density_tpm3) for each in composites]),
        tables.classes("Hole", "hole", [hole.name for hole in drilled], [each.hole for each in composites]),
    ]
    document = {
        **_base(
            _POINTS,
            "Assay composites",
            f"Assays of fresh rock averaged over {orebody.SAMPLE_LENGTH * _SAMPLES_PER_COMPOSITE:.0f} m.",
            points,
        ),
        "locations": {"coordinates": tables.array("xyz", points), "attributes": attributes},
    }
    return DemoObject("drilling/composites.json", document, tables.files)


def _composites_of(index: int, hole: Hole) -> list[_Composite]:
    """What is left over at the end of a hole is dropped."""
    fresh = [sample for sample in hole.samples if not math.isnan(sample.copper_percent)]
    found = []
    for start in range(0, len(fresh) - _SAMPLES_PER_COMPOSITE + 1, _SAMPLES_PER_COMPOSITE):
        group = fresh[start : start + _SAMPLES_PER_COMPOSITE]
        found.append(
            _Composite(
                hole=index,
                middle=group[_SAMPLES_PER_COMPOSITE // 2].middle,
                copper_percent=_mean([each.copper_percent for each in group]),
                gold_gpt=_mean([each.gold_gpt for each in group]),
                density_tpm3=_mean([each.density_tpm3 for each in group]),
            )
        )
    return found


def _mean(values: Sequence[float]) -> float:
    return round(math.fsum(values) / len(values), 4)
