"""The Colormap API on the wire, field by field."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from coreshed import ids
from coreshed.problems import Invalid

MAX_TEXT = 1024
MAX_BATCH = 128
# Kind -> fewest and most colours.
COLORS: dict[str, tuple[int, int]] = {"continuous": (2, 1024), "discrete": (1, 1024), "category": (1, 16384)}
# Kind -> the members that it has beside the colours.
MEMBERS: dict[str, tuple[str, ...]] = {
    "continuous": ("attribute_controls", "gradient_controls"),
    "discrete": ("end_points", "end_inclusive"),
    "category": ("map",),
}

# PostgreSQL stores no NUL in text.
_NO_NUL = r"\A[^\x00]*\Z"
Text = Annotated[str, Meta(max_length=MAX_TEXT, pattern=_NO_NUL)]
# A rule of its own for each label, checked once their number is known to be small: a pattern costs as much as the rest.
Label = Annotated[str, Meta(max_length=MAX_TEXT)]
Channel = Annotated[int, Meta(ge=0, le=255)]
# A tuple and no list: the collector of garbage does not walk over tuples of numbers, of which a body may have many.
Color: TypeAlias = tuple[Channel, Channel, Channel]
Kind: TypeAlias = Literal["continuous", "discrete", "category"]
T = TypeVar("T")


class NewColormap(Struct, frozen=True):
    """What a colormap is created from: one shape for the three kinds, because only `dtype` tells them apart.

    The generated classes of the published client leave `dtype` out where it was not set; the members then tell.
    """

    name: Text
    colors: list[Color]
    dtype: Kind | UnsetType = UNSET
    attribute_controls: list[float] | UnsetType = UNSET
    gradient_controls: list[float] | UnsetType = UNSET
    end_points: list[float] | UnsetType = UNSET
    end_inclusive: list[bool] | UnsetType = UNSET
    map: list[Label] | UnsetType = UNSET


class NewAssociation(Struct, frozen=True):
    """An attribute of an object, by its key, and the colormap that it shall have."""

    attribute_id: Text
    colormap_id: str


class NewAssociations(Struct, frozen=True):
    """Several at once."""

    associations: Annotated[list[NewAssociation], Meta(min_length=1, max_length=MAX_BATCH)]


class Colormap(Struct, frozen=True):
    """A colormap with the members of its own kind alone: the published client tells kinds by what is there.

    schema: the kind. Users are bare ids here. What is modified is what was created: there is no update.
    """

    id: str
    name: str
    schema: Kind
    colors: list[Color]
    created_at: str
    created_by: str
    modified_at: str
    modified_by: str
    self_link: str
    attribute_controls: list[float] | UnsetType = UNSET
    gradient_controls: list[float] | UnsetType = UNSET
    end_points: list[float] | UnsetType = UNSET
    end_inclusive: list[bool] | UnsetType = UNSET
    map: list[str] | UnsetType = UNSET


class ColormapList(Struct, frozen=True):
    """Every colormap of a workspace, oldest first."""

    colormaps: list[Colormap]


class Association(Struct, frozen=True):
    """An attribute of an object and its colormap. Where an attribute has several, the latest counts by convention."""

    id: str
    attribute_id: str
    colormap_id: str
    colormap_uri: str
    self_link: str
    workspace_id: str
    created_at: str
    created_by: str
    modified_at: str
    modified_by: str


class AssociationList(Struct, frozen=True):
    """Associations of one object, oldest first."""

    associations: list[Association]


class WorkspaceMetadata(Struct, frozen=True):
    """Nothing is kept of objects here yet, so the mapping is empty."""

    workspace_id: str
    objects_metadata: dict[str, Any] = msgspec.field(default_factory=dict)


def read(body: bytes, kind: type[T]) -> T:
    """A request body of this shape; unknown fields are ignored. Raises Invalid saying where, down to the list index."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise _invalid(_in_words(message), *_steps(place), *_missing(message)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _invalid(str(error)) from error
    except RecursionError as error:
        raise _invalid("The body is nested too deeply.") from error


def _invalid(message: str, *where: str | int) -> Invalid:
    return Invalid(message, loc=["body", *where])


def _steps(place: str) -> list[str | int]:
    """`["colors", 0, 1]` of the decoder's `.colors[0][1]`."""
    return [name or int(index) for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", place)]


def _missing(message: str) -> list[str]:
    """The decoder places a missing field at the object that lacks it."""
    return re.findall(r"missing required field `(\w+)`", message)


def _in_words(message: str) -> str:
    """The decoder names the rule of a text by its regular expression."""
    return message.replace(f"`str` matching regex {_NO_NUL!r}", "`str` without NUL")


def content(asked: NewColormap) -> tuple[str, dict[str, Any]]:
    """The kind, and what is stored of it: its colours and its own members. Raises Invalid naming the member."""
    kind = asked.dtype if isinstance(asked.dtype, str) else _kind_by_members(asked)
    least, most = COLORS[kind]
    if not least <= len(asked.colors) <= most:
        raise _invalid(f"A {kind} colormap has {least} to {most} colours, not {len(asked.colors)}.", "colors")
    found = {name: getattr(asked, name) for name in MEMBERS[kind]}
    for name, value in found.items():
        if value is UNSET:
            raise _invalid(f"A {kind} colormap needs this member.", name)
    _check_members(kind, len(asked.colors), found)
    return kind, {"colors": asked.colors, **found}


def _kind_by_members(asked: NewColormap) -> str:
    fitting = [kind for kind, names in MEMBERS.items() if all(getattr(asked, name) is not UNSET for name in names)]
    if len(fitting) != 1:
        raise _invalid(f"Send one of {', '.join(COLORS)}: the members alone do not tell.", "dtype")
    return fitting[0]


def _check_members(kind: str, colors: int, found: dict[str, Any]) -> None:
    if kind == "continuous":
        for name, controls in found.items():
            if len(controls) < 2:
                raise _invalid(f"A curve has at least 2 controls, not {len(controls)}.", name)
        for index, position in enumerate(found["gradient_controls"]):
            if not 0 <= position <= 1:
                raise _invalid(
                    f"A position on the gradient is from 0 to 1, not {position}.", "gradient_controls", index
                )
        return
    wanted = colors - 1 if kind == "discrete" else colors
    for name, values in found.items():
        if len(values) != wanted:
            raise _invalid(f"With {colors} colours this member has {wanted} items, not {len(values)}.", name)
    for index, label in enumerate(found.get("map", ())):
        if "\0" in label:
            raise _invalid("A label has no NUL.", "map", index)


def pairs(asked: Sequence[NewAssociation], *where: str) -> list[tuple[str, str]]:
    """(attribute id, colormap id) of each; where: the place of the list in the body, nothing for a single one.

    Raises Invalid.
    """
    found = []
    for index, each in enumerate(asked):
        try:
            found.append((each.attribute_id, ids.read_id(each.colormap_id, "colormap_id")))
        except Invalid as error:
            place: tuple[str | int, ...] = (*where, index) if where else ()
            raise _invalid(error.detail.removeprefix("colormap_id: "), *place, "colormap_id") from error
    return found
