"""`Idempotency-Key`: the answer to a request is kept in the transaction of its change, and given to its repetitions."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy.exc import IntegrityError

from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.identity import Principal
from coreshed.operations import ledger
from coreshed.operations.ledger import Kept, Place
from coreshed.problems import BadRequest, Conflict
from coreshed.sealing import seal_under, unseal_under

if TYPE_CHECKING:
    from pydantic import BaseModel

LIFETIME_NS = 24 * 3600 * NANOSECONDS
MAX_KEY = 255
_AT_ONCE = 1000
_OTHER = "This Idempotency-Key was used with another input."
_RUNS = "The first request with this Idempotency-Key still runs."


class Replays:
    """Answers that are kept for 24 hours, each readable with the key of its client alone: some hold secrets.

    A key belongs to a user, in an organisation, for an operation.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._running: set[Place] = set()
        self._lock = threading.Lock()

    def once(
        self,
        *,
        caller: Principal,
        operation_id: str,
        key: str,
        body: "BaseModel | None",
        status: int,
        act: Callable[[], bytes],
    ) -> bytes:
        """What `act` answers, or what it answered under this key before; the change that it makes is one transaction.

        Another request under the key that runs in this process is a Conflict, one in another process is waited for.
        Raises BadRequest for a key that is none, Conflict where it was used with another input.
        """
        if not 0 < len(key) <= MAX_KEY:
            raise BadRequest(f"An Idempotency-Key has 1 to {MAX_KEY} characters.")
        # With the grants: an answer, which may hold a secret, is for credentials that could have asked for it.
        secret = "\0".join([caller.user_id, *sorted(caller.grants), operation_id, key])
        organisation_id = min(caller.organisation_roles, default="")
        place = Place(organisation_id, operation_id, sha256(secret.encode()).hexdigest())
        asked = _digest(body)
        with self._alone(place), self._database.joining() as rows:
            known = self._known(rows, place, caller.user_id, asked)
            if known is None:
                answered = act()
                ledger.keep(rows, place, status=status, body=seal_under(secret, answered))
                return answered
        if known.asked != asked:
            raise Conflict(_OTHER)
        if known.body is None:
            raise Conflict(_RUNS)
        return unseal_under(secret, known.body)

    def _known(self, rows: Rows, place: Place, user_id: str, asked: str) -> Kept | None:
        """What is kept; None where the key is this request's now."""
        now_ns = self._clock.now_ns()
        ledger.forget_one(rows, place, before_ns=now_ns - LIFETIME_NS)
        found = ledger.kept(rows, place)
        if found is not None:
            return found
        try:
            with rows.begin_nested():
                ledger.claim(rows, place, user_id=user_id, asked=asked, now_ns=now_ns)
        except IntegrityError:
            return ledger.kept(rows, place)
        return None

    @contextmanager
    def _alone(self, place: Place) -> Iterator[None]:
        with self._lock:
            if place in self._running:
                raise Conflict(_RUNS)
            self._running.add(place)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(place)


def sweep(database: Database, clock: Clock) -> int:
    """Forget answers that are older than 24 hours; returns how many."""
    with database.writing() as rows:
        return ledger.forget(rows, before_ns=clock.now_ns() - LIFETIME_NS, most=_AT_ONCE)


def _digest(body: "BaseModel | None") -> str:
    """The same for the same members in any order."""
    members = {} if body is None else body.model_dump(mode="json")
    return sha256(msgspec.json.encode(members, order="deterministic")).hexdigest()
