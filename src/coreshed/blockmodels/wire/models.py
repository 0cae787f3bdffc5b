"""Block models on the wire: what creates and changes them, and how they are shown."""

import re
from typing import Annotated, Any, Generic, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from coreshed.blockmodels.wire.geometry import BBoxXYZ, Location, Rotation, SizeOptions, check_rotations
from coreshed.blockmodels.wire.reading import Body, Text, refusal
from coreshed.wire_common import User

LEAST_NAME, MOST_NAME = 3, 100
_Description = Annotated[str, Meta(max_length=500, pattern=r"\A[^\x00]*\Z")]
_System = Annotated[str, Meta(max_length=10_000, pattern=r"\A[^\x00]*\Z")]
Comment = Annotated[str, Meta(max_length=250, pattern=r"\A[^\x00]*\Z")]
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
R = TypeVar("R")


class LineageNamed(Struct, frozen=True, rename="camel"):
    """A job or data set of a lineage."""

    name: str
    namespace: str
    facets: dict[str, Any] | UnsetType | None = UNSET
    input_facets: dict[str, Any] | UnsetType | None = UNSET
    output_facets: dict[str, Any] | UnsetType | None = UNSET


class LineageRun(Struct, frozen=True, rename="camel"):
    """A run of a lineage."""

    run_id: Text
    facets: dict[str, Any] | UnsetType | None = UNSET


class LineageEvent(
    Struct, frozen=True, rename={"event_time": "eventTime", "event_type": "eventType", "schema_url": "schemaURL"}
):
    """An event of OpenLineage."""

    event_time: str
    producer: str
    schema_url: str
    run: LineageRun
    job: LineageNamed
    event_type: str | UnsetType | None = UNSET
    inputs: list[LineageNamed] | UnsetType | None = UNSET
    outputs: list[LineageNamed] | UnsetType | None = UNSET


class Lineage(Body, frozen=True):
    """Where a model or an update came from, in the words of OpenLineage. Deprecated: read, and kept nowhere."""

    events: list[LineageEvent]
    self_link: str | UnsetType | None = UNSET


def read_name(text: str, *at: str | int) -> str:
    """A model's name without white space around it. Raises Invalid."""
    name = text.strip()
    if not LEAST_NAME <= len(name) <= MOST_NAME:
        raise refusal(f"A name has {LEAST_NAME} to {MOST_NAME} characters, not {len(name)}.", *at)
    if "/" in name or "\\" in name or _CONTROL.search(name):
        raise refusal("A name has no slash, no backslash and no control character.", *at)
    return name


def check_object_path(path: str, *at: str | int) -> None:
    """Raise Invalid for what is no folder: relative, doubled slashes, backslashes, elements that end in a dot."""
    if "//" in path or "\\" in path:
        raise refusal("A path has neither '//' nor a backslash.", *at)
    ending = next((each for each in path.split("/") if each.endswith(".")), None)
    if ending is not None:
        raise refusal(f"The element {ending[:80]!r} of the path ends in a dot.", *at)


class CreateData(Body, frozen=True):
    """What a block model is created from. object_path: the folder of the reference object, the root where absent."""

    name: Text
    model_origin: Location
    block_rotation: list[Rotation]
    size_options: SizeOptions
    description: _Description | None = None
    comment: Comment | None = None
    coordinate_reference_system: _System | None = None
    size_unit_id: Text | None = None
    fill_subblocks: bool = False
    object_path: Text | None = None
    lineage: Lineage | None = None

    def check(self, *at: str | int) -> None:
        """Name, path, rotations, sizes. Units and coordinate systems are the service's."""
        read_name(self.name, *at, "name")
        if self.object_path is not None:
            check_object_path(self.object_path, *at, "object_path")
        check_rotations(self.block_rotation, *at, "block_rotation")
        self.size_options.check(*at, "size_options")


class UpdateBlockModel(Body, frozen=True):
    """New metadata of a model: absent leaves as it is, null clears what can be without a value."""

    name: Text | UnsetType | None = UNSET
    description: _Description | UnsetType | None = UNSET
    coordinate_reference_system: _System | UnsetType | None = UNSET
    size_unit_id: Text | UnsetType | None = UNSET
    fill_subblocks: bool | UnsetType | None = UNSET
    lineage: Lineage | UnsetType | None = UNSET

    def check(self, *at: str | int) -> None:
        """The name, and what cannot be null."""
        for member in ("name", "fill_subblocks"):
            if getattr(self, member) is None:
                raise refusal("none is not an allowed value.", *at, member)
        if isinstance(self.name, str):
            read_name(self.name, *at, "name")


class Geometry(Struct, frozen=True):
    """What a model is given when it is created and keeps, and what follows from that; the form in which it is stored.

    normalized_rotation: degrees about z, x, z, each clockwise and in the model's own axes. bbox: of all blocks in the
    world, whether they have data or not.
    """

    model_origin: Location
    block_rotation: list[Rotation]
    size_options: SizeOptions
    normalized_rotation: tuple[float, float, float]
    bbox: BBoxXYZ


class BlockModel(Struct, frozen=True, kw_only=True):
    """A block model; for its geometry see there.

    last_updated_*: of the metadata or the newest version, whichever came later.
    """

    bm_uuid: str
    org_uuid: str
    workspace_id: str
    name: str
    description: str | None
    model_origin: Location
    block_rotation: list[Rotation]
    size_options: SizeOptions
    normalized_rotation: tuple[float, float, float]
    bbox: BBoxXYZ
    coordinate_reference_system: str | None
    size_unit_id: str | None
    fill_subblocks: bool
    geoscience_object_id: str | None
    created_at: str
    created_by: User
    last_updated_at: str
    last_updated_by: User


class BlockModelAndJobURL(BlockModel, frozen=True, kw_only=True):
    """A block model that has been created, and the job that made its first version."""

    job_url: str


class Unit(Struct, frozen=True):
    """A unit. conversion_factor: a value times this is in the reference unit of the type."""

    unit_id: str
    symbol: str
    description: str
    unit_type: str
    conversion_factor: float


class Page(Struct, Generic[R], frozen=True):
    """A part of a list. count: entries here; limit: as asked for; offset: of the first; total: of the whole list."""

    count: int
    limit: int
    offset: int
    total: int
    results: list[R]


class PageWithUnits(Struct, Generic[R], frozen=True):
    """A page, and every unit that it refers to."""

    count: int
    limit: int
    offset: int
    total: int
    results: list[R]
    referenced_units: list[Unit]
