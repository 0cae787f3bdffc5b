"""Lists of objects on SQLite, against the raw `sqlite3` fetch of the same rows."""

import random
import sqlite3
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from tests.server import Server

from benchmarks import client, fill, machine, processes
from benchmarks import statements as sql
from benchmarks.client import Connection, Unexpected
from benchmarks.report import Row, Section, percentile, spread
from benchmarks.sites import ADMIN_KEY, Site

_LIMIT = 50
_PAGES = 20
_CONNECTIONS = 16
_ROUNDS = 5
_REQUESTS = 1500
_FETCHES = 3000
_SMALL = 100_000
_LARGE = 1_000_000
_SHARES = (0.001, 0.01, 0.1, 0.5)
_COLD = 40
_WARM = 100
_LATEST = 500
_DATA = b"arrays of the benchmark"
_PART = "pointset"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A server on a filled workspace."""

    server: Server
    owner: fill.Owner
    filled: fill.Filled

    @property
    def root(self) -> str:
        """Path of the workspace's objects."""
        return _root(self.owner) + "/objects"

    @property
    def origin(self) -> tuple[str, int]:
        """Host and port."""
        return client.origin_of(self.server.url)


def _root(owner: fill.Owner) -> str:
    return f"/geoscience-object/orgs/{owner.organisation_id}/workspaces/{owner.workspace_id}"


def run(site: Site) -> list[Section]:
    """Two workspaces: 100,000 objects for the unfiltered list, 1,000,000 for filters, order and latest versions."""
    return [_small(site), _large(site)]


def _shelf(site: Site, name: str, count: int) -> Shelf:
    server = site.server(name)
    instance = server.instance
    with server.client() as api:
        root = f"/geoscience-object/orgs/{instance.organisation_id}/workspaces/{instance.workspace_id}"
        data = upload(api, root, _DATA)
    server.stop()
    database = server.data_dir / "coreshed.db"
    owner = fill.owner_of(database, instance.organisation_id, instance.workspace_id, data)
    filled = fill.fill(database, owner, count)
    server.start()
    shelf = Shelf(server, owner, filled)
    _check(shelf, database)
    return shelf


def upload(api: Any, root: str, content: bytes) -> str:
    """Store bytes under their SHA-256, in one request, and return the name."""
    import hashlib

    name = hashlib.sha256(content).hexdigest()
    offered = api.put(f"{root}/data", json=[{"name": name}]).raise_for_status().json()[0]
    put = api.put(offered["upload_url"], content=content, headers={"x-ms-blob-type": "BlockBlob", "Authorization": ""})
    put.raise_for_status()
    return name


