"""Groups and the audit on the command line, beside a running server."""

import json
from uuid import uuid4

from tests.server import Server, run_command


def _person(server: Server) -> str:
    email = f"{uuid4().hex[:8]}@example.org"
    made = run_command(server, "user", "create", email)
    assert made.returncode == 0, made.stderr
    return email


def test_that_a_group_made_on_the_command_line_gives_a_role_over_the_api(shared_server: Server) -> None:
    email, name = _person(shared_server), f"Drillers {uuid4().hex[:8]}"
    key = run_command(shared_server, "token", "create", "--user", email).stdout.strip()
    created = run_command(shared_server, "group", "create", name, "--description", "They drill.")
    group_id = created.stdout.strip()
    assert run_command(shared_server, "group", "add", name.upper(), email).returncode == 0
    listed = json.loads(run_command(shared_server, "group", "list", "--json").stdout)
    assert {"id": group_id, "name": name, "role": None, "members": email} in listed
    people = f"/workspace/orgs/{shared_server.instance.organisation_id}/members"
    mine = {"Authorization": f"Bearer {key}"}
    with shared_server.client() as client:
        groups = {each["name"]: each for each in client.get(f"{people}/groups").json()["groups"]}
        assert client.get(f"{people}/invitations", headers=mine).status_code == 403
        path = f"{people}/groups/{groups['admins']['id']}"
        given = client.patch(path, json={"ims_groups": [*groups["admins"]["ims_groups"], group_id]})
        assert email in {each["email"] for each in given.json()["members"]}
        assert client.get(f"{people}/invitations", headers=mine).status_code == 200
    assert run_command(shared_server, "group", "remove", group_id, email).returncode == 0
    unknown = run_command(shared_server, "group", "add", "no such group", email)
    assert (unknown.returncode, unknown.stderr) == (1, "coreshed: The group was not found.\n")


def test_that_the_audit_names_who_did_what(shared_server: Server) -> None:
    email, name = _person(shared_server), f"Pit {uuid4().hex[:8]}"
    workspace_id = run_command(shared_server, "workspace", "create", name).stdout.strip()
    run_command(shared_server, "workspace", "member", name, email, "owner")
    with shared_server.client() as client:
        one = f"/workspace/orgs/{shared_server.instance.organisation_id}/workspaces/{workspace_id}"
        assert client.patch(one, json={"labels": ["a"]}).status_code == 200
    found = json.loads(run_command(shared_server, "audit", "--workspace", name, "--json").stdout)
    assert [(each["actor"]["email"] or each["actor"]["id"], each["action"]) for each in found] == [
        ("admin@localhost", "workspace.update"),
        ("operator", "member.assign"),
        ("admin@localhost", "workspace.create"),
    ]
    words = ("audit", "--workspace", workspace_id, "--actor", "operator", "--action", "member.*", "--limit", "1")
    shown = run_command(shared_server, *words, "--from", "2020-01-01", "--to", "2100-01-01")
    assert shown.returncode == 0, shown.stderr
    head, line = shown.stdout.splitlines()
    assert head.split() == ["at", "actor", "action", "workspace", "target", "detail"]
    assert "member.assign" in line
    assert run_command(shared_server, "audit", "--from", "yesterday").returncode == 2
    assert run_command(shared_server, "audit", "--actor", "nobody@nowhere").returncode == 1
