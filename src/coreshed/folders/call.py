"""What the handlers of this room have in common."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from coreshed import ids, paths
from coreshed.database import Database
from coreshed.folders.service import Folders, Place
from coreshed.identity import Principal
from coreshed.origins import Origins
from coreshed.problems import Invalid, InvalidPath

Ask: TypeAlias = Request[Any, Any, Any]
Id: TypeAlias = FromPath[str]
_MARKER = b"/folders/path/"


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler works with."""

    caller: Principal
    folders: Folders
    database: Database
    origins: Origins


Here: TypeAlias = NamedDependency[SkipValidation[Call]]


def place_of(folder_id: str) -> Place:
    """The folder of an id in a path. Raises Invalid."""
    return Place(ids.read_id(folder_id, "folder_id"))


def place_at(request: Ask) -> Place:
    """The folder at the end of the request's own path. Raises Invalid where that is not UTF-8."""
    try:
        return Place(path=paths.raw_tail(request.scope["raw_path"], _MARKER))
    except InvalidPath as error:
        raise Invalid("path: the folder's path is not valid UTF-8.") from error
