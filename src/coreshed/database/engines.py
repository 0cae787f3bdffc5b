"""One database behind two engines: many short reads, few short changes.

On SQLite the readers each hold a connection to the WAL and all changes take turns on one connection that begins
IMMEDIATE: a deferred transaction that reads first and writes later fails at once when another writer came between.
On PostgreSQL both are ordinary pools.
"""

import asyncio
import resource
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import QueuePool

from coreshed.problems import StoreFailure

_OF_THREAD: int = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
Rows = sa.Connection
P = ParamSpec("P")
T = TypeVar("T")


# A read on the loop that takes this long sends those after it to threads: where it read from the disk, and at all.
# Longer than it should take can also mean that the machine is busy, for which a thread is no cure.
DISK_SECONDS = 0.005
STALL_SECONDS = 0.05
CAREFUL_SECONDS = 1.0
_AFTER_COMMIT = "after_commit"


class SchemaTooNew(Exception):
    """The database was written by a newer Coreshed; the program exits with code 5."""


class Database:
    """Connections and threads of one database.

    `run`, `search` and `change` move a service call off the event loop, each into its own bounded pool; inside,
    `reading()` and `writing()` give a transaction. Nothing waits for the network inside a pool thread.

    Short reads of SQLite stay on the event loop as long as the disk lets them: handing one to a thread and back costs
    more than the read (docs/decisions/009).
    """

    def __init__(self, url: str, *, readers: int = 4, writers: int = 4, busy_timeout: float = 10.0) -> None:
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            # The loop, every searching thread, every changing one (a service reads before it changes), and a caller
            # from outside.
            size = 2 + readers + writers
            self._reader = _sqlite_engine(self.url, size=size, busy_timeout=busy_timeout, writes=False)
            self._writer = _sqlite_engine(self.url, size=1, busy_timeout=busy_timeout, writes=True)
        else:
            url_with_driver = self.url.set(drivername="postgresql+psycopg")
            size = 2 * readers + writers
            self._reader = _postgresql_engine(url_with_driver, size, busy_timeout, writes=False)
            self._writer = _postgresql_engine(url_with_driver, writers, busy_timeout, writes=True)
        driver: Any = self._writer.dialect.dbapi
        # What SQLAlchemy makes of a failing driver, and what the driver itself raises under `Prepared`.
        self._failures = (
            sa.exc.OperationalError,
            sa.exc.InterfaceError,
            sa.exc.TimeoutError,
            driver.OperationalError,
            driver.InterfaceError,
        )
        self._turn = threading.Lock()
        self._joined = threading.local()
        self._resident: sa.Connection | None = None
        self._resident_of = 0
        self._careful_until = 0.0
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="sql-read")
        self._searchers = ThreadPoolExecutor(readers, thread_name_prefix="sql-search")
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="sql-write")

    @property
    def engine(self) -> Engine:
        """The engine that may change the schema, for migrations."""
        return self._writer

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """A read transaction: every statement inside sees the same state."""
        joined: sa.Connection | None = getattr(self._joined, "rows", None)
        if joined is not None:
            yield joined
            return
        resident = self._resident
        if resident is not None and self._resident_of == threading.get_ident() and not resident.in_transaction():
            with self._translated(), resident.begin():
                yield resident
            return
        with self._translated(), self._reader.begin() as rows:
            yield rows

    @contextmanager
    def writing(self) -> Iterator[Rows]:
        """A change: commits when the block ends, rolls back when it raises. Keep it under 50 ms and free of I/O."""
        joined: sa.Connection | None = getattr(self._joined, "rows", None)
        if joined is not None:
            with _part_of(joined):
                yield joined
            return
        calls: list[Callable[[], None]] = []
        with nullcontext() if not self.is_sqlite else self._turn, self._translated(), self._writer.begin() as rows:
            rows.info[_AFTER_COMMIT] = calls
            yield rows
        for call in calls:
            call()

    @contextmanager
    def joining(self) -> Iterator[Rows]:
        """A change that every `reading()` and `writing()` of this thread is part of until the block ends.

        A part that raises is undone alone; all of it is committed together, or not at all.
        """
        before = getattr(self._joined, "rows", None)
        with self.writing() as rows:
            self._joined.rows = rows
            try:
                yield rows
            finally:
                self._joined.rows = before

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """A failing database is a StoreFailure; a broken constraint stays what it is, for services to interpret."""
        try:
            yield
        except sa.exc.IntegrityError:
            raise
        except self._failures as error:
            raise StoreFailure from error

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a service call that reads a few rows by key and makes little of them: well under a millisecond."""
        began = time.monotonic()
        if not self.is_sqlite or began < self._careful_until:
            return await _offload(self._readers, call, *args, **kwargs)
        self._reside()
        blocks = _blocks_read()
        try:
            return call(*args, **kwargs)
        finally:
            ended = time.monotonic()
            took = ended - began
            if took > STALL_SECONDS or (took > DISK_SECONDS and _blocks_read() != blocks):
                self._careful_until = ended + CAREFUL_SECONDS

    def _reside(self) -> None:
        """Keep a connection for this thread, the loop's: fetching one from the pool costs as much as a read by key."""
        if self._resident_of != threading.get_ident():
            with self._translated():
                fresh = self._reader.connect()
            if self._resident is not None:
                self._resident.close()
            self._resident, self._resident_of = fresh, threading.get_ident()

    async def search(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a service call that may read for long: short reads do not wait for it."""
        return await _offload(self._searchers, call, *args, **kwargs)

    async def change(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a service call that changes something."""
        return await _offload(self._writers, call, *args, **kwargs)

    def close(self) -> None:
        """Wait for running calls and close every connection."""
        self._readers.shutdown()
        self._searchers.shutdown()
        self._writers.shutdown()
        if self._resident is not None:
            self._resident.close()
        self._reader.dispose()
        self._writer.dispose()


def after_commit(rows: Rows, call: Callable[[], None]) -> None:
    """Call it, once, when the change that `rows` belongs to is committed, in the same thread; never if it is not.

    The transaction is over by then, so `call` must not raise.
    """
    calls: list[Callable[[], None]] = rows.info[_AFTER_COMMIT]
    if call not in calls:
        calls.append(call)


@contextmanager
def _part_of(rows: Rows) -> Iterator[None]:
    calls: list[Callable[[], None]] = rows.info[_AFTER_COMMIT]
    before = len(calls)
    try:
        with rows.begin_nested():
            yield
    except BaseException:
        del calls[before:]
        raise


async def _offload(pool: ThreadPoolExecutor, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    # The context carries the request id into the log lines of the thread.
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(pool, lambda: context.run(call, *args, **kwargs))


def _blocks_read() -> int:
    """How often this thread has read from a disk, where the system says so for threads."""
    return resource.getrusage(_OF_THREAD).ru_inblock


def _sqlite_engine(url: sa.URL, *, size: int, busy_timeout: float, writes: bool) -> Engine:
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        hide_parameters=True,  # errors are logged, and rows hold hashes of secrets
        pool_size=size,
        max_overflow=0,
        pool_use_lifo=True,  # each connection has a cache of its own: the one used last is the warm one
        pool_timeout=busy_timeout + 5,
        connect_args={"check_same_thread": False, "timeout": busy_timeout},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16384"):
            connection.execute(f"PRAGMA {pragma}")
        if not writes:
            connection.execute("PRAGMA query_only=ON")

    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: sa.Connection) -> None:
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute(begin)
        except sqlite3.OperationalError as error:
            raise StoreFailure from error

    return engine


def _postgresql_engine(url: sa.URL, size: int, busy_timeout: float, *, writes: bool) -> Engine:
    options = f"-c lock_timeout={int(busy_timeout * 1000)} -c timezone=UTC"
    if not writes:
        options += " -c default_transaction_read_only=on"
    return sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=size,
        max_overflow=0,
        pool_timeout=busy_timeout + 5,
        pool_pre_ping=True,
        # Readers see one state for the whole transaction, as they do on SQLite.
        isolation_level="READ COMMITTED" if writes else "REPEATABLE READ",
        connect_args={"options": options, "connect_timeout": 10},
    )


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"
