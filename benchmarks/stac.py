"""Searches of the STAC API by place and time among 100,000 items, on SQLite and on PostgreSQL."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import sqlalchemy as sa
from tests.conftest import empty_postgres_database
from tests.postgres import running_postgres
from tests.server import Server

from benchmarks import client, lists, machine, processes
from benchmarks.client import Connection, Unexpected
from benchmarks.report import Row, Section, percentile
from benchmarks.sites import ADMIN_KEY, Site
from coreshed.blobs.tables import blobs
from coreshed.catalogue.tables import assets, collections, items
from coreshed.clock import NANOSECONDS, iso_seconds
from coreshed.database import Database
from coreshed.database.engines import sqlite_url

_ITEMS = 100_000
_COLLECTIONS = 10
_AT_ONCE = 5_000
_LIMIT = 100
_REQUESTS = 200
_BAR_MS = 100
_MOST_COUNTED = 1000
_HEADERS = (f"Authorization: Bearer {ADMIN_KEY}",)
_START_NS = 1_420_070_400 * NANOSECONDS  # 2015-01-01
_DAY_NS = 86_400 * NANOSECONDS
_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of an item, for the truth that answers are compared with."""

    west: float
    south: float
    east: float
    north: float
    from_ns: int
    to_ns: int


@dataclass(frozen=True, slots=True)
class Window:
    """A search, of whole numbers so that both sides compare the same."""

    west: int
    south: int
    east: int
    north: int
    first_day: int
    last_day: int

    @property
    def query(self) -> dict[str, str]:
        """Its parameters."""
        days = (self.first_day, self.last_day)
        return {
            "bbox": f"{self.west},{self.south},{self.east},{self.north}",
            "datetime": "/".join(iso_seconds(_START_NS + day * _DAY_NS) for day in days),
            "limit": str(_LIMIT),
        }

    def matches(self, place: Place) -> bool:
        """Whether the item should be found."""
        first, last = (_START_NS + day * _DAY_NS for day in (self.first_day, self.last_day))
        return (
            place.west <= self.east
            and place.east >= self.west
            and place.south <= self.north
            and place.north >= self.south
            and place.from_ns <= last
            and place.to_ns >= first
        )


def run(site: Site) -> list[Section]:
    """One section for each database."""
    with running_postgres() as cluster:
        return [_section(site, "SQLite", ""), _section(site, "PostgreSQL", empty_postgres_database(cluster))]


def _section(site: Site, name: str, database: str) -> Section:
    before = machine.load()
    environment = {"CORESHED_ADMIN_KEY": ADMIN_KEY, "CORESHED_UPKEEP_INTERVAL": "3600"}
    if database:
        environment["CORESHED_DATABASE"] = database
    server = Server(site.disk / f"stac-{name.lower()}", environment=environment)
    site.at_end(server.stop)
    server.start()
    with server.client() as api:
        instance = server.instance
        root = f"/geoscience-object/orgs/{instance.organisation_id}/workspaces/{instance.workspace_id}"
        lists.upload(api, root, b"a raster of the benchmark")
    server.stop()
    began = time.monotonic()
    places = _fill(server, database or sqlite_url(server.data_dir / "coreshed.db"))
    seconds = time.monotonic() - began
    server.start()
    rows = list(_rows(server, places))
    server.stop()
    method = (
        f"One connection, one request at a time, {_REQUESTS} per row after ten to warm up, each for another place and "
        f"time; the answer is read to its end, then decoded and compared with the truth outside of the time. "
        f"`limit={_LIMIT}`; {_ITEMS:,} items of one asset each in {_COLLECTIONS} collections of one project, spread "
        "over the Earth and ten years, inserted in bulk."
    )
    notes = (f"built in {seconds:.0f} s; load average before: {before}",)
    return Section(f"STAC search over {_ITEMS:,} items, {name}, one process", method, rows, notes)


def _rows(server: Server, places: Sequence[Place]) -> Iterator[Row]:
    chance = random.Random(11)
    shapes = (
        ("a region and a year (10 x 10 degrees)", 10, 365),
        ("a district and a month (2 x 2 degrees)", 2, 30),
        ("a continent and ten years (60 x 60 degrees)", 60, _DAYS),
        ("the world and a week", 360, 7),
    )
    for what, degrees, days in shapes:
        windows = [_window(chance, degrees, days) for _ in range(_REQUESTS)]
        yield _measured(server, f"bbox and datetime: {what}", windows, places, bar=True)
    yield _measured(
        server,
        "the same region and year, by POST",
        [_window(chance, 10, 365) for _ in range(_REQUESTS)],
        places,
        bar=True,
        posted=True,
    )


def _window(chance: random.Random, degrees: int, days: int) -> Window:
    width, height = min(degrees, 360), min(degrees, 180)
    west, south = chance.randint(-180, 180 - width), chance.randint(-90, 90 - height)
    first = chance.randint(0, _DAYS - days)
    return Window(west, south, west + width, south + height, first, first + days)


