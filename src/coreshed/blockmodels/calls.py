"""What the handlers of the Block Model API share: paths, and what each is given."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from coreshed import ids
from coreshed.blockmodels.dialect import Client
from coreshed.blockmodels.service import BlockModels
from coreshed.database import Database
from coreshed.identity import Principal

Ask: TypeAlias = Request[Any, Any, Any]
Id: TypeAlias = FromPath[str]


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler works with. One dependency and not four: the framework resolves several in a task each."""

    caller: Principal
    block_models: BlockModels
    database: Database
    client: Client


Here: TypeAlias = NamedDependency[SkipValidation[Call]]

ORGANISATION = "/orgs/{org_id:str}"
WORKSPACE = ORGANISATION + "/workspaces/{workspace_id:str}"
ALL = WORKSPACE + "/block-models"
ONE = ALL + "/{bm_id:str}"


def model_key(bm_id: str) -> str:
    """The id of a model in a path. Raises Invalid."""
    return ids.read_id(bm_id, "bm_id")
