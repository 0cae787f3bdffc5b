"""Identifiers: how they are made, and how they are read from a URL."""

import re
import secrets
import uuid
from dataclasses import dataclass

from coreshed.problems import Invalid

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class WorkspaceKey:
    """A workspace as a URL names it: both ids canonical lower-case UUID text."""

    organisation_id: str
    workspace_id: str


def new_id() -> str:
    """A random UUID as 36 characters of lower-case text, the form of every id in the database."""
    return str(uuid.uuid4())


def new_token() -> int:
    """63 random bits: the name of one stored file within its blob."""
    return secrets.randbits(63)


def is_uuid(text: str) -> bool:
    """True for the dashed 36-character form alone, in either case."""
    return _UUID.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    """True for 64 hexadecimal digits, in either case."""
    return _SHA256.fullmatch(text) is not None


def read_id(text: str, name: str) -> str:
    """The canonical form of a UUID in a path, query or body. Raises Invalid naming the parameter."""
    if not is_uuid(text):
        raise Invalid(f"{name}: {text[:80]!r} is not a UUID of the form 8-4-4-4-12.")
    return text.lower()


def workspace_key(org_id: str, workspace_id: str) -> WorkspaceKey:
    """Both ids of a workspace route. Raises Invalid."""
    return WorkspaceKey(read_id(org_id, "org_id"), read_id(workspace_id, "workspace_id"))
