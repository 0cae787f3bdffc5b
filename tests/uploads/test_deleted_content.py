"""What nothing shows any more leaves the disk, and not only the account."""

from coreshed.catalogue import asset_ledger
from coreshed.catalogue.model import Asset
from tests.uploads.conftest import Site


async def an_item(site: Site) -> str:
    """An item of one file of ten bytes; its id."""
    upload_id = await site.begin(10)
    await site.put(upload_id)
    (item_id,) = (await site.ok("uploads.complete", upload_id=upload_id))["item_ids"]
    return str(item_id)


def asset_of(site: Site, item_id: str) -> Asset:
    with site.application.databases.main.reading() as rows:
        (asset,) = asset_ledger.of_items(rows, [item_id])[item_id]
    return asset


def files(site: Site, blob_id: str) -> int:
    """How many files of the blob the disk has after a sweep that comes once all downloads are over."""
    site.clock.advance(3600)
    site.application.blobs.upkeep.round()
    return sum(file.key.blob_id == blob_id for file in site.application.blobs.store.list())


async def test_that_the_bytes_of_a_deleted_item_go_with_a_later_sweep(site: Site) -> None:
    item_id = await an_item(site)
    blob_id = asset_of(site, item_id).blob_id
    assert files(site, blob_id) == 1
    await site.ok("items.delete", item_id=item_id)
    assert site.standing() == (0, 0)
    assert files(site, blob_id) == 0


async def test_that_bytes_which_a_copy_shows_stay_until_it_goes_as_well(site: Site) -> None:
    item_id = await an_item(site)
    copy_id = (await site.ok("items.duplicate", item_id=item_id))["id"]
    copied = asset_of(site, copy_id)
    await site.ok("items.delete", item_id=item_id)
    assert files(site, copied.blob_id) == 1
    link = await site.ok("items.asset.download", item_id=copy_id, asset_id=copied.id)
    assert (await site.clients["nobody"].get(link["url"])).content == b"0123456789"
    await site.ok("items.delete", item_id=copy_id)
    assert files(site, copied.blob_id) == 0


async def test_that_who_reads_while_an_item_is_deleted_reads_to_the_end(site: Site) -> None:
    item_id = await an_item(site)
    blob_id = asset_of(site, item_id).blob_id
    reading = site.application.blobs.contents.open(blob_id)
    await site.ok("items.delete", item_id=item_id)
    site.clock.advance(60)
    site.application.blobs.upkeep.round()
    assert reading.read() == b"0123456789"


async def test_that_the_bytes_of_a_deleted_project_go(site: Site) -> None:
    blob_id = asset_of(site, await an_item(site)).blob_id
    assert files(site, blob_id) == 1
    await site.ok("projects.delete", project_id=site.project_id)
    assert site.standing() == (0, 0)
    assert files(site, blob_id) == 0
