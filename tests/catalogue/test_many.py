"""Thousands of rows: statements of bounded length, and few of them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from coreshed import ids
from coreshed.audit import audit_events
from coreshed.catalogue import asset_ledger, item_ledger, ledger, names
from coreshed.catalogue.ground import hold_of
from coreshed.catalogue.item_ledger import Wanted
from coreshed.quota import ledger as quota
from coreshed.uploads import ledger as uploads
from coreshed.workspaces import ledger as workspaces
from tests.uploads.conftest import Site, site

# A fixture of these tests too: it stands on the `application` of this directory.
__all__ = ["site"]


@contextmanager
def statements(site: Site) -> Iterator[list[int]]:
    """How many parameters each statement in the block has."""
    found: list[int] = []

    def note(_connection: Any, _cursor: Any, _statement: str, parameters: Any, _context: Any, many: bool) -> None:
        found.append(len(parameters[0] if many else parameters))

    database = site.application.databases.main
    engines = {database.engine, database._reader}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    yield found
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", note)


async def an_item(site: Site, assets: int) -> str:
    """An item of so many assets of the same ten bytes; its id."""
    upload_id = await site.begin(10)
    await site.put(upload_id)
    (item_id,) = (await site.ok("uploads.complete", upload_id=upload_id))["item_ids"]
    app = site.application
    with app.databases.main.writing() as rows:
        (one,) = asset_ledger.of_items(rows, [item_id])[item_id]
        more = [replace(one, id=ids.new_id(), key=f"{no}", no=no, size=0) for no in range(1, assets)]
        asset_ledger.add(rows, more)
        app.blobs.blobs.hold_each(rows, [(each.blob_id, hold_of(each.id)) for each in more])
    return str(item_id)


async def test_that_no_statement_takes_thousands_of_parameters(site: Site) -> None:
    many = [ids.new_id() for _ in range(1200)]
    item_id = await an_item(site, 2)
    mine = [*many, item_id]
    projects = {*many, site.project_id}
    wanted = Wanted(site.organisation_id, workspace_ids=projects, ids=[item_id])
    with site.application.databases.main.writing() as rows, statements(site) as found:
        assert list(asset_ledger.of_items(rows, mine)) == [item_id]
        assert asset_ledger.counts(rows, mine) == {item_id: 2}
        assert [each.id for each in item_ledger.of_ids(rows, mine)] == [item_id]
        assert [each.id for each in item_ledger.search(rows, wanted, limit=10)] == [item_id]
        assert item_ledger.count(rows, replace(wanted, workspace_ids=many)) == 0
        edges = asset_ledger.edges(rows, site.project_id, mine, up=False, limit=10)
        assert [edge.relation for edge in edges] == ["contains"]
        assert (ledger.collections_of(rows, projects), ledger.item_counts(rows, many)) == ([], {})
        assert ledger.names_of_projects(rows, many) == {}
        assert [each.id for each in workspaces.of_ids(rows, projects)] == [site.project_id]
        assert (quota.charged(rows, many), uploads.open_of(rows, many, 10)) == ({}, [])
        uploads.forget_files(rows, many)
        asset_ledger.remove(rows, many)
    assert 0 < max(found) <= 600


async def test_that_an_item_of_many_assets_is_deleted_in_few_statements(site: Site) -> None:
    item_id = await an_item(site, 400)
    with statements(site) as found:
        await site.ok("items.delete", item_id=item_id)
    assert len(found) < 60
    assert site.standing() == (0, 0)


async def test_that_a_project_of_many_assets_is_deleted_in_portions(site: Site) -> None:
    for _ in range(3):
        await an_item(site, 700)
    await site.ok("projects.delete", project_id=site.project_id)
    where = (audit_events.c.action == "project.empty", audit_events.c.workspace_id == site.project_id)
    with site.application.databases.main.reading() as rows:
        assert rows.execute(sa.select(sa.func.count()).select_from(audit_events).where(*where)).scalar() == 3
    assert site.standing() == (0, 0)


def test_that_ten_thousand_files_of_one_name_are_named_at_once() -> None:
    for stem in ("core", "c" * 300):
        began = time.process_time()
        files = [names.Named(f"{number}/{stem}.tif") for number in range(10_000)]
        keys = [each.key for each in names.place(files, None, ())]
        assert len(set(keys)) == 10_000
        assert max(map(len, keys)) <= names.MAX_KEY
        assert time.process_time() - began < 3
    assert keys[:2] == ["data", "c" * 100]
