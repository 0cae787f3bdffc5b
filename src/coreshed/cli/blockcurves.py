"""`coreshed blockmodel diff`, `swath` and `grade-tonnage`: what versions of block models say."""

import re
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from coreshed.cli.blockmodels import BoxText, ModelAtVersion, ModelName, box_of
from coreshed.cli.options import AsJson, show
from coreshed.cli.remote import ProfileName, WorkspaceName, connect, encoded, shown

if TYPE_CHECKING:
    from coreshed.client.block_curves import (
        Axis,
        ColumnDifference,
        ColumnName,
        CurveOptions,
        Figures,
        Version,
        VersionDifference,
        Warned,
    )

_NUMBER = re.compile(r"[0-9]{1,9}")
Columns = Annotated[
    list[str],
    typer.Option("--column", "-c", metavar="COLUMN", help="Title or id; may be repeated.", show_default=False),
]
DensityColumn = Annotated[
    str | None, typer.Option("--density", metavar="COLUMN", help="Column of densities, by title or id.")
]
DensityValue = Annotated[
    float | None, typer.Option("--density-value", help="Density of blocks without one there, or of all.")
]
DensityUnit = Annotated[str | None, typer.Option("--density-unit", metavar="UNIT", help="Of --density-value: t/m3.")]
MassUnit = Annotated[str, typer.Option("--mass-unit", metavar="UNIT", help="Of masses: t, kt, lbm.")]
Nulls = Annotated[
    str | None,
    typer.Option("--nulls", metavar="POLICY", help="ZERO, IGNORE_BLOCK, IGNORE_VALUE or MARK_AS_INVALID."),
]
Negatives = Annotated[str | None, typer.Option("--negatives", metavar="POLICY", help="The same, or USE.")]


def diff(
    model: ModelName,
    before: Annotated[str, typer.Argument(metavar="FROM", help="Number or UUID of a version.", show_default=False)],
    after: Annotated[str, typer.Argument(metavar="TO", help="Number or UUID of another version.")] = "latest",
    *,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """What differs between two versions of a block model, column by column.

    MIN, MAX and MEAN are of the change, after less before, of the blocks that have another value.

    Exit codes: 0 told, 1 refused or not there, 2 wrong usage, 6 the server cannot be reached, 7 not signed in.
    """
    versions = [_version(each) for each in (before, after)]
    with connect(profile, workspace) as client:
        found = client.block_models.diff(model, *versions)
    if as_json:
        typer.echo(encoded(found))
        return
    typer.echo(_summary(found))
    if not found.columns:
        return
    rows = [
        (
            shown(each.title),
            _what(each),
            str(each.blocks_changed),
            str(each.null_to_value),
            str(each.value_to_null),
            *_measured(each.change),
        )
        for each in found.columns
    ]
    show(("column", "what", "changed", "null->value", "value->null", "min", "max", "mean"), rows, as_json=False)


def _version(text: str) -> "Version":
    if text == "latest":
        return None
    return int(text) if _NUMBER.fullmatch(text) else text


def _summary(found: "VersionDifference") -> str:
    between = f"version {found.from_version.version_id} to {found.to_version.version_id}"
    divided = f", {found.blocks_added} appeared and {found.blocks_removed} vanished" if found.geometry_changed else ""
    return f"{between}: {found.blocks_changed} blocks changed{divided}"


def _what(column: "ColumnDifference") -> str | None:
    before, after = column.before, column.after
    told = [word for word in ("added", "deleted", "retyped") if getattr(column, word)]
    if column.renamed and before is not None:
        told.append(f"was {shown(before.title)}")
    if column.unit_changed and before is not None and after is not None:
        told.append(f"{before.unit_id or 'no unit'} -> {after.unit_id or 'no unit'}")
    return ", ".join(told) or None


def _measured(found: "Figures | None") -> tuple[str | None, ...]:
    return (None,) * 3 if found is None else tuple(_number(each) for each in (found.min, found.max, found.mean))


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.6g}"


