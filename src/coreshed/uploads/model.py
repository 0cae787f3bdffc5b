"""What an upload session is."""

import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

from coreshed.ids import WorkspaceKey

_UPLOAD_ID = re.compile(r"u_[0-9a-f]{20}")


def new_upload_id() -> str:
    """`u_` and 20 hexadecimal digits, as the published service makes them."""
    return f"u_{secrets.token_hex(10)}"


def is_upload_id(text: str) -> bool:
    """True for the form that `new_upload_id` makes."""
    return _UPLOAD_ID.fullmatch(text) is not None


class Status(StrEnum):
    """How far a session is. All but the last two are under way, in this order; the last two are ends."""

    INITIATING = "initiating"
    UPLOADING = "uploading"
    DETECTING = "detecting"
    CONVERTING = "converting"
    REVIEWING = "reviewing"
    REGISTERING = "registering"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """True where nothing can change any more."""
        return self in {Status.COMPLETED, Status.FAILED}

    @property
    def place(self) -> int:
        """0 for the first."""
        return list(Status).index(self)


@dataclass(frozen=True, slots=True)
class UploadSession:
    """One session. `project` and `workspace` are two names of one thing; sizes are bytes.

    total_bytes: what was announced. reported_bytes: what the client says that it has sent. stored_bytes: what has been
    measured. user_metadata, detected_metadata: text of a JSON object, or None; the latter is None unless asked for.
    active_ns: when it was last used; ended_ns: when it was completed or failed. body_ns: when a body on its way last
    gave a sign, None once its account is known to be right since. removing_ns: when it failed, None once its files are
    gone.
    """

    id: str
    organisation_id: str
    workspace_id: str
    status: Status
    transfer_method: str
    file_count: int
    total_bytes: int
    reported_bytes: int
    stored_bytes: int
    is_categorical: bool
    created_by: str
    created_ns: int
    updated_ns: int
    active_ns: int
    target_collection_id: str | None = None
    target_item_id: str | None = None
    asset_key: str | None = None
    user_metadata: str | None = None
    detected_metadata: str | None = None
    checksum_crc32c: str | None = None
    error_message: str | None = None
    error_step: str | None = None
    item_ids: tuple[str, ...] = ()
    asset_ids: tuple[str, ...] = ()
    ended_ns: int | None = None
    body_ns: int | None = None
    removing_ns: int | None = None

    @property
    def workspace(self) -> WorkspaceKey:
        """Where it belongs."""
        return WorkspaceKey(self.organisation_id, self.workspace_id)

    @property
    def raw_prefix(self) -> str:
        """What the object paths of its files begin with."""
        return f"{self.workspace_id}/uploads/{self.id}/raw/"
