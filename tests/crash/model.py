"""What clients know of a server that may be killed at any moment: what it acknowledged, and what was on its way."""

import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Upload:
    """One blob of one client. `planned` is its content by block id, in order; a name of 64 digits is its SHA-256."""

    name: str
    planned: dict[str, bytes]
    blob_id: str = ""
    url: str = ""  # a link to write, good for one life of the server
    acknowledged: dict[str, bytes] = field(default_factory=dict)
    pending_block: tuple[str, bytes] | None = None
    pending_commit: bool = False
    committed: bool = False
    touched: bool = True  # since the last check

    @property
    def replaceable(self) -> bool:
        """True where the name promises nothing about the content."""
        return len(self.name) != 64

    @property
    def content(self) -> bytes:
        """What a commit of all blocks publishes."""
        return b"".join(self.planned.values())


@dataclass(frozen=True)
class Version:
    """An acknowledged version; `document` as it was sent, without its `uuid`."""

    id: str
    document: dict[str, Any]


@dataclass(frozen=True)
class Pending:
    """A change without an answer: `create`, `version` (at `path`, which may be new), `delete` or `restore`."""

    kind: str
    path: str
    document: dict[str, Any] = field(default_factory=dict)


@dataclass
class Thing:
    """One geoscience object of one client; `versions` oldest first."""

    path: str
    object_id: str = ""
    versions: list[Version] = field(default_factory=list)
    deleted: bool = False
    pending: Pending | None = None
    touched: bool = True  # since the last check


@dataclass
class SharedThing:
    """An object that every client writes to; `pending` are the documents without an answer."""

    object_id: str
    path: str
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    pending: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Knowledge:
    """What one client knows. It touches its own entries alone."""

    uploads: list[Upload] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)


def data_of(document: dict[str, Any]) -> list[str]:
    """The data references of a document of `writers.document`, in the order of their appearance."""
    first = document["locations"]["coordinates"]["data"]
    return list(dict.fromkeys([first, *(each["data"] for each in document["extensions"]["more"])]))