def swath(
    model: ModelAtVersion,
    *,
    columns: Columns,
    axis: Annotated[str, typer.Option(help="i, j, k: slices of one parent; x, y, z: model-aligned.")],
    width: Annotated[float | None, typer.Option(help="Of slices along x, y, z.")] = None,
    slices: Annotated[int | None, typer.Option(help="How many along x, y, z, instead of a width.")] = None,
    start: Annotated[float | None, typer.Option(help="Where the first slice begins; default: the origin.")] = None,
    box: BoxText = None,
    density: DensityColumn = None,
    density_value: DensityValue = None,
    density_unit: DensityUnit = None,
    mass_unit: MassUnit = "t",
    nulls: Nulls = None,
    negatives: Negatives = None,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """Means of columns along an axis of a block model, weighted by volume, or by mass where a density is given.

    Exit codes: 0 told, 1 refused or not there, 2 wrong usage, 6 the server cannot be reached, 7 not signed in.
    """
    from coreshed.client.block_model_calls import named

    wanted = named(model)
    options = _options(wanted.version, box, density, density_value, density_unit, mass_unit, nulls, negatives)
    with connect(profile, workspace) as client:
        found = client.block_models.swath(
            wanted.model, columns, cast("Axis", axis), width=width, slices=slices, start=start, **options
        )
    if as_json:
        typer.echo(encoded(found))
        return
    weight = f"{found.weight.lower()} {found.weight_unit_id or ''}".strip()
    for each in found.swaths:
        typer.echo(f"{_titled(each.column)} along {found.axis}, version {found.version_id}")
        rows = [
            (
                str(one.number),
                _number(one.low),
                _number(one.high),
                str(one.blocks),
                str(one.blocks_without),
                _number(one.weight),
                _number(one.mean),
            )
            for one in each.slices
        ]
        show(("slice", "from", "to", "blocks", "without", weight, "mean"), rows, as_json=False)
    _warn(found.warnings)


def grade_tonnage(
    model: ModelAtVersion,
    *,
    columns: Columns,
    cutoffs: Annotated[str, typer.Option(metavar="NUMBERS", help="Cut-offs: 0.2,0.4,0.6.")],
    cutoff_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Whose values are compared; default: each column's own.")
    ] = None,
    box: BoxText = None,
    density: DensityColumn = None,
    density_value: DensityValue = None,
    density_unit: DensityUnit = None,
    mass_unit: MassUnit = "t",
    nulls: Nulls = None,
    negatives: Negatives = None,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """Blocks, mass, grade and metal of a block model above cut-offs; needs a density.

    Exit codes: 0 told, 1 refused or not there, 2 wrong usage, 6 the server cannot be reached, 7 not signed in.
    """
    from coreshed.client.block_model_calls import named

    wanted = named(model)
    options = _options(wanted.version, box, density, density_value, density_unit, mass_unit, nulls, negatives)
    with connect(profile, workspace) as client:
        found = client.block_models.grade_tonnage(
            wanted.model, columns, _cutoffs(cutoffs), cutoff_column=cutoff_column, **options
        )
    if as_json:
        typer.echo(encoded(found))
        return
    for each in found.curves:
        typer.echo(
            f"{_titled(each.column)} above cut-offs of {_titled(each.cutoff_column)}, version {found.version_id}"
        )
        metal = f"metal {each.metal_unit_id or ''}".strip()
        rows = [
            (_number(one.cutoff), str(one.blocks), _number(one.mass), _number(one.grade), _number(one.metal))
            for one in each.points
        ]
        show(("cut-off", "blocks", f"mass {found.mass_unit_id}", "grade", metal), rows, as_json=False)
    _warn(found.warnings)


def _cutoffs(text: str) -> list[float]:
    try:
        return [float(each) for each in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"--cutoffs {text!r}: expected numbers with commas between them") from None


def _options(
    version: "Version",
    box: str | None,
    density: str | None,
    density_value: float | None,
    density_unit: str | None,
    mass_unit: str,
    nulls: str | None,
    negatives: str | None,
) -> "CurveOptions":
    found: dict[str, Any] = {
        "version": version,
        "box": box_of(box),
        "density_column": density,
        "density_value": density_value,
        "density_unit_id": density_unit,
        "mass_unit_id": mass_unit,
        "null_values_policy": nulls,
        "negative_values_policy": negatives,
    }
    return cast("CurveOptions", found)


def _titled(column: "ColumnName") -> str:
    return shown(column.title) + (f" ({column.unit_id})" if column.unit_id else "")


def _warn(warnings: "tuple[Warned, ...]") -> None:
    for each in warnings:
        typer.echo(f"coreshed: {each.occurrences} x {shown(each.message)}", err=True)
