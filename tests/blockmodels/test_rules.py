"""The rule table of updates, row by row, and the columns that the next version has."""

import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from evo.blockmodels.endpoints import models as published

from coreshed.blockmodels import rules, titles
from coreshed.blockmodels.dialect import Client
from coreshed.blockmodels.rules import Change
from coreshed.blockmodels.wire.updates import UpdateDataLite
from coreshed.blockmodels.wire.versions import Column, Mapping, ResolvedGroup
from coreshed.problems import TooManyColumns, Unprocessable

ASSAYS = ResolvedGroup("11111111-0000-4000-8000-000000000001", "Assays", "USE_PREVIOUS")
CU = Column("00000000-0000-4000-8000-000000000001", "Cu", "Float64", unit_id="%[mass]")
AU = Column("00000000-0000-4000-8000-000000000002", "Au", "Float64", group_uuid=ASSAYS.group_uuid)
GEOLOGY = Column("00000000-0000-4000-8000-000000000003", "Geology", "Utf8", tags={"lab": "ALS"})
USER = (CU, AU, GEOLOGY)


def version(kind: str = "regular", *columns: Column) -> Mapping:
    """A version of a model of this kind."""
    return Mapping((*titles.system_columns(kind), *columns), (ASSAYS,))


def numbered() -> Callable[[], str]:
    """Ids that tell one from another."""
    counter = itertools.count(1)
    return lambda: f"aaaaaaaa-0000-4000-8000-{next(counter):012d}"


def update(columns: dict[str, Any] | None = None, **more: Any) -> UpdateDataLite:
    """An update of these columns; lists that are left out are empty."""
    lists = {"new": [], "update": [], "delete": [], "rename": []} | (columns or {})
    return msgspec.convert({"columns": lists} | more, UpdateDataLite)


def new(title: str, data_type: str = "Float64", **more: Any) -> dict[str, Any]:
    """A new column."""
    return {"title": title, "data_type": data_type} | more


def renaming(title: str, new_title: str) -> dict[str, str]:
    """One entry of rename."""
    return {"title": title, "new_title": new_title}


def metadata(of: str, **values: Any) -> dict[str, Any]:
    """One entry of update_metadata."""
    return {"title": of, "values": values}


def resolve(asked: UpdateDataLite, previous: Mapping | None = None, kind: str = "regular", **more: Any) -> Change:
    """The change to a version that has Cu, Assays▸Au and Geology, unless another is given."""
    found = version(kind, *USER) if previous is None else previous
    options: dict[str, Any] = {"fill_by_default": False, "client": Client()} | more
    return rules.resolve(found, asked, kind=kind, new_id=numbered(), **options)


def refused(asked: UpdateDataLite, previous: Mapping | None = None, kind: str = "regular", **more: Any) -> str:
    """Why an update is refused."""
    with pytest.raises(Unprocessable) as error:
        resolve(asked, previous, kind, **more)
    return error.value.detail


def user_titles(change: Change) -> list[str]:
    """Qualified titles of the user columns afterwards."""
    found = titles.Titles(change.mapping)
    return [found.of(each) for each in found.user_columns]


# Reserved, repeated, in several operations


@pytest.mark.parametrize(
    ("columns", "detail"),
    [
        ({"rename": [renaming("i", "ii")]}, "Reserved column(s): i cannot be renamed."),  # A30
        ({"rename": [renaming("i", "a"), renaming("dx", "b")]}, "Reserved column(s): i, dx cannot be renamed."),
        ({"new": [new("version_id", "UInt32")]}, "Reserved column(s): version_id cannot be created."),
        ({"new": [new("x", group="Assays")]}, "Reserved column(s): Assays▸x cannot be created."),
        ({"update": ["z"]}, "Reserved column(s): z cannot be updated."),
        ({"delete": ["sidx", "start_si"]}, "Reserved column(s): sidx, start_si cannot be deleted."),
        ({"update_metadata": [metadata("y", unit_id="m")]}, "Reserved column(s): y cannot be changed."),
        ({"rename": [renaming("Cu", "k")]}, "Reserved column(s): k cannot be the title of another column."),
        ({"update_metadata": [metadata("Cu", title="x")]}, "Reserved column(s): x cannot be the title of another"),
    ],
)
def test_that_reserved_columns_appear_in_no_operation(columns: dict[str, Any], detail: str) -> None:
    """A30"""
    assert refused(update(columns)).startswith(detail)


