"""usage.*: what is stored, reserved and left."""

from datetime import datetime, timedelta

import msgspec

from coreshed.clock import NANOSECONDS
from coreshed.operations.bodies import Input
from coreshed.operations.registry import Call, operation
from coreshed.problems import InsufficientRole, NotFound
from coreshed.quota import Drift
from coreshed.uploads.wire import StorageStanding

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (UTC; the `Z` is ours)


class UsageInput(Input):
    """The organisation."""

    organization_id: str


class UsageCurrent(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation in the calendar month that it is, in UTC.

    This server counts no tiles and sells nothing: tile_requests and credits are 0. jobs: how many there are in each
    state, waiting-for-upload, queued, processing, complete or failed; ended ones until they are forgotten.
    """

    organization_id: str
    period_start: str
    period_end: str
    storage: StorageStanding
    tile_requests: int
    credits: int
    jobs: dict[str, int]


class AccountDrift(msgspec.Struct, frozen=True, kw_only=True):
    """An account that was wrong: what it said, and what was counted."""

    account_id: str
    used_bytes_before: int
    used_bytes: int
    reserved_bytes_before: int
    reserved_bytes: int


class Recalculated(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted. drift_bytes: how far all accounts together were off; `drifted` names them."""

    organization_id: str
    storage: StorageStanding
    accounts: int
    drift_bytes: int
    drifted: list[AccountDrift]


@operation(
    "usage.current",
    scope="usage:read",
    side_effect="read",
    summary="Say what an organisation stores and has reserved, and what is left.",
    raw=True,
)
def current(call: Call, body: UsageInput) -> UsageCurrent:
    """Takes a member of the organisation."""
    organisation_id = _of_caller(call, body)
    start, end = _month(call.rooms.uploads.now_ns())
    return UsageCurrent(
        organization_id=organisation_id,
        period_start=start,
        period_end=end,
        storage=StorageStanding.of(call.rooms.quota.read_standing(organisation_id)),
        tile_requests=0,
        credits=0,
        jobs=_jobs(call, organisation_id),
    )


@operation(
    "usage.recalculate_storage",
    scope="usage:write",
    side_effect="compute",
    summary="Count what an organisation stores, and set its accounts right; takes an administrator.",
    raw=True,
)
def recalculate_storage(call: Call, body: UsageInput) -> Recalculated:
    """Nothing drifts in ordinary work: what is found is a defect, or a repair."""
    organisation_id = _of_caller(call, body)
    role = call.caller.organisation_roles[organisation_id]
    if role != "admin":
        raise InsufficientRole(your_role=role, permitted_roles=["admin"])
    found, standing = call.rooms.quota.recount_now(organisation_id, actor_id=call.caller.user_id)
    drifted = [_drift(each) for each in found if not each.is_zero]
    return Recalculated(
        organization_id=organisation_id,
        storage=StorageStanding.of(standing),
        accounts=len(found),
        drift_bytes=sum(
            abs(each.used - each.used_before) + abs(each.reserved - each.reserved_before) for each in found
        ),
        drifted=drifted,
    )


def _jobs(call: Call, organisation_id: str) -> dict[str, int]:
    rooms = call.rooms
    with rooms.jobs.database.reading() as rows:
        # Those that the caller cannot see count too, as their bytes do.
        projects = rooms.workspaces.names_as_operator(rows, organisation_id=organisation_id)
        return {str(state): number for state, number in rooms.jobs.standing(rows, projects.keys()).items()}


def _of_caller(call: Call, body: UsageInput) -> str:
    organisation_id = body.organization_id.lower()
    if organisation_id not in call.caller.organisation_roles:
        raise NotFound("The organization was not found.")
    return organisation_id


def _drift(found: Drift) -> AccountDrift:
    return AccountDrift(
        account_id=found.id,
        used_bytes_before=found.used_before,
        used_bytes=found.used,
        reserved_bytes_before=found.reserved_before,
        reserved_bytes=found.reserved,
    )


def _month(now_ns: int) -> tuple[str, str]:
    """First moments of this month and of the next."""
    start = (_EPOCH + timedelta(seconds=now_ns // NANOSECONDS)).replace(day=1, hour=0, minute=0, second=0)
    end = (start + timedelta(days=32)).replace(day=1)
    return f"{start.isoformat()}Z", f"{end.isoformat()}Z"
