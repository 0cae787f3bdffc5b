"""What clients look up: coordinate systems, and what their own credential opens."""

from litestar import Response, get
from litestar.openapi import ResponseSpec

from coreshed import ids
from coreshed.workspaces import entitlement_wire, openapi, wire
from coreshed.workspaces.call import ORGANISATION, Ask, Here, Id
from coreshed.workspaces.offloop import COORDINATE_SYSTEMS, off_loop


@get(
    f"{ORGANISATION}/coordinate_systems",
    responses={200: ResponseSpec(wire.CoordinateSystems, generate_examples=False)},
)
async def list_coordinate_systems(org_id: Id, call: Here) -> Response[bytes]:
    """The coordinate systems of EPSG, as a tree."""
    organisation_id = ids.read_id(org_id, "org_id")
    asked = call.workspaces.reference.coordinate_systems
    body = await off_loop(COORDINATE_SYSTEMS, asked, caller=call.caller, organisation_id=organisation_id)
    return Response(body, media_type="application/json", headers={"Cache-Control": "private, max-age=86400"})


@get("/workspace/evo/identity/v2/license-access", operation_class=openapi.LICENSE)
async def license_access(request: Ask, call: Here) -> entitlement_wire.LicenseAccess:
    """Whether the caller reaches some services of an organisation with some scopes, and as whom."""
    query = request.query_params
    wanted = query.get("org_id") or None
    return await call.database.run(
        call.workspaces.entitlements.license_access,
        caller=call.caller,
        services=list(filter(None, query.getall("service", []))),
        scopes=list(filter(None, query.getall("required_scope", []))),
        hub=query.get("hub") or None,
        organisation_id=None if wanted is None else ids.read_id(wanted, "org_id"),
        issuer=call.origins.public_url,
    )


@get("/workspace/evo/identity/v1/token", operation_class=openapi.TOKEN)
async def get_token(request: Ask, call: Here) -> entitlement_wire.Token:
    """What the caller's credential says, and what it opens."""
    query = request.query_params
    return await call.database.run(
        call.workspaces.entitlements.token,
        caller=call.caller,
        hubs=list(filter(None, query.getall("hub", []))),
        organisation_ids=[ids.read_id(each, "org_id") for each in query.getall("org_id", []) if each],
        issuer=call.origins.public_url,
    )


HANDLERS = [list_coordinate_systems, license_access, get_token]
