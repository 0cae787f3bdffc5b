"""Workspaces, members and discovery on the wire; field names and null rules are the contract's."""

import re
from itertools import pairwise
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from coreshed import geo, ids
from coreshed.problems import Invalid
from coreshed.wire_common import BoundingBox, User

# PostgreSQL stores no NUL in text.
Text = Annotated[str, Meta(pattern=r"\A[^\x00]*\Z")]
_NAME = r"\A(?=.*\S)[^\x00-\x1f\x7f]*\Z"
Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=_NAME)]
Label = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\A[^\x00]*\Z")]
Labels = Annotated[list[Label], Meta(max_length=20)]
T = TypeVar("T")


class CreateWorkspace(Struct, frozen=True):
    """The Evo SDK sends every field, null where it was not set."""

    name: Name
    description: Text | None = None
    default_coordinate_system: Text | None = None
    bounding_box: BoundingBox | None = None
    labels: Labels | None = None


class UpdateWorkspace(Struct, frozen=True):
    """Only what is present changes; null empties a field, and a workspace always has a name."""

    name: Name | UnsetType = UNSET
    description: Text | UnsetType | None = UNSET
    default_coordinate_system: Text | UnsetType | None = UNSET
    bounding_box: BoundingBox | UnsetType | None = UNSET
    labels: Labels | UnsetType | None = UNSET


class AssignRole(Struct, frozen=True):
    """`{user_id, role}` or `{email, role}`: exactly one of the two names the user."""

    role: str
    user_id: str | None = None
    email: Text | None = None


class Workspace(Struct, frozen=True):
    """Times are UTC with microseconds and `Z`: the Evo SDK overwrites an offset instead of converting it.

    `current_user_role` is null for an administrator without a role, `thumbnail_link` without a picture.
    """

    id: str
    name: str
    description: str
    current_user_role: str | None
    bounding_box: BoundingBox | None
    default_coordinate_system: str
    labels: list[str]
    ml_enabled: bool
    created_at: str
    created_by: User
    updated_at: str
    updated_by: User
    self_link: str
    thumbnail_link: str | None


class PageLinks(Struct, frozen=True):
    """Absolute URLs; `count` of this page, `total` of all pages."""

    first: str
    last: str
    next: str | None
    previous: str | None
    count: int
    total: int


class ShortLinks(Struct, frozen=True):
    """Absolute URLs of a list without a total; `next` is null on the last page, which is how a client finds it."""

    first: str
    next: str | None
    previous: str | None
    count: int


class WorkspaceList(Struct, frozen=True):
    """One page."""

    links: PageLinks
    results: list[Workspace]


class WorkspaceSummary(Struct, frozen=True):
    """The short form of a workspace."""

    id: str
    name: str


class SummaryList(Struct, frozen=True):
    """One page of short forms."""

    links: PageLinks
    results: list[WorkspaceSummary]


class Member(Struct, frozen=True):
    """A user with a role in the workspace."""

    user_id: str
    role: str
    full_name: str | None
    email: str | None


class MemberList(Struct, frozen=True):
    """Every member; there are no pages, and `links` is an object all the same."""

    results: list[Member]
    links: dict[str, str] = msgspec.field(default_factory=dict)


class UserRole(Struct, frozen=True):
    """A user's role."""

    user_id: str
    role: str


class CoordinateSystems(Struct, frozen=True):
    """Categories of `{title, items}`, in them further categories or entries of `{title, well_known_id}`."""

    links: dict[str, str]
    results: list[dict[str, Any]]


class Moved(Struct, frozen=True):
    """The body of a 303, shaped like an error: a restored workspace has another name than before."""

    type: str
    title: str
    status: int
    detail: str


class Organisation(Struct, frozen=True):
    """An organisation, which is an Evo instance."""

    id: str
    display_name: str


class Hub(Struct, frozen=True):
    """Where an organisation's services are; `url` is the base of every other request."""

    code: str
    display_name: str
    url: str


class ServiceAccess(Struct, frozen=True):
    """The services an organisation reaches on a hub."""

    org_id: str
    hub_code: str
    services: list[str]


class Service(Struct, frozen=True):
    """A service of this installation."""

    code: str
    display_name: str


class Discovery(Struct, frozen=True):
    """What the caller can reach; `accounts` groups organisations of a vendor's customers, of which there are none."""

    organizations: list[Organisation]
    hubs: list[Hub]
    service_access: list[ServiceAccess]
    services: list[Service]
    has_new_instances: bool = False
    accounts: None = None


class DiscoveryAnswer(Struct, frozen=True):
    """The envelope."""

    discovery: Discovery


def read(body: bytes, kind: type[T]) -> T:
    """A request body of this shape; unknown fields are ignored. Raises Invalid naming the field."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"The request body is invalid: {_in_words(str(error))}.") from error
    except RecursionError as error:
        raise Invalid("The request body is nested too deeply.") from error


def named_user(asked: AssignRole) -> str | None:
    """Id of the user that an assignment names, None where it is by address. Raises Invalid."""
    if (asked.user_id is None) == (asked.email is None):
        raise Invalid("Name the user by either user_id or email.")
    return None if asked.user_id is None else ids.read_id(asked.user_id, "user_id")


def _in_words(message: str) -> str:
    """The decoder names the rule of a text by its regular expression."""
    rule = (
        "Expected visible `str` without control characters" if repr(_NAME) in message else "Expected `str` without NUL"
    )
    return re.sub(r"Expected `str` matching regex '.*'", rule, message)


def named(name: str) -> CreateWorkspace:
    """What makes a workspace of this name. Raises Invalid."""
    return read(msgspec.json.encode({"name": name}), CreateWorkspace)


def check_rectangle(box: BoundingBox) -> None:
    """A closed ring of five `[longitude, latitude]` pairs in degrees, counter-clockwise. Raises Invalid.

    No corner is assumed to come first: published samples start in the south-east.
    """
    if box.type != "Polygon" or len(box.coordinates) != 1 or len(box.coordinates[0]) != 5:
        raise Invalid("bounding_box: expected a Polygon of one ring with five coordinate pairs.")
    ring = box.coordinates[0]
    if any(len(pair) != 2 or not (-180 <= pair[0] <= 180 and -90 <= pair[1] <= 90) for pair in ring):
        raise Invalid("bounding_box: a pair is [longitude, latitude] within -180..180 and -90..90 degrees.")
    if ring[0] != ring[4]:
        raise Invalid("bounding_box: the first and the last pair must be the same.")
    if not geo.is_rectangle(ring) or _doubled_area(ring) <= 0:
        raise Invalid("bounding_box: expected a rectangle along meridians and parallels, counter-clockwise.")


def _doubled_area(ring: list[list[float]]) -> float:
    """Twice the signed area in square degrees; positive where the ring runs counter-clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
