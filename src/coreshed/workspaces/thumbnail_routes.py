"""The pictures of workspaces over HTTP."""

from litestar import Response, delete, get, put

from coreshed import ids
from coreshed.workspaces import images, openapi
from coreshed.workspaces.call import ONE, Ask, Call, Here, Id
from coreshed.workspaces.ledger import Thumbnail
from coreshed.workspaces.offloop import PICTURES, off_loop

THUMBNAIL = f"{ONE}/thumbnail"
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg"}


def picture(found: Thumbnail) -> Response[bytes]:
    """Somebody else's bytes on our origin: shown as the picture that they are, and never run."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Content-Disposition": f'attachment; filename="thumbnail.{_SUFFIXES[found.media_type]}"',
        "Cache-Control": "private, no-cache",
    }
    return Response(found.content, media_type=found.media_type, headers=headers)


# Pictures are compressed already.
@get(THUMBNAIL, media_type="image/png", opt={"skip_compression": True})
async def get_thumbnail(org_id: Id, workspace_id: Id, call: Here) -> Response[bytes]:
    """The picture, as it was sent."""
    key = ids.workspace_key(org_id, workspace_id)
    return picture(await call.database.search(call.workspaces.thumbnails.get, caller=call.caller, workspace=key))


@put(THUMBNAIL, status_code=204, operation_class=openapi.PUT_PICTURE, request_max_body_size=images.MAX_BYTES + 1)
async def put_thumbnail(org_id: Id, workspace_id: Id, request: Ask, call: Here) -> None:
    """Give the workspace a picture, a PNG or a JPEG."""
    key = ids.workspace_key(org_id, workspace_id)
    await _require_editor(call, key)
    checked = await off_loop(PICTURES, images.checked, await request.body())
    await call.database.change(call.workspaces.thumbnails.put, caller=call.caller, workspace=key, picture=checked)


async def _require_editor(call: Call, key: ids.WorkspaceKey) -> None:
    """Before the body is read, as decoding costs more than any other request here."""
    await call.database.run(call.workspaces.thumbnails.require_editor, caller=call.caller, workspace=key)


@delete(THUMBNAIL)
async def delete_thumbnail(org_id: Id, workspace_id: Id, call: Here) -> None:
    """Take the picture away."""
    key = ids.workspace_key(org_id, workspace_id)
    await call.database.change(call.workspaces.thumbnails.delete, caller=call.caller, workspace=key)


HANDLERS = [get_thumbnail, put_thumbnail, delete_thumbnail]
