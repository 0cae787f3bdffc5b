"""Share links: what they show, to whom, and for how long."""

from typing import Any

import pytest
from sqlalchemy import select

from coreshed.app import Application
from coreshed.catalogue.tables import share_links
from coreshed.clock import iso_seconds
from tests.catalogue.conftest import Shed

PASSWORD = "correct horse"


async def _share(shed: Shed, item_id: str, *, hours: int = 1, **more: Any) -> dict[str, Any]:
    expires_at = iso_seconds(shed.clock.now_ns() + hours * 3600 * 10**9)
    body = {"target_type": "item", "target_id": item_id, "password": PASSWORD, "expires_at": expires_at, **more}
    made: dict[str, Any] = await shed.do("share.link.create", **body)
    return made


async def test_that_a_link_shows_an_item_to_somebody_without_an_account(shed: Shed) -> None:
    item = await shed.item()
    link = await _share(shed, item["id"])
    seen = await shed.do("share.link.validate", "nobody", token=link["token"], password=PASSWORD)
    assert seen == {"permission": "view", "target_type": "item", "target": {**item, "assets": []}}
    assert (await shed.ask("items.get", "nobody", item_id=item["id"])).status_code == 401
    wrong = await shed.ask("share.link.validate", "nobody", token=link["token"], password="guess")
    assert (wrong.status_code, wrong.json()["detail"]) == (403, "The password is wrong.")
    (listed,) = await shed.do("share.link.list", target_type="item", target_id=item["id"])
    assert listed["access_count"] == 1
    assert "token" not in listed


async def test_that_a_link_ends_when_it_expires_or_is_revoked_or_its_target_goes(shed: Shed) -> None:
    items = [await shed.item(f"i{number}") for number in range(3)]
    expiring, revoked, deleted = [await _share(shed, each["id"], hours=1 + 9 * n) for n, each in enumerate(items)]
    for link in (expiring, revoked, deleted):
        assert await shed.do("share.link.validate", "nobody", token=link["token"], password=PASSWORD)
    shed.clock.advance(3601)
    assert await shed.do("share.link.revoke", link_id=revoked["id"]) == {"id": revoked["id"], "ok": True}
    assert await shed.do("share.link.revoke", link_id=revoked["id"]) == {"id": revoked["id"], "ok": True}
    await shed.do("items.delete", item_id=items[2]["id"])
    answers = {
        (await shed.ask("share.link.validate", "nobody", token=each["token"], password=PASSWORD)).text
        for each in (expiring, revoked, deleted, {"token": "never"})
    }
    assert len(answers) == 1
    assert '"status":404' in answers.pop()


async def test_that_a_link_to_a_collection_shows_its_items(shed: Shed) -> None:
    collection = await shed.do("collections.create", project_id=shed.project_id, name="c")
    items = [await shed.item(f"i{number}", collection_id=collection["id"]) for number in range(2)]
    await shed.item("outside")
    link = await _share(shed, collection["id"], target_type="collection", permission="download")
    seen = await shed.do("share.link.validate", "nobody", token=link["token"], password=PASSWORD)
    assert seen["target"]["name"] == "c"
    assert [each["id"] for each in seen["target"]["items"]] == [each["id"] for each in reversed(items)]


async def test_that_editors_share_and_secrets_are_kept_as_hashes(shed: Shed, application: Application) -> None:
    item = await shed.item()
    link = await _share(shed, item["id"])
    with application.databases.main.reading() as rows:
        row = rows.execute(select(share_links).where(share_links.c.id == link["id"])).one()
    assert link["token"] not in str(row)
    assert PASSWORD not in str(row)
    body = {"target_type": "item", "target_id": item["id"], "password": PASSWORD}
    later = iso_seconds(shed.clock.now_ns() + 10**12)
    assert (await shed.ask("share.link.create", "viewer", **body, expires_at=later)).status_code == 403
    assert (await shed.ask("share.link.revoke", "viewer", link_id=link["id"])).status_code == 403
    assert (await shed.ask("share.link.list", "viewer", target_type="item", target_id=item["id"])).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "loc"),
    [({"password": "short"}, "password"), ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
     ({"permission": "edit"}, "permission"), ({"target_type": "project"}, "target_type")],
)  # fmt: skip
async def test_that_what_no_link_can_be_is_named(shed: Shed, wrong: dict[str, str], loc: str) -> None:
    item = await shed.item()
    later = iso_seconds(shed.clock.now_ns() + 10**12)
    body = {"target_type": "item", "target_id": item["id"], "password": PASSWORD, "expires_at": later, **wrong}
    answer = await shed.ask("share.link.create", **body)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", loc])
