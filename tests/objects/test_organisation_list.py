"""The list of an organisation."""

from typing import Any

from coreshed.app import Application
from coreshed.workspaces import Role
from tests.objects.conftest import Lab
from tests.objects.sample import second_workspace, variogram

ROW = {
    "object_id", "name", "schema", "workspace_id", "workspace_name", "workspace_access", "created_at", "created_by",
    "modified_at", "modified_by", "deleted_at", "deleted_by", "stage", "geojson_bounding_box",
    "geojson_bounding_box_from_workspace_crs",
}  # fmt: skip


async def rows(lab: Lab, who: str, **query: str) -> list[dict[str, Any]]:
    answer = await lab.clients[who].get(f"{lab.organisation_root}/objects", params=query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["count"] == len(body["objects"]) == body["total"]
    listed: list[dict[str, Any]] = body["objects"]
    return listed


async def test_that_members_see_the_objects_of_their_workspaces(application: Application, lab: Lab) -> None:
    """A45"""
    posted = await lab.create("A/here.json")
    other = second_workspace(application, lab, role=Role.VIEWER)
    elsewhere = lab.root.replace(lab.workspace_id, other)
    made = await lab.clients["admin"].post(f"{elsewhere}/objects/path/there.json", json=variogram())
    assert made.status_code == 201
    for permitted in ("True", "false"):
        query = {"permitted_workspaces_only": permitted, "order_by": "object_name"}
        seen = await rows(lab, "editor", **query)
        assert [(row["name"], row["workspace_access"]) for row in seen] == [
            ("here.json", "editor"),
            ("there.json", "viewer"),
        ]
        assert [row["workspace_id"] for row in seen] == [lab.workspace_id, other]
        [only] = await rows(lab, "viewer", **query)
        assert set(only) == ROW
        assert (only["object_id"], only["name"], only["workspace_access"]) == (
            posted["object_id"],
            "here.json",
            "viewer",
        )
        assert only["workspace_name"].startswith("lab ")
        assert only["geojson_bounding_box"] == posted["geojson_bounding_box"]
        assert await rows(lab, "stranger", **query) == []


async def test_that_an_administrator_sees_workspaces_without_having_a_role(application: Application, lab: Lab) -> None:
    await lab.create("here.json", variogram())
    email = f"auditor-{lab.workspace_id}@example.org"
    user = application.identity.create_user(
        email=email, name="Auditor", organisation_id=lab.organisation_id, role="admin"
    )
    key, _ = application.identity.create_key(user_id=user.id, name="test")
    lab.clients["nobody"].headers["Authorization"] = f"Bearer {key}"
    mine = [row for row in await rows(lab, "nobody") if row["workspace_id"] == lab.workspace_id]
    assert [(row["name"], row["workspace_access"]) for row in mine] == [("here.json", None)]
    assert await rows(lab, "nobody", permitted_workspaces_only="true") == []


async def test_that_filters_orders_and_pages_span_workspaces(application: Application, lab: Lab) -> None:
    other = second_workspace(application, lab)
    elsewhere = lab.root.replace(lab.workspace_id, other)
    for number, root in enumerate((lab.root, elsewhere, lab.root, elsewhere)):
        body = variogram(extensions={"n": number, "list": [number, 9]})
        await lab.editor.post(f"{root}/objects/path/{number}.json", json=body)

    async def names(**query: str) -> str:
        return "".join(row["name"][0] for row in await rows(lab, "editor", **query))

    assert await names(order_by="object.extensions.n") == "0123"
    assert await names(order_by="desc:object.extensions.n") == "3210"
    assert await names(order_by="desc:object.extensions.list,object_name") == "0123"
    assert await names(**{"object.extensions.n": "gte:1", "order_by": "desc:object_name"}) == "321"
    assert await names(**{"object.extensions.n": "neq:1", "order_by": "object_name"}) == "023"
    assert await names(**{"object.extensions.list": "in:0,3", "order_by": "object_name"}) == "03"
    assert await names(object_name="2") == "2"
    answer = await lab.editor.get(f"{lab.organisation_root}/objects?limit=3&offset=3&order_by=object_name")
    assert (answer.json()["count"], answer.json()["total"]) == (1, 4)
    assert "offset=0" in answer.json()["links"]["prev"]


async def test_that_deleted_workspaces_and_objects_are_left_out(application: Application, lab: Lab) -> None:
    other = second_workspace(application, lab)
    await lab.editor.post(f"{lab.root.replace(lab.workspace_id, other)}/objects/path/x.json", json=variogram())
    posted = await lab.create("m.json", variogram())
    await lab.editor.delete(f"{lab.root}/objects/{posted['object_id']}")
    assert [row["name"] for row in await rows(lab, "editor")] == ["x.json"]
    assert [row["name"] for row in await rows(lab, "editor", deleted="true")] == ["m.json"]
    gone = await lab.clients["admin"].delete(f"/workspace/orgs/{lab.organisation_id}/workspaces/{other}")
    assert gone.status_code in {200, 204}
    assert await rows(lab, "editor") == []


async def test_that_author_is_no_filter_here(lab: Lab) -> None:
    await lab.create("m.json", variogram())
    assert [row["name"] for row in await rows(lab, "editor", author="nobody")] == ["m.json"]
