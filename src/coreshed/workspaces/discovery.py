"""Which organisations, hubs and services the caller can reach: the first request of every Evo client."""

from collections.abc import Collection, Iterable

from coreshed.identity import Organisation as KnownOrganisation
from coreshed.workspaces import wire

HUB = "local"
SERVICES = {"file": "File", "geoscienceobject": "Geoscience Object", "workspace": "Workspace"}
EVERY_SERVICE = "evo"


def discover(
    organisations: Iterable[KnownOrganisation], *, asked: Collection[str], public_url: str
) -> wire.DiscoveryAnswer:
    """The caller's organisations on the one hub there is.

    asked: service codes, where `evo` or nothing at all means every service; unknown codes match nothing, and where
    no service is left there is no organisation either.
    """
    every = not asked or EVERY_SERVICE in asked
    codes = [code for code in SERVICES if every or code in asked]
    reached = list(organisations) if codes else []
    return wire.DiscoveryAnswer(
        wire.Discovery(
            organizations=[wire.Organisation(each.id, each.display_name) for each in reached],
            hubs=[wire.Hub(HUB, "Coreshed", public_url)] if reached else [],
            service_access=[wire.ServiceAccess(each.id, HUB, codes) for each in reached],
            services=[wire.Service(code, SERVICES[code]) for code in codes],
        )
    )
