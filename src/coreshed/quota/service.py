"""The rules of storage accounts: one for each organisation and one for each project.

    upload begins     reserve    reserved += what was announced
    bytes arrive      charge     within what is reserved; beyond it the reservation grows, if there is room
    they go again     uncharge   what had grown shrinks
    a crash           mend       what is charged becomes what is there
    upload completes  settle     reserved -= the reservation, used += what is there
    upload fails      release    reserved -= the reservation
    assets go         free       used -= their size

`used + reserved <= limit` holds after every one of them, whatever happens at once; only an operator who lowers a limit
below what is there breaks it, and then nothing new fits until it holds again. Bytes that replace others are lent what
does not fit beside those, one body of an organisation at a time; no account counts them until the others have gone.
"""

from collections.abc import Collection, Mapping

from coreshed import audit, logs
from coreshed.clock import Clock
from coreshed.database import Database, Rows
from coreshed.problems import Conflict, Invalid, QuotaExceeded
from coreshed.quota import ledger
from coreshed.quota.ledger import Reservation
from coreshed.quota.model import MOST_BYTES, Drift, Measure, Standing

_log = logs.logger("coreshed.quota")
_ENDED = "The upload session is over."


class Quota:
    """The accounts of one installation. What takes `rows` works in the caller's transaction on the main database.

    Where one raises, the transaction has to be rolled back. Rows are locked in one order, reservation, organisation,
    project, so that no two wait for each other. default_limit: bytes per organisation; 0: none.
    """

    def __init__(self, database: Database, clock: Clock, *, default_limit: int = 0) -> None:
        self._database = database
        self._clock = clock
        self._default_limit = default_limit
        self._measures: list[Measure] = []

    def register(self, measure: Measure) -> None:
        """Count what this room stores when accounts are recounted."""
        self._measures.append(measure)

    # Uploads

    def reserve(self, rows: Rows, reservation_id: str, organisation_id: str, workspace_id: str, size: int) -> None:
        """Set bytes aside under an id. Raises QuotaExceeded, ValueError for a negative size."""
        _check(size)
        stored = min(size, MOST_BYTES)  # what is more than that never fits
        ledger.add_reservation(
            rows, Reservation(reservation_id, organisation_id, workspace_id, stored, stored, charged=0)
        )
        self._move(rows, organisation_id, workspace_id, reserved=size)

    def charge(self, rows: Rows, reservation_id: str, size: int, *, replaced: int = 0) -> None:
        """Bytes arrive, or are about to. Raises QuotaExceeded; Conflict where nothing is reserved any more.

        replaced: as many as are uncharged once these are there; what does not fit beside them may be lent.
        """
        _check(size)
        if size <= MOST_BYTES and ledger.charge_within(rows, reservation_id, size):
            return
        held = ledger.lock_reservation(rows, reservation_id)
        if held is None:
            raise Conflict(_ENDED)
        # What is lacking is lent, where it is no more than what is replaced and nothing is lent to anybody else.
        lent = self._lacking(rows, held, held.charged + size) if replaced else 0
        if lent > replaced or (lent and ledger.lends(rows, held.organisation_id)):
            lent = 0
        charged = held.charged + size - lent
        self._set(rows, held, reserved=max(held.reserved, charged), charged=charged, lent=held.lent + lent)

    def _lacking(self, rows: Rows, held: Reservation, charged: int) -> int:
        """How much of what is to be charged has no room; both accounts are kept from changing."""
        lacking = 0
        for account_id, default in ((held.organisation_id, self._default_limit), (held.workspace_id, 0)):
            ledger.hold(rows, account_id)
            room = self._standing(rows, account_id, default).available
            if room is not None:
                lacking = max(lacking, charged - held.reserved - room)
        return lacking

    def mend(self, rows: Rows, reservation_id: str, size: int) -> int:
        """`size` bytes are there, whatever was charged; by how much it was too much.

        What has no room, after a crash amid a replacement, is lent.
        """
        _check(size)
        held = ledger.lock_reservation(rows, reservation_id)
        if held is None or held.charged + held.lent == size:
            return 0
        lent = self._lacking(rows, held, size)
        reserved = max(held.announced, size - lent)
        self._set(rows, held, reserved=reserved, charged=size - lent, lent=lent)
        return held.charged + held.lent - size

    def uncharge(self, rows: Rows, reservation_id: str, size: int) -> None:
        """Bytes that were charged are gone; no matter where the session is over."""
        _check(size)
        held = ledger.lock_reservation(rows, reservation_id)
        if held is None:
            return
        repaid = min(size, held.lent)
        charged = max(0, held.charged - size + repaid)
        self._set(rows, held, reserved=max(held.announced, charged), charged=charged, lent=held.lent - repaid)

    def _set(self, rows: Rows, held: Reservation, *, reserved: int, charged: int, lent: int) -> None:
        """Write a locked reservation, and to the accounts what it grows or shrinks by. Raises QuotaExceeded."""
        if reserved != held.reserved:
            self._move(rows, held.organisation_id, held.workspace_id, reserved=reserved - held.reserved)
        ledger.set_reservation(rows, held.id, reserved=reserved, charged=charged, lent=lent)

    def settle(self, rows: Rows, reservation_id: str, actual: int) -> None:
        """The reservation ends, and `actual` bytes stay.

        Raises Conflict where nothing is reserved any more, QuotaExceeded where more stays than was reserved and there
        is no room for it.
        """
        _check(actual)
        held = ledger.take_reservation(rows, reservation_id)
        if held is None:
            raise Conflict(_ENDED)
        self._move(rows, held.organisation_id, held.workspace_id, used=actual, reserved=-held.reserved)

    def release(self, rows: Rows, reservation_id: str) -> int:
        """The reservation ends, and nothing stays; returns its bytes, 0 where there is none."""
        held = ledger.take_reservation(rows, reservation_id)
        if held is None:
            return 0
        self._move(rows, held.organisation_id, held.workspace_id, reserved=-held.reserved)
        return held.reserved

    # What is stored

    def add_used(self, rows: Rows, organisation_id: str, workspace_id: str, size: int) -> None:
        """Bytes are stored without an upload. Raises QuotaExceeded."""
        _check(size)
        self._move(rows, organisation_id, workspace_id, used=size)

    def free(self, rows: Rows, organisation_id: str, workspace_id: str, size: int) -> None:
        """Bytes are no longer stored. An account never gets negative: what it lacks is logged as a drift."""
        _check(size)
        for account_id in (organisation_id, workspace_id):
            there = ledger.account(rows, account_id)
            if there is None or there[1] < size:
                _log.warning("quota_drift", account_id=account_id, freed=size, used=0 if there is None else there[1])
        self._move(rows, organisation_id, workspace_id, used=-size)

    # Reading

    def standing(self, rows: Rows, organisation_id: str) -> Standing:
        """An organisation's account."""
        return self._standing(rows, organisation_id, self._default_limit)

    def read_standing(self, organisation_id: str) -> Standing:
        """`standing`, in a transaction of its own."""
        with self._database.reading() as rows:
            return self.standing(rows, organisation_id)

    def standing_of_project(self, rows: Rows, workspace_id: str) -> Standing:
        """A project's account; it has a limit where an operator has set one."""
        return self._standing(rows, workspace_id, 0)

    def charged(self, rows: Rows, reservation_id: str) -> tuple[int, int]:
        """(reserved, charged and lent) bytes of a reservation, zeros where it is over."""
        return ledger.charged(rows, [reservation_id]).get(reservation_id, (0, 0))

    def reserved(self, rows: Rows, reservation_ids: Collection[str]) -> dict[str, int]:
        """Id -> reserved bytes; those that are over are absent."""
        return {found: reserved for found, (reserved, _) in ledger.charged(rows, reservation_ids).items()}

    def _standing(self, rows: Rows, account_id: str, default_limit: int) -> Standing:
        own, used, reserved = ledger.account(rows, account_id) or (None, 0, 0)
        limit = default_limit if own is None else own
        return Standing(limit=limit or None, used=used, reserved=reserved)

    # Administration

    def set_limit(
        self, rows: Rows, *, organisation_id: str, workspace_id: str | None, limit: int | None, actor_id: str
    ) -> None:
        """Limit an organisation, or one of its projects. limit: bytes; 0: none; None: the setting's, of a project none.

        It may be less than what is there. Raises Invalid.
        """
        if limit is not None and not 0 <= limit <= MOST_BYTES:
            raise Invalid(f"A limit has 0 to {MOST_BYTES} bytes.")
        account_id = workspace_id or organisation_id
        ledger.open_account(rows, account_id, organisation_id)
        ledger.set_account(rows, account_id, limit_bytes=limit)
        audit.record(
            rows,
            at_ns=self._clock.now_ns(),
            actor_id=actor_id,
            action="quota.limit",
            organisation_id=organisation_id,
            workspace_id=workspace_id,
            target_id=account_id,
            limit_bytes=limit,
        )

    def recount(self, rows: Rows, organisation_id: str, *, actor_id: str) -> list[Drift]:
        """Count what is stored and what is reserved, and set the accounts right; what was wrong before comes back.

        Every account of the organisation is in the answer, its own first. The organisation's account is held before
        anything is counted, and whoever stores or reserves changes it: the count is of one moment.
        """
        ledger.open_account(rows, organisation_id, organisation_id)
        ledger.hold(rows, organisation_id)
        measured: dict[str, int] = {}
        for measure in self._measures:
            for workspace_id, size in measure(rows, organisation_id).items():
                measured[workspace_id] = measured.get(workspace_id, 0) + size
        return self.recalculate(rows, organisation_id, measured, actor_id=actor_id)

    def recount_now(self, organisation_id: str, *, actor_id: str) -> tuple[list[Drift], Standing]:
        """`recount`, in a transaction of its own, and what the organisation's account says then."""
        with self._database.writing() as rows:
            return self.recount(rows, organisation_id, actor_id=actor_id), self.standing(rows, organisation_id)

    def recalculate(
        self, rows: Rows, organisation_id: str, measured: Mapping[str, int], *, actor_id: str
    ) -> list[Drift]:
        """`recount` with bytes by project that the caller has counted, with the organisation's account held."""
        reserved = ledger.reserved_by_project(rows, organisation_id)
        for account_id in (organisation_id, *sorted({*measured, *reserved})):
            ledger.open_account(rows, account_id, organisation_id)
        found = []
        for account_id, (was_used, was_reserved) in ledger.accounts(rows, organisation_id).items():
            whole = account_id == organisation_id
            drift = Drift(
                id=account_id,
                used_before=was_used,
                used=sum(measured.values()) if whole else measured.get(account_id, 0),
                reserved_before=was_reserved,
                reserved=sum(reserved.values()) if whole else reserved.get(account_id, 0),
            )
            if not drift.is_zero:
                ledger.set_account(rows, account_id, used_bytes=drift.used, reserved_bytes=drift.reserved)
            found.append(drift)
        drifted = {each.id: [each.used - each.used_before, each.reserved - each.reserved_before] for each in found}
        audit.record(
            rows,
            at_ns=self._clock.now_ns(),
            actor_id=actor_id,
            action="quota.recalculate",
            organisation_id=organisation_id,
            target_id=organisation_id,
            drift={account_id: each for account_id, each in drifted.items() if any(each)},
        )
        return sorted(found, key=lambda drift: (drift.id != organisation_id, drift.id))

    # Inside

    def _move(
        self,
        rows: Rows,
        organisation_id: str,
        workspace_id: str,
        *,
        used: int = 0,
        reserved: int = 0,
    ) -> None:
        """Change both accounts, the organisation's first. Raises QuotaExceeded."""
        if used == reserved == 0:
            return
        for account_id, default in ((organisation_id, self._default_limit), (workspace_id, 0)):
            if used + reserved <= MOST_BYTES:
                if ledger.move(rows, account_id, used=used, reserved=reserved, default_limit=default):
                    continue
                ledger.open_account(rows, account_id, organisation_id)
                if ledger.move(rows, account_id, used=used, reserved=reserved, default_limit=default):
                    continue
            raise self._exceeded(rows, account_id, organisation_id, default, used + reserved)

    def _exceeded(
        self, rows: Rows, account_id: str, organisation_id: str, default_limit: int, needed: int
    ) -> QuotaExceeded:
        standing = self._standing(rows, account_id, default_limit)
        whose = "organization" if account_id == organisation_id else "project"
        taken = f"{standing.used} are used and {standing.reserved} are reserved"
        said = (
            f"The storage limit of this {whose} is {standing.limit} bytes, of which {taken}: {needed} more do not fit."
        )
        if standing.limit is None:
            said = f"This {whose} has no storage limit, but no account can hold {needed} bytes more."
        return QuotaExceeded(
            said,
            limit=standing.limit,
            used=standing.used,
            reserved=standing.reserved,
            needed=needed,
            whose=whose,
        )


def _check(size: int) -> None:
    if size < 0:
        raise ValueError(f"{size} is no number of bytes")
