"""What clients look up before they come to a workspace: services, and the coordinate systems that there are."""

from collections.abc import Collection

from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey
from coreshed.workspaces import coordinate_systems, discovery
from coreshed.workspaces.ground import Ground, require_member
from coreshed.workspaces.roles import Role
from coreshed.workspaces.wire import DiscoveryAnswer


class Reference:
    """Lookups, which change nothing."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def discover(self, *, caller: Principal, services: Collection[str], public_url: str) -> DiscoveryAnswer:
        """The caller's organisations and the services they reach."""
        with self._ground.database.reading() as rows:
            organisations = self._ground.identity.organisations_of(rows, caller)
        return discovery.discover(organisations, asked=services, public_url=public_url)

    def coordinate_systems(self, *, caller: Principal, organisation_id: str) -> bytes:
        """The coordinate systems that workspaces can have, as JSON; slow the first time. Raises NotPermitted."""
        require_member(caller, organisation_id)
        return coordinate_systems.catalogue()

    def check_system_of_new(self, *, caller: Principal, organisation_id: str, text: str) -> None:
        """What creating a workspace asks of a coordinate system; slow the first time. Raises NotPermitted, Invalid."""
        require_member(caller, organisation_id)
        coordinate_systems.check(text)

    def system_to_change(self, *, caller: Principal, workspace: WorkspaceKey) -> str:
        """The default coordinate system of a workspace, for somebody who may update it."""
        with self._ground.database.reading() as rows:
            access = self._ground.require_role(rows, caller, workspace, Role.EDITOR)
            return access.default_coordinate_system
