"""Scopes, grants and what each request needs."""

import pytest

from coreshed.identity import Principal, grant_for, require
from coreshed.identity.grants import EVO_SCOPES, check_scopes, grants_of, permits, upload_grants
from coreshed.problems import InsufficientScope, Invalid

PUBLISHED = [
    "admin:read", "admin:write", "alerts:read", "alerts:write", "analytics:process", "analytics:read",
    "api_keys:read", "api_keys:write", "band_formulas:read", "band_formulas:write", "billing:read", "billing:write",
    "catalog:read", "clip:destroy", "clip:read", "clip:write", "collections:read", "collections:write", "eulas:read",
    "eulas:write", "event_subscriptions:read", "event_subscriptions:write", "items:read", "items:write",
    "notifications:read", "notifications:write", "orders:read", "orders:write", "organizations:write",
    "processing:process", "processing:read", "projects:write", "provenance:read", "reports:read", "shares:read",
    "shares:write", "tiles:read", "uploads:write", "usage:read", "usage:write",
]  # fmt: skip

_W = "/geoscience-object/orgs/o/workspaces/w"


@pytest.mark.parametrize(
    ("held", "grant", "expected"),
    [
        ({"*"}, "objects:write", True),
        ({"objects:*"}, "objects:write", True),
        ({"*:read"}, "objects:read", True),
        ({"*:read"}, "objects:write", False),
        ({"objects:read"}, "objects:read", True),
        ({"objects:read"}, "objects:write", False),
        ({"objects:*"}, "workspaces:read", False),
        (set(), "objects:read", False),
        ({"uploads:*"}, "uploads:write", True),
        ({"*:write"}, "uploads:write", True),
        ({"uploads:read"}, "uploads:write", False),
        ({"*:write"}, "clip:destroy", False),
        ({"*"}, "*", True),
        ({"*:*"}, "*", True),
        ({"uploads:*"}, "*", False),
        ({"uploads:*"}, "*:write", False),
        ({"uploads:read", "uploads:write"}, "uploads:*", False),
        ({"*:read"}, "*:read", True),
    ],
)
def test_that_a_pattern_covers_its_side_alone(held: set[str], grant: str, expected: bool) -> None:
    assert permits(held, grant) is expected


def test_that_scopes_of_both_families_become_grants_and_openid_scopes_none() -> None:
    scopes = ["openid", "offline_access", "evo.object", "evo.workspace", "evo.discovery", "files:read"]
    assert grants_of(scopes) == {"objects:*", "workspaces:*", "discovery:*", "colormaps:*", "files:read"}
    assert grants_of(["*:read", "openid"]) == {"*:read"}


def test_that_an_unknown_scope_grants_nothing() -> None:
    assert grants_of(["evo.unknown", "objects", "objects:", ":read", "objects:admin", ""]) == frozenset()


def test_that_the_scopes_of_the_published_operations_are_known() -> None:
    assert len(set(PUBLISHED)) == 40
    assert grants_of(PUBLISHED) == set(PUBLISHED)
    extensions = ["projects:read", "uploads:read", "uploads:*", "*:destroy", "*:process"]
    assert grants_of(extensions) == set(extensions)


def test_that_a_sign_in_of_the_upload_clients_opens_every_published_scope_but_those_of_the_platform() -> None:
    held = upload_grants()
    assert {scope for scope in PUBLISHED if not permits(held, scope)} == {"admin:read", "admin:write"}
    assert permits(held, "projects:read")
    assert permits(held, "uploads:read")


@pytest.mark.parametrize(
    "scope", ["objects", "objects:admin", "objects:destroy", "uploads:admin", "rocks:read", "evo.rocks"]
)
def test_that_an_unknown_scope_is_refused_by_name(scope: str) -> None:
    with pytest.raises(Invalid, match=scope):
        check_scopes(["evo.object", scope])


@pytest.mark.parametrize(
    ("method", "path", "grant"),
    [
        ("GET", f"{_W}/objects", "objects:read"),
        ("HEAD", f"{_W}/objects/1", "objects:read"),
        ("PATCH", f"{_W}/objects", "objects:read"),
        ("PATCH", f"{_W}/objects/1/metadata", "objects:write"),
        ("POST", f"{_W}/objects/1/versions", "objects:read"),
        ("POST", f"{_W}/objects/1", "objects:write"),
        ("POST", f"{_W}/objects/path/a/versions", "objects:write"),
        ("POST", f"{_W}/objects/path/versions", "objects:write"),
        ("POST", f"{_W}/objects/path/objects/1/versions", "objects:write"),
        ("PUT", f"{_W}/data", "objects:write"),
        ("PATCH", f"/{_W}//objects", "objects:read"),
        ("DELETE", f"/{_W}/objects/1", "objects:write"),
        ("POST", "//workspace//orgs/o/workspaces", "workspaces:write"),
        ("GET", "/workspace/admin/orgs/o/workspaces", "workspaces:read"),
        ("GET", "/workspace/admin/orgs/o/audit", "audit:read"),
        ("GET", "/workspace/admin/orgs/o/audit/", "audit:read"),
        ("GET", "/workspace/evo/identity/v1/token", "discovery:read"),
        ("GET", "/workspace/evo/identity/v2/license-access", "discovery:read"),
        ("GET", "/folder/instances/o/workspaces/w/folders", "workspaces:read"),
        ("DELETE", "/folder/instances/o/workspaces/w/folders/f", "workspaces:write"),
        ("GET", "/folder/health_check", None),
        ("DELETE", f"{_W}/objects/1", "objects:write"),
        ("GET", "/workspace/orgs/o/workspaces", "workspaces:read"),
        ("POST", "/workspace/orgs/o/workspaces", "workspaces:write"),
        ("PATCH", "/workspace/orgs/o/workspaces/w", "workspaces:write"),
        ("GET", "/evo/identity/v2/discovery", "discovery:read"),
        ("GET", "/workspace/evo/identity/v1/discovery", "discovery:read"),
        ("GET", "/workspace/health_check", None),
        ("GET", "/geoscience-object/health_check", None),
        ("GET", "/visualization/health_check", None),
        ("GET", "/colormap/orgs/o/workspaces/w/colormaps", "colormaps:read"),
        ("POST", "/colormap/orgs/o/workspaces/w/objects/1/associations/batch", "colormaps:write"),
        ("GET", "/health_check", None),
        ("POST", "/connect/token", None),
        ("GET", "/connect/userinfo", None),
        ("POST", "/realms/public/protocol/openid-connect/token", None),
        ("GET", "", None),
    ],
)
def test_that_a_request_needs_this_grant(method: str, path: str, grant: str | None) -> None:
    assert grant_for(method, path) == grant


def test_that_a_sign_in_of_the_upload_clients_opens_no_resource_of_evo() -> None:
    held = upload_grants()
    assert not any(permits(held, f"{grant.partition(':')[0]}:read") for grant in EVO_SCOPES.values())


def test_that_a_missing_grant_is_named() -> None:
    reader = Principal("u", "a@b", None, {}, frozenset({"*:read"}), "k")
    require(reader, None)
    require(reader, "objects:read")
    with pytest.raises(InsufficientScope, match="objects:write"):
        require(reader, "objects:write")
