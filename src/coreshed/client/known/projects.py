"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from coreshed.client.operation_calls import Field, Known

OPERATIONS: tuple[Known, ...] = (
    Known(
        "projects.add_member",
        "Give a member of the organization a role in a project (project admin).",
        "projects:write",
        "compute",
        (
            Field("project_id", "text", required=True),
            Field("user_id", "text", required=True),
            Field("role", "text", about="default: editor"),
        ),
    ),
    Known(
        "projects.archive",
        "Archive a project: it is left out of lists, and nothing in it can be changed (project admin).",
        "projects:write",
        "compute",
        (
            Field("project_id", "text", required=True),
            Field("name", "text", about="1 to 255 characters"),
            Field("description", "text", about="at most 65536 characters"),
            Field("is_archived", "truth"),
        ),
    ),
    Known(
        "projects.create",
        "Create a project in the caller's organization.",
        "projects:write",
        "compute",
        (
            Field("name", "text", required=True, about="1 to 255 characters"),
            Field("description", "text", about="at most 65536 characters"),
            Field(
                "gcs_region",
                "text",
                about="one of australia-southeast1, asia-southeast1, us-west1, europe-west1; default: australia-southeast1",
            ),
            Field("organization_id", "text"),
        ),
    ),
    Known(
        "projects.delete",
        "Delete a project and everything in it (project admin).",
        "projects:write",
        "destructive",
        (Field("project_id", "text", required=True),),
    ),
    Known("projects.get", "Get one project.", "projects:read", "read", (Field("project_id", "text", required=True),)),
    Known(
        "projects.list",
        "List the projects that the caller has a role in.",
        "projects:read",
        "read",
        (Field("include_archived", "truth", about="default: false"),),
    ),
    Known(
        "projects.remove_member",
        "Take a member's role in a project away (project admin).",
        "projects:write",
        "destructive",
        (
            Field("project_id", "text", required=True),
            Field("user_id", "text", required=True),
        ),
    ),
    Known(
        "projects.update",
        "Update a project's name, description or archive state (project admin).",
        "projects:write",
        "compute",
        (
            Field("project_id", "text", required=True),
            Field("name", "text", about="1 to 255 characters"),
            Field("description", "text", about="at most 65536 characters"),
            Field("is_archived", "truth"),
        ),
    ),
    Known(
        "projects.update_member",
        "Change a member's role in a project (project admin).",
        "projects:write",
        "compute",
        (
            Field("project_id", "text", required=True),
            Field("user_id", "text", required=True),
            Field("role", "text", required=True),
        ),
    ),
)