def _check(shelf: Shelf, database: Any) -> None:
    """An object of each kind posted through the API makes the same rows as the bulk, and is in the same list."""
    with shelf.server.client() as api:
        for schema in (0, 4, 9):
            name = f"posted-{schema}"
            document = fill.document(fill.SCHEMAS[schema], shelf.owner.data[0]) | {"name": name}
            document["extensions"]["grade"] = 2.0 + schema
            posted = api.post(f"{shelf.root}/path/{name}.json", json=document).raise_for_status().json()
            different = fill.same_as_written(database, shelf.owner, schema, posted["object_id"])
            if different:
                raise Unexpected(f"the bulk differs from what the service writes in {different}")
            found = (
                api.get(shelf.root, params={"object.extensions.grade": "gte:2", "limit": 5}).raise_for_status().json()
            )
            if posted["object_id"] not in {row["object_id"] for row in found["objects"]}:
                raise Unexpected("an object posted after the bulk is not in the list")
        total = api.get(shelf.root, params={"limit": 1}).json()["total"]
        if total != len(shelf.filled.ids) + 3:
            raise Unexpected(f"the list counts {total} objects")
        middle = shelf.filled.ids[len(shelf.filled.ids) // 2]
        api.get(f"{shelf.root}/{middle}").raise_for_status()


# -- 100,000 objects ---------------------------------------------------------------------------------------------------


def _small(site: Site) -> Section:
    before = machine.load()
    shelf = _shelf(site, "small", _SMALL)
    pages = [f"{shelf.root}?limit={_LIMIT}&offset={_LIMIT * number}" for number in range(_PAGES)]
    with Connections(shelf, 1) as (connection,):
        expected = [_ids(connection.ask("GET", page, _HEADERS)) for page in pages]
    requests = [connection.head("GET", page, _HEADERS, 0) for page in pages]
    shelf.server.stop()
    fetches = [sql.page_of(each) for each in sql.of_requests(shelf.server.data_dir, pages)]
    shelf.server.start()
    floor = _Floor(shelf, fetches, expected)
    client.closed_loop(shelf.origin, _CONNECTIONS, requests, _REQUESTS // 2)  # warm-up
    server_us, floor_us, p99, rates = [], [], [], []
    for _ in range(_ROUNDS):
        used = processes.cpu_seconds(shelf.server.pid)
        began = time.perf_counter()
        latencies = client.closed_loop(shelf.origin, _CONNECTIONS, requests, _REQUESTS)
        rates.append(len(latencies) / (time.perf_counter() - began))
        server_us.append((processes.cpu_seconds(shelf.server.pid) - used) / len(latencies) * 1e6)
        p99.append(percentile(latencies, 99) * 1e3)
        floor_us.append(floor.round())
    floor.close()
    ratio = statistics.median(server_us) / statistics.median(floor_us)
    tail = statistics.median(p99)
    shelf.server.stop()
    rows = [
        Row(
            "server CPU per request",
            spread(server_us, "µs", 0),
            "raw sqlite3 fetch " + spread(floor_us, "µs", 0),
            f"{ratio:.1f}",
            "<= 5",
            ratio <= 5,
        ),
        Row("p99 at 16 connections", spread(p99, "ms", 1), bar="<= 25 ms", met=tail <= 25),
        Row("requests per second at 16 connections", spread(rates, "/s", 0)),
    ]
    method = (
        f"{_ROUNDS} rounds, server and floor alternately: {_REQUESTS} requests in a closed loop over the first "
        f"{_PAGES} pages, then {_FETCHES} fetches of the same pages' rows by the server's own SQL in a bare "
        "`sqlite3` connection (CPU of its thread). Server CPU is user + system time of the one server process, "
        "every thread. Neither process is pinned to a core; the load generator is one thread on the same "
        "machine. Median and range of the rounds."
    )
    notes = (f"built in {shelf.filled.seconds:.0f} s; load average before: {before}",)
    return Section(f"List 50 of {_SMALL:,} objects, SQLite, one process", method, rows, notes)


_HEADERS = (f"Authorization: Bearer {ADMIN_KEY}",)


def _ids(answer: client.Answer) -> list[str]:
    return [row["object_id"] for row in msgspec.json.decode(answer.expect(200).body)["objects"]]


class _Floor:
    """The raw fetch of the same rows."""

    def __init__(self, shelf: Shelf, fetches: Sequence[str], expected: Sequence[list[str]]) -> None:
        self._fetches = fetches
        self._connection = sqlite3.connect(shelf.server.data_dir / "coreshed.db", isolation_level=None)
        self._connection.execute("PRAGMA cache_size=-65536")
        for fetch, ids in zip(fetches, expected, strict=True):
            if [row[0] for row in self._connection.execute(fetch)] != ids:
                raise Unexpected("the floor does not fetch the rows that the server lists")

    def round(self) -> float:
        """Microseconds of CPU per fetch."""
        began = time.thread_time()
        for number in range(_FETCHES):
            self._connection.execute(self._fetches[number % len(self._fetches)]).fetchall()
        return (time.thread_time() - began) / _FETCHES * 1e6

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class Connections:
    """So many connections to a shelf, closed together."""

    def __init__(self, shelf: Shelf, count: int) -> None:
        self._connections = tuple(Connection(shelf.origin) for _ in range(count))

    def __enter__(self) -> tuple[Connection, ...]:
        return self._connections

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()


# -- 1,000,000 objects -------------------------------------------------------------------------------------------------


def _large(site: Site) -> Section:
    before = machine.load()
    shelf = _shelf(site, "large", _LARGE)
    machine.read_through(shelf.server.data_dir / "coreshed.db")
    with Connections(shelf, 1) as (connection,):
        cold, warm = _filtered(shelf, connection)
        plain = [_timed(connection, "GET", f"{shelf.root}?limit={_LIMIT}") for _ in range(_WARM)]
        latest = _latest(shelf, connection)
    shelf.server.stop()
    rows = [_latency("first page, no filter", plain)]
    for share in _SHARES:
        rows += [_latency(f"grade < {share:g}, first time", cold[share], 50)]
        rows += [_latency(f"grade < {share:g}, repeated", warm[share], 50)]
    rows += [_latency(f"PATCH: newest version ids of {_LATEST}", latest, 20)]
    method = (
        f"One connection, one request at a time, {_COLD} (first time) or {_WARM} (repeated) per row. `limit=50`, "
        f"`object.extensions.grade=lt:<x>`, `schema_id=like:*{_PART}*` (7 objects of 10), "
        "`order_by=desc:object.extensions.grade`; grade is uniform in [0, 1). *First time*: a threshold never "
        "asked for before, so that the exact total is counted; *repeated*: the same threshold again, its total "
        "remembered as long as the workspace does not change. The database is in the page cache. Every total is "
        "compared with the truth."
    )
    notes = (*_proof(shelf), f"built in {shelf.filled.seconds:.0f} s; load average before: {before}")
    return Section(f"Filters and order at {_LARGE:,} objects, SQLite", method, rows, notes)


def _query(threshold: float) -> str:
    parameters = {
        "limit": _LIMIT,
        "object.extensions.grade": f"lt:{threshold!r}",
        "schema_id": f"like:*{_PART}*",
        "order_by": "desc:object.extensions.grade",
    }
    return urlencode(parameters)


def _filtered(shelf: Shelf, connection: Connection) -> tuple[dict[float, list[float]], dict[float, list[float]]]:
    """Milliseconds per share, for thresholds asked for the first time and again."""
    chance = random.Random(1)
    cold: dict[float, list[float]] = {share: [] for share in _SHARES}
    warm: dict[float, list[float]] = {share: [] for share in _SHARES}
    connection.ask("GET", f"{shelf.root}?{_query(0.25)}", _HEADERS).expect(200)  # the pages of the index
    for _ in range(_COLD):
        for share in _SHARES:
            threshold = share * chance.uniform(0.95, 1.05)
            began = time.perf_counter()
            answer = connection.ask("GET", f"{shelf.root}?{_query(threshold)}", _HEADERS).expect(200)
            cold[share].append((time.perf_counter() - began) * 1e3)
            total = msgspec.json.decode(answer.body)["total"]
            if total != shelf.filled.below(threshold, _PART):
                raise Unexpected(f"{total} objects below {threshold}")
    for number in range(_WARM + 1):
        for share in _SHARES:
            took = _timed(connection, "GET", f"{shelf.root}?{_query(share)}")
            warm[share] += [took] if number else []
    return cold, warm


def _timed(connection: Connection, method: str, target: str, body: bytes = b"") -> float:
    began = time.perf_counter()
    connection.ask(method, target, _HEADERS, body).expect(200)
    return (time.perf_counter() - began) * 1e3


def _latest(shelf: Shelf, connection: Connection) -> list[float]:
    chance = random.Random(2)
    bodies = [msgspec.json.encode(chance.sample(shelf.filled.ids, _LATEST)) for _ in range(_WARM)]
    found = msgspec.json.decode(connection.ask("PATCH", shelf.root, _HEADERS, bodies[0]).expect(200).body)
    if len(found) != _LATEST or not all(row["version_id"] for row in found):
        raise Unexpected("not every object has a newest version")
    return [_timed(connection, "PATCH", shelf.root, body) for body in bodies]


def _latency(what: str, milliseconds: Sequence[float], bar: float | None = None) -> Row:
    p95 = percentile(milliseconds, 95)
    shown = f"p50 {percentile(milliseconds, 50):.1f}, p95 {p95:.1f}, max {max(milliseconds):.1f} ms"
    if bar is None:
        return Row(what, shown)
    return Row(what, shown, bar=f"p95 <= {bar:.0f} ms", met=p95 <= bar)


def _proof(shelf: Shelf) -> Iterator[str]:
    """The statements of a filtered list name no document, and how SQLite runs the page and the count."""
    found = sql.of_requests(shelf.server.data_dir, [f"{shelf.root}?{_query(0.1)}"])[0]
    opened = [each for each in found if "object_versions" in each or "document" in each]
    yield f"no document is opened: of {len(found)} statements per request {len(opened)} name `object_versions`"
    with closing(sqlite3.connect(shelf.server.data_dir / "coreshed.db")) as connection:
        for statement in found:
            if "object_properties" in statement:
                kind = "count" if "count(" in statement else "page" if "objects.path" in statement else "check"
                yield f"{kind}: {sql.plan(connection, statement)}"
