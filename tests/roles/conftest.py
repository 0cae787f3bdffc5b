"""One application per database, the callers of the matrix, and a fresh workspace per request."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from coreshed.app import Application
from coreshed.blockmodels import report_ledger
from coreshed.blockmodels.report_ledger import Content, StoredResult
from coreshed.identity import organisation_roles
from coreshed.ids import new_id
from coreshed.origins import Origins
from coreshed.settings import Settings
from coreshed.testing import ManualClock
from coreshed.workspaces import Role, ledger
from tests.conftest import new_postgres_database
from tests.objects.conftest import pointset
from tests.roles.matrix import CALLERS
from tests.workspaces.pictures import picture

ORIGIN = "http://coreshed.test"
CONTENT = b"arrays of the role matrix"
PICTURE = picture("PNG", 2, 2)
DATA = hashlib.sha256(CONTENT).hexdigest()
COLORMAP = {"dtype": "category", "name": "Lithology", "colors": [[0, 0, 219]], "map": ["granite"]}
NEW_COLUMN = {"columns": {"new": [{"title": "Cu", "data_type": "Float64"}], "update": [], "delete": [], "rename": []}}
BLOCK_MODEL: dict[str, Any] = {
    "name": "Model",
    "model_origin": {"x": 0, "y": 0, "z": 0},
    "block_rotation": [],
    "size_options": {
        "model_type": "regular",
        "n_blocks": {"nx": 2, "ny": 2, "nz": 2},
        "block_size": {"x": 1, "y": 1, "z": 1},
    },
    "size_unit_id": "m",
}
REPORT: dict[str, Any] = {
    "name": "Mass",
    "columns": [],
    "density_value": 2.5,
    "density_unit_id": "t/m3",
    "mass_unit_id": "t",
    "autorun": False,
}
NOTHING = Content(
    name="Mass",
    description=None,
    cutoff_col_id=None,
    categories=[],
    value_columns=[],
    referenced_columns=[],
    result_sets=[],
    warnings=[],
)
MEMBERS = {"viewer": Role.VIEWER, "editor": Role.EDITOR, "owner": Role.OWNER}


@dataclass(frozen=True)
class Ward:
    """What one request is about; the members are the placeholders of the matrix."""

    org_id: str
    workspace_id: str
    object_id: str
    object_path: str
    version_id: str
    blob_id: str
    read_link: str
    write_link: str
    user_id: str
    guest: str
    folder_id: str
    folder_path: str
    folders_path: str
    invitation_id: str
    group_id: str
    role_group_id: str
    new_sha: str
    new_name: str
    document: dict[str, Any]
    file_id: str
    file_path: str
    colormap: dict[str, Any]
    colormap_id: str
    association: dict[str, Any]
    association_id: str
    block_model: dict[str, Any]
    bm_id: str
    job_id: str
    version_uuid: str
    from_version: str
    to_version: str
    report: dict[str, Any]
    rs_id: str
    report_result_uuid: str


@dataclass
class House:
    """An application with the callers of the matrix."""

    application: Application
    clients: dict[str, httpx.AsyncClient]
    ids: dict[str, str]  # user ids

    async def ward(self, state: str) -> Ward:
        """A workspace with an object in it and the guest as a viewer, in the state that a row asks for."""
        mark = uuid4().hex
        self._restore_guest()
        workspace_id = self._workspace(f"roles {mark}", guest=Role.OWNER if state == "guest owns" else Role.VIEWER)
        organisation_id = self.application.instance.organisation_id
        owner = self.clients["owner"]
        workspace = f"/workspace/orgs/{organisation_id}/workspaces/{workspace_id}"
        root = f"/geoscience-object/orgs/{organisation_id}/workspaces/{workspace_id}"
        offer = (await owner.put(f"{root}/data", json=[{"name": DATA}])).json()[0]
        stored = await owner.put(offer["upload_url"], content=CONTENT)
        assert stored.status_code == 201, stored.text
        posted = await owner.post(f"{root}/objects/path/a/points.json", json=pointset(DATA))
        assert posted.status_code == 201, posted.text
        found = posted.json()
        file_id = await self._file(organisation_id, workspace_id, deleted=state == "file deleted")
        painted = await self._paint(f"/colormap/orgs/{organisation_id}/workspaces/{workspace_id}", found["object_id"])
        modelled = await self._model(f"/blockmodel/orgs/{organisation_id}/workspaces/{workspace_id}", mark, state)
        folder = await owner.post(f"{workspace}/folders", json={"name": "a folder"})
        assert folder.status_code == 201, folder.text
        if state == "object deleted":
            assert (await owner.delete(f"{root}/objects/{found['object_id']}")).status_code == 204
        assert (await owner.put(f"{workspace}/thumbnail", content=PICTURE)).status_code == 204
        if state == "workspace deleted":
            deleted = await owner.delete(workspace)
            assert deleted.status_code == 204
        return Ward(
            org_id=organisation_id,
            workspace_id=workspace_id,
            object_id=found["object_id"],
            object_path=found["object_path"],
            version_id=found["version_id"],
            blob_id=offer["id"],
            read_link=found["links"]["data"][0]["download_url"].partition("?")[2],
            write_link=offer["upload_url"].partition("?")[2],
            user_id=self.ids["guest"],
            guest="guest@example.org",
            folder_id=folder.json()["folder_id"],
            folder_path="a folder",
            folders_path="a folder",
            invitation_id=self._invitation(mark),
            group_id=self.application.workspaces.people.create_group_as_operator(
                organisation_id=organisation_id, name=mark, description="", actor_id="operator"
            ),
            role_group_id=organisation_roles.group_id(organisation_id, "member"),
            new_sha=hashlib.sha256(mark.encode()).hexdigest(),
            new_name=f"new {mark}",
            document=found["object"],
            file_id=file_id,
            file_path="a/table.csv",
            **painted,
            **modelled,
        )

    async def _file(self, organisation_id: str, workspace_id: str, *, deleted: bool) -> str:
        owner = self.clients["owner"]
        root = f"/file/v2/orgs/{organisation_id}/workspaces/{workspace_id}/files"
        offer = (await owner.put(f"{root}/path/a/table.csv")).json()
        stored = await owner.put(offer["upload"], content=CONTENT, headers={"x-ms-blob-type": "BlockBlob"})
        assert stored.status_code == 201, stored.text
        file_id = str(offer["file_id"])
        if deleted:
            assert (await owner.delete(f"{root}/{file_id}")).status_code == 204
        return file_id

    async def _paint(self, root: str, object_id: str) -> dict[str, Any]:
        """A colormap and an association of the object with it."""
        owner = self.clients["owner"]
        made = await owner.post(f"{root}/colormaps", json=COLORMAP)
        assert made.status_code == 201, made.text
        association = {"attribute_id": "cu", "colormap_id": made.json()["id"]}
        associated = await owner.post(f"{root}/objects/{object_id}/associations", json=association)
        assert associated.status_code == 200, associated.text
        return {
            "colormap": COLORMAP,
            "colormap_id": made.json()["id"],
            "association": association,
            "association_id": associated.json()["id"],
        }

    async def _model(self, root: str, mark: str, state: str) -> dict[str, Any]:
        """A block model, and what another one is made from."""
        owner = self.clients["owner"]
        made = await owner.post(f"{root}/block-models", json=BLOCK_MODEL)
        assert made.status_code == 201, made.text
        bm_id, job_id = made.json()["bm_uuid"], made.json()["job_url"].rpartition("/")[2]
        versions = (await owner.get(f"{root}/block-models/{bm_id}/versions")).json()["results"]
        if state == "update waiting":
            begun = await owner.patch(f"{root}/block-models/{bm_id}/blocks", json=NEW_COLUMN)
            assert begun.status_code == 202, begun.text
            job_id = begun.json()["job_uuid"]
        reported = await self._report(f"{root}/block-models/{bm_id}/report-specifications", mark)
        if state == "model deleted":
            assert (await owner.delete(f"{root}/block-models/{bm_id}")).status_code == 204
        return {
            "block_model": BLOCK_MODEL | {"name": f"new {mark}"},
            "bm_id": bm_id,
            "job_id": job_id,
            "version_uuid": versions[0]["version_uuid"],
            "from_version": "1",
            "to_version": versions[0]["version_uuid"],
            **reported,
        }

    async def _report(self, root: str, mark: str) -> dict[str, Any]:
        """A report with a result, and what another one is made from."""
        made = await self.clients["owner"].post(root, json=REPORT)
        assert made.status_code == 201, made.text
        rs_id, result_id = made.json()["report_specification_uuid"], new_id()
        stored = StoredResult(
            id=result_id, specification_id=rs_id, revision=0, version_id=1, created_ns=1, mesh_filter=None
        )
        with self.application.databases.main.writing() as rows:  # no worker runs here
            report_ledger.add_result(rows, stored, report_ledger.pack(NOTHING))
        return {"report": REPORT | {"name": f"new {mark}"}, "rs_id": rs_id, "report_result_uuid": result_id}

    def _restore_guest(self) -> None:
        """The guest belongs to the organisation, whatever a request has done before."""
        with self.application.databases.main.writing() as rows:
            organisation_id = self.application.instance.organisation_id
            self.application.identity.memberships.give(
                rows, organisation_id, self.ids["guest"], role="member", actor_id=self.ids["admin"]
            )
        self.application.identity.forget()

    def _invitation(self, mark: str) -> str:
        with self.application.databases.main.writing() as rows:
            _, invitation = self.application.identity.memberships.add(
                rows,
                self.application.instance.organisation_id,
                email=f"{mark}@example.org",
                role="member",
                actor_id=self.ids["admin"],
            )
        assert invitation is not None
        return invitation.id

    def _workspace(self, name: str, *, guest: Role) -> str:
        roles = {**MEMBERS, "disabled": Role.OWNER, "guest": guest}
        with self.application.databases.main.writing() as rows:
            workspace_id = self.application.workspaces.create_first(
                rows,
                organisation_id=self.application.instance.organisation_id,
                owner_id=self.ids["owner"],
                name=name,
            )
            for person, role in roles.items():  # below the rules, which give no role to a disabled user
                ledger.set_role(rows, workspace_id, self.ids[person], role)
        return workspace_id


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The application, under a clock that lets a key expire."""
    data: Path = tmp_path_factory.mktemp(f"roles-{request.param}")
    url = "" if request.param == "sqlite" else new_postgres_database(request.getfixturevalue("postgres"))
    settings = Settings(data_dir=data, database=url)
    application = Application.open(settings, Origins(public_url=ORIGIN, blob_url=ORIGIN), ManualClock())
    application.block_models.sql.patience = 0  # no worker runs here
    application.block_models.analyses.patience = 0.0  # no worker runs here
    yield application
    application.close()


