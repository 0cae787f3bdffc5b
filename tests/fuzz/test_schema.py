"""Schemathesis over the OpenAPI document: data that fits it and data that does not, and never a 5xx."""

import hashlib
from typing import Any
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from tests.objects.conftest import pointset
from tests.roles.conftest import BLOCK_MODEL
from tests.roles.matrix import MATRIX
from tests.server import Server

pytestmark = pytest.mark.slow
PREFIXES = ("/geo", "/file", "/workspace", "/folder", "/evo", "/colormap", "/blockmodel")
OPERATIONS = sorted({(row.method, row.route) for row in MATRIX if row.route.startswith(PREFIXES)})
CONTENT = b"arrays"


@pytest.fixture(scope="module")
def schema(server: Server) -> Any:
    """The document that the server gives out."""
    with server.client() as client:
        document = client.get("/openapi.json").json()
    return schemathesis.openapi.from_dict(document)


def real_ids(server: Server) -> dict[str, str]:
    """A new workspace with an object in it, as path parameters."""
    organisation = server.instance.organisation_id
    with server.client() as api:
        made = api.post(f"/workspace/orgs/{organisation}/workspaces", json={"name": f"fuzz {uuid4().hex[:12]}"})
        root = f"/geoscience-object/orgs/{organisation}/workspaces/{made.json()['id']}"
        name = hashlib.sha256(CONTENT).hexdigest()
        link = api.put(f"{root}/data", json=[{"name": name}]).json()[0]["upload_url"]
        assert api.put(link, content=CONTENT).status_code == 201
        posted = api.post(f"{root}/objects/path/a/b.json", json=pointset(name)).json()
        files = f"/file/v2/orgs/{organisation}/workspaces/{made.json()['id']}/files"
        file = api.put(f"{files}/path/files/b.csv").json()
        assert api.put(file["upload"], content=CONTENT).status_code == 201
        painted = f"/colormap/orgs/{organisation}/workspaces/{made.json()['id']}"
        colormap = {"dtype": "category", "name": "Lithology", "colors": [[0, 0, 219]], "map": ["granite"]}
        colormap_id = api.post(f"{painted}/colormaps", json=colormap).json()["id"]
        pair = {"attribute_id": "cu", "colormap_id": colormap_id}
        associated = api.post(f"{painted}/objects/{posted['object_id']}/associations", json=pair).json()
        model = block_model(api, f"/blockmodel/orgs/{organisation}/workspaces/{made.json()['id']}/block-models")
        workspace = f"/workspace/orgs/{organisation}/workspaces/{made.json()['id']}"
        user = api.get(f"{workspace}/users").json()["results"][0]
        folder = api.post(f"{workspace}/folders", json={"name": "a"}).json()
        groups = api.get(f"/workspace/orgs/{organisation}/members/groups").json()["groups"]
    return {
        "org_id": organisation,
        "workspace_id": made.json()["id"],
        "object_id": posted["object_id"],
        "object_path": "a/b.json",
        "user_id": user["user_id"],
        "file_id": file["file_id"],
        "file_path": "files/b.csv",
        "colormap_id": colormap_id,
        "association_id": associated["id"],
        "folder_id": folder["folder_id"],
        "folder_path": "a",
        "folders_path": "a/b",
        "role_group_id": groups[0]["id"],
        **model,
    }


def block_model(api: httpx.Client, root: str) -> dict[str, str]:
    """A block model with its job and its version."""
    made = api.post(root, json=BLOCK_MODEL).json()
    versions = api.get(f"{root}/{made['bm_uuid']}/versions").json()["results"]
    return {
        "bm_id": made["bm_uuid"],
        "job_id": made["job_url"].rpartition("/")[2],
        "version_uuid": versions[0]["version_uuid"],
    }


@pytest.mark.parametrize(("method", "route"), OPERATIONS, ids=lambda value: value)
def test_that_no_request_makes_a_server_error(server: Server, schema: Any, method: str, route: str) -> None:
    known = {name: value for name, value in real_ids(server).items() if f"{{{name}}}" in route}
    headers = {"Authorization": f"Bearer {server.admin_key}"}

    @given(case=st.one_of(strategies(schema[route][method], known)))
    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def ask(case: Any) -> None:
        answer = case.call(base_url=server.url, headers=headers, timeout=30, allow_redirects=False)
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400 and answer.text:
            assert says(answer.json(), route) == answer.status_code

    ask()


def says(problem: dict[str, Any], route: str) -> int:
    """The status that an error's body speaks of; stages and colormaps answer 422 with a list of what is wrong."""
    if (route.startswith("/colormap") or route.endswith(("/stages", "/metadata"))) and isinstance(
        problem["detail"], list
    ):
        return 422
    return int(problem["status"])


def strategies(operation: Any, known: dict[str, str]) -> list[st.SearchStrategy[Any]]:
    """Data that fits and, where something can be wrong, data that does not; on real ids as well as on random ones.

    Most of what is random in a path ends at the path; real ids lead to the query, the body and the database.
    """
    can_be_wrong = operation.body or operation.query or operation.headers
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE] if can_be_wrong else [GenerationMode.POSITIVE]
    found = [operation.as_strategy(generation_mode=mode) for mode in modes]
    if known:
        found += [operation.as_strategy(generation_mode=mode, path_parameters=known) for mode in modes]
    return found
