"""Share links: what they show, to whom, and for how long."""

import threading
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from coreshed import audit
from coreshed.app import Application
from coreshed.audit import Wanted
from coreshed.catalogue.tables import share_links
from coreshed.clock import iso_seconds
from coreshed.identity.issuer.throttle import Bucket, pour
from tests.catalogue.conftest import Shed
from tests.objects.conftest import ORIGIN

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
    assert (seen["permission"], seen["target_type"]) == ("view", "item")
    assert seen["target"] == {
        "assets": [],
        **{
            name: item[name]
            for name in (
                "id", "stac_id", "type", "geometry", "bbox", "datetime", "start_datetime", "end_datetime",
                "cloud_cover", "gsd", "name", "description", "properties", "stac_extensions", "created_at",
                "updated_at",
            )
        },
    }  # fmt: skip
    assert (await shed.ask("items.get", "nobody", item_id=item["id"])).status_code == 401
    wrong = await shed.ask("share.link.validate", "nobody", token=link["token"], password="guess")
    assert (wrong.status_code, wrong.json()["detail"]) == (403, "The password is wrong.")
    (listed,) = await shed.do("share.link.list", target_type="item", target_id=item["id"])
    assert listed["access_count"] == 1
    assert "token" not in listed


async def test_that_wrong_passwords_are_counted_and_shut_out_nobody_who_has_opened_the_link(
    shed: Shed, application: Application
) -> None:
    item = await shed.item()
    link = await _share(shed, item["id"], hours=900)

    async def knock(password: str, address: str, token: str = link["token"]) -> httpx.Response:
        transport = httpx.ASGITransport(application.asgi, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return await client.post("/v1/op/share.link.validate", json={"token": token, "password": password})

    assert (await knock(PASSWORD, "192.0.2.1")).status_code == 200
    own, strangers = Bucket("share address 192.0.2.2", 10, 10), Bucket(f"share {link['id']}", 50, 30)
    with application.databases.main.writing() as rows:  # wrong ones, without what looking at them takes
        assert not any(pour(rows, [own, strangers], shed.clock.now_ns()) for _ in range(9))
    assert (await knock("guess", "192.0.2.2")).status_code == 403
    refused = await knock(PASSWORD, "192.0.2.2")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
    assert (await knock("guess", "192.0.2.2", "of-no-link")).status_code == 404
    shed.clock.advance(10)
    assert (await knock(PASSWORD, "192.0.2.2")).status_code == 200
    with application.databases.main.writing() as rows:  # from as many other addresses: what counts is the link
        assert not any(pour(rows, [strangers], shed.clock.now_ns()) for _ in range(39))
    assert [(await knock("guess", f"198.51.100.{no}")).status_code for no in range(3)] == [403, 429, 429]
    assert (await knock(PASSWORD, "198.51.100.99")).status_code == 429
    assert (await knock(PASSWORD, "192.0.2.1")).status_code == 200


async def test_that_passwords_are_verified_in_threads_that_nothing_else_waits_for(
    shed: Shed, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await shed.item()
    link = await _share(shed, item["id"])
    threads = []
    verify = PasswordHasher.verify

    def noted(self: PasswordHasher, digest: str, password: str) -> bool:
        threads.append(threading.current_thread().name)
        return verify(self, digest, password)

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    await shed.do("share.link.validate", "nobody", token=link["token"], password=PASSWORD)
    assert [name.rpartition("_")[0] for name in threads] == ["share-passwords"]


async def test_that_strangers_learn_nothing_of_people_and_places_and_the_audit_learns_of_them(
    shed: Shed, application: Application
) -> None:
    collection = await shed.do("collections.create", project_id=shed.project_id, name="c")
    upload = await shed.do("uploads.initiate", project_id=shed.project_id, target_collection_id=collection["id"])
    signed = await shed.do("uploads.signed_url", upload_id=upload["id"], file_name="notes.txt")
    answer = await shed.lab.clients["nobody"].put(
        signed["upload_url"], content=b"12345", headers={"content-type": "application/octet-stream"}
    )
    assert answer.status_code == 200
    await shed.do("uploads.complete", upload_id=upload["id"])
    link = await _share(shed, collection["id"], target_type="collection")
    seen = await shed.ask("share.link.validate", "nobody", token=link["token"], password=PASSWORD)
    (item,) = seen.json()["target"]["items"]
    assert [each["file_name"] for each in item["assets"]] == ["notes.txt"]
    for inside in (shed.project_id, upload["id"], link["created_by"], "object_path", "href", "created_by"):
        assert inside not in seen.text
    with application.databases.main.reading() as rows:
        events = audit.search(rows, Wanted(limit=5, workspace_id=shed.project_id, action="share.open"))
    assert [(each.actor_id, each.target_id) for each in events] == [(f"share:{link['id']}", collection["id"])]


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
