"""Updates on the wire: what is asked for by titles, and how the answer repeats it by ids."""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType, field

from coreshed.blockmodels.wire.models import Comment, Lineage
from coreshed.blockmodels.wire.reading import Body, Text, refusal
from coreshed.blockmodels.wire.versions import Column, DataType, Policy, Tags, UpdateType

SEPARATOR = "▸"
NIL_UUID = "00000000-0000-0000-0000-000000000000"

_Named = Annotated[str, Meta(min_length=1, pattern=r"\A[^\x00]*\Z")]
_Character = Annotated[str, Meta(min_length=1, max_length=1, pattern=r"\A[^\x00]*\Z")]
_Skipped = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class ColumnLite(Body, frozen=True):
    """A new column. group: the qualified title of its group."""

    title: Text
    data_type: DataType
    unit_id: Text | None = None
    group: Text | None = None
    tags: Tags | None = None


class RenameLite(Body, frozen=True):
    """A column and its new title."""

    title: Text
    new_title: Text


class UpdateMetadataValuesLite(Body, frozen=True):
    """New metadata: absent stays. unit_id: null clears; group: null stays, "" takes out of it; tags: {} clears."""

    title: Text | UnsetType | None = UNSET
    unit_id: Text | UnsetType | None = UNSET
    group: Text | UnsetType | None = UNSET
    tags: Tags | UnsetType | None = UNSET


class UpdateMetadataLite(Body, frozen=True):
    """A column by its qualified title, and its new metadata."""

    title: Text
    values: UpdateMetadataValuesLite


class UpdateColumnsLite(Body, frozen=True):
    """What to do to which columns, by their qualified titles."""

    new: list[ColumnLite]
    update: list[Text]
    delete: list[Text]
    rename: list[RenameLite]
    update_metadata: list[UpdateMetadataLite] | None = None


class GroupLite(Body, frozen=True):
    """A new group. parent_group: the qualified title of the group above."""

    title: Text
    parent_group: Text | None = None
    is_hidden: bool = False
    missing_column_policy: Policy | None = None
    tags: Tags | None = None


class GroupUpdateMetadataValuesLite(Body, frozen=True):
    """New metadata of a group: absent and null stay; parent_group: "" puts it at the top."""

    title: Text | UnsetType | None = UNSET
    parent_group: Text | UnsetType | None = UNSET
    is_hidden: bool | UnsetType | None = UNSET
    missing_column_policy: Policy | UnsetType | None = UNSET
    tags: Tags | UnsetType | None = UNSET


class GroupUpdateMetadataLite(Body, frozen=True):
    """A group by its qualified title, and its new metadata."""

    title: Text
    values: GroupUpdateMetadataValuesLite


class UpdateGroupsLite(Body, frozen=True):
    """What to do to which groups, by their qualified titles."""

    new: list[GroupLite] = field(default_factory=list)
    update_metadata: list[GroupUpdateMetadataLite] = field(default_factory=list)
    delete: list[Text] = field(default_factory=list)


class ColumnNameMapping(Body, frozen=True):
    """What a column is called in the file, and its title: under either of two pairs of names."""

    file_column_name: _Named | UnsetType = UNSET
    column_title: _Named | UnsetType = UNSET
    csv_name: _Named | UnsetType = UNSET
    new_title: _Named | UnsetType = UNSET

    def pair(self) -> tuple[str, str]:
        """(name in the file, title) of a mapping that has been checked."""
        if isinstance(self.file_column_name, str) and isinstance(self.column_title, str):
            return self.file_column_name, self.column_title
        assert isinstance(self.csv_name, str)  # noqa: S101  (checked)
        assert isinstance(self.new_title, str)  # noqa: S101
        return self.csv_name, self.new_title

    def check_pair(self, *at: str | int, csv: bool) -> None:
        """Raise Invalid unless there is exactly one of the pairs; the second is for CSV alone."""
        there = {name for name in self.__struct_fields__ if getattr(self, name) is not UNSET}
        allowed = [{"file_column_name", "column_title"}, *([{"csv_name", "new_title"}] if csv else [])]
        if there not in allowed:
            pairs = " or ".join(" and ".join(sorted(each)) for each in allowed)
            raise refusal(f"A mapping has {pairs}.", *at)


class _InputOptions(Body, frozen=True):
    column_name_mapping: list[ColumnNameMapping] | None = None

    def check(self, *at: str | int) -> None:
        """The names of columns: each stands for one title, and each title for one name."""
        csv = isinstance(self, InputOptionsCSV)
        names: set[str] = set()
        titles: set[str] = set()
        for index, each in enumerate(self.column_name_mapping or ()):
            each.check_pair(*at, "column_name_mapping", index, csv=csv)
            for seen, text in zip((names, titles), each.pair(), strict=True):
                if text in seen:
                    raise refusal(f"{text[:120]!r} is mapped twice.", *at, "column_name_mapping", index)
                seen.add(text)

    def titles(self) -> dict[str, str]:
        """Title by name in the file, of the columns whose names differ."""
        return dict(each.pair() for each in self.column_name_mapping or ())


