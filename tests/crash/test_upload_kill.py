"""`kill -9` in the middle of an upload session: what was acknowledged stays, and the account comes right."""

import base64
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select, update

from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from coreshed.quota.tables import quota_accounts, quota_reservations
from coreshed.uploads.tables import upload_sessions
from tests.conftest import new_postgres_database
from tests.server import Server

MIB = 1 << 20
TYPE = {"Content-Type": "application/octet-stream"}


class Site:
    """A server that is killed, one upload session in it, and the rows of its account."""

    def __init__(self, server: Server, database: Database) -> None:
        self.server = server
        self._database = database
        self.id = self.op("uploads.initiate", project_id=server.instance.workspace_id, total_bytes=MIB)["id"]

    def op(self, operation: str, **body: Any) -> dict[str, Any]:
        with self.server.client() as api:
            answer = api.post(f"/v1/op/{operation}", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def link(self, name: str = "a.tif") -> str:
        return str(self.op("uploads.signed_url", upload_id=self.id, file_name=name)["upload_url"])

    def begin(self, url: str, announced: int, sent: int) -> socket.socket:
        """A PUT of which a part is sent."""
        parts = urlsplit(url)
        connection = socket.create_connection((parts.hostname, parts.port))
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {announced}\r\n"
        connection.sendall(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + b"x" * sent)
        return connection

    def kill(self) -> None:
        self.server.kill()
        self.server.start()

    @property
    def charged(self) -> int:
        """Bytes that the session has been charged; 0 once it has ended."""
        with self._database.reading() as rows:
            found = select(quota_reservations.c.charged_bytes).where(quota_reservations.c.id == self.id)
            return rows.execute(found).scalar() or 0

    @property
    def shared(self) -> bool:
        """Whether other servers may use the database."""
        return not self._database.is_sqlite

    def grow_old(self) -> None:
        """Minutes pass since the last sign of a body."""
        with self._database.writing() as rows:
            rows.execute(update(upload_sessions).values(body_ns=upload_sessions.c.body_ns - 301 * 10**9))

    @property
    def accounts(self) -> set[tuple[int, int]]:
        """(used, reserved) bytes of every account."""
        with self._database.reading() as rows:
            found = select(quota_accounts.c.used_bytes, quota_accounts.c.reserved_bytes)
            return {(used, reserved) for used, reserved in rows.execute(found)}

    @staticmethod
    def wait(happens: Callable[[], bool]) -> None:
        """Less than the pause between rounds of upkeep."""
        until = time.monotonic() + 20
        while not happens():
            assert time.monotonic() < until
            time.sleep(0.02)


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A site on each database."""
    flags, url = ["--tls", "off"], sqlite_url(tmp_path / "data" / "coreshed.db")
    if request.param == "postgresql":
        url = new_postgres_database(request.getfixturevalue("postgres"))
        flags += ["--database", url]
    server = Server(tmp_path / "data", flags).start()
    database = Database(url)
    yield Site(server, database)
    server.stop()
    database.close()


def test_that_a_killed_put_is_charged_no_more_once_its_server_is_known_to_have_ended(site: Site) -> None:
    assert httpx.put(site.link("kept.tif"), content=b"kept", headers=TYPE).status_code == 200
    connection = site.begin(site.link(), 3 * MIB, MIB)
    site.wait(lambda: site.charged >= 3 * MIB)
    site.kill()
    connection.close()
    if site.shared:  # another server might be taking the body, until nobody has heard of it for minutes
        assert site.charged == 3 * MIB + 4
        site.grow_old()
        site.kill()  # upkeep begins with its first round
        site.wait(lambda: site.charged == 4)
    assert site.charged == 4
    assert site.op("uploads.progress", upload_id=site.id)["bytes_uploaded"] == 4
    assert httpx.put(site.link(), content=b"x" * MIB, headers=TYPE).status_code == 200
    assert site.op("uploads.progress", upload_id=site.id)["bytes_uploaded"] == MIB + 4
    site.op("uploads.fail", upload_id=site.id, error_message="given up")
    assert (site.charged, site.accounts) == (0, {(0, 0)})


def test_that_acknowledged_blocks_outlive_a_kill(site: Site) -> None:
    first, second = (base64.b64encode(name).decode() for name in (b"0001", b"0002"))
    url = site.link()
    assert httpx.put(f"{url}&comp=block&blockid={first}", content=b"a" * MIB).status_code == 201
    connection = site.begin(f"{url}&comp=block&blockid={second}", MIB, MIB // 2)
    site.wait(lambda: site.charged >= 2 * MIB)
    site.kill()
    connection.close()
    url = site.link()  # on the port of the restarted server
    assert httpx.put(f"{url}&comp=block&blockid={second}", content=b"b" * MIB).status_code == 201
    body = f"<BlockList><Latest>{first}</Latest><Latest>{second}</Latest></BlockList>"
    assert httpx.put(f"{url}&comp=blocklist", content=body).status_code == 201
    assert site.op("uploads.progress", upload_id=site.id)["bytes_uploaded"] == 2 * MIB
    site.op("uploads.fail", upload_id=site.id, error_message="given up")
    assert (site.charged, site.accounts) == (0, {(0, 0)})
    site.wait(lambda: not list((site.server.data_dir / "blobs").glob("[0-9a-f][0-9a-f]/*")))
