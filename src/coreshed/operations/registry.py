"""What an operation is, and where all of them are found.

An operation is a function in a module `of_<noun>.py` of this package:

    @operation("uploads.progress", scope="uploads:write", side_effect="compute", summary="Update ...")
    def progress(call: Call, body: UploadProgressInput) -> UploadOutput: ...

The type of `body` (a pydantic model; without one there is no input) and that of the answer (a msgspec Struct, a list of
them, or anything JSON knows) are read from the annotations. Nothing else names the operation: its two addresses, its
entry in the OpenAPI document, its heading in the docs, its command and the methods of clients come from here.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_type_hints

from coreshed.catalogue import Catalogue
from coreshed.identity import Identity, Principal, know_scope
from coreshed.jobs import Jobs
from coreshed.quota import Quota
from coreshed.uploads import UploadSessions
from coreshed.workspaces import Workspaces

if TYPE_CHECKING:  # the server starts without pydantic, which comes with the first operation that is called
    from pydantic import BaseModel

SideEffect = Literal["read", "compute", "external_spend", "share_export", "destructive"]
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rooms:
    """The services that operations stand on."""

    identity: Identity
    workspaces: Workspaces
    quota: Quota
    catalogue: Catalogue
    uploads: UploadSessions
    jobs: Jobs


@dataclass(frozen=True, slots=True)
class Call:
    """One invocation. `origin`: scheme and host under which the caller reaches this server, without a final slash.

    headers: lower-case name -> value, latin-1; of a repeated header the last one.
    address: where the call comes from, as far as the proxies that the server trusts say so; empty where not known.
    """

    caller: Principal
    rooms: Rooms
    origin: str
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """An answer that is a list, with the number of all there are, which goes out as `X-Total-Count`.

    `-> Listed[ItemResponse]` says what is in it.
    """

    items: list[T]
    total: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation and what documents say of it.

    scope: the grant it needs; of a public one, which everybody may call, the one that Geopera publishes for it.
    also: grants that will do in its place. raw: its published answer has no schema. free: its published input is any
    object or none.
    extension: it is not among the operations that Geopera publishes. replayed: `Idempotency-Key` is honoured.
    refuses: kinds of problems that documents name beside those that every operation answers.
    hashes: it makes or verifies digests of passwords, which is slow on purpose, and so runs in threads of its own.
    """

    id: str
    scope: str
    side_effect: SideEffect
    summary: str
    run: Callable[..., Any]
    body: "type[BaseModel] | None"
    answer: Any
    produces: tuple[str, ...]
    extension: bool
    public: bool
    raw: bool
    free: bool
    replayed: bool
    status: int
    refuses: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    hashes: bool = False

    @property
    def scopes(self) -> tuple[str, ...]:
        """The grants of which it needs one."""
        return self.scope, *self.also

    @property
    def reads(self) -> bool:
        """True where it changes nothing."""
        return self.side_effect == "read"

    @property
    def paths(self) -> tuple[str, str]:
        """Its two addresses: `/v1/op/uploads.signed_url` and `/v1/uploads/signed_url`."""
        return f"/v1/op/{self.id}", "/v1/" + self.id.replace(".", "/")


_found: dict[str, Operation] = {}


def operation(
    operation_id: str,
    *,
    scope: str,
    side_effect: SideEffect,
    summary: str,
    also: tuple[str, ...] = (),
    produces: tuple[str, ...] = (),
    extension: bool = False,
    public: bool = False,
    raw: bool = False,
    free: bool = False,
    replayed: bool = False,
    status: int = 200,
    refuses: tuple[str, ...] = (),
    hashes: bool = False,
) -> Callable[[F], F]:
    """Register the function as an operation; documents show its docstring.

    Raises ValueError for a taken id, and for a scope that is none.
    """

    def register(function: F) -> F:
        if operation_id in _found:
            raise ValueError(f"two operations are called {operation_id}")
        for each in (scope, *also):
            know_scope(each)
        hints = get_type_hints(function)
        _found[operation_id] = Operation(
            id=operation_id,
            scope=scope,
            side_effect=side_effect,
            summary=summary,
            run=function,
            body=hints.get("body"),
            answer=hints.get("return", Any),
            produces=produces,
            extension=extension,
            public=public,
            raw=raw,
            free=free,
            replayed=replayed,
            status=status,
            refuses=refuses,
            also=also,
            hashes=hashes,
        )
        return function

    return register


@cache
def load() -> Mapping[str, Operation]:
    """Every operation by its id, in the order of ids; imports the modules that hold them."""
    import coreshed.operations as package

    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("of_"):
            importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_found.items()))