def _measured(
    server: Server, what: str, windows: Sequence[Window], places: Sequence[Place], *, bar: bool, posted: bool = False
) -> Row:
    times, matched, sizes, used = [], [], [], 0.0
    with closing(Connection(client.origin_of(server.url))) as connection:
        for number, window in enumerate([*windows[:10], *windows]):
            if number == 10:
                used = processes.cpu_seconds(server.pid)
            began = time.perf_counter()
            if posted:
                query = window.query
                body = msgspec.json.encode(
                    {**query, "bbox": [int(each) for each in query["bbox"].split(",")], "limit": _LIMIT}
                )
                answer = connection.ask("POST", "/stac/search", _HEADERS, body)
            else:
                answer = connection.ask("GET", f"/stac/search?{urlencode(window.query)}", _HEADERS)
            took = (time.perf_counter() - began) * 1e3
            page = msgspec.json.decode(answer.expect(200).body)
            if number < 10:
                truth = sum(map(window.matches, places))
                counted = page.get("numberMatched")
                if counted != (truth if truth <= _MOST_COUNTED else None) or len(page["features"]) != min(
                    truth, _LIMIT
                ):
                    raise Unexpected(f"{counted} items, and {truth} should match {window}")
                continue
            times.append(took)
            matched.append(page.get("numberMatched", _MOST_COUNTED))
            sizes.append(answer.length)
    each = (processes.cpu_seconds(server.pid) - used) / len(times) * 1e3
    p50, p95 = percentile(times, 50), percentile(times, 95)
    shown = (
        f"p50 {p50:.0f}, p95 {p95:.0f}, max {max(times):.0f} ms; processor time of the server {each:.0f} ms; "
        f"{percentile(matched, 50):,} match, {percentile(sizes, 50) / 1e3:.0f} kB"
    )
    return Row(what, shown, bar=f"p95 <= {_BAR_MS} ms" if bar else "", met=p95 <= _BAR_MS if bar else None)


def _fill(server: Server, url: str) -> list[Place]:
    """The rows of the catalogue; what is in them by place and time."""
    chance = random.Random(3)
    database = Database(url)
    instance = server.instance
    owned = {"organisation_id": instance.organisation_id, "workspace_id": instance.workspace_id}
    placed = {"blob_workspace_id": instance.workspace_id, "created_ns": _START_NS}
    with database.writing() as rows:
        user = rows.execute(sa.text("select min(id) from users")).scalar_one()
        blob = rows.execute(sa.select(blobs.c.id).limit(1)).scalar_one()
        made = {"created_ns": _START_NS, "created_by": user, "updated_ns": _START_NS}
        homes = [_id(chance) for _ in range(_COLLECTIONS)]
        for number, home in enumerate(homes):
            more = {"show_on_map": True, "layer_order": number, "auto_created": False}
            rows.execute(sa.insert(collections).values(id=home, name=f"Collection {number}", **owned, **made, **more))
    places: list[Place] = []
    for first in range(0, _ITEMS, _AT_ONCE):
        batch = [_item(chance, number, homes) for number in range(first, first + _AT_ONCE)]
        places += [Place(*(row[n] for n in ("min_x", "min_y", "max_x", "max_y", "from_ns", "to_ns"))) for row in batch]
        with database.writing() as rows:
            rows.execute(sa.insert(items), [{**row, **owned, **made} for row in batch])
            rows.execute(sa.insert(assets), [{**_asset(row, blob), **owned, **placed} for row in batch])
    _analyse(database)
    database.close()
    return places


def _analyse(database: Database) -> None:
    """What both databases do by themselves after a while."""
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            sa.text("analyze" if database.is_sqlite else "vacuum analyze")
        )


def _id(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))


def _item(chance: random.Random, number: int, homes: Sequence[str]) -> dict[str, object]:
    width = chance.uniform(0.01, 1)
    west, south = chance.uniform(-180, 179), chance.uniform(-90, 89)
    box = {"min_x": west, "min_y": south, "max_x": west + width, "max_y": south + width}
    ring = [[west, south], [west + width, south], [west + width, south + width], [west, south + width], [west, south]]
    start = _START_NS + chance.randrange(_DAYS * 86_400) * NANOSECONDS
    end = start + (chance.randrange(30) * _DAY_NS if number % 4 == 0 else 0)
    said = {"proj:code": "EPSG:32760", "proj:shape": [1024, 1024], "grade": chance.random()}
    return {
        "id": _id(chance),
        "collection_id": homes[number % len(homes)],
        "stac_id": f"survey-{number}",
        "name": f"Survey {number}",
        "type": "user_raster",
        "lifecycle_state": "active",
        "geometry": msgspec.json.encode({"type": "Polygon", "coordinates": [ring]}).decode(),
        **box,
        "datetime_ns": start if end == start else None,
        "start_ns": None if end == start else start,
        "end_ns": None if end == start else end,
        "from_ns": start,
        "to_ns": end,
        "gsd": 10.0,
        "properties": msgspec.json.encode(said).decode(),
        "stac_extensions": '["https://stac-extensions.github.io/projection/v2.0.0/schema.json"]',
    }


def _asset(item: dict[str, object], blob: str) -> dict[str, object]:
    return {
        "id": item["id"],
        "item_id": item["id"],
        "no": 0,
        "key": "data",
        "file_name": f"{item['stac_id']}.tif",
        "object_path": f"uploads/{item['stac_id']}.tif",
        "blob_id": blob,
        "media_type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "roles": '["data"]',
        "size": 25,
        "sha256": "ab" * 32,
        "is_categorical": False,
        "metadata": '{"raster:bands":[{"data_type":"float32","nodata":-9999}]}',
        "charged": True,
    }