class InputOptionsParquet(_InputOptions, frozen=True, tag_field="file_format", tag="parquet"):
    """The file is Parquet."""


class InputOptionsDatamine(_InputOptions, frozen=True, tag_field="file_format", tag="datamine"):
    """The file is Datamine's."""


class InputOptionsCSV(_InputOptions, frozen=True, tag_field="file_format", tag="csv"):
    """The file is CSV. Null stands for the default, of which `or_default` tells."""

    delimiter: _Character | None = None
    decimal_char: _Character | None = None
    quote_char: _Character | None = None
    skip_rows: _Skipped | None = None
    skip_rows_after_headers: _Skipped | None = None

    def or_default(self) -> tuple[str, str, str, int, int]:
        """Delimiter, decimal character, quote character, rows to skip before the headers and after them."""
        return (
            self.delimiter or ",",
            self.decimal_char or ".",
            self.quote_char or '"',
            self.skip_rows or 0,
            self.skip_rows_after_headers or 0,
        )


InputOptions: TypeAlias = InputOptionsParquet | InputOptionsCSV | InputOptionsDatamine


class UpdateDataLite(Body, frozen=True):
    """An update of the newest version. geometry_change, fill_subblocks: null is for the model to decide."""

    columns: UpdateColumnsLite | None = None
    update_type: UpdateType = "merge"
    geometry_change: bool | None = None
    fill_subblocks: bool | None = None
    comment: Comment | None = None
    input_options: InputOptions | None = None
    groups: UpdateGroupsLite | None = None
    group_missing_column_override: dict[Text, Literal["USE_PREVIOUS"]] | None = None
    qualified_title_separator: _Character | None = None
    lineage: Lineage | None = None

    def check(self, *at: str | int) -> None:
        """That there is something to do, and the options of the file."""
        if self.columns is None and self.groups is None:
            raise refusal("Object missing required field `columns`", *at, "columns")
        if self.input_options is not None:
            self.input_options.check(*at, "input_options")

    @property
    def separator(self) -> str:
        """What stands between the titles of a qualified title."""
        return self.qualified_title_separator or SEPARATOR


class Rename(Struct, frozen=True):
    """A column by its id, and its new title."""

    col_id: str
    new_title: str


class UpdateMetadataValues(Struct, frozen=True):
    """New metadata; the nil UUID as group takes the column out of its group."""

    title: str | UnsetType = UNSET
    unit_id: str | UnsetType | None = UNSET
    group_uuid: str | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET


class UpdateMetadata(Struct, frozen=True):
    """A column by its id, and its new metadata."""

    col_id: str
    values: UpdateMetadataValues


class UpdateColumns(Struct, frozen=True):
    """What is done to columns, by their ids."""

    new: list[Column]
    update: list[str]
    delete: list[str]
    rename: list[Rename]
    update_metadata: list[UpdateMetadata]


class Group(Struct, frozen=True):
    """A new group with the id that it gets."""

    group_uuid: str
    title: str
    parent_group_uuid: str | None = None
    is_hidden: bool = False
    missing_column_policy: Policy = "INHERIT"
    tags: Tags | None = None


class GroupUpdateMetadataValues(Struct, frozen=True):
    """New metadata of a group; the nil UUID as parent puts it at the top."""

    title: str | UnsetType = UNSET
    parent_group_uuid: str | UnsetType = UNSET
    is_hidden: bool | UnsetType = UNSET
    missing_column_policy: Policy | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET


class GroupUpdateMetadata(Struct, frozen=True):
    """A group by its id, and its new metadata."""

    group_uuid: str
    values: GroupUpdateMetadataValues


class UpdateGroups(Struct, frozen=True):
    """What is done to groups, by their ids."""

    new: list[Group] = []
    update_metadata: list[GroupUpdateMetadata] = []
    delete: list[str] = []


class UpdateDataWithVersion(Struct, frozen=True):
    """An update as the server understood it: against which version, and by ids."""

    base_version_uuid: str
    columns: UpdateColumns
    update_type: UpdateType
    geometry_change: bool | None = None
    fill_subblocks: bool | None = None
    comment: str | None = None
    groups: UpdateGroups | None = None
    group_missing_column_override: dict[str, str] | None = None
    lineage: Lineage | None = None
    bbox: None = None


class UpdateWithUrl(Struct, frozen=True):
    """The job of an update, where its file goes (null where it needs none), and the id that its version will have."""

    job_uuid: str
    job_url: str
    version_uuid: str
    upload_url: str | None
    changes: UpdateDataWithVersion


class JobUrl(Struct, frozen=True):
    """Where to ask how a job is."""

    job_url: str
