"""Passwords and browsers: who sits there, and how often they may be wrong."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from coreshed import audit, ids, paths
from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.identity import keys
from coreshed.identity import ledger as accounts
from coreshed.identity.issuer import ledger, throttle
from coreshed.identity.issuer.attempts import Attempts
from coreshed.identity.issuer.ledger import Session
from coreshed.identity.issuer.throttle import Bucket, address_bucket, network_of
from coreshed.identity.service import OPERATOR, Identity
from coreshed.problems import Invalid

SHORTEST, LONGEST = 12, 1024  # characters of a password
_KNOWN_NS = 90 * 86400 * NANOSECONDS
# Two at a time: each takes 64 MiB and some 50 ms of a core.
_THREADS = 2


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; `cookie` is shown to the browser and kept nowhere."""

    session: Session
    cookie: str = field(repr=False)


class SigningIn:
    """Sign-in with a password, in browsers.

    An unknown address, an account without password, a disabled one and a wrong password differ neither in the answer
    nor in the time it takes: where there is nothing to verify, a password that nobody has is verified instead.
    """

    def __init__(self, *, database: Database, clock: Clock, identity: Identity, session_lifetime: int) -> None:
        self._database = database
        self._clock = clock
        self._identity = identity
        self._lifetime_ns = session_lifetime * NANOSECONDS
        self._hasher = PasswordHasher()
        self._nobodys: str | None = None
        self._attempts = Attempts()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")

    def close(self) -> None:
        """Finish what is being verified."""
        self._threads.shutdown()

    # Passwords

    def set_password(self, *, email: str, password: str) -> None:
        """As the operator: a new password; ends every session and token of the user. Raises Invalid, NotFound."""
        if not SHORTEST <= len(password) <= LONGEST or "\0" in password:
            raise Invalid(f"password: expected {SHORTEST} to {LONGEST} characters.")
        user = self._identity.user_by_email(email=email)
        digest = self._hasher.hash(password)
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            ledger.set_password(rows, user.id, digest, now_ns)
            ledger.end_everything_of(rows, user.id, now_ns)
            audit.record(rows, at_ns=now_ns, actor_id=OPERATOR, action="user.password", target_id=user.id)
        self._identity.forget()

    def sign_out_everywhere(self, *, email: str) -> None:
        """As the operator: end every session and every token of the user. Raises NotFound."""
        user = self._identity.user_by_email(email=email)
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            ledger.end_everything_of(rows, user.id, now_ns)
            audit.record(rows, at_ns=now_ns, actor_id=OPERATOR, action="user.sign-out", target_id=user.id)
        self._identity.forget()

    # Browsers

    async def sign_in(self, *, email: str, password: str, address: str) -> SignedIn | None:
        """A session for a right password, None for anything else. Raises TooManyAttempts.

        In three steps, because no transaction waits for argon2: count the attempt, verify, write down the session.
        Where attempts that are still being verified fill the allowance, it waits for them: right ones leave it again.
        """
        key = paths.key(email)[:320].replace("\0", "\N{REPLACEMENT CHARACTER}")
        buckets = await self._database.run(self._buckets, key, address)
        names = [each.key for each in buckets]
        await self._attempts.count(names, lambda: self._database.change(self._pour, buckets))
        with self._attempts.looking(names):
            digest = await self._database.run(self._digest_of, key)
            loop = asyncio.get_running_loop()
            right = await loop.run_in_executor(self._threads, self._is_right, digest, password[: LONGEST + 1])
            if not right:
                return None
            return await self._database.change(self._begin, key, address, digest, buckets)

    def _buckets(self, email_key: str, address: str) -> list[Bucket]:
        """Those of the address, and of strangers to the account.

        The account's own bucket is not for addresses from which its user has signed in before: others cannot lock
        them out.
        """
        buckets = [address_bucket(address)]
        with self._database.reading() as rows:
            if not throttle.remembers(rows, _acquainted(email_key, address), self._clock.now_ns()):
                buckets.append(Bucket(f"account {keys.digest(email_key)}", 50, 30))
        return buckets

    def _pour(self, buckets: list[Bucket]) -> int:
        """Seconds to wait where the address, or strangers to the account, have been wrong too often; else 0."""
        with self._database.writing() as rows:
            return throttle.pour(rows, buckets, self._clock.now_ns())

    def _digest_of(self, email_key: str) -> str | None:
        with self._database.reading() as rows:
            user = accounts.account_by_email(rows, email_key)
            return None if user is None or user.disabled_ns is not None else ledger.password(rows, user.id)

    def _is_right(self, digest: str | None, password: str) -> bool:
        if self._nobodys is None:  # whatever is verified first, so that the first stranger waits no longer
            self._nobodys = self._hasher.hash(secrets.token_urlsafe(32))
        try:
            self._hasher.verify(digest or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return digest is not None

    def _begin(self, email_key: str, address: str, digest: str | None, counted: list[Bucket]) -> SignedIn | None:
        cookie, now_ns = secrets.token_urlsafe(32), self._clock.now_ns()
        with self._database.writing() as rows:
            user = accounts.account_by_email(rows, email_key)
            # Both may have changed while the password was being verified.
            if user is None or user.disabled_ns is not None or ledger.password(rows, user.id) != digest:
                return None
            throttle.take_back(rows, counted)
            throttle.remember(rows, _acquainted(email_key, address), now_ns + _KNOWN_NS)
            session = Session(ids.new_id(), user.id, user.email, user.name, now_ns)
            ledger.insert_session(rows, session.id, keys.digest(cookie), user.id, now_ns, now_ns + self._lifetime_ns)
            audit.record(rows, at_ns=now_ns, actor_id=user.id, action="session.begin", target_id=session.id)
        return SignedIn(session, cookie)

    def session(self, *, cookie: str | None) -> Session | None:
        """Who is signed in in the browser of this cookie."""
        if not cookie:
            return None
        with self._database.reading() as rows:
            return ledger.session(rows, keys.digest(cookie), self._clock.now_ns())

    def sign_out(self, *, cookie: str | None) -> None:
        """End the session of this cookie, and what was issued to last no longer than it."""
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            known = ledger.session(rows, keys.digest(cookie or ""), now_ns)
            if known is None:
                return
            ledger.end_session(rows, known.id, now_ns)
            audit.record(rows, at_ns=now_ns, actor_id=known.user_id, action="session.end", target_id=known.id)
        self._identity.forget()

    def sweep(self, rows: Rows) -> None:
        """Forget attempts that no longer count."""
        throttle.sweep(rows, self._clock.now_ns())


def _acquainted(email_key: str, address: str) -> str:
    return f"known {keys.digest(email_key)} {network_of(address)}"