@pytest.fixture(scope="session")
async def house(opened: Application) -> AsyncIterator[House]:
    """Everybody in the matrix, each with a key of their own."""
    identity = opened.identity
    here = opened.instance.organisation_id
    elsewhere = identity.create_organisation(display_name="Elsewhere").id
    people = dict.fromkeys(("owner", "editor", "viewer", "stranger", "admin", "disabled", "guest"), here)
    people["foreigner"] = elsewhere
    ids = {
        name: identity.create_user(
            email=f"{name}@example.org",
            name=name,
            organisation_id=organisation,
            role="admin" if name == "admin" else "member",
        ).id
        for name, organisation in people.items()
    }
    clients = {name: _client(opened, key) for name, key in _keys(opened, ids).items()}
    assert set(clients) == set(CALLERS)
    yield House(opened, clients, ids)
    for client in clients.values():
        await client.aclose()


def _keys(application: Application, ids: dict[str, str]) -> dict[str, str | None]:
    """A credential per caller. The clock moves on, so that the expired key is one."""
    identity, clock = application.identity, application.blobs.uploads._clock
    assert isinstance(clock, ManualClock)
    keys: dict[str, str | None] = {"nobody": None}
    for name in set(ids) - {"guest"}:
        keys[name], _ = identity.create_key(user_id=ids[name], name=name)
    identity.disable_user(email="disabled@example.org")
    owner = ids["owner"]
    keys["narrow"], _ = identity.create_key(user_id=owner, name="narrow", scopes=["evo.file"])
    keys["readonly"], _ = identity.create_key(user_id=owner, name="readonly", scopes=["*:read"])
    keys["revoked"], revoked = identity.create_key(user_id=owner, name="revoked")
    identity.revoke_key(key_id=revoked.id)
    keys["expired"], _ = identity.create_key(user_id=owner, name="expired", expires_ns=clock.now_ns() + 1)
    clock.advance(1)
    return keys


def _client(application: Application, key: str | None) -> httpx.AsyncClient:
    headers = {"Accept-Encoding": "identity"} | ({} if key is None else {"Authorization": f"Bearer {key}"})
    return httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi), base_url=ORIGIN, headers=headers)
