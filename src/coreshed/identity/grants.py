"""What a credential may be used for: one vocabulary of grants, to which every family of scopes maps.

A grant is `resource:action`. A credential holds grants or patterns of them: `*`, `objects:*`, `*:read`. Grants limit
what a credential is good for; what its holder may do in a workspace is the matter of roles.
"""

import re
from collections.abc import Iterable, Set

from coreshed.problems import Invalid

_OF_EVO = frozenset({"audit", "blockmodels", "colormaps", "discovery", "files", "objects", "workspaces"})
# Every resource that the published catalogue of operations names in a scope, whether or not it is offered here: a key
# that was made for that catalogue stays good. `assets` and `stac` are named by none of its scopes.
_OF_OPERATIONS = frozenset(
    {
        "admin",
        "alerts",
        "analytics",
        "api_keys",
        "assets",
        "band_formulas",
        "billing",
        "catalog",
        "clip",
        "collections",
        "eulas",
        "event_subscriptions",
        "items",
        "notifications",
        "orders",
        "organizations",
        "processing",
        "projects",
        "provenance",
        "reports",
        "shares",
        "stac",
        "tiles",
        "uploads",
        "usage",
    }
)
# Those of operations that were added to these: the registry tells of them as it is filled.
_ADDED: set[str] = set()
_RESOURCE = re.compile(r"[a-z][a-z0-9_]{0,62}")
ACTIONS = frozenset({"read", "write"})
# Operations also start work and end it for good; no API of Evo tells these from writing.
ACTIONS_OF_OPERATIONS = ACTIONS | {"process", "destroy"}
# What is done to the platform itself and not to one's own data: no sign-in of a person opens it unasked.
_UNASKED = frozenset({"admin"})

EVO_SCOPES = {
    "evo.audit": "audit:*",
    "evo.blocksync": "blockmodels:*",
    "evo.discovery": "discovery:*",
    "evo.file": "files:*",
    "evo.object": "objects:*",
    "evo.workspace": "workspaces:*",
}
# What OpenID clients ask for beside; they say what a token carries, not what it opens.
SCOPES_WITHOUT_GRANT = frozenset({"openid", "profile", "email", "offline_access"})

# `objects/path/versions` is not here: there `versions` is the path of an object that a POST creates.
_READ_BY_BODY = {
    "PATCH": re.compile(r"/geoscience-object/orgs/[^/]+/workspaces/[^/]+/objects/?"),
    "POST": re.compile(
        r"/geoscience-object/orgs/[^/]+/workspaces/[^/]+/objects/(?!path/)[^/]+/versions/?"
        r"|/blockmodel/orgs/[^/]+/workspaces/[^/]+/block-models/[^/]+/"
        r"(blocks|sql|swaths|grade-tonnage|versions/[^/]+/delta)/?"
    ),
}
_RESOURCES = {
    "blockmodel": "blockmodels",
    "colormap": "colormaps",
    "file": "files",
    "folder": "workspaces",
    "geoscience-object": "objects",
    "workspace": "workspaces",
}
_SLASHES = re.compile(r"//+")
_DISCOVERY = re.compile(r"(/workspace)?/evo/identity/v[12]/(discovery|token|license-access)/?")
_AUDIT = re.compile(r"/workspace/admin/orgs/[^/]+/audit/?")


def know_scope(scope: str) -> None:
    """An operation needs `scope`: keys may be made for its resource from now on, and sign-ins open it.

    Raises ValueError where it is no `resource:action` or Evo's.
    """
    resource, _, action = scope.partition(":")
    if not _RESOURCE.fullmatch(resource) or resource in _OF_EVO or action not in ACTIONS_OF_OPERATIONS:
        raise ValueError(f"{scope!r} is no scope of an operation: take resource:action, and no resource of Evo's")
    if resource not in _OF_OPERATIONS:
        _ADDED.add(resource)


def grants_of(scopes: Iterable[str]) -> frozenset[str]:
    """The grants that scopes of any family stand for; unknown scopes stand for nothing."""
    asked = list(scopes)
    found = {grant for scope in asked if (grant := _grant_of(scope))}
    # Evo has no scope for colormaps: whoever may use one of its APIs may use them, and the role decides.
    return frozenset(found | {"colormaps:*"} if EVO_SCOPES.keys() & set(asked) else found)


def upload_grants() -> frozenset[str]:
    """What a sign-in of the upload clients opens: every resource of theirs but `admin`, and none of Evo's."""
    return frozenset(f"{resource}:*" for resource in (_OF_OPERATIONS | _ADDED) - _UNASKED)


def is_known(scope: str) -> bool:
    """True where some family knows the scope, though it may open nothing."""
    return scope in SCOPES_WITHOUT_GRANT or _grant_of(scope) is not None


def check_scopes(scopes: Iterable[str]) -> None:
    """Raises Invalid naming the first scope that no family knows."""
    for scope in scopes:
        if not is_known(scope):
            raise Invalid(
                f"scopes: {scope[:80]!r} is unknown. Use '*', an Evo scope ({', '.join(sorted(EVO_SCOPES))}) or "
                f"'resource:action' with a resource of {', '.join(sorted(_OF_EVO))} and an action of read, write, or a "
                f"resource of {', '.join(sorted(_OF_OPERATIONS | _ADDED))} and an action of read, write, process, "
                "destroy; either side may be '*'."
            )


def _grant_of(scope: str) -> str | None:
    if scope == "*" or scope in EVO_SCOPES:
        return EVO_SCOPES.get(scope, scope)
    resource, _, action = scope.partition(":")
    actions = ACTIONS if resource in _OF_EVO else ACTIONS_OF_OPERATIONS
    known = (resource == "*" or resource in _OF_EVO | _OF_OPERATIONS | _ADDED) and action in actions | {"*"}
    return scope if known else None


def permits(held: Set[str], grant: str) -> bool:
    """True where one of the held grants or patterns covers `grant`, which may be a pattern itself."""
    resource, _, action = grant.partition(":")
    return not held.isdisjoint({"*", "*:*", grant, f"{resource}:*", f"*:{action}"})


def grant_for(method: str, path: str) -> str | None:
    """The grant that a request needs; None for what every credential may call.

    path: percent-decoded. What is not known to only read is a write.
    """
    path = _SLASHES.sub("/", path)  # as the router does
    service = path.split("/", 2)[1] if path.startswith("/") else ""
    if _DISCOVERY.fullmatch(path):
        return "discovery:read"
    if _AUDIT.fullmatch(path):
        return "audit:read"
    resource = _RESOURCES.get(service)
    if resource is None or path == f"/{service}/health_check":
        return None
    by_body = _READ_BY_BODY.get(method)
    reads = method in {"GET", "HEAD"} or (by_body is not None and by_body.fullmatch(path) is not None)
    return f"{resource}:{'read' if reads else 'write'}"
