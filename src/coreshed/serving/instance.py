"""DATA/instance.json: what a script needs to know to use the server of a data directory."""

from contextlib import suppress
from pathlib import Path

import msgspec

from coreshed.serving.files import replace_file


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """A server, as its clients see it. The file has mode 0600, for it may hold the administrator's key."""

    api_url: str
    blob_url: str
    # CA certificates for SSL_CERT_FILE: our own first, then the public ones; null without a local CA.
    ca_file: str | None
    organisation_id: str
    workspace_id: str
    # What operations take: a project is a workspace, and this is the same one. Empty in files of before: as above.
    project_id: str = ""
    version: str
    # The administrator's key if this server's first start generated it; a key fixed by the operator is not kept here.
    admin_key: str | None = None

    def __post_init__(self) -> None:
        """A project is a workspace of the same id."""
        if not self.project_id:
            msgspec.structs.force_setattr(self, "project_id", self.workspace_id)

    def public(self) -> dict[str, str | None]:
        """Everything but the key."""
        members: dict[str, str | None] = msgspec.to_builtins(self)
        members.pop("admin_key")
        return members


class NoInstance(Exception):
    """No server has been started in the data directory."""


def path(data_dir: Path) -> Path:
    """Where the file is."""
    return data_dir / "instance.json"


def read(data_dir: Path) -> Instance:
    """The instance of a data directory. Raises NoInstance with a sentence."""
    try:
        return msgspec.json.decode(path(data_dir).read_bytes(), type=Instance)
    except FileNotFoundError:
        raise NoInstance(
            f"No server has been started in {data_dir}: start one with 'coreshed serve', or name its --data-dir."
        ) from None
    except (OSError, msgspec.MsgspecError) as error:
        raise NoInstance(f"{path(data_dir)} cannot be read: {error}") from error


def write(data_dir: Path, instance: Instance) -> None:
    """Replace the file, keeping the key of the first start when `instance` brings none."""
    if instance.admin_key is None:
        with suppress(NoInstance):
            instance = msgspec.structs.replace(instance, admin_key=read(data_dir).admin_key)
    content = msgspec.json.format(msgspec.json.encode(instance), indent=2) + b"\n"
    replace_file(path(data_dir), content, mode=0o600)
