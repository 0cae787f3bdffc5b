"""Who may call what: every route of the server and the status that each kind of caller gets.

This table is data: the tests beside it hold the server to it, and the documentation is made from it.
"""

from dataclasses import dataclass
from typing import Any, Final

# Each caller asks for things in a workspace of the first organisation; what they hold is said once, here.
CALLERS: Final = {
    "nobody": "no credential",
    "revoked": "a key of the workspace's owner that has been revoked",
    "expired": "a key of the workspace's owner that has expired",
    "disabled": "an owner of the workspace whose account has been disabled",
    "narrow": "a key of the workspace's owner with the scope evo.file alone",
    "readonly": "a key of the workspace's owner with the scope *:read",
    "foreigner": "a member of another organisation",
    "stranger": "a member of the organisation without a role in the workspace",
    "admin": "an administrator of the organisation without a role in the workspace",
    "viewer": "a viewer of the workspace",
    "editor": "an editor of the workspace",
    "owner": "an owner of the workspace",
}
UNUSABLE: Final = ("nobody", "revoked", "expired", "disabled")


@dataclass(frozen=True)
class Row:
    """One operation.

    route: with the placeholders of the server's own route. query, body: what is sent; a `{name}` is filled in from the
    laboratory. state: what the request is about is `live`, or has been `deleted` before. answers: a status per caller,
    in the order of CALLERS.
    """

    method: str
    route: str
    answers: tuple[int, ...]
    does: str = ""
    query: str = ""
    body: Any = None
    state: str = "live"

    def answer(self, caller: str) -> int:
        """The status that this caller gets."""
        return self.answers[list(CALLERS).index(caller)]

    @property
    def hides_workspaces(self) -> bool:
        """True where somebody without a role must not learn whether the workspace exists."""
        return "{workspace_id}" in self.route and not self.route.startswith(
            ("/blob/", "/storage/", "/workspace/admin/")
        )

    @property
    def name(self) -> str:
        """The operation, for people."""
        return (
            f"{self.method} {self.route}{' ' if self.query else ''}{self.query}{f': {self.does}' if self.does else ''}"
        )


def _row(method: str, route: str, answers: str, **more: Any) -> Row:
    statuses = tuple(int(word) for word in answers.split())
    assert len(statuses) == len(CALLERS), f"{method} {route}"
    return Row(method, route, statuses, **more)


_ORG = "/geoscience-object/orgs/{org_id}"
_IN = f"{_ORG}/workspaces/{{workspace_id}}"
_OBJECTS = f"{_IN}/objects"
_BY_ID = f"{_OBJECTS}/{{object_id}}"
_BY_PATH = f"{_OBJECTS}/path/{{object_path}}"
_ALL = "/workspace/orgs/{org_id}/workspaces"
_ONE = f"{_ALL}/{{workspace_id}}"
_USERS = f"{_ONE}/users"
_IN_FILES = "/file/v2/orgs/{org_id}/workspaces/{workspace_id}"
_FILES = f"{_IN_FILES}/files"
_FILE = f"{_FILES}/{{file_id}}"
_FILE_AT = f"{_FILES}/path/{{file_path}}"
_PAINT = "/colormap/orgs/{org_id}/workspaces/{workspace_id}"
_COLORMAPS = f"{_PAINT}/colormaps"
_ASSOCIATIONS = f"{_PAINT}/objects/{{object_id}}/associations"
_MINE = "/blockmodel/orgs/{org_id}"
_BOX = {f"{axis}_minmax": {"min": 0, "max": 1} for axis in "ijk"}
_MODELS = f"{_MINE}/workspaces/{{workspace_id}}/block-models"
_MODEL = f"{_MODELS}/{{bm_id}}"
_REPORTS = f"{_MODEL}/report-specifications"
_REPORT = f"{_REPORTS}/{{rs_id}}"
_PEOPLE = "/workspace/orgs/{org_id}/members"
_DIRECTORY = "/workspace/orgs/{org_id}/ims"
_ADMIN = "/workspace/admin/orgs/{org_id}"
_ANY = f"{_ADMIN}/workspaces/{{workspace_id}}"
_MEMBER = "6d0bb9a3-3c7e-4b0e-9a0e-0a5f6f1c2d01"
_OLDER = f"{_ONE}/folders"
_FOLDERS = "/folder/instances/{org_id}/workspaces/{workspace_id}/folders"
_BLOB = "/blob/{workspace_id}/{blob_id}"
_STORAGE = "/storage/{workspace_id}/uploads/u_0/raw/a.tif"

