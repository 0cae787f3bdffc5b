"""Discovery: the first request of every client."""

from evo.workspaces.endpoints.models import DiscoveryResponse

from tests.workspaces.conftest import ORIGIN, Site


async def test_that_the_sdk_finds_the_organisation_its_hub_and_services(site: Site) -> None:
    (found,) = await site.evo_discovery(site.admin).list_organizations()
    assert (str(found.id), found.display_name) == (site.organisation_id, "Coreshed")
    (hub,) = found.hubs
    assert (hub.code, hub.url, hub.services) == ("local", ORIGIN, ("file", "geoscienceobject", "workspace"))


async def test_that_every_path_parses_in_the_generated_model(site: Site) -> None:
    for path in ("/evo/identity/v1", "/evo/identity/v2", "/workspace/evo/identity/v1", "/workspace/evo/identity/v2"):
        got = await site.call(site.admin, "GET", f"{path}/discovery?service=evo")
        assert got.status_code == 200
        assert DiscoveryResponse.model_validate(got.json()).discovery.has_new_instances is False


SERVICES = [
    ("", ["file", "geoscienceobject", "workspace"]),
    ("?service=evo&service=unknown", ["file", "geoscienceobject", "workspace"]),
    ("?service=workspace", ["workspace"]),
    ("?service=workspace&service=geoscienceobject", ["geoscienceobject", "workspace"]),
    ("?service=workspace&service=unknown", ["workspace"]),
]


async def test_that_services_are_filtered(site: Site) -> None:
    for query, services in SERVICES:
        found = (await site.call(site.admin, "GET", f"/evo/identity/v2/discovery{query}")).json()["discovery"]
        assert [each["code"] for each in found["services"]] == services, query
        (access,) = found["service_access"]
        assert access == {"org_id": site.organisation_id, "hub_code": "local", "services": services}


async def test_that_where_no_service_is_left_there_is_no_organisation(site: Site) -> None:
    assert await site.evo_discovery(site.admin).list_organizations(["unknown"]) == []


async def test_that_organisations_of_others_are_not_shown(site: Site) -> None:
    other = site.identity.create_organisation(display_name="Other")
    outsider = site.person("outsider@x", organisation_id=other.id)
    (found,) = await site.evo_discovery(outsider).list_organizations()
    assert found.display_name == "Other"


async def test_that_discovery_needs_a_credential(site: Site) -> None:
    assert (await site.call(None, "GET", "/evo/identity/v2/discovery")).status_code == 401
