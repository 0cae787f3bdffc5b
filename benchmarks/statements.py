"""The SQL that the server runs for a request, so that a floor can run the very same."""

import asyncio
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from benchmarks.sites import ADMIN_KEY
from coreshed import logs
from coreshed.app import Application
from coreshed.origins import Origins
from coreshed.settings import Settings

_ORIGIN = "http://coreshed.bench"


def of_requests(data_dir: Path, paths: Sequence[str]) -> list[list[str]]:
    """The SELECTs of each GET, in order and with their values in place, as SQLite itself reports them.

    Taken from an application opened on the directory of a stopped server.
    """
    seen: list[str] = []

    def trace(connection: sqlite3.Connection, _record: Any) -> None:
        connection.set_trace_callback(seen.append)

    async def ask() -> list[list[str]]:
        found = []
        transport = httpx.ASGITransport(application.asgi)
        headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
        async with httpx.AsyncClient(transport=transport, base_url=_ORIGIN, headers=headers, timeout=60) as client:
            for path in paths:
                seen.clear()
                (await client.get(path)).raise_for_status()
                found.append([statement for statement in seen if statement.startswith("SELECT")])
        return found

    logs.configure("error")
    sa.event.listen(sa.Pool, "connect", trace)
    try:
        application = Application.open(Settings(data_dir=data_dir), Origins(public_url=_ORIGIN, blob_url=_ORIGIN))
        try:
            return asyncio.run(ask())
        finally:
            application.close()
    finally:
        sa.event.remove(sa.Pool, "connect", trace)


def page_of(statements: Sequence[str]) -> str:
    """The one that fetches the rows of a page, as rows: the server lets SQLite pack them into one text."""
    packed = next(each for each in statements if "LIMIT" in each and "objects.path" in each)
    inner = re.fullmatch(r"SELECT json_group_array\(.*?\) AS \w+ \nFROM \((.*)\) AS \w+", packed, re.DOTALL)
    if inner is None:
        raise ValueError(f"not a packed page: {packed}")
    return inner[1]


def plan(connection: sqlite3.Connection, statement: str) -> str:
    """How SQLite goes about it, in one line."""
    return "; ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}"))
