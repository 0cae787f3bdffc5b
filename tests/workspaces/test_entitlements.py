"""What a credential opens."""

from evo.workspaces.endpoints.api import LicenseAccessApi, TokenApi

from coreshed.clock import NANOSECONDS
from coreshed.ids import new_id
from tests.workspaces.conftest import ORIGIN, Person, Site

LICENSE = "/workspace/evo/identity/v2/license-access"
TOKEN = "/workspace/evo/identity/v1/token"


def limited(site: Site) -> Person:
    """Somebody whose key ends and opens two APIs."""
    ana = site.person("ana@x")
    text, _ = site.identity.create_key(
        user_id=ana.id,
        name="laptop",
        scopes=["evo.discovery", "evo.object"],
        expires_ns=site.clock.now_ns() + 3600 * NANOSECONDS,
    )
    return Person(ana.id, ana.email, text, ana.principal)


async def test_that_the_sdk_reads_what_a_key_opens(site: Site) -> None:
    who = limited(site)
    found = await LicenseAccessApi(site.connector(who)).v2_license_access_evo_identity_v2_license_access_get(
        service=["geoscienceobject"],
        required_scope=["evo.object"],
        hub="local",
        org_id=site.organisation_id,
        tx_uuid="t",
    )
    assert (found.user.sub, found.user.org_id) == (who.id, site.organisation_id)
    details = found.auth_details
    assert details.exp - details.iat == 3600
    assert (details.iat, details.iss) == (site.clock.now_ns() // NANOSECONDS, ORIGIN)
    assert details.scope == ["evo.discovery", "evo.object"]
    rights = found.entitlements
    assert (rights.org_id, rights.org_name, rights.hub_code) == (site.organisation_id, "Coreshed", "local")
    assert (rights.roles, rights.services) == (["member"], ["file", "geoscienceobject", "workspace"])
    assert who.key not in found.model_dump_json()


async def test_that_a_key_without_an_end_is_said_to_end_far_away(site: Site) -> None:
    got = (await site.call(site.admin, "GET", LICENSE)).json()
    assert got["auth_details"]["exp"] > 250_000_000_000
    assert got["entitlements"]["roles"] == ["admin"]


async def test_that_what_a_credential_does_not_open_is_refused(site: Site) -> None:
    who = limited(site)
    other = site.identity.create_organisation(display_name="Other")
    for query, status, kind in (
        ("required_scope=evo.file", 403, "insufficient-scope"),
        ("required_scope=evo.object&required_scope=evo.workspace", 403, "insufficient-scope"),
        ("required_scope=evo.rocks", 403, "insufficient-scope"),
        ("service=rocks", 403, "not-permitted"),
        ("hub=mars", 403, "not-permitted"),
        (f"org_id={other.id}", 403, "not-permitted"),
        (f"org_id={new_id()}", 403, "not-permitted"),
        ("org_id=x", 422, "invalid"),
        ("org_id=%00", 422, "invalid"),
    ):
        got = await site.call(who, "GET", f"{LICENSE}?{query}")
        assert (got.status_code, got.json()["type"].rpartition("/")[2]) == (status, kind), query
    assert (await site.call(None, "GET", LICENSE)).status_code == 401
    assert (await site.call(who, "GET", f"{LICENSE}?service=evo&service=workspace")).status_code == 200


async def test_that_the_sdk_reads_a_token(site: Site) -> None:
    who = limited(site)
    found = await TokenApi(site.connector(who)).v1_token_evo_identity_v1_token_get(
        service="evo", hub=["local"], org_id=[site.organisation_id]
    )
    assert found["user"] == {"sub": who.id, "email": "ana@x", "name": "ana"}
    assert [each["org_id"] for each in found["entitlements"]] == [site.organisation_id]
    for query in (f"org_id={new_id()}", "hub=mars"):
        assert (await site.call(who, "GET", f"{TOKEN}?{query}")).json()["entitlements"] == []
    assert (await site.call(who, "GET", f"{TOKEN}?org_id=x")).status_code == 422
    assert (await site.call(None, "GET", TOKEN)).status_code == 401
