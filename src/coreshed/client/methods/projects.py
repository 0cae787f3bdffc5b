"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
from coreshed.client.operation_calls import Resource


class Projects(Resource):
    """`projects.*`."""

    def add_member(self, *, project_id: str, user_id: str, role: str | UnsetType = UNSET) -> answers.MemberOutput:
        """Give a member of the organization a role in a project (project admin).

        Scope `projects:write`, side-effect compute.
        """
        return self._call(
            "projects.add_member", {"project_id": project_id, "user_id": user_id, "role": role}, answers.MemberOutput
        )

    def archive(
        self,
        *,
        project_id: str,
        name: str | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        is_archived: bool | None | UnsetType = UNSET,
    ) -> answers.ProjectResponse:
        """Archive a project: it is left out of lists, and nothing in it can be changed (project admin).

        Scope `projects:write`, side-effect compute.
        """
        return self._call(
            "projects.archive",
            {"project_id": project_id, "name": name, "description": description, "is_archived": is_archived},
            answers.ProjectResponse,
        )

    def create(
        self,
        *,
        name: str,
        description: str | None | UnsetType = UNSET,
        gcs_region: Literal["australia-southeast1", "asia-southeast1", "us-west1", "europe-west1"] | UnsetType = UNSET,
        organization_id: str | None | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> answers.ProjectResponse:
        """Create a project in the caller's organization.

        Scope `projects:write`, side-effect compute.
        """
        return self._call(
            "projects.create",
            {"name": name, "description": description, "gcs_region": gcs_region, "organization_id": organization_id},
            answers.ProjectResponse,
            idempotency_key,
        )

    def delete(self, *, project_id: str) -> answers.ProjectDeleteOutput:
        """Delete a project and everything in it (project admin).

        Scope `projects:write`, side-effect destructive.
        """
        return self._call("projects.delete", {"project_id": project_id}, answers.ProjectDeleteOutput)

    def get(self, *, project_id: str) -> answers.ProjectResponse:
        """Get one project.

        Scope `projects:read` or `projects:write`, side-effect read.
        """
        return self._call("projects.get", {"project_id": project_id}, answers.ProjectResponse)

    def list(self, *, include_archived: bool | UnsetType = UNSET) -> builtins.list[answers.ProjectResponse]:
        """List the projects that the caller has a role in.

        Scope `projects:read` or `projects:write`, side-effect read.
        """
        return self._call(
            "projects.list", {"include_archived": include_archived}, builtins.list[answers.ProjectResponse]
        )

    def remove_member(self, *, project_id: str, user_id: str) -> answers.RemoveMemberOutput:
        """Take a member's role in a project away (project admin).

        Scope `projects:write`, side-effect destructive.
        """
        return self._call(
            "projects.remove_member", {"project_id": project_id, "user_id": user_id}, answers.RemoveMemberOutput
        )

    def update(
        self,
        *,
        project_id: str,
        name: str | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        is_archived: bool | None | UnsetType = UNSET,
    ) -> answers.ProjectResponse:
        """Update a project's name, description or archive state (project admin).

        Scope `projects:write`, side-effect compute.
        """
        return self._call(
            "projects.update",
            {"project_id": project_id, "name": name, "description": description, "is_archived": is_archived},
            answers.ProjectResponse,
        )

    def update_member(self, *, project_id: str, user_id: str, role: str) -> answers.MemberOutput:
        """Change a member's role in a project (project admin).

        Scope `projects:write`, side-effect compute.
        """
        return self._call(
            "projects.update_member", {"project_id": project_id, "user_id": user_id, "role": role}, answers.MemberOutput
        )
