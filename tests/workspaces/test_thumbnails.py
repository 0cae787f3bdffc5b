"""The picture of a workspace."""

import io
from uuid import UUID

import pytest
from evo.common.exceptions import EvoAPIException, GoneException, NotFoundException
from evo.workspaces.endpoints.api import ThumbnailsApi
from evo.workspaces.endpoints.models import AnyWorkspaceResponse, WorkspaceRoleRequiredResponseWithThumbnailLink
from PIL import Image

from coreshed.problems import Invalid, TooLarge
from coreshed.workspaces import Role, images
from tests.workspaces.conftest import ORIGIN, Site
from tests.workspaces.pictures import forged_png, picture, progressive_jpeg, text_bomb_png


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
async def test_that_the_sdk_gets_back_the_bytes_that_it_put(site: Site, kind: str, media_type: str) -> None:
    sent = picture(kind, 64, 48)
    evo, workspace_id = site.evo(site.person("editor@x", Role.EDITOR)), UUID(site.workspace_id)
    await evo.put_thumbnail(workspace_id, bytearray(sent))
    assert bytes(await evo.get_thumbnail(workspace_id)) == sent
    got = await site.call(site.person("viewer@x", Role.VIEWER), "GET", f"{site.one}/thumbnail")
    assert got.headers["content-type"] == media_type
    await evo.delete_thumbnail(workspace_id)
    with pytest.raises(NotFoundException):
        await evo.get_thumbnail(workspace_id)
    with pytest.raises(NotFoundException):
        await evo.delete_thumbnail(workspace_id)


async def test_that_a_second_picture_takes_the_place_of_the_first(site: Site) -> None:
    for kind in ("PNG", "JPEG"):
        sent = picture(kind, 8, 8)
        put = await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=sent)
        assert (put.status_code, put.content) == (204, b"")
        assert (await site.call(site.admin, "GET", f"{site.one}/thumbnail")).content == sent


async def test_that_a_browser_never_runs_a_picture(site: Site) -> None:
    await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=picture("PNG", 8, 8))
    got = await site.call(site.admin, "GET", f"{site.one}/thumbnail")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"].startswith("sandbox")
    assert got.headers["content-disposition"] == 'attachment; filename="thumbnail.png"'
    assert "set-cookie" not in got.headers


async def test_that_the_type_is_read_from_the_content(site: Site) -> None:
    headers = {"Content-Type": "text/html"}
    await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=picture("JPEG", 8, 8), headers=headers)
    got = await site.call(site.admin, "GET", f"{site.one}/thumbnail", headers={"Accept": "text/html"})
    assert got.headers["content-type"] == "image/jpeg"


async def test_that_a_workspace_links_to_its_picture_while_it_has_one(site: Site) -> None:
    async def links() -> set[str | None]:
        one = (await site.call(site.admin, "GET", site.one)).json()
        AnyWorkspaceResponse.model_validate(one)
        (listed,) = (await site.call(site.admin, "GET", site.all)).json()["results"]
        changed = (await site.call(site.admin, "PATCH", site.one, json={"description": "d"})).json()
        WorkspaceRoleRequiredResponseWithThumbnailLink.model_validate(changed)
        return {each["thumbnail_link"] for each in (one, listed, changed)}

    assert await links() == {None}
    await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=picture("PNG", 8, 8))
    assert await links() == {f"{ORIGIN}{site.one}/thumbnail"}
    await site.call(site.admin, "DELETE", f"{site.one}/thumbnail")
    assert await links() == {None}


def plain(width: int, height: int) -> bytes:
    """A whole PNG of one colour."""
    stored = io.BytesIO()
    Image.new("1", (width, height)).save(stored, "PNG")
    return stored.getvalue()


async def test_that_eleven_megabytes_are_too_large(site: Site) -> None:
    with pytest.raises(EvoAPIException) as refused:
        await site.evo(site.admin).put_thumbnail(UUID(site.workspace_id), bytearray(11 << 20))
    assert refused.value.status == 413
    with pytest.raises(TooLarge):
        images.checked(picture("PNG", 8, 8).ljust(images.MAX_BYTES + 1, b"\0"))


def test_that_a_picture_of_the_greatest_size_is_taken() -> None:
    assert images.checked(plain(images.MAX_SIDE, 2)).media_type == "image/png"
    assert images.checked(plain(5000, 4000)).media_type == "image/png"


def test_that_a_progressive_picture_is_taken() -> None:
    assert images.checked(progressive_jpeg(640, 480)).media_type == "image/jpeg"


BAD = {
    "nothing": b"",
    "a word": b"png",
    "a page": b"<html><script>alert(1)</script></html>",
    "a drawing": b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
    "an animation": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "the beginning of a JPEG": b"\xff\xd8\xff",
    "the beginning of a PNG": b"\x89PNG\r\n\x1a\n",
    "too wide": forged_png(10_001, 1),
    "too high": forged_png(1, 10_001),
    "too many pixels": forged_png(5001, 4000),
    "a bomb": forged_png(60_000, 60_000),
    "a greater bomb": forged_png(2**31 - 1, 2**31 - 1),
    "no pixels": forged_png(0, 0),
    "fewer rows than declared": forged_png(4000, 4000),
    "a thousand scans": progressive_jpeg(5000, 4000, 1000),
    "a compressed comment of 100 MiB": text_bomb_png(),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_that_this_is_no_picture(content: bytes) -> None:
    with pytest.raises(Invalid):
        images.checked(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_that_a_picture_that_ends_early_is_refused(kind: str) -> None:
    whole = picture(kind, 100, 80)
    for part in (0.01, 0.1, 0.5, 0.9, 0.99):
        with pytest.raises(Invalid):
            images.checked(whole[: int(len(whole) * part)])
    damaged = bytearray(picture("PNG", 100, 80))
    damaged[len(damaged) // 2] ^= 0xFF
    with pytest.raises(Invalid):
        images.checked(bytes(damaged))


async def test_that_a_refused_picture_leaves_the_one_before(site: Site) -> None:
    sent = picture("PNG", 8, 8)
    await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=sent)
    for bad in (b"", forged_png(60_000, 60_000), sent[:-20]):
        refused = await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=bad)
        assert (refused.status_code, refused.json()["title"]) == (422, "Validation Error.")
    assert (await site.call(site.admin, "GET", f"{site.one}/thumbnail")).content == sent


async def test_that_the_picture_of_a_deleted_workspace_is_gone_and_comes_back_with_it(site: Site) -> None:
    sent = picture("PNG", 8, 8)
    evo, workspace_id = site.evo(site.admin), UUID(site.workspace_id)
    await evo.put_thumbnail(workspace_id, bytearray(sent))
    await evo.delete_workspace(workspace_id)
    with pytest.raises(GoneException):
        await ThumbnailsApi(site.connector(site.admin)).get_thumbnail(site.workspace_id, site.organisation_id)
    await evo.restore_deleted_workspace(workspace_id)
    assert bytes(await evo.get_thumbnail(workspace_id)) == sent


async def test_that_changes_of_a_picture_are_audited(site: Site) -> None:
    editor = site.person("editor@x", Role.EDITOR)
    for method, content in (("PUT", picture("PNG", 8, 8)), ("DELETE", b""), ("DELETE", b""), ("PUT", b"no")):
        await site.call(editor, method, f"{site.one}/thumbnail", content=content)
    assert site.audited(editor.id) == ["workspace.thumbnail"] * 2