def test_that_the_columns_of_datamine_are_reserved_in_its_files_alone() -> None:
    asked = {"new": [new("XC")]}
    assert user_titles(resolve(update(asked))) == ["Cu", "Assays▸Au", "Geology", "XC"]
    assert "XC" in refused(update(asked, input_options={"file_format": "datamine"}))


@pytest.mark.parametrize(
    "columns",
    [
        {"new": [new("Zn"), new("Zn", "Utf8")]},
        {"new": [new("Zn", group="Assays"), new("Zn", group="Assays")]},
        {"update": ["Cu", "Cu"]},
        {"delete": ["Cu", "Cu"]},
        {"rename": [renaming("Cu", "A"), renaming("Cu", "B")]},
        {"update_metadata": [metadata("Cu", unit_id="m"), metadata("Cu", unit_id="ft")]},
    ],
)
def test_that_no_list_names_a_column_twice(columns: dict[str, Any]) -> None:
    assert "twice in columns." in refused(update(columns))


@pytest.mark.parametrize(
    "columns",
    [
        {"update": ["Cu"], "delete": ["Cu"]},
        {"new": [new("Cu")], "update": ["Cu"]},
        {"new": [new("Cu")], "delete": ["Cu"]},
        {"delete": ["Cu"], "update_metadata": [metadata("Cu", unit_id=None)]},
        {"new": [new("Zn")], "update_metadata": [metadata("Zn", unit_id=None)]},
    ],
)
def test_that_a_column_is_in_one_operation(columns: dict[str, Any]) -> None:
    assert "is both in" in refused(update(columns))


def test_that_metadata_can_change_together_with_values() -> None:
    change = resolve(update({"update": ["Cu"], "update_metadata": [metadata("Cu", unit_id="ppm[mass]")]}))
    assert change.mapping.columns[7].unit_id == "ppm[mass]"
    assert (change.columns.update, change.needs_file) == ([CU.col_id], True)


# Renaming


@pytest.mark.parametrize(
    "other",
    [
        {"new": [new("Zn")]},
        {"update": ["Geology"]},
        {"delete": ["Geology"]},
        {"update_metadata": [metadata("Geology", unit_id=None)]},
    ],
)
def test_that_rename_is_the_only_operation(other: dict[str, Any]) -> None:
    """A31"""
    assert "rename" in refused(update({"rename": [renaming("Cu", "Copper")]} | other))


def test_that_rename_goes_with_no_change_of_groups() -> None:
    asked = update({"rename": [renaming("Cu", "Copper")]}, groups={"new": [{"title": "Lab"}]})
    assert "rename cannot be combined" in refused(asked)


def test_that_a_renamed_column_keeps_its_id_type_unit_and_group() -> None:
    """A29"""
    change = resolve(update({"rename": [renaming("Cu", "Copper"), renaming("Assays▸Au", "Gold")]}))
    assert change.mapping.columns[7:] == (
        msgspec.structs.replace(CU, title="Copper"),
        msgspec.structs.replace(AU, title="Gold"),
        GEOLOGY,
    )
    assert not change.needs_file
    assert [(each.old_title, each.new_title) for each in change.summary.renamed] == [
        ("Cu", "Copper"),
        ("Assays▸Au", "Assays▸Gold"),
    ]
    assert [(each.col_id, each.new_title) for each in change.columns.rename] == [
        (CU.col_id, "Copper"),
        (AU.col_id, "Gold"),
    ]


def test_that_two_columns_can_swap_their_titles() -> None:
    change = resolve(update({"rename": [renaming("Cu", "Geology"), renaming("Geology", "Cu")]}))
    assert [(each.col_id, each.title) for each in change.mapping.columns[7:]] == [
        (CU.col_id, "Geology"),
        (AU.col_id, "Au"),
        (GEOLOGY.col_id, "Cu"),
    ]


