"""The route of statements in SQL over versions, an extension of the Block Model API."""

from litestar import Response, post

from coreshed import ids
from coreshed.blockmodels import openapi
from coreshed.blockmodels.calls import ONE, Ask, Here, Id, model_key
from coreshed.blockmodels.wire import read
from coreshed.blockmodels.wire.sql import SqlResult, SqlStatement


@post(ONE + "/sql", status_code=200, operation_class=openapi.SQL)
async def run_sql(org_id: Id, workspace_id: Id, bm_id: Id, request: Ask, call: Here) -> Response[SqlResult]:
    """Run one SQL statement over the blocks of a version; its job writes a file."""
    workspace, model_id = ids.workspace_key(org_id, workspace_id), model_key(bm_id)
    asked = read(await request.body(), SqlStatement)
    begun = await call.database.change(
        call.block_models.sql.begin, caller=call.caller, workspace=workspace, model_id=model_id, asked=asked
    )
    done = await call.block_models.sql.settle(begun)
    return Response(begun.shown, status_code=200 if done else 202)


HANDLERS = [run_sql]
