"""Who may do what, in which workspace, and what is written down of it."""

import json
from typing import Any

import sqlalchemy as sa

from coreshed.audit import audit_events
from tests.colormaps.conftest import CATEGORY, CONTINUOUS, UNKNOWN_ID, Studio, kind
from tests.objects.sample import second_workspace


def everything(
    studio: Studio, root: str, made: dict[str, Any], associated: dict[str, Any]
) -> list[tuple[str, str, Any]]:
    """Every operation as (method, path, body); those with a body change something."""
    of_object = f"{root}/objects/{studio.object_id}/associations"
    pair = {"attribute_id": "a", "colormap_id": made["id"]}
    return [
        ("GET", f"{root}/colormaps", None),
        ("GET", f"{root}/colormaps/{made['id']}", None),
        ("GET", of_object, None),
        ("GET", f"{of_object}/{associated['id']}", None),
        ("GET", f"{root}/metadata", None),
        ("POST", f"{root}/colormaps", CATEGORY),
        ("POST", of_object, pair),
        ("POST", f"{of_object}/batch", {"associations": [pair]}),
    ]


async def test_that_a_viewer_reads_and_an_editor_writes(studio: Studio) -> None:
    made = await studio.create()
    associated = await studio.associate(made["id"])
    for method, path, body in everything(studio, studio.root, made, associated):
        answer = await studio.lab.clients["viewer"].request(method, path, json=body)
        if body is None:
            assert answer.status_code == 200, answer.text
        else:
            assert kind(answer) == (403, "colormap/insufficient-role")
            assert answer.json()["your_role"] == "viewer"
            assert answer.json()["permitted_roles"] == ["editor", "owner"]
        written = await studio.lab.clients["owner"].request(method, path, json=body)
        assert written.is_success, written.text


async def test_that_a_stranger_sees_no_workspace_and_nobody_gets_in(studio: Studio) -> None:
    made = await studio.create()
    associated = await studio.associate(made["id"])
    for method, path, body in everything(studio, studio.root, made, associated):
        foreign = await studio.lab.clients["stranger"].request(method, path, json=body)
        unknown = await studio.lab.clients["editor"].request(
            method, path.replace(studio.lab.workspace_id, UNKNOWN_ID), json=body
        )
        assert kind(foreign) == kind(unknown) == (404, "colormap/unknown-workspace")
        assert foreign.json() == unknown.json()
        assert kind(await studio.lab.clients["nobody"].request(method, path, json=body)) == (
            401,
            "colormap/missing-credentials",
        )


async def test_that_a_deleted_workspace_is_gone_until_it_is_restored(studio: Studio) -> None:
    made = await studio.create()
    associated = await studio.associate(made["id"])
    owner = studio.lab.clients["owner"]
    address = f"/workspace/orgs/{studio.lab.organisation_id}/workspaces/{studio.lab.workspace_id}"
    assert (await owner.delete(address)).status_code == 204
    for method, path, body in everything(studio, studio.root, made, associated):
        answer = await owner.request(method, path, json=body)
        assert kind(answer) == (410, "workspace/gone")
        assert answer.json()["title"] == "Workspace soft deleted."
    assert (await owner.post(f"{address}?deleted=false")).status_code == 204
    assert (await studio.get("/colormaps")).json() == {"colormaps": [made]}
    assert (await studio.lab.clients["viewer"].get(studio.associations)).json() == {"associations": [associated]}


async def test_that_a_colormap_belongs_to_its_workspace(studio: Studio) -> None:
    other = second_workspace(studio.lab.application, studio.lab)
    root = studio.root.replace(studio.lab.workspace_id, other)
    editor = studio.lab.editor
    made = (await editor.post(f"{root}/colormaps", json=CONTINUOUS)).json()
    assert made["self_link"].endswith(f"{root}/colormaps/{made['id']}")
    assert kind(await studio.get(f"/colormaps/{made['id']}")) == (404, "colormap/not-found")
    assert (await studio.get("/colormaps")).json() == {"colormaps": []}
    pair = {"attribute_id": "a", "colormap_id": made["id"]}
    assert kind(await editor.post(studio.associations, json=pair)) == (404, "colormap/not-found")
    associated = await studio.associate((await studio.create())["id"])
    answer = await editor.get(f"{root}/objects/{studio.object_id}/associations/{associated['id']}")
    assert kind(answer) == (404, "colormap/not-found")


async def test_that_each_change_leaves_an_audit_row_and_a_refusal_none(studio: Studio) -> None:
    made = await studio.create()
    pairs = [{"attribute_id": name, "colormap_id": made["id"]} for name in ("cu", "au")]
    answer = await studio.post(f"/objects/{studio.object_id}/associations/batch", {"associations": pairs})
    associated = answer.json()["associations"]
    unknown = {"associations": [*pairs, {"attribute_id": "ag", "colormap_id": UNKNOWN_ID}]}
    assert (await studio.post(f"/objects/{studio.object_id}/associations/batch", unknown)).status_code == 404
    assert (await studio.post("/colormaps", CONTINUOUS, "viewer")).status_code == 403
    wanted = (audit_events.c.action, audit_events.c.target_id, audit_events.c.actor_id, audit_events.c.detail)
    with studio.lab.application.databases.main.reading() as rows:
        found = rows.execute(
            sa.select(*wanted)
            .where(
                audit_events.c.workspace_id == studio.lab.workspace_id,
                audit_events.c.action.in_(["colormap.create", "association.create"]),
            )
            .order_by(audit_events.c.no)
        ).all()
    told = [(row.action, row.target_id, row.actor_id, json.loads(row.detail)) for row in found]
    editor = made["created_by"]
    assert told == [
        ("colormap.create", made["id"], editor, {"name": "Copper", "kind": "continuous"}),
        *(
            ("association.create", each["id"], editor, {"object_id": studio.object_id, **pair})
            for each, pair in zip(associated, pairs, strict=True)
        ),
    ]