def test_that_the_target_of_a_rename_is_free() -> None:
    assert "two columns 'Geology'" in refused(update({"rename": [renaming("Cu", "Geology")]}))
    both = [renaming("Cu", "Zn"), renaming("Geology", "Zn")]
    assert "two columns 'Zn'" in refused(update({"rename": both}))
    change = resolve(update({"rename": [renaming("Cu", "Au")]}))  # the other Au is in a group
    assert user_titles(change) == ["Au", "Assays▸Au", "Geology"]
    assert user_titles(resolve(update({"rename": [renaming("Cu", "CU")]})))[0] == "CU"


@pytest.mark.parametrize("title", ["", " ", "a▸b", "a\nb"])
def test_that_the_target_of_a_rename_is_a_title(title: str) -> None:
    refused(update({"rename": [renaming("Cu", title)]}))
    refused(update({"update_metadata": [metadata("Cu", title=title)]}))


def test_that_metadata_rename_only_when_they_are_alone() -> None:
    renames = [metadata("Cu", title="Copper")]
    assert user_titles(resolve(update({"update_metadata": renames})))[0] == "Copper"
    for other in ({"new": [new("Zn")]}, {"update": ["Geology"]}, {"delete": ["Geology"]}):
        assert "update_metadata can rename no column" in refused(update({"update_metadata": renames} | other))
    same = [metadata("Assays▸Au", title="Au", unit_id="g/t")]
    assert resolve(update({"update_metadata": same, "new": [new("Zn")]})).needs_file


# What exists


def test_that_a_new_column_does_not_exist_yet() -> None:
    assert "two columns 'Cu'" in refused(update({"new": [new("Cu")]}))
    assert "two columns 'Au'" in refused(update({"new": [new("Au", group="Assays")]}))
    change = resolve(update({"new": [new("Au"), new("cu", "Int8", unit_id="g/t", tags={"a": 1})]}))
    assert user_titles(change) == ["Cu", "Assays▸Au", "Geology", "Au", "cu"]
    assert change.mapping.columns[-1] == Column(
        "aaaaaaaa-0000-4000-8000-000000000002", "cu", "Int8", unit_id="g/t", tags={"a": 1}
    )
    assert change.summary.new == ["Au", "cu"]


@pytest.mark.parametrize(
    "columns",
    [
        {"update": ["Zn"]},
        {"delete": ["Zn"]},
        {"delete": ["Au"]},
        {"update": ["cu"]},
        {"rename": [renaming("Zn", "A")]},
        {"update_metadata": [metadata("Zn", unit_id="m")]},
    ],
)
def test_that_other_columns_exist_in_the_latest_version(columns: dict[str, Any]) -> None:
    assert "in the latest version" in refused(update(columns))


def test_that_the_place_of_a_deleted_column_is_free_for_another_in_a_later_update_only() -> None:
    change = resolve(update({"delete": ["Cu", "Assays▸Au"]}))
    assert user_titles(change) == ["Geology"]
    assert (change.needs_file, change.summary.deleted) == (False, ["Cu", "Assays▸Au"])
    again = resolve(update({"new": [new("Cu", "Utf8")]}), change.mapping)
    assert again.mapping.columns[-1].col_id != CU.col_id


# Units and metadata


def test_that_units_are_known() -> None:
    assert "There is no unit 'oz'" in refused(update({"new": [new("Zn", unit_id="oz")]}))
    assert "There is no unit ''" in refused(update({"update_metadata": [metadata("Cu", unit_id="")]}))


def test_that_no_client_gives_a_column_a_unit_that_it_cannot_read_back() -> None:
    """N2"""
    old, present = Client((0, 5, 2)), Client((0, 8, 0))
    angle, ratio = update({"new": [new("dip", unit_id="dega")]}), update({"new": [new("v", unit_id="m3/m3")]})
    assert "cannot read the unit 'dega'" in refused(angle, client=old)
    assert resolve(angle, client=present).needs_file
    assert resolve(ratio, client=old).needs_file
    assert "cannot read the unit 'm3/m3'" in refused(ratio, client=present)