_REALM = "/realms/public/protocol/openid-connect"


def _alike(method: str, route: str, status: int, **more: Any) -> Row:
    """What asks for no credential answers everybody alike."""
    return Row(method, route, (status,) * len(CALLERS), **more)


# fmt: off
MATRIX: Final[tuple[Row, ...]] = (
    # Columns: nobody revoked expired disabled, narrow readonly, foreigner stranger admin, viewer editor owner.
    _row("PUT",    f"{_IN}/data",        "401 401 401 401  403 403  404 404 404  403 200 200",
         body=[{"name": "{new_sha}"}]),
    _row("GET",    _OBJECTS,             "401 401 401 401  403 200  400 400 400  200 200 200"),
    _row("PATCH",  _OBJECTS,             "401 401 401 401  403 200  400 400 400  200 200 200",
         does="newest versions", body=["{object_id}"]),
    _row("GET",    _BY_PATH,             "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("POST",   _BY_PATH,             "401 401 401 401  403 403  404 404 404  403 201 201",
         does="another version", body="{document}"),
    _row("DELETE", _BY_PATH,             "401 401 401 401  403 403  404 404 404  403 204 204"),
    _row("GET",    _BY_ID,               "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("GET",    _BY_ID,               "401 401 401 401  403 200  404 404 404  200 200 200",
         does="a deleted object", query="deleted=true", state="object deleted"),
    _row("POST",   _BY_ID,               "401 401 401 401  403 403  404 404 404  403 201 201",
         does="another version", body="{document}"),
    _row("POST",   _BY_ID,               "401 401 401 401  403 403  404 404 404  403 204 204",
         does="restore", query="deleted=false", state="object deleted"),
    _row("DELETE", _BY_ID,               "401 401 401 401  403 403  404 404 404  403 204 204"),
    _row("POST",   f"{_BY_ID}/versions", "401 401 401 401  403 200  404 404 404  200 200 200",
         body={"version_ids": ["{version_id}"]}),
    _row("PATCH",  f"{_BY_ID}/metadata", "401 401 401 401  403 403  404 404 404  403 204 204", body={"stage_id": None}),
    _row("GET",    f"{_ORG}/objects",    "401 401 401 401  403 200  401 200 200  200 200 200"),
    _row("GET",    f"{_ORG}/stages",     "401 401 401 401  403 200  401 200 200  200 200 200"),

    _row("GET",    _FILES,               "401 401 401 401  200 200  404 404 404  200 200 200"),
    _row("GET",    f"{_IN_FILES}/uploads", "401 401 401 401  200 200  404 404 404  403 200 200"),
    _row("GET",    _FILE,                "401 401 401 401  200 200  404 404 404  200 200 200"),
    _row("GET",    _FILE,                "401 401 401 401  200 200  404 404 404  200 200 200",
         does="a deleted file", query="deleted=true", state="file deleted"),
    _row("PUT",    _FILE,                "401 401 401 401  200 403  404 404 404  403 200 200", does="another version"),
    _row("PUT",    _FILE,                "401 401 401 401  204 403  404 404 404  403 204 204",
         does="restore", query="deleted=false", state="file deleted"),
    _row("DELETE", _FILE,                "401 401 401 401  204 403  404 404 404  403 204 204"),
    _row("GET",    _FILE_AT,             "401 401 401 401  200 200  404 404 404  200 200 200"),
    _row("PUT",    _FILE_AT,             "401 401 401 401  200 403  404 404 404  403 200 200", does="another version"),
    _row("DELETE", _FILE_AT,             "401 401 401 401  204 403  404 404 404  403 204 204"),

    _row("GET",    _ALL,                 "401 401 401 401  403 200  403 200 200  200 200 200"),
    _row("POST",   _ALL,                 "401 401 401 401  403 403  403 201 201  201 201 201",
         body={"name": "{new_name}"}),
    _row("GET",    f"{_ALL}/summary",    "401 401 401 401  403 200  403 200 200  200 200 200"),
    _row("GET",    _ONE,                 "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("GET",    _ONE,                 "401 401 401 401  403 200  404 404 404  200 200 200",
         does="a deleted workspace", query="deleted=true", state="workspace deleted"),
    _row("PATCH",  _ONE,                 "401 401 401 401  403 403  404 404 404  403 200 200",
         body={"description": "d"}),
    _row("DELETE", _ONE,                 "401 401 401 401  403 403  404 404 404  403 403 204"),
    _row("POST",   _ONE,                 "401 401 401 401  403 403  404 404 404  403 403 204",
         does="restore", query="deleted=false", state="workspace deleted"),
    _row("GET",    f"{_ONE}/current-user-role",
                                         "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("GET",    _USERS,               "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("POST",   _USERS,               "401 401 401 401  403 403  404 404 404  403 201 201",
         does="make an editor", body={"email": "{guest}", "role": "editor"}),
    _row("POST",   _USERS,               "401 401 401 401  403 403  404 404 404  403 403 201",
         does="make an owner", body={"email": "{guest}", "role": "owner"}),
    _row("DELETE", f"{_USERS}/{{user_id}}",
                                         "401 401 401 401  403 403  404 404 404  403 204 204"),
    _row("DELETE", f"{_USERS}/{{user_id}}",
                                         "401 401 401 401  403 403  404 404 404  403 403 204",
         does="an owner", state="guest owns"),

    _row("GET",    f"{_ONE}/thumbnail",  "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("PUT",    f"{_ONE}/thumbnail",  "401 401 401 401  403 403  404 404 404  403 204 204", does="a picture"),
    _row("DELETE", f"{_ONE}/thumbnail",  "401 401 401 401  403 403  404 404 404  403 204 204"),

    # Members of the organisation: everybody sees them, administrators change them.
    _row("GET",    f"{_PEOPLE}/users", "401 401 401 401  403 200  403 200 200  200 200 200"),
    _row("POST",   f"{_PEOPLE}/users",
                                         "401 401 401 401  403 403  403 403 201  403 403 403",
         body={"users": [{"email": "{guest}", "roles": [_MEMBER]}]}),
    _row("PATCH",  f"{_PEOPLE}/users/{{user_id}}",
                                         "401 401 401 401  403 403  403 403 200  403 403 403",
         body={"roles": [_MEMBER]}),
    _row("DELETE", f"{_PEOPLE}/users/{{user_id}}", "401 401 401 401  403 403  403 403 204  403 403 403"),
    _row("GET",    f"{_PEOPLE}", "401 401 401 401  403 200  403 200 200  200 200 200"),
    _row("POST",   f"{_PEOPLE}",
                                         "401 401 401 401  403 403  403 403 201  403 403 403",
         body={"users": [{"email": "{guest}", "roles": [_MEMBER]}]}),
    _row("PATCH",  f"{_PEOPLE}/{{user_id}}",
                                         "401 401 401 401  403 403  403 403 200  403 403 403",
         body={"roles": [_MEMBER]}),
    _row("DELETE", f"{_PEOPLE}/{{user_id}}", "401 401 401 401  403 403  403 403 204  403 403 403"),
    _row("GET",    f"{_PEOPLE}/invitations", "401 401 401 401  403 403  403 403 200  403 403 403"),
    _row("DELETE", f"{_PEOPLE}/invitations/{{invitation_id}}", "401 401 401 401  403 403  403 403 204  403 403 403"),
    _row("GET",    f"{_PEOPLE}/roles", "401 401 401 401  403 200  403 200 200  200 200 200"),
    _row("GET",    f"{_PEOPLE}/groups", "401 401 401 401  403 200  403 200 200  200 200 200"),
    _row("PATCH",  f"{_PEOPLE}/groups/{{role_group_id}}",
                                         "401 401 401 401  403 403  403 403 200  403 403 403",
         body={"ims_groups": []}),
    _row("GET",    f"{_DIRECTORY}/users",
                                         "401 401 401 401  403 200  403 200 200  200 200 200",
         query="email=ilike:own*"),
    _row("GET",    f"{_DIRECTORY}/groups", "401 401 401 401  403 200  403 200 200  200 200 200"),
    _row("GET",    f"{_DIRECTORY}/groups/{{group_id}}", "401 401 401 401  403 200  403 200 200  200 200 200"),
    _row("GET",    f"{_DIRECTORY}/groups/{{group_id}}/members", "401 401 401 401  403 200  403 200 200  200 200 200"),

    # Every workspace, for administrators of the organisation alone.
    _row("GET",    f"{_ADMIN}/workspaces", "401 401 401 401  403 403  403 403 200  403 403 403"),
    _row("GET",    f"{_ADMIN}/users/{{user_id}}/workspaces", "401 401 401 401  403 403  403 403 200  403 403 403"),
    _row("GET",    f"{_ANY}", "401 401 401 401  403 403  403 403 200  403 403 403"),
    _row("GET",    f"{_ANY}/thumbnail", "401 401 401 401  403 403  403 403 200  403 403 403"),
    _row("GET",    f"{_ANY}/users", "401 401 401 401  403 403  403 403 200  403 403 403"),
    _row("POST",   f"{_ANY}/users",
                                         "401 401 401 401  403 403  403 403 201  403 403 403",
         body={"email": "{guest}", "role": "owner"}),
    _row("DELETE", f"{_ANY}/users/{{user_id}}", "401 401 401 401  403 403  403 403 204  403 403 403"),
    _row("POST",   f"{_ADMIN}/action/bulk_assign_roles",
                                         "401 401 401 401  403 403  403 403 200  403 403 403",
         body={"role_assignments": []}),
    _row("POST",   f"{_ADMIN}/action/update_ml_enablement",
                                         "401 401 401 401  403 403  403 403 200  403 403 403",
         body={"ml_enablements": [{"workspace_id": "{workspace_id}", "ml_enabled": True}]}),
    _row("GET",    f"{_ADMIN}/settings", "401 401 401 401  403 403  403 403 200  403 403 403"),

    _row("GET",    "/evo/identity/v1/discovery",
                                         "401 401 401 401  403 200  200 200 200  200 200 200"),
    _row("GET",    "/evo/identity/v2/discovery",
                                         "401 401 401 401  403 200  200 200 200  200 200 200"),
    _row("GET",    "/workspace/evo/identity/v1/discovery",
                                         "401 401 401 401  403 200  200 200 200  200 200 200"),
    _row("GET",    "/workspace/evo/identity/v2/discovery",
                                         "401 401 401 401  403 200  200 200 200  200 200 200"),
    _row("GET",    f"{_ADMIN}/audit",    "401 401 401 401  403 403  403 403 200  403 403 403"),

    _row("GET",    "/workspace/orgs/{org_id}/coordinate_systems",
                                         "401 401 401 401  403 200  403 200 200  200 200 200"),
    _row("GET",    "/workspace/evo/identity/v1/token",
                                         "401 401 401 401  403 200  200 200 200  200 200 200"),
    _row("GET",    "/workspace/evo/identity/v2/license-access",
                                         "401 401 401 401  403 200  200 200 200  200 200 200"),

    # Folders, both generations.
    _row("POST",   f"{_OLDER}", "401 401 401 401  403 403  404 404 404  403 201 201", body={"name": "{new_name}"}),
    _row("GET",    f"{_OLDER}/{{folder_id}}", "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("GET",    f"{_OLDER}/path/{{folders_path}}", "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("POST",   f"{_OLDER}/path/{{folders_path}}", "401 401 401 401  403 403  404 404 404  403 200 200"),
    _row("PATCH",  f"{_OLDER}/{{folder_id}}",
                                         "401 401 401 401  403 403  404 404 404  403 200 200",
         body={"parent_folder_id": "{workspace_id}"}),
    _row("POST",   f"{_OLDER}/{{folder_id}}",
                                         "401 401 401 401  403 403  404 404 404  403 200 200",
         does="restore", query="deleted=false"),
    _row("POST",   f"{_OLDER}/{{folder_id}}",
                                         "401 401 401 401  403 403  404 404 404  403 200 200",
         does="rename", body={"name": "{new_name}"}),
    _row("DELETE", f"{_OLDER}/{{folder_id}}", "401 401 401 401  403 403  404 404 404  403 204 204"),
    _row("GET",    f"{_FOLDERS}", "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("GET",    f"{_FOLDERS}/summary", "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("POST",   f"{_FOLDERS}", "401 401 401 401  403 403  404 404 404  403 201 201", body={"name": "{new_name}"}),
    _row("GET",    f"{_FOLDERS}/{{folder_id}}", "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("GET",    f"{_FOLDERS}/path/{{folder_path}}", "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("PATCH",  f"{_FOLDERS}/{{folder_id}}",
                                         "401 401 401 401  403 403  404 404 404  403 200 200",
         body={"name": "{new_name}"}),
    _row("POST",   f"{_FOLDERS}/{{folder_id}}",
                                         "401 401 401 401  403 403  404 404 404  403 200 200",
         does="restore", query="deleted=false"),
    _row("DELETE", f"{_FOLDERS}/{{folder_id}}", "401 401 401 401  403 403  404 404 404  403 204 204"),

    # Colormaps need no scope: the role decides alone.
    _row("GET",    _COLORMAPS,           "401 401 401 401  200 200  404 404 404  200 200 200"),
    _row("POST",   _COLORMAPS,           "401 401 401 401  201 403  404 404 404  403 201 201", body="{colormap}"),
    _row("GET",    f"{_COLORMAPS}/{{colormap_id}}",
                                         "401 401 401 401  200 200  404 404 404  200 200 200"),
    _row("GET",    _ASSOCIATIONS,        "401 401 401 401  200 200  404 404 404  200 200 200"),
    _row("POST",   _ASSOCIATIONS,        "401 401 401 401  200 403  404 404 404  403 200 200", body="{association}"),
    _row("POST",   f"{_ASSOCIATIONS}/batch",
                                         "401 401 401 401  200 403  404 404 404  403 200 200",
         body={"associations": ["{association}"]}),
    _row("GET",    f"{_ASSOCIATIONS}/{{association_id}}",
                                         "401 401 401 401  200 200  404 404 404  200 200 200"),
    _row("GET",    f"{_PAINT}/metadata", "401 401 401 401  200 200  404 404 404  200 200 200"),

    _row("GET",    f"{_MINE}/units",     "401 401 401 401  403 200  403 200 200  200 200 200"),
    _row("GET",    f"{_MINE}/block-models",
                                         "401 401 401 401  403 200  403 200 200  200 200 200"),
    _row("GET",    _MODELS,              "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("POST",   _MODELS,              "401 401 401 401  403 403  404 404 404  403 201 201", body="{block_model}"),
    _row("GET",    _MODEL,               "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("GET",    _MODEL,               "401 401 401 401  403 200  404 404 404  200 200 200",
         does="a deleted model", query="deleted=true", state="model deleted"),
    _row("PATCH",  _MODEL,               "401 401 401 401  403 403  404 404 404  403 200 200",
         body={"description": "d"}),
    _row("DELETE", _MODEL,               "401 401 401 401  403 403  404 404 404  403 204 204"),
    _row("POST",   _MODEL,               "401 401 401 401  403 403  404 404 404  403 202 202",
         does="restore", query="deleted=false", state="model deleted"),
    _row("GET",    f"{_MODEL}/jobs/{{job_id}}",
                                         "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("PATCH",  f"{_MODEL}/blocks",   "401 401 401 401  403 403  404 404 404  403 202 202",
         body={"columns": {"new": [{"title": "Cu", "data_type": "Int8"}], "update": [], "delete": [], "rename": []}}),
    _row("POST",   f"{_MODEL}/jobs/{{job_id}}/uploaded",
                                         "401 401 401 401  403 403  404 404 404  403 201 201",
         does="an update that waits", state="update waiting"),
    _row("POST",   f"{_MODEL}/blocks",   "401 401 401 401  403 200  404 404 404  200 200 200",
         body={"columns": ["*"]}),
    _row("POST",   f"{_MODEL}/sql",      "401 401 401 401  403 202  404 404 404  202 202 202",
         does="no worker runs here", body={"query": "SELECT 1"}),
    _row("GET",    f"{_MODEL}/versions", "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("GET",    f"{_MODEL}/versions/{{version_uuid}}",
                                         "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("POST",   f"{_MODEL}/versions/{{version_uuid}}/delta",
                                         "401 401 401 401  403 304  404 404 404  304 304 304",
         does="from the newest", body={"columns": ["*"], "bbox": _BOX}),
    _row("GET",    f"{_MODEL}/versions/{{from_version}}/diff/{{to_version}}",
                                         "401 401 401 401  403 202  404 404 404  202 202 202",
         does="which nobody waits for"),
    _row("POST",   f"{_MODEL}/swaths",   "401 401 401 401  403 422  404 404 404  422 422 422",
         does="of a column that is not there", body={"columns": ["Cu"], "axis": "i"}),
    _row("POST",   f"{_MODEL}/grade-tonnage",
                                         "401 401 401 401  403 422  404 404 404  422 422 422",
         does="of a column that is not there", body={"columns": ["Cu"], "cutoffs": [1]}),

    _row("GET",    _REPORTS,             "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("POST",   _REPORTS,             "401 401 401 401  403 403  404 404 404  403 201 201", body="{report}"),
    _row("GET",    _REPORT,              "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("PATCH",  _REPORT,              "401 401 401 401  403 403  404 404 404  403 200 200", body="{report}"),
    _row("POST",   f"{_REPORT}/jobs",    "401 401 401 401  403 403  404 404 404  403 200 200", body={}),
    _row("GET",    f"{_REPORT}/results", "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("GET",    f"{_REPORT}/results/{{report_result_uuid}}",
                                         "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("POST",   f"{_REPORT}/comparisons",
                                         "401 401 401 401  403 403  404 404 404  403 200 200",
         body={"from_version_uuid": "{version_uuid}"}),
    _row("GET",    f"{_REPORT}/comparisons",
                                         "401 401 401 401  403 200  404 404 404  200 200 200",
         query="from={report_result_uuid}&to={report_result_uuid}"),

    # Byte links carry their own authority, and what operators watch needs none.
    _row("GET",    _BLOB,                "403 403 403 403  403 403  403 403 403  403 403 403", does="without a link"),
    _row("PUT",    _BLOB,                "403 403 403 403  403 403  403 403 403  403 403 403", does="without a link"),
    _row("GET",    _BLOB,                "200 200 200 200  200 200  200 200 200  200 200 200",
         does="with a link to read", query="{read_link}"),
    _row("PUT",    _BLOB,                "403 403 403 403  403 403  403 403 403  403 403 403",
         does="with a link to read", query="{read_link}"),
    _row("PUT",    _BLOB,                "201 201 201 201  201 201  201 201 201  201 201 201",
         does="with a link to write", query="{write_link}"),
    _row("GET",    _BLOB,                "403 403 403 403  403 403  403 403 403  403 403 403",
         does="with a link to write", query="{write_link}"),
    _row("PUT",    _STORAGE,             "403 403 403 403  403 403  403 403 403  403 403 403", does="without a link"),
    _row("PUT",    _STORAGE,             "403 403 403 403  403 403  403 403 403  403 403 403",
         does="with a link to write a blob", query="{write_link}"),
    _row("GET",    "/geoscience-object/health_check",
                                         "200 200 200 200  200 200  200 200 200  200 200 200"),
    _row("GET",    "/blockmodel/health_check",
                                         "200 200 200 200  200 200  200 200 200  200 200 200"),
    _row("GET",    "/file/health_check", "200 200 200 200  200 200  200 200 200  200 200 200"),
    _row("GET",    "/workspace/health_check",
                                         "200 200 200 200  200 200  200 200 200  200 200 200"),
    _row("GET",    "/visualization/health_check",
                                         "200 200 200 200  200 200  200 200 200  200 200 200"),
    _row("GET",    "/folder/health_check",
                                         "200 200 200 200  200 200  200 200 200  200 200 200"),
    _row("GET",    "/health_check",      "200 200 200 200  200 200  200 200 200  200 200 200"),
    _row("GET",    "/healthz",           "200 200 200 200  200 200  200 200 200  200 200 200"),
    _row("GET",    "/openapi.json",      "200 200 200 200  200 200  200 200 200  200 200 200"),
    _row("GET",    "/stac",              "200 200 200 200  200 200  200 200 200  200 200 200"),
    _row("GET",    "/stac/search",       "401 401 401 401  403 200  200 200 200  200 200 200"),
    _row("POST",   "/stac/search",       "401 401 401 401  403 200  200 200 200  200 200 200", body={}),
    _row("GET",    "/stac/collections/{workspace_id}",
                                         "401 401 401 401  403 200  404 404 404  200 200 200"),
    _row("POST",   "/v1/op/projects.list",
                   "401 401 401 401  403 200  200 200 200  200 200 200", body={}),
    _row("GET",    "/metrics",           "200 200 200 200  200 200  200 200 200  200 200 200",
         does="from the same host"),

    # Sign-in: what these ask for stands in forms and cookies, and these requests bring none.
    *(_alike("POST", f"{root}", 400, does="without a form") for root in (
        "/connect/token", "/connect/deviceauthorization", "/connect/introspect", "/connect/revocation",
        f"{_REALM}/token", f"{_REALM}/auth/device", f"{_REALM}/token/introspect", f"{_REALM}/revoke",
        f"{_REALM}/logout")),
    *(_alike("GET", path, 200) for path in (
        "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json",
        "/realms/public/.well-known/openid-configuration", f"{_REALM}/certs")),
    *(_alike(method, path, status, does="without a session") for method, path, status in (
        ("GET", "/connect/authorize", 400), ("POST", "/connect/authorize", 303),
        ("GET", "/connect/sign-in", 200), ("POST", "/connect/sign-in", 403),
        ("POST", "/connect/consent", 400), ("GET", "/device", 200), ("POST", "/device", 403),
        ("GET", "/connect/endsession", 200), ("POST", "/connect/endsession", 200))),
    *(_row(method, f"{root}/userinfo",   "401 401 401 401  200 200  200 200 200  200 200 200")
      for root in ("/connect", _REALM) for method in ("GET", "POST")),
)
# fmt: on