def test_that_absent_metadata_stay_and_null_clears_the_unit_alone() -> None:
    """A27, A28"""
    cleared = resolve(update({"update_metadata": [metadata("Cu", unit_id=None)]})).mapping.columns[7]
    assert cleared == msgspec.structs.replace(CU, unit_id=None)
    nothing = {"title": None, "group": None, "tags": None}
    change = resolve(update({"update_metadata": [metadata("Geology", **nothing), metadata("Assays▸Au")]}))
    assert change.mapping == version("regular", *USER)
    assert msgspec.to_builtins(change.columns.update_metadata[0].values) == {}
    tagged = resolve(update({"update_metadata": [metadata("Geology", tags={"a": 1})]})).mapping.columns[9]
    assert tagged.tags == {"a": 1}
    assert resolve(update({"update_metadata": [metadata("Geology", tags={})]})).mapping.columns[9].tags is None


def test_that_a_column_moves_between_groups() -> None:
    moved = resolve(update({"update_metadata": [metadata("Cu", group="Assays"), metadata("Assays▸Au", group="")]}))
    assert user_titles(moved) == ["Assays▸Cu", "Au", "Geology"]
    values = [msgspec.to_builtins(each.values) for each in moved.columns.update_metadata]
    assert values == [{"group_uuid": ASSAYS.group_uuid}, {"group_uuid": "00000000-0000-0000-0000-000000000000"}]
    assert [msgspec.to_builtins(each.values) for each in moved.summary.metadata_updated] == [
        {"group": "Assays"},
        {"group": ""},
    ]
    assert "There is no group 'Lab'" in refused(update({"update_metadata": [metadata("Cu", group="Lab")]}))
    odd = Mapping((*titles.system_columns("regular"), msgspec.structs.replace(CU, title="Cu/Au")), (ASSAYS,))
    assert "'/'" in refused(update({"update_metadata": [metadata("Cu/Au", group="Assays")]}), odd)


# How many


def test_that_a_version_has_300_user_columns_and_no_more() -> None:
    """A33"""
    many = [Column(f"00000000-0000-4000-8000-{n:012d}", f"c{n}", "Int8") for n in range(299)]
    full = resolve(update({"new": [new("Zn")]}), version("regular", *many)).mapping
    assert len(full.columns) == 307
    with pytest.raises(TooManyColumns, match="301"):
        resolve(update({"new": [new("Pb")]}), full)
    assert len(resolve(update({"new": [new("Pb")], "delete": ["c0"]}), full).mapping.columns) == 307


def test_that_an_update_does_something() -> None:
    assert "asks for nothing" in refused(update())
    assert "asks for nothing" in refused(update({"update_metadata": []}, groups={}))
    assert not resolve(update(groups={"new": [{"title": "Lab"}]})).needs_file


# The answer


def test_that_the_published_client_reads_the_update_as_the_answer_repeats_it() -> None:
    asked = update(
        {"new": [new("Zn", unit_id="g/t")], "update": ["Cu"], "update_metadata": [metadata("Cu", unit_id=None)]},
        groups={
            "new": [{"title": "Lab", "parent_group": "Assays"}],
            "update_metadata": [metadata("Assays", title="A")],
        },
        group_missing_column_override={"Assays": "USE_PREVIOUS"},
        comment="why",
        update_type="replace",
    )
    shown = msgspec.to_builtins(rules.echo(resolve(asked), asked, CU.col_id))
    answer = {
        "job_uuid": CU.col_id,
        "job_url": "https://shed.test/job",
        "version_uuid": CU.col_id,
        "upload_url": None,
        "changes": shown,
    }
    read = published.UpdateWithUrl.model_validate_json(msgspec.json.encode(answer)).changes
    assert isinstance(read, published.UpdateDataWithVersion)
    root = read.root
    assert isinstance(root, published.UpdateDataWithVersion1)
    assert root.columns.new[0].col_id == "aaaaaaaa-0000-4000-8000-000000000002"  # the group came first
    assert root.columns.update == [CU.col_id]
    assert root.group_missing_column_override == {ASSAYS.group_uuid: "USE_PREVIOUS"}
    assert root.comment == "why"
    assert root.groups is not None
    assert str(root.groups.new[0].parent_group_uuid) == ASSAYS.group_uuid
    assert root.groups.update_metadata[0].values.title == "A"
